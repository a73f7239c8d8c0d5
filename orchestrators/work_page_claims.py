"""When an image worker claims its next work page, decided from the history alone."""

from datetime import datetime, timedelta

from orchestrators.activity_retry import MAX_SUSPENDED_WAIT_SECONDS, RunStoppedError
from shared.images.work_page_size import RemainingWork
from shared.limits.concurrency_window import ConcurrencyWindow
from shared.limits.retry_policy import count_failure, decide_retry
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, ImageWorkerInput
from shared.messages.runs import FailureCounts

MAX_QUEUED_JOBS_PER_SLOT = 8
"""Maximum jobs per slot that an image worker holds, retries included: bounds what a generation carries over."""

MIN_POLL_SECONDS, MAX_POLL_SECONDS = 0.5, 5.0
"""How soon to look again after finding no accepted item without an image, growing while nothing comes."""

MAX_FIRST_POLL_SECONDS = 1.0
"""Maximum wait of an image worker without a page so far: the first image does not wait for the second batch."""


class WorkPageClaims:
    """The claims of one generation of an image worker.

    Attributes:
        next_at: when to claim again; None = nothing is left.
        is_open: whether a claim is in flight.
        count: pages that the image worker has had.
        last_page: the last page that it has seen, its own or another's.
        left: jobs that were unclaimed behind its last page, at most; None = not known.
    """

    def __init__(self, worker: ImageWorkerInput, now: datetime, *, seed: str) -> None:
        self._lane = worker
        self._seed = seed
        self._tries = FailureCounts()
        self._poll_seconds = MIN_POLL_SECONDS
        self.next_at: datetime | None = now
        self.is_open = False
        self.count = worker.claims
        self.last_page = worker.last_page
        self.unclaimed = worker.unclaimed

    def find_size(self, window: ConcurrencyWindow, now: datetime) -> int:
        """Return how many jobs to claim now; 0 = none."""
        is_due = self.next_at is not None and now >= self.next_at and not self.is_open
        if not is_due or window.count_queued() > MAX_QUEUED_JOBS_PER_SLOT * self._lane.width:
            return 0
        free_slots = _count_free_slots(window, now)
        size = self._share.find_claim_size(window.count_ready(now), window.count_slots(), free_slots)
        return size if self._lane.max_image_calls is None else min(size, self._lane.max_image_calls)

    def make_input(self, size: int, window: ConcurrencyWindow, now: datetime) -> ClaimWorkPageInput:
        """Return the input of a claim that begins now."""
        self.is_open = True
        return ClaimWorkPageInput(
            self._lane.run_id,
            self._lane.catalog,
            claimed_by=f"{self._lane.worker_index}/{self.count}",
            size=size,
            last_page=self.last_page,
            resume_count=self._lane.resume_count,
            worker_count=self._lane.worker_count,
            restarts=self._lane.restarts,
            free_slots=_count_free_slots(window, now),
            window=self._share.window,
        )

    def handle_result(self, claim: ClaimWorkPageResult, now: datetime) -> None:
        """Take in what a claim brought.

        Raises:
            RunStoppedError: the store did not answer for too long.
        """
        self.is_open = False
        if claim.failure is not None:
            self._wait_for_store(claim, now)
            return
        self._tries = FailureCounts()
        if claim.suspended:
            self._wait_to_poll(now, MAX_SUSPENDED_WAIT_SECONDS)
            return
        self.last_page = claim.page
        if claim.has_page or claim.unclaimed is not None:
            self.unclaimed = claim.unclaimed  # not known in a catalog that holds more than was asked for
        if claim.closed or (self._lane.max_image_calls is not None and not claim.has_page):
            self.next_at = None
        elif claim.has_page or claim.unclaimed is not None:
            self.count += int(claim.has_page)
            self.next_at = now
            self._poll_seconds = MIN_POLL_SECONDS
        else:
            self._wait_to_poll(now, MAX_POLL_SECONDS if self.count else MAX_FIRST_POLL_SECONDS)

    @property
    def _share(self) -> RemainingWork:
        return RemainingWork(self._lane.width, self._lane.worker_count, self.unclaimed)

    def _wait_to_poll(self, now: datetime, max_seconds: float) -> None:
        self._poll_seconds = min(max_seconds, self._poll_seconds)
        self.next_at = now + timedelta(seconds=self._poll_seconds)
        self._poll_seconds = min(max_seconds, self._poll_seconds * 1.5)

    def _wait_for_store(self, claim: ClaimWorkPageResult, now: datetime) -> None:
        if claim.failure is None:
            return
        self._tries = count_failure(self._tries, claim.failure)
        wait = decide_retry(claim.failure, self._tries, max_retries=0, seed=self._seed, since_success=timedelta())
        if wait is None:
            raise RunStoppedError(claim.failure)
        self.next_at = now + timedelta(seconds=wait)


def _count_free_slots(window: ConcurrencyWindow, now: datetime) -> int:
    """Return how many jobs could start now beyond those that are ready."""
    return max(0, window.count_slots() - window.count_taken() - window.count_ready(now))
