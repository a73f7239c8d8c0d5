"""Messages between image workers and their activities."""

from dataclasses import dataclass
from enum import StrEnum

from shared.limits.long_waits import Wait
from shared.messages.runs import Cost, Counters, Failure, FailureCounts, Message


class ImageAction(StrEnum):
    """A paid call for an item's image, by the name of the activity that makes it."""

    GENERATE = "generate_image"
    EVALUATE = "evaluate_image"
    REWRITE = "rewrite_prompt"


@dataclass(frozen=True, slots=True)
class ImageStep(Message):
    """Where an item's image is on its way. Activities say which step comes next; image workers take it.

    Attributes:
        action: what is done.
        round: which image of the item it is for, from 1: one that is looked at may be drawn again.
        rewrite: how often the prompt of that image was written anew as the service had refused it.
    """

    action: ImageAction = ImageAction.GENERATE
    round: int = 1
    rewrite: int = 0

    @property
    def has_image(self) -> bool:
        """Tell whether an image of the item is in the store before this step."""
        return self.round > 1 or self.action is ImageAction.EVALUATE

    @property
    def was_evaluated(self) -> bool:
        """Tell whether an image of the item was looked at before this step."""
        return self.round > 1


@dataclass(frozen=True, slots=True)
class ImageJob(Message):
    """One item's image still to make, or to improve.

    Attributes:
        product_id: the item.
        batch: the batch that holds it.
        failure_counts: how its step has failed so far.
        due: not before this moment, ISO 8601; None = at once.
        deferrals: how often it was told to come back, as its turn under the quota had not come.
        step: what is to be done for it.
        stricter: the previous answer to that step could not be used.
        earlier_calls: failed calls of the steps before, and of the one that was asked for stricter.
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
        image worker: which image worker, from 0.
        width: image calls at a time.
        max_retries: of calls that fail in a way that counts.
        claims: pages that the image worker has claimed so far.
        last_page: the last page that the image worker has seen, its own or another's.
        unclaimed: jobs that no image worker had claimed when this one last did, at most; None = not known.
        jobs: taken over from the generation before: those that wait for another try.
        started_at: when the image worker began, ISO 8601.
        counters: of all generations so far.
        resume_count: how often the run was resumed before.
        image workers: how many image workers share the run's window.
        window: what the image worker's share of the window has adapted to; None = all of ``width``.
        paused_until: the moment that the service named, ISO 8601.
        max_image_calls: the image worker ends after so many image calls; None = when nothing is left.
        wait: the long wait that the service asked for last.
        losses: workers that the image worker lost in a row without a success.
        restarts: how often the parent started this image worker again after an earlier instance of it was lost.
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


@dataclass(frozen=True, slots=True)
class ClaimWorkPageInput(Message):
    """Input of ``claim_work_page``.

    ``claimed_by`` names the image worker and how many pages it has had, and stays until it gets the next one. So a
    redelivery
    finds its own claim, and the image worker finds what a late redelivery claimed after an earlier one had found
    nothing.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        claimed_by: the image worker, and how many pages it has had.
        size: jobs of the page, at most.
        last_page: the last page that the image worker has seen, its own or another's.
        resume_count: how often the run was resumed before; each leg claims anew what is still to be made.
        image workers: how many image workers share what is left: near the end pages get smaller, so that all image
        workers end together.
        free_slots: jobs that the image worker could start at once; the last round is dealt out by it.
        window: slots of all image workers together.
        restarts: how often the image worker was started again: then its own pages may hold jobs that are done.
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


@dataclass(frozen=True, slots=True)
class ClaimWorkPageResult(Message):
    """The page that an image worker got.

    Attributes:
        page: its number, or the last one seen where nothing was left.
        jobs: at most ``size``.
        unclaimed: items up to the count that was asked for that no image worker has claimed; without jobs, they are
        kept for slots
            that are free. None where nothing was found.
        closed: nothing is left and nothing will come.
        stopped: the run was stopped.
        failure: the store did not answer.
        counters: what the page's other jobs came to, where an earlier instance of the image worker has done them.
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
        """Whether the image worker got a page, if only one whose jobs are done."""
        return bool(self.jobs) or self.counters != Counters()


@dataclass(frozen=True, slots=True)
class ImageCall(Message):
    """Input of ``generate_image``, ``evaluate_image`` and ``rewrite_prompt``.

    ``attempt`` counts deliveries by decision, not by accident. ``resume_count`` tells how often the run was resumed
    before:
    after a pause the same item is a new call, whose result is not the remembered one of before, and whose outcome is
    judged with those of its own leg. ``deferral`` tells how often the call was told to come back, ``stricter`` that the
    previous answer could not be used.
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


@dataclass(frozen=True, slots=True)
class ImageResult(Message):
    """What a step of an item's image brought.

    Attributes:
        made: the image is in the store and was paid by this run.
        kept: the image was in the store before this run.
        cost: of this result, whether it was paid now or by an earlier delivery.
        failure: why there is no image.
        stopped: the run was stopped before the call.
        last_success_at: when any call of the run last succeeded, ISO 8601.
        deferred_seconds: the call was not made, its turn under the quota comes only then; None = it was.
        next_step: the step that follows, also where this one failed in a way that a further step may mend; None = none.
        refined: the image was looked at, and no further one is drawn.
        is_quota_reported: the service reports its quota, and the rate limiter keeps to it: a 429 says nothing about
        the window.
        suspended: the run is suspended, and that is why the call was not made; ``deferred_seconds`` says when to ask.
        is_quota_known: the request sets the quota, so that the turn that was promised comes when it was promised.
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
    """Input of ``record_failed_image``, and of ``finish_refinement`` where an image is there."""

    run_id: str
    catalog: str
    product_id: str
    batch: int
    attempts: int
    failure: Failure
