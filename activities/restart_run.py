"""``restart_run``: continue a run whose root was lost."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import ResumeInput, StartInventory
from shared.runs.prepare import run_restart_run
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def restart_run(services: Services, restart: ResumeInput) -> StartInventory:
    """Return what the run continues from after its root was lost."""
    return await run_restart_run(services, restart)
