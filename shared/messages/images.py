"""Messages of the image workers and the image activities."""

from dataclasses import dataclass
from enum import StrEnum

from shared.messages.base import Cost, Counters, Failure, FailureCounts, Message, Wait


class ImageAction(StrEnum):
    """A billed call for an item's image, named like the activity that makes it."""

    GENERATE = "generate_image"
    EVALUATE = "evaluate_image"
    REWRITE = "rewrite_prompt"


@dataclass(frozen=True, slots=True)
class ImageStep(Message):
    """One step on the way to an item's image. Activities decide which step comes next; image workers run it.

    Attributes:
        action: the call to make.
        round: which image of the item it is for, from 1; an evaluated image may be followed by another round.
        rewrite: how often the prompt of this round was rewritten because the provider refused it.
    """

    action: ImageAction = ImageAction.GENERATE
    round: int = 1
    rewrite: int = 0

    @property
    def has_image(self) -> bool:
        """Whether the store has an image of the item before this step."""
        return self.round > 1 or self.action is ImageAction.EVALUATE

    @property
    def was_evaluated(self) -> bool:
        """Whether an image of the item was evaluated before this step."""
        return self.round > 1


@dataclass(frozen=True, slots=True)
class ImageJob(Message):
    """One item whose image is to be generated or refined.

    Attributes:
        product_id: the item.
        batch: number of the batch that holds the item.
        failure_counts: how the current step has failed so far.
        due: the earliest start, ISO 8601; None = at once.
        deferrals: how often the job was sent back because it had no turn under the quota yet.
        step: the current step.
        stricter: the previous answer to this step was unusable.
        earlier_calls: failed calls before those of ``failure_counts``.
    """

    product_id: str
    batch: int
    failure_counts: FailureCounts = FailureCounts()
    due: str | None = None
    deferrals: int = 0
    step: ImageStep = ImageStep()
    stricter: bool = False
    earlier_calls: int = 0


@dataclass(frozen=True, slots=True)
class ImageWorkerInput(Message):
    """Input of ``generate_images``, carried from generation to generation.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        worker_index: the image worker's index from 0.
        width: image calls at a time.
        max_retries: retries of a failure that counts.
        claims: work pages that the image worker has claimed so far.
        last_page: the last work page that the image worker knows, its own or another's.
        unclaimed: upper bound of the jobs that were unclaimed at its last claim; None = unknown.
        jobs: jobs that the previous generation left.
        started_at: when the image worker began, ISO 8601.
        counters: of all generations so far.
        resume_count: how often the run was resumed.
        worker_count: number of image workers that share the run's window.
        window: size that the image worker's concurrency window has adapted to; None = ``width``.
        paused_until: when image calls may start again, ISO 8601.
        max_image_calls: the image worker ends after this many images; None = when no job is left.
        wait: the latest long wait that the provider asked for.
        losses: worker processes lost in a row, without a success in between.
        restarts: how often the parent restarted this image worker after an earlier instance was lost.
        max_poll_seconds: maximum interval of claims that find nothing, while prompts may take a day; None = the usual.
        item_limit: generate trial images, of the catalog's first items up to this number; None = of all items.
    """

    run_id: str
    catalog: str
    worker_index: int
    width: int
    max_retries: int
    claims: int = 0
    last_page: int = 0
    unclaimed: int | None = None
    jobs: tuple[ImageJob, ...] = ()
    started_at: str | None = None
    counters: Counters = Counters()
    resume_count: int = 0
    worker_count: int = 1
    window: float | None = None
    paused_until: str | None = None
    max_image_calls: int | None = None
    wait: Wait | None = None
    losses: int = 0
    restarts: int = 0
    max_poll_seconds: float | None = None
    item_limit: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimWorkPageInput(Message):
    """Input of ``claim_work_page``.

    ``claimed_by`` stays the same until the image worker gets a page. So a redelivery finds its own claim, and the image
    worker finds a page that a late redelivery claimed after an earlier delivery had found nothing.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        claimed_by: the image worker's index, and how many pages it has had.
        size: maximum number of jobs of the page.
        last_page: the last work page that the image worker knows, its own or another's.
        resume_count: how often the run was resumed; each resume claims the remaining work again.
        worker_count: number of image workers that share the remaining work: pages get smaller near the end, so that
            all image workers end together.
        free_slots: jobs that the image worker could start at once; they decide the pages of the last round.
        window: slots of all image workers together.
        restarts: how often the image worker was restarted: its own pages may hold jobs that are done.
        item_limit: claim the catalog's first items up to this number only; None = all.
    """

    run_id: str
    catalog: str
    claimed_by: str
    size: int
    last_page: int
    resume_count: int = 0
    worker_count: int = 1
    free_slots: int = 0
    window: int = 0
    restarts: int = 0
    item_limit: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimWorkPageResult(Message):
    """Result of ``claim_work_page``.

    Attributes:
        page: number of the claimed page; without one, of the last page that exists.
        jobs: the page's jobs.
        unclaimed: items up to the target that no image worker has claimed; if ``jobs`` is empty, they are reserved for
            image workers with free slots. None = nothing was found.
        closed: no job is left and none will follow.
        stopped: the run was stopped.
        failure: the store was unavailable.
        counters: of the page's other jobs, which an earlier instance of the image worker completed.
        suspended: nothing was claimed because the run is suspended; ask again later.
    """

    page: int = 0
    jobs: tuple[ImageJob, ...] = ()
    unclaimed: int | None = None
    closed: bool = False
    stopped: bool = False
    failure: Failure | None = None
    counters: Counters = Counters()
    suspended: bool = False

    @property
    def has_page(self) -> bool:
        """Whether a page was claimed, even one whose jobs are all done."""
        return bool(self.jobs) or self.counters != Counters()


@dataclass(frozen=True, slots=True)
class ImageCall(Message):
    """Input of ``generate_image``, ``evaluate_image`` and ``rewrite_prompt``.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        product_id: the item.
        batch: number of the batch that holds the item.
        attempt: counts the calls that the orchestrator decided on; a redelivery has the same number.
        resume_count: how often the run was resumed: a resume makes a new call of the same item, and counts its outcome
            separately.
        deferral: how often the call was sent back.
        step: what to do.
        stricter: the previous answer was unusable.
        is_trial: the image is a trial image, generated without style references.
    """

    run_id: str
    catalog: str
    product_id: str
    batch: int
    attempt: int = 0
    resume_count: int = 0
    deferral: int = 0
    step: ImageStep = ImageStep()
    stricter: bool = False
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class ImageResult(Message):
    """Result of one step of an item's image.

    Attributes:
        made: the store has the image, and this run paid for it.
        kept: the store had the image before this run.
        cost: of this result, whether this delivery paid for it or an earlier one.
        failure: why the step has no result.
        stopped: the run was stopped before the call.
        last_success_at: when a model call of the run last succeeded, ISO 8601.
        deferred_seconds: the call was not sent, since its turn under the quota comes only after this time; None = it
            was sent.
        next_step: the step that follows, also after a failure that another step may resolve; None = the item is done.
        refined: the refinement has ended: no further image of the item is generated.
        is_quota_reported: the provider reports its quota and the rate limiter follows it, so that a 429 says nothing
            about the concurrency window.
        suspended: the call was not sent because the run is suspended.
        is_quota_known: the request sets the quota, so that a promised turn comes when it was promised.
    """

    made: bool = False
    kept: bool = False
    cost: Cost = Cost()
    failure: Failure | None = None
    stopped: bool = False
    last_success_at: str | None = None
    deferred_seconds: float | None = None
    next_step: ImageStep | None = None
    refined: bool = False
    is_quota_reported: bool = False
    suspended: bool = False
    is_quota_known: bool = False


@dataclass(frozen=True, slots=True)
class FailedImage(Message):
    """Input of ``record_failed_image``, and of ``finish_refinement`` for an item that has an image.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        product_id: the item.
        batch: number of the batch that holds the item.
        attempts: failed calls.
        failure: of the last call.
    """

    run_id: str
    catalog: str
    product_id: str
    batch: int
    attempts: int
    failure: Failure
