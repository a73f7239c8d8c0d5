"""Calling activities with the retry policy: waits are durable timers, so nobody pays for a sleeping function."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import azure.durable_functions as df

from shared.domain.messages import (
    ClaimResult,
    Done,
    Failure,
    ImageResult,
    Message,
    Plan,
    Published,
    Tally,
    TextCall,
    TextResult,
    Tries,
)
from shared.domain.retries import count_failure, decide_retry, find_time_since
from shared.reasons import Reason

ResultT = TypeVar("ResultT", Plan, Done, Published)


class RunStoppedError(Exception):
    """The run cannot go on; ``failure`` says why, or is None where the store's stop record does."""

    def __init__(self, failure: Failure | None, tally: Tally | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.tally = tally or Tally()


def call_patiently(
    context: df.DurableOrchestrationContext,
    activity: str,
    message: Message,
    result_type: type[ResultT],
) -> Generator[Any, Any, ResultT]:
    """Call an activity that costs nothing, again and again while the store does not answer.

    Raises:
        RunStoppedError: it failed for good, or broke.
    """
    tries = Tries()
    while True:
        result = result_type.from_json((yield from _call(context, activity, message)))
        if result.failure is None:
            return result
        tries = count_failure(tries, result.failure)
        wait = decide_retry(result.failure, tries, max_retries=0, seed=activity, since_success=timedelta())
        if wait is None:
            raise RunStoppedError(result.failure)
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))


def call_text_activity(
    context: df.DurableOrchestrationContext,
    activity: str,
    call: TextCall,
    *,
    max_retries: int,
) -> Generator[Any, Any, TextResult]:
    """Call a text activity until it succeeds or the policy gives up; the result carries the cost of every try.

    Raises:
        RunStoppedError: the run was stopped, or the activity broke.
    """
    tries, spent = Tries(), TextResult()
    started_at = context.current_utc_datetime.isoformat()
    while True:
        attempt = replace(call, attempt=call.attempt + tries.calls)
        result = TextResult.from_json((yield from _call(context, activity, attempt)))
        result = replace(result, cost=spent.cost + result.cost, rate_limited=spent.rate_limited)
        if result.stopped:
            raise RunStoppedError(result.failure, Tally(cost=result.cost))
        if result.failure is None:
            return result
        tries = count_failure(tries, result.failure)
        rate_limited = result.rate_limited + (result.failure.reason is Reason.RATE_LIMITED)
        spent = replace(result, rate_limited=rate_limited)
        now = context.current_utc_datetime
        wait = decide_retry(
            result.failure,
            tries,
            max_retries=max_retries,
            seed=f"{call.run_id}/{call.batch}",
            since_success=find_time_since(now, started_at, result.last_success_at),
        )
        if wait is None:
            return spent
        yield context.create_timer(now + timedelta(seconds=wait))


def read_result(result_type: type[ImageResult] | type[ClaimResult], activity: str, value: object) -> Any:
    """Return what an activity of a window gave.

    Raises:
        RunStoppedError: the activity broke: ``task_any`` hands over the exception as the value.
    """
    if isinstance(value, Exception):
        raise RunStoppedError(_describe_break(activity, value)) from value
    return result_type.from_json(value)


def _call(context: df.DurableOrchestrationContext, activity: str, message: Message) -> Generator[Any, Any, object]:
    try:
        result: object = yield context.call_activity(activity, message.to_json())
    except Exception as error:
        raise RunStoppedError(_describe_break(activity, error)) from error
    return result


def _describe_break(activity: str, error: Exception) -> Failure:
    return Failure(Reason.INTERNAL_ERROR, f"{activity} broke: {str(error).splitlines()[0][:200]}")
