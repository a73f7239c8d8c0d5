"""``prepare_run``: take the inventory of a catalog."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import RunRef, StartInventory
from shared.runs.prepare import run_prepare_run
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def prepare_run(services: Services, run: RunRef) -> StartInventory:
    """Return what the catalog already has, after a check of its files."""
    return await run_prepare_run(services, run)
