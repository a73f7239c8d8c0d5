"""The state of one generation of an image worker. Every change follows from the history alone."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import Steps, read_window_result
from orchestrators.image_results import ImageResults
from orchestrators.image_worker_timer import ImageWorkerTimer
from orchestrators.work_page_claims import WorkPageClaims
from shared.limits.concurrency_window import ConcurrencyWindow
from shared.messages.base import Failure, Message
from shared.messages.custom_status import ChildStatus
from shared.messages.images import ClaimWorkPageResult, ImageCall, ImageJob, ImageResult, ImageWorkerInput
from shared.messages.run import ChildResult, RunRef, StopResult

MAX_CALLS_PER_GENERATION = 44
"""Image calls of a generation, which with their claims are about 230 events: the CPU time of replays grows with the
square of it. Ten images a slot, a usual share, fit into one generation of an image worker of width four."""

MAX_TASKS_PER_GENERATION = 120
"""The same for all tasks: claims, timers and calls without a turn. A run with a low quota would lose turns if it
drained after every few images, and has CPU time to spare."""

STOP_CHECK_INTERVAL = timedelta(seconds=60)
"""How often an image worker without a call in flight reads the stop record."""


@dataclass(frozen=True, slots=True)
class ImageTask:
    """A step of an item's image is in flight.

    Attributes:
        job: the item and its step.
        workers_lost: worker processes that this generation had lost when the step was started.
    """

    job: ImageJob
    workers_lost: int


@dataclass(frozen=True, slots=True)
class ClaimTask:
    """A work page is being claimed."""


@dataclass(frozen=True, slots=True)
class StopCheckTask:
    """The stop record is being read."""


@dataclass(frozen=True, slots=True)
class TimerTask:
    """The timer is open."""


WorkerTask = ImageTask | ClaimTask | StopCheckTask | TimerTask


class ImageWorker:
    """One generation of an image worker.

    Attributes:
        tasks: the durable tasks to wait for.
    """

    def __init__(self, context: df.DurableOrchestrationContext, worker: ImageWorkerInput) -> None:
        self._context = context
        self._input = worker
        self.tasks: dict[Any, WorkerTask] = {}
        self._timer = ImageWorkerTimer(context)
        self._window = ConcurrencyWindow(worker.width, worker.window or float(worker.width))
        self._window.add(worker.jobs)
        if worker.paused_until is not None:
            self._window.paused_until = datetime.fromisoformat(worker.paused_until)
        now = self._timer.read_now()
        self._claims = WorkPageClaims(worker, now, seed=context.instance_id)
        self._results = ImageResults(context, worker, self._window, self._timer)
        self._images_started = self._tasks_started = 0
        self._stop_checked_at = now

    def start_ready_work(self) -> None:
        """Start what can start now: images in free slots, the claim of the next page, a stop check, the timer."""
        now = self._timer.read_now()
        while self._may_start_image() and (job := self._window.acquire(now)) is not None:
            self._images_started += 1
            task = ImageTask(job, self._results.workers_lost)
            self._start(job.step.action, self._make_call(job), task)
        if (size := self._find_claim_size(now)) > 0:
            self._start("claim_work_page", self._claims.make_input(size, self._window, now), ClaimTask())
        if self._must_check_stop(now):
            self._start("read_stop", RunRef(self._input.run_id, self._input.catalog), StopCheckTask())
        self._set_timer(now)

    def handle_task(self, task: Any) -> Steps[None]:
        """Apply the result of a task that has ended.

        Raises:
            RunStoppedError: the image worker cannot continue.
        """
        self._results.exclude_idle_time()
        kind = self.tasks.pop(task)
        if not isinstance(kind, TimerTask):
            self._stop_checked_at = self._timer.read_now()  # every activity checks the stop record
        match kind:
            case TimerTask():
                self._timer.mark_fired()
            case StopCheckTask():
                if read_window_result(StopResult, "read_stop", task.result).stop is not None:
                    self.stop(None)
            case ImageTask(job, workers_lost):
                result = read_window_result(ImageResult, job.step.action, task.result)
                yield from self._results.handle(job, result, workers_lost)
            case ClaimTask():
                self._handle_claim(read_window_result(ClaimWorkPageResult, "claim_work_page", task.result))

    def stop(self, failure: Failure | None) -> None:
        """Start no further work; ``failure`` is None if the stop record says why."""
        self._results.stop(failure)

    def make_status(self) -> ChildStatus:
        """Return the image worker's custom status."""
        wait = self._results.wait
        if wait is not None and wait.is_over(self._timer.read_now()):
            self._results.wait = wait = None
        return ChildStatus(self._results.counters, self._window.count_slots(), wait)

    def needs_next_generation(self) -> bool:
        """Return whether work is left for another generation."""
        has_work = self._claims.next_at is not None or self._window.count_queued() > 0
        return not self._results.is_stopped and has_work and self._needs_more_images(0)

    def make_next_input(self) -> ImageWorkerInput:
        """Return what the next generation continues from."""
        max_calls, paused_until = self._input.max_image_calls, self._window.paused_until
        return replace(
            self._input,
            claims=self._claims.count,
            last_page=self._claims.last_page,
            unclaimed=self._claims.unclaimed,
            jobs=self._window.list_queued(self._timer.read_now()),
            started_at=self._results.started_at,
            counters=self._results.counters,
            wait=self._results.wait,
            losses=self._results.losses,
            max_image_calls=None if max_calls is None else max_calls - self._results.images_finished,
            window=self._window.size_to_keep,
            paused_until=None if paused_until is None else paused_until.isoformat(),
        )

    def make_result(self) -> ChildResult:
        """Return what the image worker did."""
        return ChildResult(self._results.counters, self._results.failure)

    def _handle_claim(self, claim: ClaimWorkPageResult) -> None:
        if claim.suspended:
            self._results.restart_retry_period()
        self._claims.handle_result(claim, self._timer.read_now())
        self._window.add(claim.jobs)
        self._results.counters += claim.counters
        if claim.stopped:
            self.stop(None)

    def _make_call(self, job: ImageJob) -> ImageCall:
        return ImageCall(
            self._input.run_id,
            self._input.catalog,
            product_id=job.product_id,
            batch=job.batch,
            attempt=job.earlier_calls + job.failure_counts.calls,
            resume_count=self._input.resume_count,
            deferral=job.deferrals,
            step=job.step,
            stricter=job.stricter,
            is_trial=self._input.item_limit is not None,
        )

    def _start(self, activity: str, message: Message, kind: WorkerTask) -> None:
        self._tasks_started += 1
        self.tasks[self._context.call_activity(str(activity), message.to_json())] = kind

    def _may_start(self) -> bool:
        """Return whether this generation may start another task."""
        images = self._images_started - self._results.images_postponed
        has_capacity = self._tasks_started < MAX_TASKS_PER_GENERATION and images < MAX_CALLS_PER_GENERATION
        return has_capacity and not self._results.is_stopped

    def _may_start_image(self) -> bool:
        # Calls take about equally long. So a round of the window that was begun is filled: else its last call would
        # drain the window alone.
        is_round_open = self._images_started % self._window.count_slots() > 0
        may_start = self._may_start() or (is_round_open and not self._results.is_stopped)
        return may_start and self._needs_more_images(self._window.running)

    def _needs_more_images(self, in_flight: int) -> bool:
        """Return whether ``max_image_calls`` allows more images than those in flight."""
        limit = self._input.max_image_calls
        return limit is None or self._results.images_finished + in_flight < limit

    def _find_claim_size(self, now: datetime) -> int:
        """Return how many jobs to claim now; 0 = none."""
        may_claim = self._may_start() and self._needs_more_images(self._window.running + self._window.count_queued())
        return self._claims.find_size(self._window, now) if may_claim else 0

    def _is_only_waiting(self) -> bool:
        """Return whether no activity is in flight whose result would show that the run was stopped."""
        return all(isinstance(kind, TimerTask) for kind in self.tasks.values())

    def _must_check_stop(self, now: datetime) -> bool:
        return self._is_only_waiting() and self._may_start() and now >= self._stop_checked_at + STOP_CHECK_INTERVAL

    def _set_timer(self, now: datetime) -> None:
        """Set the timer to the next moment at which work can start without another task ending."""
        if not self._may_start():
            self.tasks.pop(self._timer.cancel(), None)
            return
        wakes = [self._window.find_next_wake(now)]
        if not self._claims.is_open:
            wakes.append(self._claims.next_at)
        wake = min((moment for moment in wakes if moment is not None and moment > now), default=None)
        if wake is not None and self._is_only_waiting():
            wake = min(wake, max(self._stop_checked_at, now) + STOP_CHECK_INTERVAL)
        if wake is None or not self._timer.is_needed(wake):
            return
        self.tasks.pop(self._timer.cancel(), None)
        self._tasks_started += 1
        self.tasks[self._timer.set(wake)] = TimerTask()
