"""``write_categories``: let the text model write the categories that a catalog lacks."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.catalog.write_categories import run_write_categories
from shared.messages.text import TextCall, TextResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, deduplicate_by=lambda _: "categories", reads_root_state=True)
async def write_categories(services: Services, call: TextCall) -> TextResult:
    """Ask for the missing categories once."""
    return await run_write_categories(services, call)
