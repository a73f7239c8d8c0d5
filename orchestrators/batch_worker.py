"""The state of one generation of an orchestrator of batches. Every change follows from the history alone."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic

import azure.durable_functions as df

from orchestrators.activity_retry import (
    RunStoppedError,
    Steps,
    calculate_suspended_wait,
    call_with_loss_retries,
    call_with_retries,
)
from orchestrators.first_completed import wait_for_first
from shared.limits.retry_policy import count_failure, decide_lost_worker_wait, decide_retry
from shared.messages.base import Counters, Failure, FailureCounts, Message
from shared.messages.batches import (
    BatchesInput,
    BatchTries,
    CheckBatches,
    CheckedBatches,
    CollectBatch,
    CollectedBatch,
    JobT,
    OpenBatch,
    OpenBatches,
    OpenedBatches,
    SubmitBatch,
    SubmittedBatch,
)
from shared.messages.custom_status import BatchStatus, ChildStatus
from shared.messages.instance_ids import CHECK_EVENT, make_fallback_id
from shared.messages.run import ActivityResult, ChildResult, FinishRunInput
from shared.models.batches import BatchKind
from shared.reasons import FATAL_REASONS, Reason
from shared.runs.lost_workers import make_lost_worker_failure

MAX_STEPS_PER_GENERATION = 20
"""Activities and timers: the CPU time of replays grows with the square of it."""

MAX_OPEN_BATCHES = 50
FIRST_WAIT_SHARE, WAIT_GROWTH = 1 / 8, 1.5
"""The interval of checks begins at this share of its limit, and grows while nothing ends: a batch that answers a line
now and then, for hours, is not checked more often for that."""

STOPPED_CHECK_SECONDS = 30.0
"""Limit of the interval after a stop: the provider ends a cancelled batch within minutes."""

MIN_POLL_SECONDS, MAX_POLL_SECONDS = 1.0, 30.0
"""Interval of the checks whether there are enough jobs for the next batch."""

MAX_FATAL_CHECKS, MAX_CHECKS_AFTER_STOP, MAX_COLLECTIONS, MAX_LIMITED_BATCHES = 3, 40, 30, 60
"""Failures in a row after which the worker gives up."""


def run_batches(context: df.DurableOrchestrationContext, worker: "BatchWorker[Any]") -> Steps[Any]:
    """Submit and collect batches until no job is left. Returns a `ChildResult`.

    Batches that the provider has are always collected, also after a stop, which cancels them: what they finished is
    billed.
    """
    try:
        # 1. Find the batches of earlier instances.
        yield from worker.open()
        while True:
            # 2. Submit batches, and start the normal route for the jobs that earlier ones left out.
            yield from worker.submit_ready()
            worker.start_fallback()
            worker.publish()
            if worker.is_done():
                break

            # 3. Continue with a short history.
            if worker.needs_next_generation():
                context.continue_as_new(worker.make_next_input().to_json())
                return None

            # 4. Wait for the next check, or until the normal route has ended.
            yield from worker.wait()

            # 5. Collect the batches that are over.
            yield from worker.collect_ended()
    except RunStoppedError as stop:
        yield from worker.fail(stop)
    return worker.make_result().to_json()


@dataclass(frozen=True, slots=True)
class _Fallback(Generic[JobT]):
    """A worker of the normal route, and its jobs."""

    instance_id: str
    jobs: tuple[JobT, ...]


class BatchWorker(ABC, Generic[JobT]):
    """Submits, checks and collects batches, one activity at a time, beside workers of the normal route.

    Attributes:
        kind: begins or ends the names of the activities.
        fallback_orchestrator: the normal route.
        fallback_name: names its workers in messages.
        max_fallback_jobs: of one worker of the normal route.
    """

    kind: ClassVar[BatchKind]
    fallback_orchestrator: ClassVar[str]
    fallback_name: ClassVar[str]
    max_fallback_jobs: ClassVar[int]

    def __init__(self, context: df.DurableOrchestrationContext, start: BatchesInput[JobT]) -> None:
        self._context = context
        self._state: BatchesInput[JobT] = start
        self._steps = 0
        tries = start.tries
        self._submit_at = self._parse_time(tries.submit_at)
        self._submit_failures = tries.submit_failures
        self._attempt = tries.submits
        self._failing_since = self._parse_time(tries.failing_since)
        self._poll_seconds = start.poll_seconds or MIN_POLL_SECONDS
        self._check_failures, self._collect_failures = tries.checks, tries.collections
        self._limited, self._losses = tries.limited, tries.losses
        self._fallbacks: dict[Any, _Fallback[JobT]] = {}
        self._check_now: Any = None

    def open(self) -> Steps[None]:
        """Find the batches of earlier instances; a later generation knows them.

        Raises:
            RunStoppedError: the store was unavailable for too long.
        """
        state = self._state
        if state.check_seconds is not None:
            return
        call = OpenBatches(state.run_id, state.catalog, state.resume_count)
        failures = FailureCounts()
        while True:
            opened = OpenedBatches[JobT].from_json((yield from self._call(f"open_{self.kind}_batches", call)))
            if opened.failure is None:
                break
            failures = count_failure(failures, opened.failure)
            yield from self._wait_for_retry(opened.failure, failures)
        self._state = replace(
            state,
            check_seconds=opened.check_seconds,
            max_images=opened.max_images,
            next_chunk=opened.next_chunk,
            awaited_chunk=opened.awaited_chunk,
            open=opened.open,
            counters=state.counters + opened.counters,
            jobs=opened.jobs,
            fallback=opened.fallback,
        )

    def submit_ready(self) -> Steps[None]:
        """Submit batches until enough are open, too few jobs are ready, or nothing is left.

        Raises:
            RunStoppedError: the worker cannot continue.
        """
        while self._may_submit() and self._now >= self._submit_at:
            state = self._state
            call = SubmitBatch(
                state.run_id,
                state.catalog,
                state.next_chunk,
                state.last_page,
                state.jobs[: state.max_images],
                is_closed=state.is_closed,
                max_images=state.max_images,
                resume_count=state.resume_count,
                attempt=self._attempt,
            )
            result = SubmittedBatch.from_json((yield from self._call(f"submit_{self.kind}_batch", call)))
            if result.failure is None and not result.stopped and not result.is_waiting:
                if result.deferred_seconds is None:
                    self._accept(call, result)
                    continue
                wait = calculate_suspended_wait(result.deferred_seconds, self._attempt)
                self._submit_later(wait)
            elif result.failure is not None:
                yield from self._handle_submit_failure(call, result, result.failure)
            elif result.stopped:
                self._stop()
                if result.batch is not None:
                    self._state = replace(self._state, open=(*self._state.open, result.batch))
            else:
                self._submit_later(self._poll_seconds)
                limit = self._state.max_poll_seconds or MAX_POLL_SECONDS
                self._poll_seconds = min(limit, self._poll_seconds * WAIT_GROWTH)

    def start_fallback(self) -> None:
        """Start the normal route for jobs that batches left out; its workers share them."""
        while (free := self._count_free_fallbacks()) > 0:
            state = self._state
            share = math.ceil(len(state.fallback) / free)
            jobs = state.fallback[: min(share, self.max_fallback_jobs)]
            number = state.fallbacks + 1
            instance_id = make_fallback_id(self._context.instance_id, number)
            message = self._make_fallback(state, jobs)
            task = self._context.call_sub_orchestrator(self.fallback_orchestrator, message.to_json(), instance_id)
            self._fallbacks[task] = _Fallback(instance_id, jobs)
            self._steps += 1
            self._state = replace(state, fallback=state.fallback[len(jobs) :], fallbacks=number)

    def _count_free_fallbacks(self) -> int:
        """Return how many workers of the normal route may start."""
        state = self._state
        if not state.fallback or state.is_stopped or state.failure is not None or self._is_full:
            return 0
        return self._max_fallbacks - len(self._fallbacks)

    @property
    def _max_fallbacks(self) -> int:
        """The maximum number of workers of the normal route at a time."""
        return 1

    @abstractmethod
    def _make_fallback(self, state: BatchesInput[JobT], jobs: tuple[JobT, ...]) -> Message:
        """Return the input of the normal route for jobs."""

    def publish(self) -> None:
        """Set the custom status."""
        state = self._state
        images, done = sum(batch.images for batch in state.open), sum(batch.done for batch in state.open)
        batches = BatchStatus(len(state.open), images, done) if state.open else None
        children = tuple(fallback.instance_id for fallback in self._fallbacks.values())
        is_image = self.kind is BatchKind.IMAGE
        status = ChildStatus(
            state.counters,
            batches=batches if is_image else None,
            children=children,
            prompt_batches=None if is_image else batches,
        )
        self._context.set_custom_status(status.to_json())

    def is_done(self) -> bool:
        """Return whether nothing is open, and nothing is left to be submitted."""
        state = self._state
        if state.open or self._fallbacks:
            return False
        is_left = bool(state.jobs or state.fallback or not state.is_closed)
        return state.is_stopped or state.failure is not None or not is_left

    def needs_next_generation(self) -> bool:
        """Return whether the history is long, and nothing is in flight that a generation has to await."""
        return self._is_full and not self._fallbacks

    def make_next_input(self) -> BatchesInput[JobT]:
        """Return what the next generation continues from."""
        tries = BatchTries(
            submits=self._attempt,
            submit_at=self._submit_at.isoformat() if self._submit_at > self._now else None,
            submit_failures=self._submit_failures,
            failing_since=self._failing_since.isoformat() if self._submit_failures.calls else None,
            checks=self._check_failures,
            collections=self._collect_failures,
            limited=self._limited,
            losses=self._losses,
        )
        return replace(self._state, poll_seconds=self._poll_seconds, tries=tries)

    def make_result(self) -> ChildResult:
        """Return the output."""
        return ChildResult(self._state.counters, self._state.failure)

    def wait(self) -> Steps[None]:
        """Wait until a batch is to be checked, the next one can be submitted, or the normal route has ended.

        A caller who has stopped the run ends the wait by an event.

        Raises:
            RunStoppedError: workers of the normal route were lost too often.
        """
        due = self._find_due()
        if due is not None and due <= self._now:
            return
        timer = None if due is None else self._context.create_timer(due)
        self._steps += 1
        if self._check_now is None:
            self._check_now = self._context.wait_for_external_event(CHECK_EVENT)
        tasks = [*([] if timer is None else [timer]), *self._fallbacks, self._check_now]
        first = yield from wait_for_first(self._context, tasks)
        if first is timer:
            return
        if timer is not None and not timer.is_completed:
            timer.cancel()
        if first is self._check_now:
            self._check_now = None
        else:
            yield from self._end_fallback(self._fallbacks.pop(first), first.result)

    def collect_ended(self) -> Steps[None]:
        """Check the open batches, and collect those that are over.

        Raises:
            RunStoppedError: the worker cannot continue.
        """
        state = self._state
        if not state.open:
            return
        call = CheckBatches(state.run_id, state.catalog, state.open, must_cancel=state.is_stopped, check=self._steps)
        checked = CheckedBatches.from_json((yield from self._call(f"check_{self.kind}_batches", call)))
        if checked.stopped:
            self._stop()
        if checked.failure is not None:
            yield from self._count_check_failure(checked.failure)
            self._grow_wait()
            return
        self._check_failures = 0
        has_ending = any(batch.has_run and batch not in state.open for batch in checked.open)
        self._state = replace(self._state, open=checked.open)
        for batch in checked.ended:
            yield from self._collect(batch, None)
        if has_ending or checked.ended:
            self._state = replace(self._state, wait_seconds=None)
        self._grow_wait()

    def fail(self, stop: RunStoppedError) -> Steps[None]:
        """End after a failure; the workers of the normal route are awaited, since their calls are billed."""
        self._state = replace(self._state, counters=self._state.counters + stop.counters)
        self._stop(stop.failure)
        for task in self._fallbacks:
            try:
                output: object = yield task
            except Exception:  # noqa: BLE001 - it was lost, and what it did is counted from the store
                self._state = replace(self._state, counters=self._state.counters + Counters(lost=1))
            else:
                counters = ChildResult.from_json(output).counters
                self._state = replace(self._state, counters=self._state.counters + counters)
        self._fallbacks = {}

    @property
    def _now(self) -> datetime:
        now: datetime = self._context.current_utc_datetime
        return now

    @property
    def _is_full(self) -> bool:
        return self._steps >= MAX_STEPS_PER_GENERATION

    def _parse_time(self, text: str | None) -> datetime:
        return self._now if text is None else datetime.fromisoformat(text)

    def _call(self, activity: str, message: Any) -> Steps[object]:
        self._steps += 1
        return (yield from call_with_loss_retries(self._context, activity, message))

    def _stop(self, failure: Failure | None = None) -> None:
        state = self._state
        wait_seconds = state.wait_seconds if state.is_stopped else None
        failure = state.failure or failure
        self._state = replace(state, is_stopped=True, failure=failure, wait_seconds=wait_seconds)

    def _may_submit(self) -> bool:
        state = self._state
        is_left = bool(state.jobs) or not state.is_closed
        is_awaiting = any(map(self._is_claimed_again, state.open))
        has_room = not is_awaiting and len(state.open) < (state.max_open or MAX_OPEN_BATCHES)
        return is_left and has_room and not state.is_stopped and state.failure is None and not self._is_full

    def _submit_later(self, seconds: float) -> None:
        self._attempt += 1
        self._submit_at = self._now + timedelta(seconds=seconds)

    def _accept(self, call: SubmitBatch[JobT], result: SubmittedBatch) -> None:
        """Apply the result of a batch that was submitted, or that had no line."""
        state = self._state
        self._state = replace(
            state,
            next_chunk=state.next_chunk + 1,
            last_page=result.last_page,
            is_closed=result.is_closed,
            jobs=state.jobs[len(call.jobs) :],
            counters=state.counters + result.counters,
            open=state.open if result.batch is None else (*state.open, result.batch),
            failure=state.failure or result.over_budget,
            wait_seconds=None,
        )
        self._attempt, self._submit_failures, self._poll_seconds = 0, FailureCounts(), MIN_POLL_SECONDS

    def _handle_submit_failure(self, call: SubmitBatch[JobT], result: SubmittedBatch, failure: Failure) -> Steps[None]:
        """Submit again later, or treat the jobs as left out."""
        if failure.reason in FATAL_REASONS:
            self._stop(failure)
            self._state = replace(self._state, open=(*self._state.open, OpenBatch(call.chunk)))
            return
        if not self._submit_failures.calls:
            self._failing_since = self._now
        self._submit_failures = count_failure(self._submit_failures, failure)
        self._count_throttling(failure)
        wait = self._decide_retry(failure, self._submit_failures)
        if wait is not None:
            self._submit_later(wait)
            return
        if failure.reason in {Reason.STORE_UNAVAILABLE, Reason.DAMAGED_FILE}:
            raise RunStoppedError(failure)
        batch = OpenBatch(call.chunk)
        self._accept(call, replace(result, batch=batch))
        yield from self._collect(batch, failure)

    def _count_throttling(self, failure: Failure) -> None:
        if failure.reason is Reason.RATE_LIMITED:
            self._state = replace(self._state, counters=self._state.counters + Counters(rate_limited=1))

    def _decide_retry(self, failure: Failure, failures: FailureCounts) -> float | None:
        wait = decide_retry(
            failure,
            failures,
            max_retries=self._state.max_retries,
            seed=self._context.instance_id,
            since_success=self._now - self._failing_since,
        )
        return None if wait is None else max(MIN_POLL_SECONDS, wait)

    def _wait_for_retry(self, failure: Failure, failures: FailureCounts) -> Steps[None]:
        wait = self._decide_retry(failure, failures)
        if wait is None:
            raise RunStoppedError(failure)
        yield self._context.create_timer(self._now + timedelta(seconds=wait))

    def _is_claimed_again(self, batch: OpenBatch) -> bool:
        """Return whether the jobs that a batch leaves out are claimed like all others, once it is collected."""
        return batch.run_id is not None or batch.chunk <= self._state.awaited_chunk

    def _collect(self, batch: OpenBatch, given_up: Failure | None) -> Steps[None]:
        """Collect a batch; if the provider or the store does not answer, it stays open and is collected later."""
        state = self._state
        call = CollectBatch(
            batch.run_id or state.run_id,
            state.catalog,
            batch.chunk,
            resume_count=state.resume_count,
            given_up=given_up,
            attempt=self._collect_failures,
        )
        result = CollectedBatch[JobT].from_json((yield from self._call(f"collect_{self.kind}_batch", call)))
        if result.failure is not None:
            self._collect_failures += 1
            is_final = result.failure.reason is Reason.DAMAGED_FILE
            limit = MAX_FATAL_CHECKS if result.failure.reason in FATAL_REASONS else MAX_COLLECTIONS
            if is_final or self._collect_failures >= limit:
                yield from self._give_up(result.failure)
            return
        self._collect_failures = 0
        name = batch.run_id, batch.chunk
        others = tuple(other for other in self._state.open if (other.run_id, other.chunk) != name)
        if result.batch is not None:
            self._state = replace(self._state, open=(*others, replace(result.batch, run_id=batch.run_id)))
            return
        is_claimed_again, counters = self._is_claimed_again(batch), result.counters
        if batch.run_id is not None:  # the earlier run has the cost
            counters = Counters(kept=counters.made + counters.kept)
        self._state = replace(
            self._state,
            open=others,
            counters=self._state.counters + counters,
            jobs=self._state.jobs if is_claimed_again else (*self._state.jobs, *result.jobs),
            fallback=self._state.fallback if is_claimed_again else (*self._state.fallback, *result.fallback),
        )
        if result.is_limited:
            self._lower_limits(len(others))
        else:
            self._limited = 0
            if self._state.max_open is not None:
                self._state = replace(self._state, max_open=min(MAX_OPEN_BATCHES, self._state.max_open + 1))

    def _lower_limits(self, others: int) -> None:
        """Submit fewer batches, or smaller ones, after the provider had too much work enqueued."""
        self._limited += 1
        state = self._state
        counters = state.counters + Counters(rate_limited=1)
        images = state.max_images if others else max(1, state.max_images // 2)
        self._state = replace(state, max_open=max(1, others), max_images=images, counters=counters)
        self._submit_at = self._now + timedelta(seconds=(state.check_seconds or MAX_POLL_SECONDS) / 2)
        if self._limited >= MAX_LIMITED_BATCHES:
            message = "The provider refuses every batch because too much work is enqueued."
            self._state = replace(self._state, failure=Failure(Reason.RATE_LIMITED, message))

    def _count_check_failure(self, failure: Failure) -> Steps[None]:
        """Count a check that failed.

        Raises:
            RunStoppedError: the batches cannot be read.
        """
        self._check_failures += 1
        limit = MAX_CHECKS_AFTER_STOP if self._state.is_stopped else None
        if failure.reason in FATAL_REASONS:
            limit = MAX_FATAL_CHECKS
        if failure.reason is Reason.DAMAGED_FILE or (limit is not None and self._check_failures >= limit):
            yield from self._give_up(failure)

    def _give_up(self, failure: Failure) -> Steps[None]:
        """End with the batches open. A reason that a person has to resolve stops the run, which may pause.

        Raises:
            RunStoppedError: always.
        """
        if failure.reason in FATAL_REASONS:
            ending = FinishRunInput(self._state.run_id, self._state.catalog, failure=failure)
            yield from call_with_retries(self._context, "stop_run", ending, ActivityResult)
        raise RunStoppedError(failure, Counters(lost=1))

    def _grow_wait(self) -> None:
        limit = self._state.check_seconds or MAX_POLL_SECONDS
        if self._state.is_stopped:
            limit = min(limit, STOPPED_CHECK_SECONDS)
        first = max(MIN_POLL_SECONDS, limit * FIRST_WAIT_SHARE)
        present = self._state.wait_seconds
        grown = first if present is None else min(limit, present * WAIT_GROWTH)
        self._state = replace(self._state, wait_seconds=grown)

    def _find_due(self) -> datetime | None:
        """Return when to continue although nothing has ended; None = only the normal route is awaited."""
        moments = []
        if self._state.open:
            if self._state.wait_seconds is None:
                self._grow_wait()
            moments.append(self._now + timedelta(seconds=self._state.wait_seconds or MIN_POLL_SECONDS))
        if self._may_submit():
            moments.append(max(self._submit_at, self._now + timedelta(seconds=MIN_POLL_SECONDS)))
        return min(moments, default=None)

    def _end_fallback(self, fallback: "_Fallback[JobT]", output: object) -> Steps[None]:
        """Count what a worker of the normal route did; one that was lost is started again after a wait.

        Raises:
            RunStoppedError: too many were lost.
        """
        if not isinstance(output, Exception):
            result = ChildResult.from_json(output)
            self._losses = 0
            self._state = replace(
                self._state,
                counters=self._state.counters + result.counters,
                failure=self._state.failure or result.failure,
            )
            return
        self._losses += 1
        wait = decide_lost_worker_wait(self._losses)
        lost = Counters(lost=1)
        if wait is None:
            raise RunStoppedError(make_lost_worker_failure(self.fallback_name, output), lost)
        counters = self._state.counters + lost
        self._state = replace(self._state, counters=counters, fallback=(*fallback.jobs, *self._state.fallback))
        yield self._context.create_timer(self._now + timedelta(seconds=wait))
