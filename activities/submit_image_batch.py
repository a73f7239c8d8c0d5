"""``submit_image_batch``: submit the next image batch of a run."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.submit_image_batch import run_submit_image_batch
from shared.messages.image_batches import SubmitImageBatch, SubmittedImageBatch
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, reads_root_state=True)
async def submit_image_batch(services: Services, call: SubmitImageBatch) -> SubmittedImageBatch:
    """Submit the next image batch of a run."""
    return await run_submit_image_batch(services, call)
