"""``write_items``: an item writer. It writes batches in sequence until the catalog, or its share of it, is full."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import (
    RunStoppedError,
    Steps,
    call_with_loss_retries,
    create_suspension_timer,
    decide_text_retry,
    exclude_idle_time,
    read_text_result,
    wait_unless_stopped,
)
from shared.limits.retry_policy import TOO_LONG_REASONS, UNUSABLE_ANSWER_REASONS, count_failure
from shared.messages.base import Counters, Failure, FailureCounts, Wait
from shared.messages.custom_status import ChildStatus
from shared.messages.run import ChildResult, RunRef
from shared.messages.text import TextCall, TextResult, WriteItemsInput, describe_rejected
from shared.models.prompts.item_requests import LOW_YIELD_SHARE
from shared.reasons import FATAL_REASONS, Reason

blueprint = df.Blueprint()

MAX_CALLS_PER_GENERATION = 50
"""Calls between two continue-as-new, retries included. With a timer each they are at most about 400 events, few enough
for fast replays."""

MAX_BATCHES_WITHOUT_ITEMS = 5
"""As many batches in a row without a new item mean that the model has no more to give."""

WRITER_STOPPING_REASONS = FATAL_REASONS | {
    Reason.RATE_LIMITED,
    Reason.BUDGET,
    Reason.STORE_UNAVAILABLE,
    Reason.DAMAGED_FILE,
}
"""Failures that end the writer; after any other it skips the batch."""


@blueprint.orchestration_trigger(context_name="context")
def write_items(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Write batches, at most `MAX_CALLS_PER_GENERATION` calls a generation. Returns a `ChildResult`."""
    writer = WriteItemsInput.from_json(context.get_input())
    failure: Failure | None = None
    try:
        for _ in range(MAX_CALLS_PER_GENERATION):
            # 1. Publish the progress.
            _publish(context, writer.counters)

            # 2. End if the catalog is full or no further batch would help.
            failure = _find_end_reason(writer)
            if failure is not None or writer.items >= writer.target_count:
                break

            # 3. Request the next batch. None = the writer's categories are full.
            following = yield from _request_batch(context, writer)
            if following is None:
                break
            writer = following
        else:
            # 4. Continue with a short history.
            context.continue_as_new(writer.to_json())
            return None
    except RunStoppedError as stop:
        failure = stop.failure
        writer = replace(writer, counters=writer.counters + stop.counters)
    _publish(context, writer.counters)
    return ChildResult(writer.counters, failure).to_json()


def _publish(context: df.DurableOrchestrationContext, counters: Counters, wait: Wait | None = None) -> None:
    context.set_custom_status(ChildStatus(counters, wait=wait).to_json())


def _request_batch(context: df.DurableOrchestrationContext, writer: WriteItemsInput) -> Steps[WriteItemsInput | None]:
    """Make one call for the next batch; if it is to be retried, wait until then.

    Returns:
        The writer's next state, or None if its categories are full.

    Raises:
        RunStoppedError: the run was stopped, or the activity was lost too often.
    """
    call = _make_call(writer)
    asked_at = context.current_utc_datetime
    started_at = writer.started_at or asked_at.isoformat()
    result = read_text_result((yield from call_with_loss_retries(context, "write_batch", call)), Counters())
    if result.deferred_seconds is not None:  # the run is suspended, which is not a failure
        yield create_suspension_timer(context, result.deferred_seconds, writer.deferrals)
        return replace(writer, deferrals=writer.deferrals + 1, started_at=None)
    if result.failure is None:
        is_full = writer.writer_count > 1 and not result.asked
        return None if is_full else _count_batch(writer, result)
    failure_counts = count_failure(writer.failure_counts, result.failure)
    spent = Counters(rate_limited=result.rate_limited, cost=result.cost)
    writer = replace(writer, calls=writer.calls + 1, deferrals=0, counters=writer.counters + spent)
    started_at = exclude_idle_time(context, started_at, asked_at)
    wait = decide_text_retry(
        context, call, result, failure_counts, max_retries=writer.max_retries, started_at=started_at
    )
    if wait is None:
        return _skip_or_shorten(writer, result, result.failure)
    due = context.current_utc_datetime + timedelta(seconds=wait)
    _publish(context, writer.counters, Wait.from_failure(result.failure, context.current_utc_datetime, wait))
    yield from wait_unless_stopped(context, RunRef(writer.run_id, writer.catalog, writer.resume_count), due, spent)
    started_at = exclude_idle_time(context, started_at, due)
    return replace(writer, failure_counts=failure_counts, started_at=started_at)


def _make_call(writer: WriteItemsInput) -> TextCall:
    return TextCall(
        writer.run_id,
        writer.catalog,
        batch=writer.next_batch,
        attempt=writer.calls,
        stricter=writer.stricter,
        rejected_last_time=writer.rejected_last_time,
        writer=_name_batch(writer),
        writer_index=writer.writer_index,
        writer_count=writer.writer_count,
        halvings=writer.halvings,
        deferral=writer.deferrals,
        item_limit=writer.item_limit,
    )


def _name_batch(writer: WriteItemsInput) -> str:
    """Return the name of the batch to write. Unlike its number it is known in advance, and unique among all writers."""
    return f"{writer.resume_count}.{writer.writer_count}.{writer.writer_index}/{writer.next_batch}"


def _skip_or_shorten(writer: WriteItemsInput, result: TextResult, failure: Failure) -> WriteItemsInput:
    """Return the writer's state after a failure that is not retried as it is.

    An unusable answer is requested once more with a stricter instruction, one that was too long with half the entries.
    Any other failure skips the batch.
    """
    is_too_long = failure.reason in TOO_LONG_REASONS
    writer = replace(writer, halvings=writer.halvings + is_too_long, failure_counts=FailureCounts(), started_at=None)
    may_differ = not is_too_long or result.asked > 1
    if failure.reason in UNUSABLE_ANSWER_REASONS and not writer.stricter and may_differ:
        return replace(writer, stricter=True)
    # The batch number stays: the next call for it counts as the next batch.
    return replace(
        writer,
        batches_without_items=writer.batches_without_items + 1,
        rejected_last_time={},
        stricter=False,
        failure=failure,
    )


def _count_batch(writer: WriteItemsInput, result: TextResult) -> WriteItemsInput:
    """Return the writer's state after a written batch."""
    low_yield = result.accepted < LOW_YIELD_SHARE * result.asked
    return replace(
        writer,
        next_batch=writer.next_batch + 1,
        items=result.total,
        batches_without_items=0 if result.accepted else writer.batches_without_items + 1,
        rejected_last_time=result.rejected if low_yield else {},
        calls=0,
        deferrals=0,
        stricter=False,
        failure_counts=FailureCounts(),
        started_at=None,
        failure=None,
        counters=writer.counters + Counters(accepted=result.accepted, rejected=result.rejected, cost=result.cost),
    )


def _find_end_reason(writer: WriteItemsInput) -> Failure | None:
    """Return why the writer has to end after its latest batch; None if it continues."""
    failure = writer.failure
    if failure is not None and failure.reason in WRITER_STOPPING_REASONS:
        return failure
    if writer.batches_without_items < MAX_BATCHES_WITHOUT_ITEMS:
        return None
    last = f"; the last one failed with {failure.reason}: {failure.message}" if failure is not None else ""
    message = (
        f"{writer.batches_without_items} batches in a row added no item"
        f"{describe_rejected(writer.rejected_last_time)}{last}"
    )
    return Failure(Reason.NO_NEW_ITEMS, message, cause=None if failure is None else failure.reason)
