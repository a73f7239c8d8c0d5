"""``submit_image_batch``: submit the next image batch of a run."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.submit_batch import run_submit_batch
from shared.images.image_batches import ImageBatchWork
from shared.messages.batches import SubmitBatch, SubmittedBatch
from shared.messages.images import ImageJob
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, reads_root_state=True)
async def submit_image_batch(services: Services, call: SubmitBatch[ImageJob]) -> SubmittedBatch:
    """Submit the next image batch of a run."""
    return await run_submit_batch(ImageBatchWork(services, call.run_id, call.catalog), call)
