"""``write_items``: writes a run's batches one after the other, until the catalog holds what was asked for."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.patience import RunStoppedError, call_patiently, call_text_activity
from shared.domain.messages import Done, Ending, Failure, RunRef, Tally, TextCall, TextResult, WriteItemsInput
from shared.domain.prompts import LOW_YIELD
from shared.domain.retries import UNUSABLE_ANSWERS
from shared.reasons import FATAL_REASONS, Reason

blueprint = df.Blueprint()

GENERATION_BATCHES = 50
"""Batches between two continue-as-new: some 250 events, far below where replays get slow."""

MAX_BATCHES_WITHOUT_ITEMS = 5
"""So many in a row that brought nothing: the model has no more to give."""

ENDING_REASONS = FATAL_REASONS | {Reason.RATE_LIMITED, Reason.STORE_UNAVAILABLE, Reason.DAMAGED_FILE}
"""What ends the writing at once; any other failure skips the batch."""


@blueprint.orchestration_trigger(context_name="context")
def write_items(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Write batches, some a generation; returns an ``Ending``."""
    writer = WriteItemsInput.from_json(context.get_input())
    run = RunRef(writer.run_id, writer.catalog)
    failure: Failure | None = None
    try:
        for _ in range(GENERATION_BATCHES):
            context.set_custom_status({"tally": writer.tally.to_json()})
            failure = _find_end(writer, failure)
            if failure is not None or writer.items >= writer.target_count:
                break
            result = yield from _write_batch(context, writer)
            writer = _count(writer, result)
            failure = result.failure
        else:
            context.continue_as_new(writer.to_json())
            return None
    except RunStoppedError as stop:
        failure = stop.failure
        writer = replace(writer, tally=writer.tally + stop.tally)
    # From here on the lanes know that nothing more will come.
    yield from call_patiently(context, "close_items", run, Done)
    context.set_custom_status({"tally": writer.tally.to_json()})
    return Ending(writer.run_id, writer.catalog, writer.tally, failure).to_json()


def _write_batch(
    context: df.DurableOrchestrationContext,
    writer: WriteItemsInput,
) -> Generator[Any, Any, TextResult]:
    """Write the next batch; an answer that cannot be used is asked for once more, with a stricter instruction."""
    call = TextCall(
        writer.run_id,
        writer.catalog,
        batch=writer.next_batch,
        attempt=writer.batches_without_items * 100,
        rejected_last_time=writer.rejected_last_time,
    )
    first = yield from call_text_activity(context, "write_batch", call, max_retries=writer.max_retries)
    if first.failure is None or first.failure.reason not in UNUSABLE_ANSWERS:
        return first
    call = replace(call, attempt=call.attempt + 50, stricter=True)
    second = yield from call_text_activity(context, "write_batch", call, max_retries=writer.max_retries)
    return replace(second, cost=first.cost + second.cost, rate_limited=first.rate_limited + second.rate_limited)


def _find_end(writer: WriteItemsInput, failure: Failure | None) -> Failure | None:
    """Return why writing ends, or None if it goes on after what the last batch came to."""
    if failure is not None and failure.reason in ENDING_REASONS:
        return failure
    if writer.batches_without_items < MAX_BATCHES_WITHOUT_ITEMS:
        return None
    last = f"; the last one: {failure.reason}: {failure.message}" if failure is not None else ""
    message = f"{writer.batches_without_items} batches in a row brought no new item{last}"
    return Failure(Reason.NO_NEW_ITEMS, message)


def _count(writer: WriteItemsInput, result: TextResult) -> WriteItemsInput:
    """Return the writer's state after a batch; a batch that failed keeps its number for the next try."""
    written = result.failure is None
    low_yield = written and result.accepted < LOW_YIELD * result.asked
    return replace(
        writer,
        next_batch=writer.next_batch + (1 if written else 0),
        items=result.total if written else writer.items,
        batches_without_items=0 if result.accepted else writer.batches_without_items + 1,
        rejected_last_time=result.rejected if low_yield else {},
        tally=writer.tally
        + Tally(
            accepted=result.accepted,
            rejected=result.rejected,
            rate_limited=result.rate_limited,
            cost=result.cost,
        ),
    )
