"""Activity calls with the retry policy. Waits are durable timers, so no function runs while a call waits.

Nothing here uses the SDK's ``call_activity_with_retry``: our activities return failures as data, the policy depends on
the reason, and a wait ends early when the run is stopped.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import azure.durable_functions as df

from shared.limits.retry_policy import count_failure, decide_lost_worker_wait, decide_retry, find_time_since
from shared.messages.base import Counters, Failure, FailureCounts, Message, Wait
from shared.messages.images import ClaimWorkPageResult, ImageResult
from shared.messages.run import (
    ActivityResult,
    ApprovalResult,
    ImportedInput,
    PublishResult,
    RunRef,
    StartInventory,
    StopResult,
    TrialPlan,
)
from shared.messages.text import TextCall, TextResult
from shared.reasons import Reason
from shared.runs.lost_workers import make_lost_worker_failure

StepsT = TypeVar("StepsT")
Steps = Generator[Any, Any, StepsT]
"""A part of an orchestrator, to be run with ``yield from``. It yields durable tasks and returns ``StepsT``."""

ResultT = TypeVar(
    "ResultT", StartInventory, ImportedInput, ActivityResult, StopResult, PublishResult, TrialPlan, ApprovalResult
)
WindowResultT = TypeVar("WindowResultT", ImageResult, ClaimWorkPageResult, StopResult)

MIN_RETRY_WAIT_SECONDS = 1.0
"""Minimum wait between two calls of refused work, even if the provider allows the next at once: durable timers have a
resolution of a second, and an orchestrator that retries without a pause fills its history within minutes."""

MAX_GAP_BETWEEN_EVENTS = timedelta(minutes=15)
"""Longest possible time between two events of a running host: a call ends within 10 minutes and no timer is that late.
A longer gap means that the host was away (a laptop slept), which says nothing about the provider."""

MAX_TEXT_WAIT_SECONDS, TEXT_WAIT_GROWTH = 60.0, 1.5
"""Minimum waits of a text call grow by this factor up to this limit, so that 30 minutes of refusals are about 40 calls
in one generation's history."""

STOP_CHECK_SECONDS, MAX_STOP_CHECK_SECONDS = 60.0, 600.0
"""A waiting call reads the stop record after the first time, then at intervals that double up to the second. So a wait
of a day makes about 150 checks, and a cancelled run does not wait for the provider's Retry-After."""

MAX_SUSPENDED_WAIT_SECONDS, SUSPENDED_WAIT_GROWTH = 60.0, 1.5
"""While a run is suspended, its children ask again at growing intervals, at least once a minute."""

MAX_GROWTH_STEPS = 12
"""Enough growth to reach every limit above, and too little for a float to overflow."""


class RunStoppedError(Exception):
    """The run cannot continue.

    Attributes:
        failure: why; None if the stop record says why.
        counters: what the caller has not counted yet.
    """

    def __init__(self, failure: Failure | None, counters: Counters | None = None) -> None:
        super().__init__("stopped" if failure is None else f"{failure.reason}: {failure.message}")
        self.failure = failure
        self.counters = counters or Counters()


def call_with_retries(
    context: df.DurableOrchestrationContext, activity: str, message: Message, result_type: type[ResultT]
) -> Steps[ResultT]:
    """Call an activity that costs nothing; retry while the store is unavailable.

    Raises:
        RunStoppedError: the activity failed for good, or was lost too often.
    """
    failure_counts = FailureCounts()
    while True:
        result = result_type.from_json((yield from call_with_loss_retries(context, activity, message)))
        if result.failure is None:
            return result
        failure_counts = count_failure(failure_counts, result.failure)
        wait = decide_retry(result.failure, failure_counts, max_retries=0, seed=activity, since_success=timedelta())
        if wait is None:
            raise RunStoppedError(result.failure)
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))


def call_with_loss_retries(context: df.DurableOrchestrationContext, activity: str, message: Message) -> Steps[object]:
    """Call an activity and return its result as JSON data; retry if it is lost with its worker process.

    Raises:
        RunStoppedError: it was lost as often in a row as the policy allows.
    """
    losses = 0
    while True:
        try:
            result: object = yield context.call_activity(activity, message.to_json())
        except Exception as error:
            losses += 1
            wait = decide_lost_worker_wait(losses)
            if wait is None:
                raise RunStoppedError(make_lost_worker_failure(activity, error), Counters(lost=losses)) from error
        else:
            return result
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))


def call_text_activity(
    context: df.DurableOrchestrationContext,
    activity: str,
    call: TextCall,
    *,
    max_retries: int,
    publish_wait: Callable[[Wait | None], None],
) -> Steps[tuple[TextResult, int]]:
    """Call a text activity until it succeeds or the policy gives up.

    Args:
        context: of the orchestrator.
        activity: the activity.
        call: its input; each retry gets the next attempt number.
        max_retries: retries of a failure that counts.
        publish_wait: publishes a long wait that the provider asked for, and then its end as None.

    Returns:
        The last result, with the cost of all calls, and the number of calls.

    Raises:
        RunStoppedError: the run was stopped, or the activity was lost too often.
    """
    failure_counts, counters = FailureCounts(), Counters()
    started_at = context.current_utc_datetime.isoformat()
    while True:
        attempt = replace(call, attempt=call.attempt + failure_counts.calls)
        asked_at = context.current_utc_datetime
        result = read_text_result((yield from _call_through_suspension(context, activity, attempt)), counters)
        counters = Counters(cost=result.cost, rate_limited=result.rate_limited)
        if result.failure is None:
            return result, failure_counts.calls + 1
        failure_counts = count_failure(failure_counts, result.failure)
        started_at = exclude_idle_time(context, started_at, asked_at)
        wait = decide_text_retry(context, call, result, failure_counts, max_retries=max_retries, started_at=started_at)
        if wait is None:
            return result, failure_counts.calls
        wait = max(wait, min(MAX_TEXT_WAIT_SECONDS, TEXT_WAIT_GROWTH ** min(failure_counts.calls, MAX_GROWTH_STEPS)))
        due = context.current_utc_datetime + timedelta(seconds=wait)
        if long_wait := Wait.from_failure(result.failure, context.current_utc_datetime, wait):
            publish_wait(long_wait)
        yield from wait_unless_stopped(context, RunRef(call.run_id, call.catalog), due, counters)
        if long_wait:
            publish_wait(None)
        started_at = exclude_idle_time(context, started_at, due)


def decide_text_retry(
    context: df.DurableOrchestrationContext,
    call: TextCall,
    result: TextResult,
    failure_counts: FailureCounts,
    *,
    max_retries: int,
    started_at: str,
) -> float | None:
    """Return the seconds until a failed text call is retried, or None to give up."""
    if result.failure is None:
        return None
    wait = decide_retry(
        result.failure,
        failure_counts,
        max_retries=max_retries,
        seed=f"{call.run_id}/{call.writer or call.batch}",
        since_success=find_time_since(context.current_utc_datetime, started_at, result.last_success_at),
    )
    return None if wait is None else max(MIN_RETRY_WAIT_SECONDS, wait)


def wait_unless_stopped(
    context: df.DurableOrchestrationContext, run: RunRef, due: datetime, spent: Counters
) -> Steps[None]:
    """Wait until ``due``, and read the run's stop record meanwhile.

    Args:
        context: of the orchestrator.
        run: the run whose call waits.
        due: when the wait ends.
        spent: what the orchestrator has not counted yet; an error carries it.

    Raises:
        RunStoppedError: the run was stopped, or its stop record could not be read for too long.
    """
    step = STOP_CHECK_SECONDS
    while due - context.current_utc_datetime > timedelta(seconds=step):
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=step))
        try:
            found = yield from call_with_retries(context, "read_stop", run, StopResult)
        except RunStoppedError as error:
            raise RunStoppedError(error.failure, spent + error.counters) from error
        if found.stop is not None:
            raise RunStoppedError(None, spent)
        step = min(MAX_STOP_CHECK_SECONDS, step * 2)
    yield context.create_timer(due)


def exclude_idle_time(context: df.DurableOrchestrationContext, started_at: str, expected: datetime) -> str:
    """Return when the retry period began: now, if the host was away since ``expected``.

    Args:
        context: of the orchestrator.
        started_at: when the retry period began, ISO 8601.
        expected: when the call was made or the timer was due that has just ended.
    """
    now: datetime = context.current_utc_datetime
    return now.isoformat() if now - expected > MAX_GAP_BETWEEN_EVENTS else started_at


def read_text_result(data: object, spent: Counters) -> TextResult:
    """Return the result of a text activity, with the cost and the refusals of the calls before it.

    Raises:
        RunStoppedError: the run was stopped.
    """
    result = TextResult.from_json(data)
    limited = result.failure is not None and result.failure.reason is Reason.RATE_LIMITED
    result = replace(result, cost=spent.cost + result.cost, rate_limited=spent.rate_limited + limited)
    if result.stopped:
        raise RunStoppedError(result.failure, Counters(cost=result.cost, rate_limited=result.rate_limited))
    return result


def read_window_result(result_type: type[WindowResultT], activity: str, value: object) -> WindowResultT:
    """Return the result of an activity that was awaited with others; a lost worker becomes a failure.

    ``task_any`` raises nothing: the value of a failed task is its exception.
    """
    if isinstance(value, Exception):
        return result_type(failure=make_lost_worker_failure(activity, value))
    return result_type.from_json(value)


def create_suspension_timer(context: df.DurableOrchestrationContext, seconds: float, deferrals: int) -> Any:
    """Return a timer for the next call of a suspended run; see `calculate_suspended_wait`."""
    wait = calculate_suspended_wait(seconds, deferrals)
    return context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))


def calculate_suspended_wait(seconds: float, deferrals: int) -> float:
    """Return the seconds until a suspended run asks again.

    Args:
        seconds: the first wait.
        deferrals: how often the call was postponed before.
    """
    return min(MAX_SUSPENDED_WAIT_SECONDS, seconds * SUSPENDED_WAIT_GROWTH ** min(deferrals, MAX_GROWTH_STEPS))


def _call_through_suspension(context: df.DurableOrchestrationContext, activity: str, call: TextCall) -> Steps[object]:
    """Call a text activity as `call_with_loss_retries` does; ask again as long as the run is suspended."""
    while True:
        data = yield from call_with_loss_retries(context, activity, call)
        deferred_seconds = TextResult.from_json(data).deferred_seconds
        if deferred_seconds is None:
            return data
        yield create_suspension_timer(context, deferred_seconds, call.deferral)
        call = replace(call, deferral=call.deferral + 1)  # a new call: results are remembered by their input
