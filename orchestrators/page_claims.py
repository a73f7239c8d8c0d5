"""When an image lane claims its next page, and what it keeps of the answers. All follows from the history alone."""

from datetime import datetime, timedelta

from orchestrators.patience import MAX_SUSPENDED_WAIT_SECONDS, RunStoppedError
from shared.domain.image_messages import ClaimInput, ClaimResult, LaneInput
from shared.domain.messages import Tries
from shared.domain.page_sizes import Share
from shared.domain.retries import count_failure, decide_retry
from shared.domain.window import ImageWindow

MOST_QUEUED = 8
"""Jobs a slot that a lane holds at most, those that wait for another try included: bounds what is carried over."""

FIRST_POLL_SECONDS, LAST_POLL_SECONDS = 0.5, 5.0
"""How soon to look again after finding no accepted item without an image, growing while nothing comes."""

EAGER_POLL_SECONDS = 1.0
"""The longest such wait of a lane that has not had any yet: the first image should not wait for the second batch."""


class PageClaims:
    """The claims of one generation of a lane.

    Attributes:
        next_at: when to claim again; None = nothing is left.
        is_open: whether a claim is in flight.
        count: pages that the lane has had.
        last_page: the last page that it has seen, its own or another's.
        left: jobs that were unclaimed behind its last page, at most; None = not known.
    """

    def __init__(self, lane: LaneInput, now: datetime, *, seed: str) -> None:
        self._lane = lane
        self._seed = seed
        self._tries = Tries()
        self._poll_seconds = FIRST_POLL_SECONDS
        self.next_at: datetime | None = now
        self.is_open = False
        self.count = lane.claims
        self.last_page = lane.last_page
        self.left = lane.left

    def find_size(self, window: ImageWindow, now: datetime) -> int:
        """Return how many jobs to claim now; 0 = none."""
        is_due = self.next_at is not None and now >= self.next_at and not self.is_open
        if not is_due or window.count_queued() > MOST_QUEUED * self._lane.width:
            return 0
        free = _count_free(window, now)
        size = self._share.find_claim_size(window.count_ready(now), window.count_slots(), free)
        return size if self._lane.most_images is None else min(size, self._lane.most_images)

    def make_input(self, size: int, window: ImageWindow, now: datetime) -> ClaimInput:
        """Return the input of a claim that begins now."""
        self.is_open = True
        return ClaimInput(
            self._lane.run_id,
            self._lane.catalog,
            claimant=f"{self._lane.lane}/{self.count}",
            size=size,
            last_page=self.last_page,
            leg=self._lane.leg,
            lanes=self._lane.lanes,
            restarts=self._lane.restarts,
            free=_count_free(window, now),
            window=self._share.window,
        )

    def settle(self, claim: ClaimResult, now: datetime) -> None:
        """Take in what a claim brought.

        Raises:
            RunStoppedError: the store did not answer for too long.
        """
        self.is_open = False
        if claim.failure is not None:
            self._wait_for_store(claim, now)
            return
        self._tries = Tries()
        if claim.suspended:
            self._wait_to_poll(now, MAX_SUSPENDED_WAIT_SECONDS)
            return
        self.last_page = claim.page
        if claim.is_page or claim.left is not None:
            self.left = claim.left  # not known in a catalog that holds more than was asked for
        if claim.closed or (self._lane.most_images is not None and not claim.is_page):
            self.next_at = None
        elif claim.is_page or claim.left is not None:
            self.count += int(claim.is_page)
            self.next_at = now
            self._poll_seconds = FIRST_POLL_SECONDS
        else:
            self._wait_to_poll(now, LAST_POLL_SECONDS if self.count else EAGER_POLL_SECONDS)

    @property
    def _share(self) -> Share:
        return Share(self._lane.width, self._lane.lanes, self.left)

    def _wait_to_poll(self, now: datetime, max_seconds: float) -> None:
        self._poll_seconds = min(max_seconds, self._poll_seconds)
        self.next_at = now + timedelta(seconds=self._poll_seconds)
        self._poll_seconds = min(max_seconds, self._poll_seconds * 1.5)

    def _wait_for_store(self, claim: ClaimResult, now: datetime) -> None:
        if claim.failure is None:
            return
        self._tries = count_failure(self._tries, claim.failure)
        wait = decide_retry(claim.failure, self._tries, max_retries=0, seed=self._seed, since_success=timedelta())
        if wait is None:
            raise RunStoppedError(claim.failure)
        self.next_at = now + timedelta(seconds=wait)


def _count_free(window: ImageWindow, now: datetime) -> int:
    """Return how many jobs could start now beyond those that are ready."""
    return max(0, window.count_slots() - window.count_taken() - window.count_ready(now))
