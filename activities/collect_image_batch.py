"""``collect_image_batch``: store the images of a batch that is over."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.collect_batch import run_collect_batch
from shared.images.image_batches import ImageBatchWork
from shared.messages.batches import CollectBatch, CollectedBatch
from shared.messages.images import ImageJob
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def collect_image_batch(services: Services, call: CollectBatch) -> CollectedBatch[ImageJob]:
    """Store the images of a batch that is over."""
    return await run_collect_batch(ImageBatchWork(services, call.run_id, call.catalog), call)
