"""``write_items``: writes batches one after the other, until the catalog, or the writer's part of it, is full."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.patience import (
    RunStoppedError,
    call_until_answered,
    decide_text_retry,
    leave_out_absence,
    read_text_result,
    wait_unless_stopped,
    wait_while_suspended,
)
from shared.domain.messages import (
    Ending,
    Failure,
    RunRef,
    Tally,
    TextCall,
    TextResult,
    Tries,
    WriteItemsInput,
    describe_rejected,
)
from shared.domain.prompts import LOW_YIELD
from shared.domain.retries import TOO_LONG, UNUSABLE_ANSWERS, count_failure
from shared.domain.waits import Wait, describe_wait
from shared.reasons import FATAL_REASONS, Reason

blueprint = df.Blueprint()

GENERATION_CALLS = 50
"""Calls between two continue-as-new, tried ones included, each with a timer at most: some 400 events, far below where
replays get slow."""

MAX_BATCHES_WITHOUT_ITEMS = 5
"""So many in a row that brought nothing: the model has no more to give."""

ENDING_REASONS = FATAL_REASONS | {Reason.RATE_LIMITED, Reason.BUDGET, Reason.STORE_UNAVAILABLE, Reason.DAMAGED_FILE}
"""What ends the writing at once; any other failure skips the batch."""


@blueprint.orchestration_trigger(context_name="context")
def write_items(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Write batches, some a generation; returns an ``Ending``."""
    writer = WriteItemsInput.from_json(context.get_input())
    failure: Failure | None = None
    try:
        for _ in range(GENERATION_CALLS):
            context.set_custom_status({"tally": writer.tally.to_json()})
            failure = _find_end(writer)
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
        writer = replace(writer, tally=writer.tally + stop.tally)
    context.set_custom_status({"tally": writer.tally.to_json()})
    return Ending(writer.run_id, writer.catalog, writer.tally, failure).to_json()


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
        lane=writer.lane,
        lanes=writer.lanes,
        halvings=writer.halvings,
        turn=writer.turns,
    )
    asked_at = context.current_utc_datetime
    started_at = writer.started_at or asked_at.isoformat()
    result = read_text_result((yield from call_until_answered(context, "write_batch", call)), Tally())
    if result.turn_in_seconds is not None:  # the run is suspended, which uses up no patience
        yield wait_while_suspended(context, result.turn_in_seconds, writer.turns)
        return replace(writer, turns=writer.turns + 1, started_at=None)
    if result.failure is None:
        is_full = writer.lanes > 1 and not result.asked
        return None if is_full else _count_batch(writer, result)
    tries = count_failure(writer.tries, result.failure)
    spent = Tally(rate_limited=result.rate_limited, cost=result.cost)
    writer = replace(writer, calls=writer.calls + 1, turns=0, tally=writer.tally + spent)
    started_at = leave_out_absence(context, started_at, asked_at)
    wait = decide_text_retry(context, call, result, tries, max_retries=writer.max_retries, started_at=started_at)
    if wait is not None:
        due = context.current_utc_datetime + timedelta(seconds=wait)
        long_wait = Wait.note(result.failure, context.current_utc_datetime, wait)
        context.set_custom_status({"tally": writer.tally.to_json(), **describe_wait(long_wait)})
        yield from wait_unless_stopped(context, RunRef(writer.run_id, writer.catalog, writer.leg), due, spent)
        started_at = leave_out_absence(context, started_at, due)
        return replace(writer, tries=tries, started_at=started_at)
    is_too_long = result.failure.reason in TOO_LONG
    writer = replace(writer, halvings=writer.halvings + is_too_long)
    may_differ = not is_too_long or result.asked > 1
    if result.failure.reason in UNUSABLE_ANSWERS and not writer.stricter and may_differ:
        return replace(writer, stricter=True, tries=Tries(), started_at=None)
    # Skipped; the next try for this number is a batch of its own.
    return replace(
        writer,
        batches_without_items=writer.batches_without_items + 1,
        rejected_last_time={},
        stricter=False,
        tries=Tries(),
        started_at=None,
        failure=result.failure,
    )


def _name_batch(writer: WriteItemsInput) -> str:
    """Return the name of the batch to write: unlike its number it is known before, and no other writer has it."""
    return f"{writer.leg}.{writer.lanes}.{writer.lane}/{writer.next_batch}"


def _find_end(writer: WriteItemsInput) -> Failure | None:
    """Return why writing ends, or None if it goes on after what the last batch came to."""
    failure = writer.failure
    if failure is not None and failure.reason in ENDING_REASONS:
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
    low_yield = result.accepted < LOW_YIELD * result.asked
    return replace(
        writer,
        next_batch=writer.next_batch + 1,
        items=result.total,
        batches_without_items=0 if result.accepted else writer.batches_without_items + 1,
        rejected_last_time=result.rejected if low_yield else {},
        calls=0,
        turns=0,
        stricter=False,
        tries=Tries(),
        started_at=None,
        failure=None,
        tally=writer.tally + Tally(accepted=result.accepted, rejected=result.rejected, cost=result.cost),
    )
