"""``write_prompts``: a prompt writer. The text model writes the image prompts of imported rows, batch by batch."""

from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps, call_text_activity, call_with_retries
from orchestrators.write_items import WRITER_STOPPING_REASONS
from shared.limits.retry_policy import TOO_LONG_REASONS, UNUSABLE_ANSWER_REASONS
from shared.messages.base import Counters, Failure, Wait
from shared.messages.custom_status import ChildStatus
from shared.messages.run import ActivityResult, ChildResult
from shared.messages.text import TextCall, TextResult, UseTemplatePromptsInput, WritePromptsInput

blueprint = df.Blueprint()

MAX_BATCHES_PER_GENERATION = 50
"""Batches between two continue-as-new: about 150 events, or a few hundred if most calls are retried."""


@blueprint.orchestration_trigger(context_name="context")
def write_prompts(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Write the prompts of every ``writer_count``-th batch. Returns a `ChildResult`.

    A batch whose prompts cannot be written keeps those of the template: no item fails because of it.
    """
    writer = WritePromptsInput.from_json(context.get_input())
    failure: Failure | None = None
    try:
        for _ in range(MAX_BATCHES_PER_GENERATION):
            # 1. Publish the progress.
            _publish(context, writer.counters)

            # 2. Write the prompts of the next batch, if there is one.
            batch = writer.find_batch()
            if batch is None:
                break
            spent = yield from _write_batch(context, writer, batch)
            next_batch = writer.next_batch + writer.writer_count
            writer = replace(writer, next_batch=next_batch, counters=writer.counters + spent)
        else:
            # 3. Continue with a short history.
            context.continue_as_new(writer.to_json())
            return None
    except RunStoppedError as stop:
        failure = stop.failure
        writer = replace(writer, counters=writer.counters + stop.counters)
    _publish(context, writer.counters)
    return ChildResult(writer.counters, failure).to_json()


def _publish(context: df.DurableOrchestrationContext, counters: Counters, wait: Wait | None = None) -> None:
    context.set_custom_status(ChildStatus(counters, wait=wait).to_json())


def _write_batch(context: df.DurableOrchestrationContext, writer: WritePromptsInput, batch: int) -> Steps[Counters]:
    """Write the prompts of one batch; an unusable answer is requested once more with a stricter instruction.

    Returns:
        What the calls cost.

    Raises:
        RunStoppedError: the run was stopped, the activity was lost too often, or no further batch can succeed.
    """
    call = TextCall(
        writer.run_id,
        writer.catalog,
        batch=batch,
        attempt=writer.earlier_calls,
        resume_count=writer.resume_count,
    )
    spent = Counters()
    while True:
        result, calls = yield from _call(context, writer, call, spent)
        spent += Counters(cost=result.cost, rate_limited=result.rate_limited)
        failure = result.failure
        if failure is None and not result.remaining:
            return spent
        call = replace(call, attempt=call.attempt + calls)  # an answered attempt is not sent again
        if failure is None:
            continue
        if failure.reason in WRITER_STOPPING_REASONS:
            raise RunStoppedError(failure, spent)
        is_too_long = failure.reason in TOO_LONG_REASONS
        if call.stricter or failure.reason not in UNUSABLE_ANSWER_REASONS or (is_too_long and result.asked <= 1):
            break
        call = replace(call, stricter=True, halvings=call.halvings + is_too_long)
    fallback = UseTemplatePromptsInput(writer.run_id, writer.catalog, batch, failure, writer.resume_count)
    try:
        yield from call_with_retries(context, "use_template_prompts", fallback, ActivityResult)
    except RunStoppedError as stop:
        raise RunStoppedError(stop.failure, spent) from stop
    return spent


def _call(
    context: df.DurableOrchestrationContext, writer: WritePromptsInput, call: TextCall, spent: Counters
) -> Steps[tuple[TextResult, int]]:
    """Call the activity by the retry policy; an error carries what was ``spent`` before as well."""

    def publish_wait(wait: Wait | None) -> None:
        _publish(context, writer.counters, wait)

    try:
        return (
            yield from call_text_activity(
                context, "write_prompt_batch", call, max_retries=writer.max_retries, publish_wait=publish_wait
            )
        )
    except RunStoppedError as stop:
        raise RunStoppedError(stop.failure, spent + stop.counters) from stop
