"""``write_prompt_batch``: let the text model write the image prompts of a batch of rows."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.catalog.write_prompt_batch import run_write_prompt_batch
from shared.messages.text import TextCall, TextResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, deduplicate_by=lambda call: f"prompts/{call.batch}", reads_root_state=True)
async def write_prompt_batch(services: Services, call: TextCall) -> TextResult:
    """Write the image prompts that a batch lacks."""
    return await run_write_prompt_batch(services, call)
