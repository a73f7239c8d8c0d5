"""Messages of the root orchestration of a run and of its activities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.messages.base import Counters, Failure, Message


@dataclass(frozen=True, slots=True)
class RunRef(Message):
    """Names a run.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        resume_count: how often the run was resumed.
        pausing: for ``read_stop`` only: the run is about to wait for a person.
    """

    run_id: str
    catalog: str
    resume_count: int = 0
    pausing: bool = False


@dataclass(frozen=True, slots=True)
class ResumeInput(Message):
    """Input of ``resume_run`` and ``restart_run``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        resume_count: for ``resume_run``, how often the run was resumed before the pause that ends; for
            ``restart_run``, that of the new root.
    """

    run_id: str
    catalog: str
    resume_count: int


@dataclass(frozen=True, slots=True)
class StartInventory(Message):
    """What the catalog had when the run began.

    Attributes:
        categories: number of categories; 0 = the run has to generate them.
        items: accepted items.
        images: items with a valid image that the run keeps.
        next_batch: the first unused batch number.
        failure: why the run cannot begin.
        has_open_batches: an earlier run of the catalog, which was lost, has batches of images that the provider carries
            out: they are collected although no image is missing.
        has_open_prompt_batches: the same of prompts.
    """

    categories: int = 0
    items: int = 0
    images: int = 0
    next_batch: int = 1
    failure: Failure | None = None
    has_open_batches: bool = False
    has_open_prompt_batches: bool = False


@dataclass(frozen=True, slots=True)
class ImportedInput(Message):
    """Result of ``import_input``: what the rows of an input became.

    Attributes:
        categories: number of categories of the catalog after the import.
        items: number of its items after the import.
        added: items that this run added.
        rejected: rejected rows by reason code.
        next_batch: the first unused batch number.
        outdated: items whose row has changed, so that their image has to be generated again.
        failure: why nothing was imported.
    """

    categories: int = 0
    items: int = 0
    added: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    next_batch: int = 1
    outdated: int = 0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class RootRestart(Message):
    """What a new root continues from after the earlier root of its run was lost.

    Attributes:
        resume_count: the new root's first one: it uses no work page and no child of the earlier root.
        found: the inventory at the start of the run, if the earlier root published it.
        counters: what the earlier root and its children published.
    """

    resume_count: int
    found: StartInventory | None = None
    counters: Counters = Counters()


@dataclass(frozen=True, slots=True)
class SeedInput(Message):
    """Input of ``seed_catalog``: the part of the request that decides the course of the orchestration.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        target_count: number of items that the catalog has to reach.
        parallel_image_requests: image calls at a time.
        max_retries: retries of a failure that counts.
        dry_run: generate no images.
        parallel_text_requests: batches written at a time.
        pause_limit_minutes: how long a blocked run waits to be resumed; 0 = it fails at once.
        writes_items: the text model writes categories and items.
        imports_rows: rows of an input become items first; a repair uses the items that the catalog has.
        writes_prompts: the text model writes the image prompts of rows.
        restart: what a new root continues from; None = the run begins.
        batches_images: the provider's batches generate the images.
        batches_text: the provider's batches write the image prompts.
        first_approved: the number of trial images; 0 = the run has none.
        approval_limit_minutes: how long the run waits for a decision about them.
        item_limit: of the trial, the number of items; the root sets it, for its children only.
    """

    run_id: str
    catalog: str
    target_count: int
    parallel_image_requests: int
    max_retries: int
    dry_run: bool = False
    parallel_text_requests: int = 1
    pause_limit_minutes: int = 0
    writes_items: bool = True
    imports_rows: bool = False
    writes_prompts: bool = False
    restart: RootRestart | None = None
    batches_images: bool = False
    batches_text: bool = False
    first_approved: int = 0
    approval_limit_minutes: int = 0
    item_limit: int | None = None


@dataclass(frozen=True, slots=True)
class PlanTrialInput(Message):
    """Input of ``plan_trial``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        is_complete: the catalog lacks no item and no image.
    """

    run_id: str
    catalog: str
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class TrialPlan(Message):
    """Result of ``plan_trial``: whether the trial images are still to be generated or approved.

    Attributes:
        is_open: they are; otherwise the run has its style references, or needs none.
        limit: number of the trial's items.
        items: of them, those that exist.
        images: of them, those whose image exists.
        last_batch: number of the batch that holds the last of them.
        rejected: rejected trial images that are still to be generated again.
        rejected_own: of them, those that this run generated.
        failure: why there is no plan.
    """

    is_open: bool = False
    limit: int = 0
    items: int = 0
    images: int = 0
    last_batch: int = 0
    rejected: int = 0
    rejected_own: int = 0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class ApprovalResult(Message):
    """Result of ``request_approval``.

    Attributes:
        obstacle: why there is no image that a person could approve; None = there is one.
        failure: why no approval was requested.
    """

    obstacle: Failure | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class ChildResult(Message):
    """Output of a child workflow.

    Attributes:
        counters: what it did, in all its generations.
        failure: why it ended early, if it did.
    """

    counters: Counters = Counters()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class PublishResult(Message):
    """Result of ``publish_catalog``: what the store holds at the end of the run.

    Attributes:
        status: the run's final status.
        categories: number of categories.
        items: accepted items.
        images: items whose image is in the store.
        failed: items without an image, by reason code.
        outputs: store paths by name.
        shortfall: why the run ended before it reached its target.
        failure: why publishing failed.
        notes: what a caller should know although nothing failed, one line each.
        placeholders: of the failed items, those that have a placeholder.
        left_out: items that reviews keep from being published, by reason: ``rejected``, ``undecided``.
    """

    status: str = "Failed"
    categories: int = 0
    items: int = 0
    images: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    shortfall: Failure | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    placeholders: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FinishRunInput(Message):
    """Input of ``finish_run`` and of the activities that end a run.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        counters: what the run did.
        failure: why it ended early, if it did.
        published: the result of ``publish_catalog``, once there is one.
        recount: count images and cost in the store: an instance of the run was lost together with its counters.
    """

    run_id: str
    catalog: str
    counters: Counters = Counters()
    failure: Failure | None = None
    published: PublishResult | None = None
    recount: bool = False


@dataclass(frozen=True, slots=True)
class StopResult(Message):
    """Result of ``read_stop``.

    Attributes:
        stop: the stop record: why the run makes no more billed calls; None = there is none.
        failure: why the record could not be read.
        last_success_at: when a model call of the run last succeeded, ISO 8601; None = never.
    """

    stop: Failure | None = None
    failure: Failure | None = None
    last_success_at: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityResult(Message):
    """Result of an activity that returns no data.

    Attributes:
        failure: why it failed; None = it is done.
        status: for ``close_run``, the run's final status.
    """

    failure: Failure | None = None
    status: str | None = None
