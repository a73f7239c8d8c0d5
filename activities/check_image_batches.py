"""``check_image_batches``: ask the provider how far the image batches are."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.check_image_batches import run_check_image_batches
from shared.messages.image_batches import CheckedImageBatches, CheckImageBatches
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, reads_root_state=True)
async def check_image_batches(services: Services, call: CheckImageBatches) -> CheckedImageBatches:
    """Ask the provider how far the image batches are."""
    return await run_check_image_batches(services, call)
