"""``rewrite_prompt``: let the text model rewrite an image prompt."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.rewrite import run_rewrite_prompt
from shared.messages.images import ImageCall, ImageResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, deduplicate_by=lambda call: f"rewrite/{call.product_id}", reads_root_state=True)
async def rewrite_prompt(services: Services, call: ImageCall) -> ImageResult:
    """Rewrite the prompt of an item's next image."""
    return await run_rewrite_prompt(services, call)
