"""``generate_image``: generate an item's image."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.generate import run_generate_image
from shared.messages.images import ImageCall, ImageResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, deduplicate_by=lambda call: f"image/{call.product_id}", reads_root_state=True)
async def generate_image(services: Services, call: ImageCall) -> ImageResult:
    """Generate an item's image, or the image of one of its rounds."""
    return await run_generate_image(services, call)
