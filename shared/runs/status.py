"""RunStatus: what callers see of a run. ``status_rules.py`` has the rules that compute it."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.messages.custom_status import Stage
from shared.storage.paths import RUN_ID_EPOCH_END_MS

_RUN_ID = re.compile(r"([0-9]{13})-[0-9A-Za-z]{1,40}")


class Status(StrEnum):
    """State of a run. An Interrupted run resumes when its host starts again."""

    PENDING = "Pending"
    RUNNING = "Running"
    PAUSED = "Paused"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    COMPLETED_WITH_FAILURES = "CompletedWithFailures"
    CANCELLED = "Cancelled"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"


ACTIVE_STATUSES = frozenset({Status.PENDING, Status.RUNNING})
PUBLISHING_STATUSES = frozenset({Status.COMPLETED, Status.COMPLETED_WITH_FAILURES})
FINAL_STATUSES = PUBLISHING_STATUSES | {Status.CANCELLED, Status.FAILED}


class _View(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ItemProgress(_View):
    """Items: accepted of the target, and drafts that the rules rejected."""

    accepted: int = 0
    target: int = 0
    rejected: int = 0


class ImageProgress(_View):
    """Images: in the store, failed finally, and expected in all.

    ``refined`` counts the items whose refinement has ended; absent unless the request asks for refinement.
    """

    done: int = 0
    failed: int = 0
    total: int = 0
    refined: int | None = Field(default=None, exclude_if=lambda count: count is None)


class Progress(_View):
    """Progress of a run."""

    categories: int = 0
    items: ItemProgress = ItemProgress()
    images: ImageProgress = ImageProgress()


class Throttle(_View):
    """Concurrency window of the image calls, and responses with status 429 so far.

    ``waiting_until`` and ``message`` are set while a provider asks for a wait of more than a minute.
    """

    limit: int = 0
    rate_limited: int = 0
    waiting_until: datetime | None = Field(default=None, exclude_if=lambda moment: moment is None)
    message: str | None = Field(default=None, exclude_if=lambda said: said is None)


class ImageBatchProgress(_View):
    """The provider's open batches: their number, their images, and how many of these are finished."""

    batches: int = 0
    images: int = 0
    done: int = 0


class TextBatchProgress(_View):
    """The provider's open batches of text: their number, their calls, and how many of these are finished."""

    batches: int = 0
    calls: int = 0
    done: int = 0


class CostView(_View):
    """Cost of a run at list prices: US dollars, calls that were or may have been billed, and tokens.

    ``normal_usd`` is what the same calls cost without batches; absent if no batch made any.
    """

    usd: float = 0
    calls: int = 0
    text_calls: int = 0
    image_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    normal_usd: float | None = Field(default=None, exclude_if=lambda usd: usd is None)

    def raise_to(self, other: "CostView") -> "CostView":
        """Return the maximum of each figure."""
        mine, others = self.model_dump(), other.model_dump()
        return CostView(**{name: max(mine.get(name, 0), others.get(name, 0)) for name in mine | others})


class RunError(_View):
    """Why a run did not do all that was requested."""

    reason: str
    message: str


class RunStatus(_View):
    """Response of ``GET /api/runs/{runId}``, and content of ``progress.json`` and ``summary.json``.

    ``left_out`` counts the items that reviews keep from being published: ``rejected``, ``undecided``.
    """

    run_id: str = Field(description="Id of the run.")
    catalog: str = Field(description="Name of its catalog.")
    status: Status = Field(description="State of the run.")
    stage: str = Field(default=Stage.PENDING, description="What the run is doing, such as `items and images`.")
    progress: Progress = Field(default=Progress(), description="Counts of categories, items and images.")
    throttle: Throttle = Field(default=Throttle(), description="How far the provider's quota limits the image calls.")
    cost: CostView = Field(default=CostView(), description="Cost at list prices, calls and tokens.")
    failures: dict[str, int] = Field(
        default_factory=dict, description="Number of images that failed for good, by reason code."
    )
    image_batches: ImageBatchProgress | None = Field(
        default=None,
        exclude_if=lambda batches: batches is None,
        description="The provider's open batches of images; absent if there are none.",
    )
    text_batches: TextBatchProgress | None = Field(
        default=None,
        exclude_if=lambda batches: batches is None,
        description="The provider's open batches of text; absent if there are none.",
    )
    outputs: dict[str, str] = Field(
        default_factory=dict, description="Files of the result as paths in the store; empty until the run has ended."
    )
    created_at: datetime = Field(description="When the run was created.")
    updated_at: datetime = Field(description="When this status was composed.")
    completed_at: datetime | None = Field(default=None, description="When the run ended; null while it is active.")
    paused_until: datetime | None = Field(
        default=None, description="When a paused run fails if it is not resumed; else null."
    )
    awaited_images: int | None = Field(
        default=None,
        exclude_if=lambda count: count is None,
        description="Number of first items whose images the run waits for a decision about; absent unless it does.",
    )
    error: RunError | None = Field(default=None, description="Why the run did less than requested; else null.")
    images_kept: int = Field(default=0, description="Number of images that the catalog had before.")
    images_made: int = Field(default=0, description="Number of new images.")
    placeholders: int = Field(
        default=0, description="Number of failed images with a published placeholder; 0 until the run has ended."
    )
    left_out: dict[str, int] = Field(
        default_factory=dict, description="Number of items with an image that were not published, by reason."
    )
    notes: list[str] = Field(default_factory=list, description="Remarks that are not failures.")

    @property
    def is_active(self) -> bool:
        """Whether the run is Pending or Running."""
        return self.status in ACTIVE_STATUSES

    @property
    def is_waiting(self) -> bool:
        """Whether the run waits to be resumed."""
        return self.status in {Status.PAUSED, Status.SUSPENDED}

    @property
    def waits_for_batches(self) -> bool:
        """Whether the run waits for the provider's batches: for prompts, or for every image that it has not done."""
        images, batches = self.progress.images, self.image_batches
        if self.text_batches is not None:
            return True
        return batches is not None and batches.images >= images.total - images.done - images.failed

    @property
    def images_to_refine(self) -> int:
        """How many images of the run are refined in all, without failed ones; 0 = none was requested."""
        images = self.progress.images
        if images.refined is None:
            return 0
        return max(images.refined, images.total - images.failed - self.images_kept)

    @property
    def has_ended(self) -> bool:
        """Whether the status is final."""
        return self.status in FINAL_STATUSES

    def to_json(self) -> dict[str, Any]:
        """Return the status as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


def read_created_at(run_id: str) -> datetime:
    """Return the time that a run id holds: when the run was created.

    Raises:
        ValueError: the text is not a run id.
    """
    if (match := _RUN_ID.fullmatch(run_id)) is None:
        raise ValueError(f"{run_id[:60]!r} is not a run id; expected 13 digits, a hyphen and letters or digits")
    return datetime.fromtimestamp((RUN_ID_EPOCH_END_MS - int(match[1])) / 1000, UTC)


def is_run_id(text: str) -> bool:
    """Return whether a text has the form of a run id."""
    return _RUN_ID.fullmatch(text) is not None
