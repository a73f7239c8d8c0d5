"""``prompt_items``: lets the text model write the image prompts of rows, batch by batch."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.patience import RunStoppedError, call_patiently, call_text_activity
from orchestrators.write_items import ENDING_REASONS
from shared.domain.messages import Done, Ending, Failure, Tally, TextCall, TextResult
from shared.domain.retries import TOO_LONG, UNUSABLE_ANSWERS
from shared.domain.source_messages import GivenUpPrompts, PromptItemsInput
from shared.domain.waits import Wait, describe_wait

blueprint = df.Blueprint()

GENERATION_BATCHES = 50
"""Batches between two continue-as-new: some 150 events, and a few hundred where most calls are tried again."""


@blueprint.orchestration_trigger(context_name="context")
def prompt_items(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Write the prompts of every so many batches, some a generation; returns an ``Ending``.

    A batch whose prompts cannot be had is left to the template: no item fails for it.
    """
    writer = PromptItemsInput.from_json(context.get_input())
    failure: Failure | None = None
    try:
        for _ in range(GENERATION_BATCHES):
            context.set_custom_status({"tally": writer.tally.to_json()})
            if writer.next_batch > writer.last_batch:
                break
            spent = yield from _write_batch(context, writer)
            writer = replace(writer, next_batch=writer.next_batch + writer.lanes, tally=writer.tally + spent)
        else:
            context.continue_as_new(writer.to_json())
            return None
    except RunStoppedError as stop:
        failure = stop.failure
        writer = replace(writer, tally=writer.tally + stop.tally)
    context.set_custom_status({"tally": writer.tally.to_json()})
    return Ending(writer.run_id, writer.catalog, writer.tally, failure).to_json()


def _write_batch(context: df.DurableOrchestrationContext, writer: PromptItemsInput) -> Generator[Any, Any, Tally]:
    """Get a batch's prompts; an answer that cannot be used is asked for once more, with a stricter instruction.

    Returns:
        What it came to.

    Raises:
        RunStoppedError: the run was stopped, the activity broke, or no further batch would fare better.
    """
    call = TextCall(writer.run_id, writer.catalog, batch=writer.next_batch, leg=writer.leg)
    spent = Tally()
    while True:
        result, tries = yield from _call(context, writer, call, spent)
        spent += Tally(cost=result.cost, rate_limited=result.rate_limited)
        failure = result.failure
        if failure is None and not result.left:
            return spent
        # Numbers go on: an attempt that was answered is not asked again.
        call = replace(call, attempt=call.attempt + tries)
        if failure is None:
            continue
        if failure.reason in ENDING_REASONS:
            raise RunStoppedError(failure, spent)
        is_too_long = failure.reason in TOO_LONG
        if call.stricter or failure.reason not in UNUSABLE_ANSWERS or (is_too_long and result.asked <= 1):
            break
        call = replace(call, stricter=True, halvings=call.halvings + is_too_long)
    given_up = GivenUpPrompts(writer.run_id, writer.catalog, writer.next_batch, failure, writer.leg)
    try:
        yield from call_patiently(context, "give_up_prompts", given_up, Done)
    except RunStoppedError as stop:
        raise RunStoppedError(stop.failure, spent) from stop
    return spent


def _call(
    context: df.DurableOrchestrationContext, writer: PromptItemsInput, call: TextCall, spent: Tally
) -> Generator[Any, Any, tuple[TextResult, int]]:
    """Make a call as the policy says; where the run is stopped, what was spent before is told, too."""

    def show_wait(wait: Wait | None) -> None:
        context.set_custom_status({"tally": writer.tally.to_json(), **describe_wait(wait)})

    try:
        return (
            yield from call_text_activity(
                context, "write_prompts", call, max_retries=writer.max_retries, show_wait=show_wait
            )
        )
    except RunStoppedError as stop:
        raise RunStoppedError(stop.failure, spent + stop.tally) from stop
