"""``evaluate_image``: let the vision model score an item's image."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.evaluate import run_evaluate_image
from shared.messages.images import ImageCall, ImageResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, deduplicate_by=lambda call: f"evaluation/{call.product_id}", reads_root_state=True)
async def evaluate_image(services: Services, call: ImageCall) -> ImageResult:
    """Score the image of a round, and promote the best image so far."""
    return await run_evaluate_image(services, call)
