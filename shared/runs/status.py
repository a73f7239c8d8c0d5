"""RunStatus: what callers see of a run, and the rules by which it comes about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.messages.base import Cost, Counters, Failure, Wait
from shared.messages.custom_status import Stage
from shared.messages.run import PublishResult, StartInventory
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.storage.paths import RUN_ID_EPOCH_END_MS

NANO_PER_USD = 10**9

_RUN_ID = re.compile(r"([0-9]{13})-[0-9A-Za-z]{1,40}")


class Status(StrEnum):
    """Where a run is: at work, waiting to be resumed, ended, or left by its host, with which it goes on again."""

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

SHORTFALL_REASONS = frozenset(
    {
        Reason.NO_NEW_ITEMS,
        Reason.BUDGET,
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
        Reason.CONNECTION,
        Reason.TIMEOUT_AMBIGUOUS,
        Reason.CONTENT_POLICY,
        Reason.BAD_REQUEST,
    },
)
"""A run that ended early for one of these has done what could be done: it publishes, with failures."""


class _View(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ItemProgress(_View):
    """Items: accepted of the target, and drafts that the rules rejected."""

    accepted: int = 0
    target: int = 0
    rejected: int = 0


class ImageProgress(_View):
    """Images: in the store, given up on, and to be had in all; and those that were looked at to the end.

    ``refined`` is there only where the request asks for it: a status of any other run is what it always was.
    """

    done: int = 0
    failed: int = 0
    total: int = 0
    refined: int | None = Field(default=None, exclude_if=lambda count: count is None)


class Progress(_View):
    """How far a run is."""

    categories: int = 0
    items: ItemProgress = ItemProgress()
    images: ImageProgress = ImageProgress()


class Throttle(_View):
    """The image window: calls at a time that it has adapted to, and answers 429 so far.

    Where a service asked for a wait of more than a minute, also until when, and in which words.
    """

    limit: int = 0
    rate_limited: int = 0
    waiting_until: datetime | None = Field(default=None, exclude_if=lambda moment: moment is None)
    message: str | None = Field(default=None, exclude_if=lambda said: said is None)


class CostView(_View):
    """What a run cost by list prices: US dollars, calls that were or may have been billed, and tokens."""

    usd: float = 0
    calls: int = 0
    text_calls: int = 0
    image_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def raise_to(self, other: "CostView") -> "CostView":
        """Return the larger of both in each respect."""
        mine, others = self.model_dump(), other.model_dump()
        return CostView(**{name: max(value, others[name]) for name, value in mine.items()})


class RunError(_View):
    """Why a run did not do all that it was asked."""

    reason: str
    message: str


class RunStatus(_View):
    """What ``GET /api/runs/{runId}`` answers; also ``progress.json`` and ``summary.json``."""

    run_id: str
    catalog: str
    status: Status
    stage: str = Stage.PENDING
    progress: Progress = Progress()
    throttle: Throttle = Throttle()
    cost: CostView = CostView()
    failures: dict[str, int] = Field(default_factory=dict)
    outputs: dict[str, str] = Field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    paused_until: datetime | None = None
    error: RunError | None = None
    images_kept: int = 0
    images_made: int = 0
    placeholders: int = 0
    notes: list[str] = Field(default_factory=list)

    @property
    def is_active(self) -> bool:
        """Tell whether the run is at work, or about to be."""
        return self.status in ACTIVE_STATUSES

    @property
    def is_waiting(self) -> bool:
        """Whether the run does nothing until a person resumes it."""
        return self.status in {Status.PAUSED, Status.SUSPENDED}

    @property
    def images_to_refine(self) -> int:
        """How many images are looked at in all: those of this run that were not given up on; 0 = nobody asked."""
        images = self.progress.images
        if images.refined is None:
            return 0
        return max(images.refined, images.total - images.failed - self.images_kept)

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing of the run changes any more."""
        return self.status in FINAL_STATUSES

    def to_json(self) -> dict[str, Any]:
        """Return the status as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


class StartInventoryView(_View):
    """What a run found when it began."""

    categories: int = 0
    items: int = 0
    images: int = 0


def read_created_at(run_id: str) -> datetime:
    """Return when a run was created: its id tells.

    Raises:
        ValueError: it is no run id.
    """
    if (match := _RUN_ID.fullmatch(run_id)) is None:
        raise ValueError(f"{run_id[:60]!r} is no run id; expected 13 digits, a hyphen and letters or digits")
    return datetime.fromtimestamp((RUN_ID_EPOCH_END_MS - int(match[1])) / 1000, UTC)


def is_run_id(text: str) -> bool:
    """Return whether a text has the form of a run id."""
    return _RUN_ID.fullmatch(text) is not None


def is_publishing(stop: Failure | None, failure: Failure | None) -> bool:
    """Tell whether a run that ends so has come far enough for its catalog to be published; see `decide_status`."""
    return stop is None and (failure is None or failure.reason in SHORTFALL_REASONS)


def decide_status(
    *,
    request: SeedRequest,
    stop: Failure | None,
    failure: Failure | None,
    items: int,
    images: int,
) -> Status:
    """Return a run's final status.

    Args:
        request: what was asked.
        stop: the stop record in the store: a cancel, or a reason for which every further call would fail.
        failure: why the run's instances ended early.
        items: accepted items in the store.
        images: of them, those whose image was seen in the store.
    """
    if stop is not None and stop.reason is Reason.CANCELLED:
        return Status.CANCELLED
    if not is_publishing(stop, failure):
        return Status.FAILED
    is_cut_short = request.refine.is_wanted and failure is not None  # images are there, but not looked at to the end
    complete = items >= request.target_count and (request.dry_run or images >= items) and not is_cut_short
    return Status.COMPLETED if complete else Status.COMPLETED_WITH_FAILURES


def explain_empty_catalog(failure: Failure | None, last_image: Failure | None) -> Failure:
    """Return why a run ends as Failed whose catalog has no items: for the reason of the last failure.

    Args:
        failure: why the run's instances ended early, or the stop record.
        last_image: why the image that failed last did.
    """
    if failure is not None:
        return replace(failure, reason=failure.cause or failure.reason, cause=None)
    if last_image is not None:
        return Failure(last_image.reason, f"no item has an image; the last failure: {last_image.message}")
    return Failure(Reason.NO_NEW_ITEMS, "the run ended without an item to publish")


def compose_status(
    run_id: str,
    request: SeedRequest,
    *,
    status: Status,
    stage: str,
    found: StartInventoryView,
    counters_by_instance: Sequence[Counters],
    updated_at: datetime,
    error: Failure | None = None,
    paused_until: datetime | None = None,
    window: int | None = None,
    wait: Wait | None = None,
) -> RunStatus:
    """Add up what a run's instances say of themselves.

    Args:
        run_id: the run.
        request: what it was asked.
        status: where it is.
        stage: what it does.
        found: what it found when it began.
        counters_by_instance: what its instances have done.
        updated_at: when they said so.
        error: why it did not do all that it was asked.
        paused_until: how long it waits to be resumed.
        wait: the long wait that a service asked for.
        window: image calls that its image workers allow themselves at a time by now; None = as many as were asked for.
    """
    counters = sum(counters_by_instance, Counters())
    accepted = found.items + counters.accepted
    target = max(request.target_count, found.items)
    return RunStatus(
        run_id=run_id,
        catalog=request.catalog,
        status=status,
        stage=stage,
        progress=Progress(
            categories=found.categories,
            items=ItemProgress(accepted=accepted, target=target, rejected=sum(counters.rejected.values())),
            images=ImageProgress(
                done=found.images + counters.made + counters.kept,
                failed=sum(counters.failed.values()),
                total=0 if request.dry_run else target,
                refined=_count_refined(request, counters),
            ),
        ),
        throttle=Throttle(
            limit=request.parallel_image_requests if window is None else window,
            rate_limited=counters.rate_limited,
            waiting_until=None if wait is None else datetime.fromisoformat(wait.until),
            message=None if wait is None else wait.message,
        ),
        cost=make_cost_view(counters.cost),
        failures=dict(counters.failed),
        created_at=read_created_at(run_id),
        updated_at=updated_at,
        paused_until=paused_until,
        error=make_run_error(error),
        images_kept=found.images + counters.kept,
        images_made=counters.made,
        notes=list_notes(request, found.items),
    )


def summarize_run(
    run_id: str,
    request: SeedRequest,
    published: PublishResult,
    counters: Counters,
    *,
    outputs: Mapping[str, str],
    completed_at: datetime,
) -> RunStatus:
    """Return the final status of a run, from what was seen in the store."""
    target = max(request.target_count, published.items)
    return RunStatus(
        run_id=run_id,
        catalog=request.catalog,
        status=Status(published.status),
        stage=Stage.ENDED,
        progress=Progress(
            categories=published.categories,
            items=ItemProgress(
                accepted=published.items,
                target=target,
                rejected=sum(counters.rejected.values()),
            ),
            images=ImageProgress(
                done=published.images,
                failed=sum(published.failed.values()),
                total=0 if request.dry_run else target,
                refined=_count_refined(request, counters),
            ),
        ),
        throttle=Throttle(limit=request.parallel_image_requests, rate_limited=counters.rate_limited),
        cost=make_cost_view(counters.cost),
        failures=dict(published.failed),
        outputs=dict(outputs),
        created_at=read_created_at(run_id),
        updated_at=completed_at,
        completed_at=completed_at,
        error=make_run_error(published.failure or published.shortfall),
        images_kept=max(0, published.images - counters.made),
        images_made=counters.made,
        placeholders=published.placeholders,
        notes=[
            *list_notes(request, published.items - counters.accepted),
            *published.notes,
            *([f"workers lost: {counters.lost}; the work that they had was done again"] if counters.lost else []),
        ],
    )


def _count_refined(request: SeedRequest, counters: Counters) -> int | None:
    return counters.refined if request.refine.is_wanted and not request.dry_run else None


def list_notes(request: SeedRequest, items_before: int) -> list[str]:
    """Return what a caller should know although nothing failed."""
    if items_before <= request.target_count:
        return []
    held = f"the catalog held {items_before} items already"
    if not request.item_source.writes_items:
        return [f"{held}, more than the input's {request.target_count}: those that are gone from it are kept"]
    return [f"{held}, more than targetCount {request.target_count}: all kept"]


def make_cost_view(cost: Cost) -> CostView:
    """Return a cost as callers see it; dollars to a hundredth of a cent."""
    return CostView(
        usd=round(cost.nano_usd / NANO_PER_USD, 4),
        calls=cost.text_calls + cost.image_calls,
        text_calls=cost.text_calls,
        image_calls=cost.image_calls,
        input_tokens=cost.input_tokens,
        output_tokens=cost.output_tokens,
    )


def restore_counters(status: RunStatus) -> tuple[StartInventory, Counters]:
    """Return what a run had found and done, from a status that its callers saw: the inverse of `compose_status`.

    Items that it accepted count as found: the status does not distinguish them.
    """
    progress, cost = status.progress, status.cost
    found = StartInventory(
        categories=progress.categories,
        items=progress.items.accepted,
        images=max(0, progress.images.done - status.images_made),
    )
    counters = Counters(
        made=status.images_made,
        failed=dict(status.failures),
        rate_limited=status.throttle.rate_limited,
        refined=progress.images.refined or 0,
        cost=Cost(
            text_calls=cost.text_calls,
            image_calls=cost.image_calls,
            input_tokens=cost.input_tokens,
            output_tokens=cost.output_tokens,
            nano_usd=round(cost.usd * NANO_PER_USD),
        ),
    )
    return found, counters


def make_run_error(failure: Failure | None) -> RunError | None:
    """Return a failure as callers see it."""
    return None if failure is None else RunError(reason=str(failure.reason), message=failure.message)
