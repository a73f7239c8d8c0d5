"""``open_image_batches``: find the image batches that earlier instances of a run have submitted."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.open_image_batches import run_open_image_batches
from shared.messages.image_batches import OpenedImageBatches, OpenImageBatches
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def open_image_batches(services: Services, call: OpenImageBatches) -> OpenedImageBatches:
    """Find the image batches that earlier instances of a run have submitted."""
    return await run_open_image_batches(services, call)
