"""``stop_run``: end all billed calls of a run."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import ActivityResult, FinishRunInput
from shared.runs.close import run_stop_run
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def stop_run(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write the stop record."""
    return await run_stop_run(services, ending)
