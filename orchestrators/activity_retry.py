"""Calling activities with the retry policy: waits are durable timers, so nobody pays for a sleeping function."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import azure.durable_functions as df

from shared.limits.long_waits import Wait
from shared.limits.retry_policy import count_failure, decide_lost_worker_wait, decide_retry, find_time_since
from shared.messages.images import ClaimWorkPageResult, ImageResult
from shared.messages.inputs import ImportedInput
from shared.messages.runs import (
    ActivityResult,
    Counters,
    Failure,
    FailureCounts,
    Message,
    PublishResult,
    RunRef,
    StartInventory,
    StopResult,
    TextCall,
    TextResult,
)
from shared.reasons import Reason
from shared.runs.lost_workers import make_lost_worker_failure

ResultT = TypeVar("ResultT", StartInventory, ImportedInput, ActivityResult, StopResult, PublishResult)


MIN_RETRY_WAIT_SECONDS = 1.0
"""Between two tries of refused work, even where the service says "at once": durable timers are no finer, and an
orchestrator that asks again and again without a pause would fill its history within minutes."""

MAX_GAP_BETWEEN_EVENTS = timedelta(minutes=15)
"""No call takes longer (its timeout is 10 minutes), and no timer is as late. Where more has passed, nobody was there:
a laptop slept, or a host was gone. That says nothing about the service, and uses up no patience."""

MAX_TEXT_WAIT_SECONDS, TEXT_WAIT_GROWTH = 60.0, 1.5
"""Waits of a call that is tried within one generation grow, so that 30 minutes of refusals are some 40 tries."""

STOP_CHECK_SECONDS, MAX_STOP_CHECK_SECONDS = 60.0, 600.0
"""How soon, and at last how often, a call that waits asks whether the run was stopped: a wait of a day takes some 150
looks, and a run that is cancelled need not wait for a service's Retry-After."""

MAX_SUSPENDED_WAIT_SECONDS, SUSPENDED_WAIT_GROWTH = 60.0, 1.5
"""Waits of the children of a suspended run grow: a night is asked through once a minute, and a short one at once."""


class RunStoppedError(Exception):
    """The run cannot go on; ``failure`` says why, or is None where the store's stop record does."""

    def __init__(self, failure: Failure | None, counters: Counters | None = None) -> None:
        super().__init__("stopped" if failure is None else f"{failure.reason}: {failure.message}")
        self.failure = failure
        self.counters = counters or Counters()


def call_with_retries(
    context: df.DurableOrchestrationContext,
    activity: str,
    message: Message,
    result_type: type[ResultT],
) -> Generator[Any, Any, ResultT]:
    """Call an activity that costs nothing, again and again while the store does not answer.

    Raises:
        RunStoppedError: it failed for good, or was lost too often.
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


def call_text_activity(
    context: df.DurableOrchestrationContext,
    activity: str,
    call: TextCall,
    *,
    max_retries: int,
    publish_wait: Callable[[Wait | None], None],
) -> Generator[Any, Any, tuple[TextResult, int]]:
    """Call a text activity until it succeeds or the policy gives up.

    ``publish_wait`` publishes a long wait that the service asks for, and its end.

    Returns:
        The last result, with the cost of every try, and how many tries there were.

    Raises:
        RunStoppedError: the run was stopped, or the activity was lost too often.
    """
    failure_counts, counters = FailureCounts(), Counters()
    started_at = context.current_utc_datetime.isoformat()
    while True:
        attempt = replace(call, attempt=call.attempt + failure_counts.calls)
        asked_at = context.current_utc_datetime
        result = read_text_result((yield from call_text_through_suspension(context, activity, attempt)), counters)
        counters = Counters(cost=result.cost, rate_limited=result.rate_limited)
        if result.failure is None:
            return result, failure_counts.calls + 1
        failure_counts = count_failure(failure_counts, result.failure)
        started_at = exclude_idle_time(context, started_at, asked_at)
        wait = decide_text_retry(context, call, result, failure_counts, max_retries=max_retries, started_at=started_at)
        if wait is None:
            return result, failure_counts.calls
        growth = TEXT_WAIT_GROWTH ** min(failure_counts.calls, 12)  # far beyond the longest wait, far from an overflow
        wait = max(wait, min(MAX_TEXT_WAIT_SECONDS, growth))
        due = context.current_utc_datetime + timedelta(seconds=wait)
        if long_wait := Wait.from_failure(result.failure, context.current_utc_datetime, wait):
            publish_wait(long_wait)
        yield from wait_unless_stopped(context, RunRef(call.run_id, call.catalog), due, counters)
        if long_wait:
            publish_wait(None)
        started_at = exclude_idle_time(context, started_at, due)


def wait_unless_stopped(
    context: df.DurableOrchestrationContext, run: RunRef, due: datetime, spent: Counters
) -> Generator[Any, Any, None]:
    """Wait until a moment, or until the run is stopped.

    Args:
        context: of the orchestrator that waits.
        run: whose call waits.
        due: the moment.
        spent: what the orchestrator has not counted yet.

    Raises:
        RunStoppedError: the run was stopped, or the store did not say so for too long.
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


def exclude_idle_time(
    context: df.DurableOrchestrationContext,
    started_at: str,
    expected: datetime,
) -> str:
    """Return since when refusals are put up with: since now, if nobody was there for a while.

    Args:
        context: tells the present moment.
        started_at: since when until now, ISO 8601.
        expected: when something was to happen that has happened now: a timer was due, or a call was made.
    """
    now: datetime = context.current_utc_datetime
    return now.isoformat() if now - expected > MAX_GAP_BETWEEN_EVENTS else started_at


def read_text_result(data: object, spent: Counters) -> TextResult:
    """Return what a text activity gave, with what the tries before it came to.

    Raises:
        RunStoppedError: the run was stopped.
    """
    result = TextResult.from_json(data)
    limited = result.failure is not None and result.failure.reason is Reason.RATE_LIMITED
    result = replace(result, cost=spent.cost + result.cost, rate_limited=spent.rate_limited + limited)
    if result.stopped:
        raise RunStoppedError(result.failure, Counters(cost=result.cost, rate_limited=result.rate_limited))
    return result


def decide_text_retry(
    context: df.DurableOrchestrationContext,
    call: TextCall,
    result: TextResult,
    failure_counts: FailureCounts,
    *,
    max_retries: int,
    started_at: str,
) -> float | None:
    """Return after how many seconds to make a failed text call again, or None to give up."""
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


def read_result(
    result_type: type[ImageResult] | type[ClaimWorkPageResult] | type[StopResult], activity: str, value: object
) -> Any:
    """Return what an activity of a window gave, or its failure if the activity was lost with a worker.

    ``task_any`` hands over an exception as the value.
    """
    if isinstance(value, Exception):
        return result_type(failure=make_lost_worker_failure(activity, value))
    return result_type.from_json(value)


def call_with_loss_retries(
    context: df.DurableOrchestrationContext, activity: str, message: Message
) -> Generator[Any, Any, object]:
    """Call an activity and return its result's JSON data; call it again where it failed without deciding so.

    Raises:
        RunStoppedError: it failed so as often in a row as the policy allows.
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


def call_text_through_suspension(
    context: df.DurableOrchestrationContext, activity: str, call: TextCall
) -> Generator[Any, Any, object]:
    """Call a text activity as `call_with_loss_retries` does, and ask again where the run is suspended meanwhile."""
    while True:
        data = yield from call_with_loss_retries(context, activity, call)
        turn_in = TextResult.from_json(data).deferred_seconds
        if turn_in is None:
            return data
        yield wait_while_suspended(context, turn_in, call.deferral)
        call = replace(call, deferral=call.deferral + 1)  # or this process would remember the answer


def wait_while_suspended(context: df.DurableOrchestrationContext, seconds: float, deferrals: int) -> Any:
    """Return a timer of the wait before a call of a suspended run is asked for again."""
    return context.create_timer(
        context.current_utc_datetime + timedelta(seconds=grow_suspended_wait(seconds, deferrals))
    )


def grow_suspended_wait(seconds: float, deferrals: int) -> float:
    """Return how long to wait while a run is suspended.

    Args:
        seconds: the first wait.
        deferrals: how often the call was postponed before.
    """
    return min(MAX_SUSPENDED_WAIT_SECONDS, seconds * SUSPENDED_WAIT_GROWTH ** min(deferrals, 12))
