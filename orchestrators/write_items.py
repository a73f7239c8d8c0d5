"""``write_items``: writes batches one after the other, until the catalog, or the writer's part of it, is full."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import (
    RunStoppedError,
    call_with_loss_retries,
    decide_text_retry,
    exclude_idle_time,
    read_text_result,
    wait_unless_stopped,
    wait_while_suspended,
)
from shared.limits.long_waits import Wait, describe_wait
from shared.limits.retry_policy import TOO_LONG_REASONS, UNUSABLE_ANSWER_REASONS, count_failure
from shared.messages.runs import (
    Counters,
    Failure,
    FailureCounts,
    FinishRunInput,
    RunRef,
    TextCall,
    TextResult,
    WriteItemsInput,
    describe_rejected,
)
from shared.models.prompts.item_requests import LOW_YIELD_SHARE
from shared.reasons import FATAL_REASONS, Reason

blueprint = df.Blueprint()

MAX_CALLS_PER_GENERATION = 50
"""Calls between two continue-as-new, tried ones included, each with a timer at most: some 400 events, far below where
replays get slow."""

MAX_BATCHES_WITHOUT_ITEMS = 5
"""So many in a row that brought nothing: the model has no more to give."""

WRITER_STOPPING_REASONS = FATAL_REASONS | {
    Reason.RATE_LIMITED,
    Reason.BUDGET,
    Reason.STORE_UNAVAILABLE,
    Reason.DAMAGED_FILE,
}
"""What ends the writing at once; any other failure skips the batch."""


@blueprint.orchestration_trigger(context_name="context")
def write_items(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Write batches, some a generation; returns an ``FinishRunInput``."""
    writer = WriteItemsInput.from_json(context.get_input())
    failure: Failure | None = None
    try:
        for _ in range(MAX_CALLS_PER_GENERATION):
            context.set_custom_status({"counters": writer.counters.to_json()})
            failure = _find_end_reason(writer)
            if failure is not None or writer.items >= writer.target_count:
                break
            after = yield from _call_for_batch(context, writer)
            if after is None:
                break
            writer = after
        else:
            context.continue_as_new(writer.to_json())
            return None
    except RunStoppedError as stop:
        failure = stop.failure
        writer = replace(writer, counters=writer.counters + stop.counters)
    context.set_custom_status({"counters": writer.counters.to_json()})
    return FinishRunInput(writer.run_id, writer.catalog, writer.counters, failure).to_json()


def _call_for_batch(
    context: df.DurableOrchestrationContext,
    writer: WriteItemsInput,
) -> Generator[Any, Any, WriteItemsInput | None]:
    """Make one call for the next batch, and wait where it is to be made again.

    An answer that cannot be used is asked for once more, with a stricter instruction; one that was cut off, and those
    that follow it, with half as many items.

    Returns:
        The state to go on with, or None if the writer's categories are full.

    Raises:
        RunStoppedError: the run was stopped, or the activity broke.
    """
    call = TextCall(
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
    )
    asked_at = context.current_utc_datetime
    started_at = writer.started_at or asked_at.isoformat()
    result = read_text_result((yield from call_with_loss_retries(context, "write_batch", call)), Counters())
    if result.deferred_seconds is not None:  # the run is suspended, which uses up no patience
        yield wait_while_suspended(context, result.deferred_seconds, writer.deferrals)
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
    if wait is not None:
        due = context.current_utc_datetime + timedelta(seconds=wait)
        long_wait = Wait.from_failure(result.failure, context.current_utc_datetime, wait)
        context.set_custom_status({"counters": writer.counters.to_json(), **describe_wait(long_wait)})
        yield from wait_unless_stopped(context, RunRef(writer.run_id, writer.catalog, writer.resume_count), due, spent)
        started_at = exclude_idle_time(context, started_at, due)
        return replace(writer, failure_counts=failure_counts, started_at=started_at)
    is_too_long = result.failure.reason in TOO_LONG_REASONS
    writer = replace(writer, halvings=writer.halvings + is_too_long)
    may_differ = not is_too_long or result.asked > 1
    if result.failure.reason in UNUSABLE_ANSWER_REASONS and not writer.stricter and may_differ:
        return replace(writer, stricter=True, failure_counts=FailureCounts(), started_at=None)
    # Skipped; the next try for this number is a batch of its own.
    return replace(
        writer,
        batches_without_items=writer.batches_without_items + 1,
        rejected_last_time={},
        stricter=False,
        failure_counts=FailureCounts(),
        started_at=None,
        failure=result.failure,
    )


def _name_batch(writer: WriteItemsInput) -> str:
    """Return the name of the batch to write: unlike its number it is known before, and no other writer has it."""
    return f"{writer.resume_count}.{writer.writer_count}.{writer.writer_index}/{writer.next_batch}"


def _find_end_reason(writer: WriteItemsInput) -> Failure | None:
    """Return why writing ends, or None if it goes on after what the last batch came to."""
    failure = writer.failure
    if failure is not None and failure.reason in WRITER_STOPPING_REASONS:
        return failure
    if writer.batches_without_items < MAX_BATCHES_WITHOUT_ITEMS:
        return None
    last = f"; the last one: {failure.reason}: {failure.message}" if failure is not None else ""
    message = (
        f"{writer.batches_without_items} batches in a row brought no new item"
        f"{describe_rejected(writer.rejected_last_time)}{last}"
    )
    return Failure(Reason.NO_NEW_ITEMS, message, cause=None if failure is None else failure.reason)


def _count_batch(writer: WriteItemsInput, result: TextResult) -> WriteItemsInput:
    """Return the writer's state after a batch that was written."""
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
