"""``generate_images``: one image image worker. It claims pages of image jobs and keeps its share of the window full.

A generation handles several small pages without draining in between, so slots stay busy and no image worker hoards
work; it
drains only before continue-as-new, because tasks cannot be awaited across it.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import (
    MIN_RETRY_WAIT_SECONDS,
    RunStoppedError,
    call_with_retries,
    exclude_idle_time,
    grow_suspended_wait,
    read_result,
)
from orchestrators.first_completed import wait_for_first
from orchestrators.work_page_claims import WorkPageClaims
from shared.limits.concurrency_window import ConcurrencyWindow, postpone
from shared.limits.long_waits import Wait, describe_wait
from shared.limits.retry_policy import (
    UNUSABLE_ANSWER_REASONS,
    count_failure,
    decide_lost_worker_wait,
    decide_retry,
    find_time_since,
)
from shared.messages.images import (
    ClaimWorkPageResult,
    FailedImage,
    ImageAction,
    ImageCall,
    ImageJob,
    ImageResult,
    ImageStep,
    ImageWorkerInput,
)
from shared.messages.runs import ActivityResult, Counters, Failure, FailureCounts, FinishRunInput, RunRef, StopResult
from shared.reasons import PAUSING_REASONS, Reason

blueprint = df.Blueprint()

MAX_CALLS_PER_GENERATION = 44
"""Steps of images that a generation starts before it drains: CPU for replays grows with the square of it. With their
claims they are some 230 events. Ten images a slot, a usual share, fit into one generation of an image worker of
four."""

MAX_TASKS_PER_GENERATION = 120
"""The same for all tasks, with claims, timers and calls that were sent back for want of a turn: a slow run would lose
turns under the quota if it drained after every few images, and has CPU to spare."""

WORKER_STOPPING_REASONS = frozenset({Reason.RATE_LIMITED, Reason.BUDGET})
"""Once an image fails for one of these, the image worker starts no more: its time or budget is used up."""

STOP_CHECK_INTERVAL = timedelta(seconds=60)
"""An image worker that has nothing in flight, however long it waits, looks so often whether the run was stopped."""

RUN_FAILURE_REASONS = frozenset({Reason.STORE_UNAVAILABLE, Reason.DAMAGED_FILE})
"""Failures of the run rather than of one image: the image worker ends, and its image keeps no failure of its own."""


@blueprint.orchestration_trigger(context_name="context")
def generate_images(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Make images until nothing is left to claim; returns an ``FinishRunInput``.

    Whatever ends an image worker, its calls in flight are awaited: they were paid, and what they brought is counted.
    """
    worker = _ImageWorker(context, ImageWorkerInput.from_json(context.get_input()))
    while True:
        worker.start_ready_work()
        context.set_custom_status(worker.describe())
        if not worker.tasks:
            break
        task = yield from wait_for_first(context, worker.tasks)
        try:
            yield from worker.handle_result(task)
        except RunStoppedError as stop:
            worker.stop(stop.failure)
    if worker.needs_next_generation():
        context.continue_as_new(worker.make_next_input().to_json())
        return None
    return FinishRunInput(worker.input.run_id, worker.input.catalog, worker.counters, worker.failure).to_json()


class _ImageWorker:
    """What one generation of an image worker knows; every change follows from the history alone."""

    def __init__(self, context: df.DurableOrchestrationContext, worker: ImageWorkerInput) -> None:
        self.context = context
        self.input = worker
        self._latest_timer_at: datetime = context.current_utc_datetime
        self._started_at = worker.started_at or self._now().isoformat()
        self.counters = worker.counters
        self.failure: Failure | None = None
        self._wait = worker.wait
        self.tasks: dict[Any, ImageJob | str] = {}
        self._window = ConcurrencyWindow(worker.width, worker.window or float(worker.width))
        self._window.add(worker.jobs)
        if worker.paused_until is not None:
            self._window.paused_until = datetime.fromisoformat(worker.paused_until)
        self._images_started = self._images_finished = 0
        self._tasks_started = self._images_postponed = 0
        self._claims = WorkPageClaims(worker, self._now(), seed=context.instance_id)
        self._timer: Any = None
        self._timer_due: datetime | None = None
        self._last_active_at = self._now()
        self._stopped = False
        self._stop_checked_at = self._now()
        self._losses = worker.losses
        self._workers_lost = 0
        self._workers_lost_at_start: dict[Any, int] = {}

    def start_ready_work(self) -> None:
        """Start what can start now: images in free slots, the claim of the next page, the timer for what waits."""
        now = self._now()
        while self._may_start_image() and (job := self._window.take_next(now)) is not None:
            attempt = ImageCall(
                self.input.run_id,
                self.input.catalog,
                product_id=job.product_id,
                batch=job.batch,
                attempt=job.earlier_calls + job.failure_counts.calls,
                resume_count=self.input.resume_count,
                deferral=job.deferrals,
                step=job.step,
                stricter=job.stricter,
            )
            self._images_started += 1
            self._start(str(job.step.action), attempt.to_json(), job)
        if (size := self._find_claim_size(now)) > 0:
            self._start("claim_work_page", self._claims.make_input(size, self._window, now).to_json(), "claim")
        if self._must_check_stop(now):
            self._start("read_stop", RunRef(self.input.run_id, self.input.catalog).to_json(), "stop")
        self._set_timer(now)

    def handle_result(self, task: Any) -> Generator[Any, Any, None]:
        """Take in what a task brought."""
        self._exclude_idle_time()
        work = self.tasks.pop(task)
        if work == "timer":
            self._latest_timer_at = max(self._latest_timer_at, self._timer_due or self._latest_timer_at)
            self._timer = self._timer_due = None
            return
        self._stop_checked_at = self._now()
        if work == "stop":
            if read_result(StopResult, "read_stop", task.result).stop is not None:
                self.stop(None)
        elif isinstance(work, ImageJob):
            result: ImageResult = read_result(ImageResult, work.step.action, task.result)
            is_known_loss = self._workers_lost_at_start.pop(task) < self._workers_lost
            if result.failure is not None and result.failure.reason is Reason.WORKER_LOST:
                yield from self._handle_loss(work, result.failure, is_known_loss=is_known_loss)
            else:
                self._losses = 0
                yield from self._handle_image_result(work, result)
        else:
            claim = read_result(ClaimWorkPageResult, "claim_work_page", task.result)
            if claim.suspended:
                self._restart_retry_period()
            self._claims.handle_result(claim, self._now())
            self._window.add(claim.jobs)
            self.counters += claim.counters
            if claim.stopped:
                self.stop(None)

    def stop(self, failure: Failure | None) -> None:
        """Start nothing more, for a reason of the image worker's own or because the run was stopped."""
        self._stopped = True
        self.failure = self.failure or failure

    def describe(self) -> dict[str, Any]:
        """Return what callers may see of the image worker."""
        if self._wait is not None and self._wait.is_over(self._now()):
            self._wait = None
        return {"counters": self.counters.to_json(), "window": self._window.count_slots(), **describe_wait(self._wait)}

    def needs_next_generation(self) -> bool:
        """Tell whether another generation is needed."""
        return (
            not self._stopped
            and self._needs_more_images(0)
            and (self._claims.next_at is not None or self._window.count_queued() > 0)
        )

    def make_next_input(self) -> ImageWorkerInput:
        """Return what the next generation goes on with."""
        return replace(
            self.input,
            claims=self._claims.count,
            last_page=self._claims.last_page,
            unclaimed=self._claims.unclaimed,
            jobs=self._window.list_queued(self._now()),
            started_at=self._started_at,
            counters=self.counters,
            wait=self._wait,
            losses=self._losses,
            max_image_calls=None
            if self.input.max_image_calls is None
            else self.input.max_image_calls - self._images_finished,
            window=self._window.size_to_keep,
            paused_until=None if self._window.paused_until is None else self._window.paused_until.isoformat(),
        )

    def _now(self) -> datetime:
        """Return the present moment; not before that of a timer that has fired.

        The Azure Storage backend cuts a delay to whole seconds, so a timer fires up to a second early. By the clock its
        moment would still be to come, and the same timer would be set again and again.
        """
        now: datetime = self.context.current_utc_datetime
        return max(self._latest_timer_at, now)

    def _start(self, activity: str, payload: dict[str, Any], work: ImageJob | str) -> None:
        self._tasks_started += 1
        task = self.context.call_activity(activity, payload)
        self.tasks[task] = work
        self._workers_lost_at_start[task] = self._workers_lost

    def _may_start(self) -> bool:
        has_capacity = (
            self._tasks_started < MAX_TASKS_PER_GENERATION
            and self._images_started - self._images_postponed < MAX_CALLS_PER_GENERATION
        )
        return not self._stopped and has_capacity

    def _may_start_image(self) -> bool:
        # Calls take about equally long, so a round that was begun is filled: a single one would drain alone.
        is_wave_open = self._images_started % self._window.count_slots() > 0
        may_start = self._may_start() or (is_wave_open and not self._stopped)
        return may_start and self._needs_more_images(self._window.running)

    def _needs_more_images(self, in_flight: int) -> bool:
        """Return whether a limited image worker needs more images than those in flight."""
        return self.input.max_image_calls is None or self._images_finished + in_flight < self.input.max_image_calls

    def _find_claim_size(self, now: datetime) -> int:
        """Return how many jobs to claim now; 0 = none."""
        may_claim = self._may_start() and self._needs_more_images(self._window.running + self._window.count_queued())
        return self._claims.find_size(self._window, now) if may_claim else 0

    def _is_only_waiting(self) -> bool:
        """Return whether no activity is in flight that would report that the run was stopped."""
        return all(task is self._timer for task in self.tasks)

    def _must_check_stop(self, now: datetime) -> bool:
        return self._is_only_waiting() and self._may_start() and now >= self._stop_checked_at + STOP_CHECK_INTERVAL

    def _cancel_timer(self) -> None:
        """A timer that lost must be cancelled, or the instance stays Running until it fires."""
        if self._timer is not None:
            if not self._timer.is_completed:  # it may have fired while the image worker awaited something else
                self._timer.cancel()
            self.tasks.pop(self._timer, None)
            self._timer = self._timer_due = None

    def _set_timer(self, now: datetime) -> None:
        if not self._may_start():
            self._cancel_timer()
            return
        wakes = [self._window.find_next_wake(now)]
        if not self._claims.is_open:
            wakes.append(self._claims.next_at)
        wake = min((moment for moment in wakes if moment is not None and moment > now), default=None)
        if wake is not None and self._is_only_waiting():
            wake = min(wake, max(self._stop_checked_at, now) + STOP_CHECK_INTERVAL)
        if wake is None or (self._timer_due is not None and self._timer_due <= wake):
            return
        self._cancel_timer()
        self._tasks_started += 1
        self._timer, self._timer_due = self.context.create_timer(wake), wake
        self.tasks[self._timer] = "timer"

    def _exclude_idle_time(self) -> None:
        expected = max(self._last_active_at, self._timer_due or self._last_active_at)
        self._started_at = exclude_idle_time(self.context, self._started_at, expected)
        self._last_active_at = self._now()

    def _restart_retry_period(self) -> None:
        """Count the time of refusals from now on: a suspended run has no success, which says nothing of the service."""
        self._started_at = self._now().isoformat()

    def _postpone_job(self, job: ImageJob, now: datetime, seconds: float, *, is_suspended: bool) -> None:
        """Let a job come back when its turn is there; one that has none yet would be told to wait longer still."""
        wait = max(MIN_RETRY_WAIT_SECONDS, grow_suspended_wait(seconds, job.deferrals) if is_suspended else seconds)
        self._images_postponed += 1
        if is_suspended:
            self._restart_retry_period()
            self._window.pause_all(now + timedelta(seconds=wait), is_narrow=False)
        else:
            self._window.hold_new_jobs(now, now + timedelta(seconds=wait))
        self._window.add([postpone(replace(job, deferrals=job.deferrals + 1), now, wait)])

    def _handle_image_result(self, job: ImageJob, result: ImageResult) -> Generator[Any, Any, None]:
        self._window.finish(is_quota_reported=result.is_quota_reported)
        self._window.keeps_slots = self._window.keeps_slots or result.is_quota_reported or result.is_quota_known
        now = self._now()
        if result.deferred_seconds is not None:
            self._postpone_job(job, now, result.deferred_seconds, is_suspended=result.suspended)
            return
        if result.stopped:
            self.stop(None)
        done = Counters(made=int(result.made), kept=int(result.kept), cost=result.cost, refined=int(result.refined))
        self.counters += done
        failure = result.failure
        if failure is None:
            self._window.grow(job)
            self._queue_next_step(job, result.next_step)
            return
        failure_counts = count_failure(job.failure_counts, failure)
        wait = decide_retry(
            failure,
            failure_counts,
            max_retries=self.input.max_retries,
            seed=job.product_id,
            since_success=find_time_since(now, self._started_at, result.last_success_at),
        )
        if failure.reason is Reason.RATE_LIMITED:
            self.counters += Counters(rate_limited=1)
            wait = None if wait is None else max(MIN_RETRY_WAIT_SECONDS, wait)
            if wait is not None:
                self._pause(job, now, wait)
        if wait is not None:
            self._wait = Wait.from_failure(failure, now, wait) or self._wait
            if failure.reason is Reason.CONNECTION:
                # Nobody listens there: each further job would only use up a try of its own, and the breaker's patience.
                self._pause(job, now, wait, is_quota=False)
            # Under a quota that the service reports, a refused job waits for a turn and nothing else.
            deferrals = int(result.is_quota_reported and failure.reason is Reason.RATE_LIMITED)
            self._window.add([postpone(replace(job, failure_counts=failure_counts, deferrals=deferrals), now, wait)])
            return
        job = replace(job, failure_counts=FailureCounts(), earlier_calls=job.earlier_calls + failure_counts.calls)
        if result.next_step is not None:
            self._queue_next_step(job, result.next_step)
        elif (
            failure.reason in UNUSABLE_ANSWER_REASONS
            and not job.stricter
            and job.step.action is not ImageAction.GENERATE
        ):
            self._window.add_next_step(replace(job, stricter=True))
        else:
            yield from self._give_up(job, failure)

    def _handle_loss(self, job: ImageJob, failure: Failure, *, is_known_loss: bool) -> Generator[Any, Any, None]:
        """Queue a job again that was lost with its worker, or give it up after as many losses as the policy allows.

        All calls that a worker had fail when it dies. That is one event, and the image worker waits once for it. From
        the
        second one in a row on, one job runs at a time: an image that ends its worker each time then ends nothing else,
        and is given up alone.

        Raises:
            RunStoppedError: the image worker lost as many workers in a row, without any success.
        """
        self._window.finish()
        now = self._now()
        if not is_known_loss:
            self._workers_lost += 1
            self._losses += 1
            self.counters += Counters(lost=1)
            worker_wait = decide_lost_worker_wait(self._losses)
            if worker_wait is None:
                raise RunStoppedError(failure)
            self._window.pause_all(now + timedelta(seconds=worker_wait), is_narrow=self._losses > 1)
        failure_counts = count_failure(job.failure_counts, failure)
        wait = decide_lost_worker_wait(failure_counts.lost)
        if wait is None:
            yield from self._give_up(
                replace(job, failure_counts=FailureCounts(), earlier_calls=job.earlier_calls + failure_counts.calls),
                failure,
            )
        else:
            self._window.add([postpone(replace(job, failure_counts=failure_counts, deferrals=0), now, wait)])

    def _pause(self, job: ImageJob, now: datetime, seconds: float, *, is_quota: bool = True) -> None:
        """Start no step of a job's kind for a while: the service that it goes to does not take any."""
        until = now + timedelta(seconds=seconds)
        if job.step.action is ImageAction.GENERATE:
            self._window.pause(now, until, is_quota=is_quota)
        else:
            self._window.pause_texts(until)

    def _queue_next_step(self, job: ImageJob, step: ImageStep | None) -> None:
        if step is None:
            self._images_finished += 1
        else:
            calls = job.earlier_calls + job.failure_counts.calls
            self._window.add_next_step(
                replace(job, step=step, failure_counts=FailureCounts(), stricter=False, earlier_calls=calls)
            )

    def _give_up(self, job: ImageJob, failure: Failure) -> Generator[Any, Any, None]:
        """End a job whose step failed for good: what was drawn before it stays, and is what ships."""
        if failure.reason in RUN_FAILURE_REASONS:
            raise RunStoppedError(failure)
        if failure.reason in WORKER_STOPPING_REASONS:
            self.stop(failure)
        self._images_finished += 1
        failed = FailedImage(
            self.input.run_id,
            self.input.catalog,
            product_id=job.product_id,
            batch=job.batch,
            attempts=job.earlier_calls,
            failure=failure,
        )
        if job.step.has_image and failure.reason in PAUSING_REASONS:
            return  # nothing more is paid; whoever resumes the run takes the image up where it is
        if job.step.has_image:
            self.counters += Counters(refined=int(job.step.was_evaluated))
            yield from call_with_retries(self.context, "finish_refinement", failed, ActivityResult)
        else:
            self.counters += Counters(failed=Counter({str(failure.reason): 1}))
            yield from call_with_retries(self.context, "record_failed_image", failed, ActivityResult)
