"""``close_run``: end a run."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import ActivityResult, FinishRunInput
from shared.runs.close import run_close_run
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def close_run(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write the summary, release the catalog, and return the final status."""
    return await run_close_run(services, ending)
