"""``write_prompt_batch``: lets the text model write the image prompts of rows, batch by batch."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, call_text_activity, call_with_retries
from orchestrators.write_items import WRITER_STOPPING_REASONS
from shared.limits.long_waits import Wait, describe_wait
from shared.limits.retry_policy import TOO_LONG_REASONS, UNUSABLE_ANSWER_REASONS
from shared.messages.inputs import GiveUpPromptsInput, WritePromptsInput
from shared.messages.runs import ActivityResult, Counters, Failure, FinishRunInput, TextCall, TextResult

blueprint = df.Blueprint()

MAX_BATCHES_PER_GENERATION = 50
"""Batches between two continue-as-new: some 150 events, and a few hundred where most calls are tried again."""


@blueprint.orchestration_trigger(context_name="context")
def write_prompts(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Write the prompts of every so many batches, some a generation; returns an ``FinishRunInput``.

    A batch whose prompts cannot be had is left to the template: no item fails for it.
    """
    writer = WritePromptsInput.from_json(context.get_input())
    failure: Failure | None = None
    try:
        for _ in range(MAX_BATCHES_PER_GENERATION):
            context.set_custom_status({"counters": writer.counters.to_json()})
            if writer.next_batch > writer.last_batch:
                break
            spent = yield from _write_batch(context, writer)
            writer = replace(
                writer, next_batch=writer.next_batch + writer.writer_count, counters=writer.counters + spent
            )
        else:
            context.continue_as_new(writer.to_json())
            return None
    except RunStoppedError as stop:
        failure = stop.failure
        writer = replace(writer, counters=writer.counters + stop.counters)
    context.set_custom_status({"counters": writer.counters.to_json()})
    return FinishRunInput(writer.run_id, writer.catalog, writer.counters, failure).to_json()


def _write_batch(context: df.DurableOrchestrationContext, writer: WritePromptsInput) -> Generator[Any, Any, Counters]:
    """Get a batch's prompts; an answer that cannot be used is asked for once more, with a stricter instruction.

    Returns:
        What it came to.

    Raises:
        RunStoppedError: the run was stopped, the activity broke, or no further batch would fare better.
    """
    call = TextCall(writer.run_id, writer.catalog, batch=writer.next_batch, resume_count=writer.resume_count)
    spent = Counters()
    while True:
        result, failure_counts = yield from _call(context, writer, call, spent)
        spent += Counters(cost=result.cost, rate_limited=result.rate_limited)
        failure = result.failure
        if failure is None and not result.remaining:
            return spent
        # Numbers go on: an attempt that was answered is not asked again.
        call = replace(call, attempt=call.attempt + failure_counts)
        if failure is None:
            continue
        if failure.reason in WRITER_STOPPING_REASONS:
            raise RunStoppedError(failure, spent)
        is_too_long = failure.reason in TOO_LONG_REASONS
        if call.stricter or failure.reason not in UNUSABLE_ANSWER_REASONS or (is_too_long and result.asked <= 1):
            break
        call = replace(call, stricter=True, halvings=call.halvings + is_too_long)
    fallback = GiveUpPromptsInput(writer.run_id, writer.catalog, writer.next_batch, failure, writer.resume_count)
    try:
        yield from call_with_retries(context, "use_template_prompts", fallback, ActivityResult)
    except RunStoppedError as stop:
        raise RunStoppedError(stop.failure, spent) from stop
    return spent


def _call(
    context: df.DurableOrchestrationContext, writer: WritePromptsInput, call: TextCall, spent: Counters
) -> Generator[Any, Any, tuple[TextResult, int]]:
    """Make a call as the policy says; where the run is stopped, what was spent before is told, too."""

    def publish_wait(wait: Wait | None) -> None:
        context.set_custom_status({"counters": writer.counters.to_json(), **describe_wait(wait)})

    try:
        return (
            yield from call_text_activity(
                context, "write_prompt_batch", call, max_retries=writer.max_retries, publish_wait=publish_wait
            )
        )
    except RunStoppedError as stop:
        raise RunStoppedError(stop.failure, spent + stop.counters) from stop
