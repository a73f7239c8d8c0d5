"""``end_run``, and how every run ends: what lasts is published, what happened is reported, the summary comes last."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from orchestrators.patience import RunStoppedError, call_patiently
from shared.domain.messages import Done, Ending, Published

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def end_run(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """End a run whose root cannot do so: it was terminated, or lost for good. Returns the run's final status."""
    ending = Ending.from_json(context.get_input())
    return (yield from publish_and_close(context, ending, lambda stage: context.set_custom_status({"stage": stage})))


def publish_and_close(
    context: df.DurableOrchestrationContext, ending: Ending, show: Callable[[str], None]
) -> Generator[Any, Any, Any]:
    """Publish what is complete and write the summary; return the run's final status as a string.

    Args:
        context: of the orchestrator that ends the run.
        ending: what the run did, and why it ended early, if it did.
        show: publishes the stage.

    Raises:
        RunStoppedError: the summary could not be written.
    """
    show("publishing")
    try:
        published = yield from call_patiently(context, "publish_catalog", ending, Published)
        ending = replace(ending, published=published)
    except RunStoppedError as stop:
        ending = replace(ending, failure=stop.failure, tally=ending.tally + stop.tally)
    else:
        yield from _draw_contact_sheet(context, ending)
    closed = yield from call_patiently(context, "close_run", ending, Done)
    show("ended")
    return closed.status


def _draw_contact_sheet(context: df.DurableOrchestrationContext, ending: Ending) -> Generator[Any, Any, None]:
    """Draw it if that works: a run that published does not fail for the sheet."""
    try:
        yield from call_patiently(context, "draw_contact_sheet", ending, Done)
    except RunStoppedError:
        return
