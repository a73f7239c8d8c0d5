"""``collect_image_batch``: store the images of a batch that is over."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.collect_image_batch import run_collect_image_batch
from shared.messages.image_batches import CollectedImageBatch, CollectImageBatch
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def collect_image_batch(services: Services, call: CollectImageBatch) -> CollectedImageBatch:
    """Store the images of a batch that is over."""
    return await run_collect_image_batch(services, call)
