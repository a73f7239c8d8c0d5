"""What travels between the image lanes and their activities. See ``messages`` for what all messages have in common."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.messages import Cost, Failure, Message, Tally, Tries
from shared.domain.waits import Wait


class Action(StrEnum):
    """A paid call for an item's picture, by the name of the activity that makes it."""

    DRAW = "make_image"
    EVALUATE = "evaluate_image"
    REWRITE = "rewrite_prompt"


@dataclass(frozen=True, slots=True)
class Step(Message):
    """Where an item's picture is on its way. Activities say which step comes next; lanes take it.

    Attributes:
        action: what is done.
        round: which picture of the item it is for, from 1: one that is looked at may be drawn again.
        rewrite: how often the prompt of that picture was written anew as the service had refused it.
    """

    action: Action = Action.DRAW
    round: int = 1
    rewrite: int = 0

    @property
    def has_picture(self) -> bool:
        """Tell whether a picture of the item is in the store before this step."""
        return self.round > 1 or self.action is Action.EVALUATE

    @property
    def was_looked_at(self) -> bool:
        """Tell whether a picture of the item was looked at before this step."""
        return self.round > 1


@dataclass(frozen=True, slots=True)
class ImageJob(Message):
    """One item's image still to make, or to improve.

    Attributes:
        product_id: the item.
        batch: the batch that holds it.
        tries: how its step has failed so far.
        due: not before this moment, ISO 8601; None = at once.
        turns: how often it was told to come back, as its turn under the quota had not come.
        step: what is to be done for it.
        stricter: the previous answer to that step could not be used.
        earlier_calls: failed calls of the steps before, and of the one that was asked for stricter.
    """

    product_id: str
    batch: int
    tries: Tries = Tries()
    due: str | None = None
    turns: int = 0
    step: Step = Step()
    stricter: bool = False
    earlier_calls: int = 0


@dataclass(frozen=True, slots=True)
class LaneInput(Message):
    """Input of ``make_images``, carried from generation to generation.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        lane: which lane, from 0.
        width: image calls at a time.
        max_retries: of calls that fail in a way that counts.
        claims: pages that the lane has claimed so far.
        last_page: the last page that the lane has seen, its own or another's.
        left: jobs that no lane had claimed when this one last did, at most; None = not known.
        jobs: taken over from the generation before: those that wait for another try.
        started_at: when the lane began, ISO 8601.
        tally: of all generations so far.
        leg: how often the run was resumed before.
        lanes: how many lanes share the run's window.
        window: what the lane's share of the window has adapted to; None = all of ``width``.
        paused_until: the moment that the service named, ISO 8601.
        most_images: the lane ends after so many image calls; None = when nothing is left.
        wait: the long wait that the service asked for last.
        losses: workers that the lane lost in a row without a success.
        restarts: how often the parent started this lane again after an earlier instance of it was lost.
    """

    run_id: str
    catalog: str
    lane: int
    width: int
    max_retries: int
    claims: int = 0
    last_page: int = 0
    left: int | None = None
    jobs: tuple[ImageJob, ...] = ()
    started_at: str | None = None
    tally: Tally = Tally()
    leg: int = 0
    lanes: int = 1
    window: float | None = None
    paused_until: str | None = None
    most_images: int | None = None
    wait: Wait | None = None
    losses: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class ClaimInput(Message):
    """Input of ``claim_page``.

    ``claimant`` names the lane and how many pages it has had, and stays until it gets the next one. So a redelivery
    finds its own claim, and the lane finds what a late redelivery claimed after an earlier one had found nothing.

    Attributes:
        run_id: the run.
        catalog: its catalog.
        claimant: the lane, and how many pages it has had.
        size: jobs of the page, at most.
        last_page: the last page that the lane has seen, its own or another's.
        leg: how often the run was resumed before; each leg claims anew what is still to be made.
        lanes: how many lanes share what is left: near the end pages get smaller, so that all lanes end together.
        free: jobs that the lane could start at once; the last round is dealt out by it.
        window: slots of all lanes together.
        restarts: how often the lane was started again: then its own pages may hold jobs that are done.
    """

    run_id: str
    catalog: str
    claimant: str
    size: int
    last_page: int
    leg: int = 0
    lanes: int = 1
    free: int = 0
    window: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class ClaimResult(Message):
    """The page that a lane got.

    Attributes:
        page: its number, or the last one seen where nothing was left.
        jobs: at most ``size``.
        left: items up to the count that was asked for that no lane has claimed; without jobs, they are kept for slots
            that are free. None where nothing was found.
        closed: nothing is left and nothing will come.
        stopped: the run was stopped.
        failure: the store did not answer.
        tally: what the page's other jobs came to, where an earlier instance of the lane has done them.
        suspended: nothing was claimed because the run is suspended; ask again later.
    """

    page: int = 0
    jobs: tuple[ImageJob, ...] = ()
    left: int | None = None
    closed: bool = False
    stopped: bool = False
    failure: Failure | None = None
    tally: Tally = Tally()
    suspended: bool = False

    @property
    def is_page(self) -> bool:
        """Whether the lane got a page, if only one whose jobs are done."""
        return bool(self.jobs) or self.tally != Tally()


@dataclass(frozen=True, slots=True)
class ImageCall(Message):
    """Input of ``make_image``, ``evaluate_image`` and ``rewrite_prompt``.

    ``attempt`` counts deliveries by decision, not by accident. ``leg`` tells how often the run was resumed before:
    after a pause the same item is a new call, whose result is not the remembered one of before, and whose outcome is
    judged with those of its own leg. ``turn`` tells how often the call was told to come back, ``stricter`` that the
    previous answer could not be used.
    """

    run_id: str
    catalog: str
    product_id: str
    batch: int
    attempt: int = 0
    leg: int = 0
    turn: int = 0
    step: Step = Step()
    stricter: bool = False


@dataclass(frozen=True, slots=True)
class ImageResult(Message):
    """What a step of an item's picture brought.

    Attributes:
        made: the image is in the store and was paid by this run.
        kept: the image was in the store before this run.
        cost: of this result, whether it was paid now or by an earlier delivery.
        failure: why there is no image.
        stopped: the run was stopped before the call.
        last_success_at: when any call of the run last succeeded, ISO 8601.
        turn_in_seconds: the call was not made, its turn under the quota comes only then; None = it was.
        next: the step that follows, also where this one failed in a way that a further step may mend; None = none.
        refined: the picture was looked at, and no further one is drawn.
        paced: the service reports its quota, and the rate limiter keeps to it: a 429 says nothing about the window.
        suspended: the run is suspended, and that is why the call was not made; ``turn_in_seconds`` says when to ask.
        is_quota_known: the request sets the quota, so that the turn that was promised comes when it was promised.
    """

    made: bool = False
    kept: bool = False
    cost: Cost = Cost()
    failure: Failure | None = None
    stopped: bool = False
    last_success_at: str | None = None
    turn_in_seconds: float | None = None
    next: Step | None = None
    refined: bool = False
    paced: bool = False
    suspended: bool = False
    is_quota_known: bool = False


@dataclass(frozen=True, slots=True)
class FailedImage(Message):
    """Input of ``record_failure``, and of ``end_refinement`` where a picture is there."""

    run_id: str
    catalog: str
    product_id: str
    batch: int
    attempts: int
    failure: Failure
