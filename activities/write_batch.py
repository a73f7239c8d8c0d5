"""``write_batch``: let the text model write a batch of items."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.catalog.write_batch import run_write_batch
from shared.messages.text import TextCall, TextResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, deduplicate_by=lambda call: f"batch/{call.writer or call.batch}", reads_root_state=True)
async def write_batch(services: Services, call: TextCall) -> TextResult:
    """Write one batch of items."""
    return await run_write_batch(services, call)
