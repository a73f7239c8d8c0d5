"""``open_image_batches``: find the image batches that earlier instances of a run have submitted."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.open_batches import run_open_batches
from shared.images.image_batches import ImageBatchWork
from shared.messages.batches import OpenBatches, OpenedBatches
from shared.messages.images import ImageJob
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def open_image_batches(services: Services, call: OpenBatches) -> OpenedBatches[ImageJob]:
    """Find the image batches of a run."""
    return await run_open_batches(ImageBatchWork(services, call.run_id, call.catalog), call)
