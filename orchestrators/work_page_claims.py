"""When an image worker claims its next work page, and how many jobs it asks for."""

from datetime import datetime, timedelta

from orchestrators.activity_retry import MAX_SUSPENDED_WAIT_SECONDS, RunStoppedError
from shared.images.work_page_size import RemainingWork
from shared.limits.concurrency_window import ConcurrencyWindow
from shared.limits.retry_policy import count_failure, decide_retry
from shared.messages.base import Failure, FailureCounts
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, ImageWorkerInput

MAX_QUEUED_JOBS_PER_SLOT = 8
"""Maximum jobs per slot that an image worker holds, retries included: limits what a generation carries over."""

MIN_POLL_SECONDS, MAX_POLL_SECONDS, POLL_GROWTH = 0.5, 5.0, 1.5
"""Interval of claims that find no accepted item without an image; it grows while nothing is found."""

MAX_FIRST_POLL_SECONDS = 1.0
"""Maximum interval before the first page: the first image does not wait for the second batch."""


class WorkPageClaims:
    """The claims of one generation of an image worker.

    Attributes:
        next_at: when to claim again; None = no work is left.
        is_open: a claim is in flight.
        count: pages that the image worker has claimed.
        last_page: the last page that it knows, its own or another's.
        unclaimed: upper bound of the jobs that were unclaimed at its last claim; None = unknown.
    """

    def __init__(self, worker: ImageWorkerInput, now: datetime, *, seed: str) -> None:
        self._worker = worker
        self._seed = seed
        self._failure_counts = FailureCounts()
        self._poll_seconds = MIN_POLL_SECONDS
        self.next_at: datetime | None = now
        self.is_open = False
        self.count = worker.claims
        self.last_page = worker.last_page
        self.unclaimed = worker.unclaimed

    def find_size(self, window: ConcurrencyWindow, now: datetime) -> int:
        """Return how many jobs to claim now; 0 = none."""
        is_due = self.next_at is not None and now >= self.next_at and not self.is_open
        if not is_due or window.count_queued() > MAX_QUEUED_JOBS_PER_SLOT * self._worker.width:
            return 0
        free_slots = _count_free_slots(window, now)
        size = self._remaining.find_claim_size(window.count_ready(now), window.count_slots(), free_slots)
        return size if self._worker.max_image_calls is None else min(size, self._worker.max_image_calls)

    def make_input(self, size: int, window: ConcurrencyWindow, now: datetime) -> ClaimWorkPageInput:
        """Return the input of a claim that starts now."""
        self.is_open = True
        return ClaimWorkPageInput(
            self._worker.run_id,
            self._worker.catalog,
            claimed_by=f"{self._worker.worker_index}/{self.count}",
            size=size,
            last_page=self.last_page,
            resume_count=self._worker.resume_count,
            worker_count=self._worker.worker_count,
            restarts=self._worker.restarts,
            free_slots=_count_free_slots(window, now),
            window=self._remaining.window,
            item_limit=self._worker.item_limit,
        )

    def handle_result(self, claim: ClaimWorkPageResult, now: datetime) -> None:
        """Apply the result of a claim.

        Raises:
            RunStoppedError: the store was unavailable for too long.
        """
        self.is_open = False
        if claim.failure is not None:
            self._retry_later(claim.failure, now)
            return
        self._failure_counts = FailureCounts()
        if claim.suspended:
            self._poll_later(now, MAX_SUSPENDED_WAIT_SECONDS)
            return
        self.last_page = claim.page
        if claim.has_page or claim.unclaimed is not None:
            self.unclaimed = claim.unclaimed  # unknown in a catalog that holds more items than the target
        if claim.closed or (self._worker.max_image_calls is not None and not claim.has_page):
            self.next_at = None
        elif claim.has_page or claim.unclaimed is not None:
            self.count += int(claim.has_page)
            self.next_at = now
            self._poll_seconds = MIN_POLL_SECONDS
        else:
            usual = MAX_POLL_SECONDS if self.count else MAX_FIRST_POLL_SECONDS
            self._poll_later(now, self._worker.max_poll_seconds or usual)

    @property
    def _remaining(self) -> RemainingWork:
        return RemainingWork(self._worker.width, self._worker.worker_count, self.unclaimed)

    def _poll_later(self, now: datetime, max_seconds: float) -> None:
        self._poll_seconds = min(max_seconds, self._poll_seconds)
        self.next_at = now + timedelta(seconds=self._poll_seconds)
        self._poll_seconds = min(max_seconds, self._poll_seconds * POLL_GROWTH)

    def _retry_later(self, failure: Failure, now: datetime) -> None:
        self._failure_counts = count_failure(self._failure_counts, failure)
        wait = decide_retry(failure, self._failure_counts, max_retries=0, seed=self._seed, since_success=timedelta())
        if wait is None:
            raise RunStoppedError(failure)
        self.next_at = now + timedelta(seconds=wait)


def _count_free_slots(window: ConcurrencyWindow, now: datetime) -> int:
    """Return how many jobs could start now in addition to those that are ready."""
    return max(0, window.count_slots() - window.count_taken() - window.count_ready(now))
