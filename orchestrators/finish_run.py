"""``finish_run``, and the last steps of every run: publish, render the contact sheet, write the summary."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps, call_with_retries
from shared.messages.custom_status import RootStatus, Stage
from shared.messages.run import ActivityResult, FinishRunInput, PublishResult

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def finish_run(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """End a run whose root was terminated or lost for good. Returns the run's final status."""
    ending = FinishRunInput.from_json(context.get_input())

    def publish_stage(stage: Stage) -> None:
        context.set_custom_status(RootStatus(stage).to_json())

    return (yield from publish_and_close(context, ending, publish_stage))


def publish_and_close(
    context: df.DurableOrchestrationContext, ending: FinishRunInput, publish_stage: Callable[[Stage], None]
) -> Steps[str | None]:
    """Publish the complete items and write the run's summary.

    Args:
        context: of the orchestrator that ends the run.
        ending: what the run did, and why it ended early, if it did.
        publish_stage: publishes the stage in the custom status.

    Returns:
        The run's final status.

    Raises:
        RunStoppedError: the summary could not be written.
    """
    # 1. Publish the catalog. A run that cannot still gets its summary.
    publish_stage(Stage.PUBLISHING)
    try:
        published = yield from call_with_retries(context, "publish_catalog", ending, PublishResult)
        ending = replace(ending, published=published)
    except RunStoppedError as stop:
        ending = replace(ending, failure=stop.failure, counters=ending.counters + stop.counters)
    else:
        # 2. Render the contact sheet.
        yield from _render_contact_sheet(context, ending)

    # 3. Write the summary, which is what ends the run for its callers.
    closed = yield from call_with_retries(context, "close_run", ending, ActivityResult)
    publish_stage(Stage.ENDED)
    return closed.status


def _render_contact_sheet(context: df.DurableOrchestrationContext, ending: FinishRunInput) -> Steps[None]:
    """Render the contact sheet if possible: a published run does not fail because of it."""
    try:
        yield from call_with_retries(context, "render_contact_sheet", ending, ActivityResult)
    except RunStoppedError:
        return
