"""``finish_run``, and how every run ends: publish, report, and write the summary last."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, call_with_retries
from shared.messages.runs import ActivityResult, FinishRunInput, PublishResult

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def finish_run(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """End a run whose root cannot do so: it was terminated, or lost for good. Returns the run's final status."""
    ending = FinishRunInput.from_json(context.get_input())
    return (yield from publish_and_close(context, ending, lambda stage: context.set_custom_status({"stage": stage})))


def publish_and_close(
    context: df.DurableOrchestrationContext, ending: FinishRunInput, publish_stage: Callable[[str], None]
) -> Generator[Any, Any, Any]:
    """Publish what is complete and write the summary; return the run's final status as a string.

    Args:
        context: of the orchestrator that ends the run.
        ending: what the run did, and why it ended early, if it did.
        publish_stage: publishes the stage.

    Raises:
        RunStoppedError: the summary could not be written.
    """
    publish_stage("publishing")
    try:
        published = yield from call_with_retries(context, "publish_catalog", ending, PublishResult)
        ending = replace(ending, published=published)
    except RunStoppedError as stop:
        ending = replace(ending, failure=stop.failure, counters=ending.counters + stop.counters)
    else:
        yield from _render_contact_sheet(context, ending)
    closed = yield from call_with_retries(context, "close_run", ending, ActivityResult)
    publish_stage("ended")
    return closed.status


def _render_contact_sheet(context: df.DurableOrchestrationContext, ending: FinishRunInput) -> Generator[Any, Any, None]:
    """Draw it if that works: a run that published does not fail for the sheet."""
    try:
        yield from call_with_retries(context, "render_contact_sheet", ending, ActivityResult)
    except RunStoppedError:
        return
