"""``read_stop``: return why a run is stopped."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import RunRef, StopResult
from shared.runs.close import run_read_stop
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def read_stop(services: Services, run: RunRef) -> StopResult:
    """Return the stop record, and when a call of the run last succeeded."""
    return await run_read_stop(services, run)
