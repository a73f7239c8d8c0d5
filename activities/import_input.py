"""``import_input``: build a catalog's items from the rows of an input."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.inputs.import_input import run_import_input
from shared.messages.run import ImportedInput, RunRef
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def import_input(services: Services, run: RunRef) -> ImportedInput:
    """Add new rows to the catalog, and update changed ones."""
    return await run_import_input(services, run)
