"""How an image worker applies the results of image activities: next step, retry, or a failed item."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import azure.durable_functions as df

from orchestrators.activity_retry import (
    MIN_RETRY_WAIT_SECONDS,
    RunStoppedError,
    Steps,
    calculate_suspended_wait,
    call_with_retries,
    exclude_idle_time,
)
from orchestrators.image_worker_timer import ImageWorkerTimer
from shared.limits.concurrency_window import ConcurrencyWindow, postpone
from shared.limits.retry_policy import (
    UNUSABLE_ANSWER_REASONS,
    count_failure,
    decide_lost_worker_wait,
    decide_retry,
    find_time_since,
)
from shared.messages.base import Counters, Failure, FailureCounts, Wait
from shared.messages.images import FailedImage, ImageAction, ImageJob, ImageResult, ImageStep, ImageWorkerInput
from shared.messages.run import ActivityResult
from shared.reasons import PAUSING_REASONS, Reason

WORKER_STOPPING_REASONS = frozenset({Reason.RATE_LIMITED, Reason.BUDGET})
"""After such a failure of an item the image worker starts nothing more: its time or budget is used up."""

RUN_FAILURE_REASONS = frozenset({Reason.STORE_UNAVAILABLE, Reason.DAMAGED_FILE})
"""Failures of the run, not of one item: the image worker ends, and the item is not recorded as failed."""


class ImageResults:
    """Applies results to the concurrency window and the counters of an image worker.

    Attributes:
        counters: of all generations so far.
        wait: the latest long wait that the provider asked for.
        losses: worker processes lost in a row.
        workers_lost: worker processes lost in this generation.
        images_finished: items that this generation completed or gave up.
        images_postponed: calls of this generation that were sent back without a turn.
        started_at: when the retry period began, ISO 8601: refusals are retried for a limited time without a success.
        is_stopped: no further work may start.
        failure: why, unless the stop record says it.
    """

    def __init__(
        self,
        context: df.DurableOrchestrationContext,
        worker: ImageWorkerInput,
        window: ConcurrencyWindow,
        timer: ImageWorkerTimer,
    ) -> None:
        self._context = context
        self._input = worker
        self._window = window
        self._timer = timer
        self._last_active_at = timer.read_now()
        self.started_at = worker.started_at or self._last_active_at.isoformat()
        self.counters = worker.counters
        self.wait = worker.wait
        self.losses = worker.losses
        self.workers_lost = self.images_finished = self.images_postponed = 0
        self.is_stopped = False
        self.failure: Failure | None = None

    def stop(self, failure: Failure | None) -> None:
        """Let no further work start; the first failure stays."""
        self.is_stopped = True
        self.failure = self.failure or failure

    def exclude_idle_time(self) -> None:
        """Restart the retry period if the host was away since the latest event."""
        expected = max(self._last_active_at, self._timer.due or self._last_active_at)
        self.started_at = exclude_idle_time(self._context, self.started_at, expected)
        self._last_active_at = self._timer.read_now()

    def restart_retry_period(self) -> None:
        """Begin the retry period now: a suspended run has no success, which says nothing about the provider."""
        self.started_at = self._timer.read_now().isoformat()

    def handle(self, job: ImageJob, result: ImageResult, workers_lost_at_start: int) -> Steps[None]:
        """Apply the result of a job's step.

        Args:
            job: the job.
            result: the result of its step.
            workers_lost_at_start: `workers_lost` when the step was started.

        Raises:
            RunStoppedError: the image worker cannot continue.
        """
        failure = result.failure
        if failure is not None and failure.reason is Reason.WORKER_LOST:
            yield from self._handle_loss(job, failure, is_new=workers_lost_at_start == self.workers_lost)
            return
        self.losses = 0
        self._window.release(is_quota_reported=result.is_quota_reported)
        self._window.keeps_slots = self._window.keeps_slots or result.is_quota_reported or result.is_quota_known
        if result.deferred_seconds is not None:
            self._postpone(job, result.deferred_seconds, is_suspended=result.suspended)
            return
        if result.stopped:
            self.stop(None)
        self.counters += Counters(
            made=int(result.made), kept=int(result.kept), cost=result.cost, refined=int(result.refined)
        )
        if failure is None:
            self._window.on_success(job)
            self._queue_next_step(job, result.next_step)
        else:
            yield from self._handle_failure(job, result, failure)

    def _postpone(self, job: ImageJob, seconds: float, *, is_suspended: bool) -> None:
        """Queue a job that had no turn yet; new jobs wait too, since they would be sent back as well."""
        now = self._timer.read_now()
        seconds = calculate_suspended_wait(seconds, job.deferrals) if is_suspended else seconds
        wait = max(MIN_RETRY_WAIT_SECONDS, seconds)
        self.images_postponed += 1
        if is_suspended:
            self.restart_retry_period()
            self._window.pause_all(now + timedelta(seconds=wait), is_narrow=False)
        else:
            self._window.hold_new_jobs(now, now + timedelta(seconds=wait))
        self._window.add([postpone(replace(job, deferrals=job.deferrals + 1), now, wait)])

    def _queue_next_step(self, job: ImageJob, step: ImageStep | None) -> None:
        if step is None:
            self.images_finished += 1
            return
        job = replace(_close_attempts(job, job.failure_counts), step=step, stricter=False)
        self._window.add_next_step(job)

    def _handle_failure(self, job: ImageJob, result: ImageResult, failure: Failure) -> Steps[None]:
        """Retry a failed step, queue the step that may resolve the failure, or give the item up."""
        now = self._timer.read_now()
        failure_counts = count_failure(job.failure_counts, failure)
        wait = decide_retry(
            failure,
            failure_counts,
            max_retries=self._input.max_retries,
            seed=job.product_id,
            since_success=find_time_since(now, self.started_at, result.last_success_at),
        )
        is_refused = failure.reason is Reason.RATE_LIMITED
        if is_refused:
            self.counters += Counters(rate_limited=1)
        if wait is not None:
            wait = max(MIN_RETRY_WAIT_SECONDS, wait) if is_refused else wait
            self._pause_if_unavailable(job, failure, now, wait)
            self.wait = Wait.from_failure(failure, now, wait) or self.wait
            # Under a quota that the provider reports, a refused job waits for a turn and keeps its slot.
            deferrals = int(result.is_quota_reported and is_refused)
            self._window.add([postpone(replace(job, failure_counts=failure_counts, deferrals=deferrals), now, wait)])
            return
        job = _close_attempts(job, failure_counts)
        is_text = job.step.action is not ImageAction.GENERATE
        if result.next_step is not None:
            self._queue_next_step(job, result.next_step)
        elif failure.reason in UNUSABLE_ANSWER_REASONS and is_text and not job.stricter:
            self._window.add_next_step(replace(job, stricter=True))
        else:
            yield from self._give_up(job, failure)

    def _pause_if_unavailable(self, job: ImageJob, failure: Failure, now: datetime, seconds: float) -> None:
        """Start no step of a job's kind for a while if its provider accepts none.

        A provider that cannot be reached would cost each further job a retry, and the circuit breaker would open.
        """
        if failure.reason not in {Reason.RATE_LIMITED, Reason.CONNECTION}:
            return
        until = now + timedelta(seconds=seconds)
        if job.step.action is ImageAction.GENERATE:
            self._window.on_throttled(now, until, is_quota=failure.reason is Reason.RATE_LIMITED)
        else:
            self._window.on_text_throttled(until)

    def _handle_loss(self, job: ImageJob, failure: Failure, *, is_new: bool) -> Steps[None]:
        """Queue a job again that was lost with its worker process, or give the item up.

        All calls of a process fail when it dies. That counts as one loss, and the image worker waits once for it. After
        the second loss in a row one job runs at a time: an image that kills its process every time then fails alone.

        Args:
            job: the job.
            failure: its failure.
            is_new: the loss was not counted yet.

        Raises:
            RunStoppedError: the image worker lost too many processes in a row.
        """
        self._window.release()
        now = self._timer.read_now()
        if is_new:
            self.workers_lost += 1
            self.losses += 1
            self.counters += Counters(lost=1)
            pause = decide_lost_worker_wait(self.losses)
            if pause is None:
                raise RunStoppedError(failure)
            self._window.pause_all(now + timedelta(seconds=pause), is_narrow=self.losses > 1)
        failure_counts = count_failure(job.failure_counts, failure)
        wait = decide_lost_worker_wait(failure_counts.lost)
        if wait is None:
            yield from self._give_up(_close_attempts(job, failure_counts), failure)
        else:
            self._window.add([postpone(replace(job, failure_counts=failure_counts, deferrals=0), now, wait)])

    def _give_up(self, job: ImageJob, failure: Failure) -> Steps[None]:
        """End a job whose step failed for good. An image of an earlier step stays and becomes the item's image."""
        if failure.reason in RUN_FAILURE_REASONS:
            raise RunStoppedError(failure)
        if failure.reason in WORKER_STOPPING_REASONS:
            self.stop(failure)
        self.images_finished += 1
        failed = FailedImage(
            self._input.run_id,
            self._input.catalog,
            product_id=job.product_id,
            batch=job.batch,
            attempts=job.earlier_calls,
            failure=failure,
        )
        if job.step.has_image and failure.reason in PAUSING_REASONS:
            return  # no more is billed; the resumed run continues with this step
        if job.step.has_image:
            self.counters += Counters(refined=int(job.step.was_evaluated))
            yield from call_with_retries(self._context, "finish_refinement", failed, ActivityResult)
        else:
            self.counters += Counters(failed=Counter({str(failure.reason): 1}))
            yield from call_with_retries(self._context, "record_failed_image", failed, ActivityResult)


def _close_attempts(job: ImageJob, failure_counts: FailureCounts) -> ImageJob:
    """Return the job with its failed calls counted as earlier ones, so that the next call has a new attempt number."""
    calls = job.earlier_calls + failure_counts.calls
    return replace(job, failure_counts=FailureCounts(), earlier_calls=calls)
