"""``generate_image_batches``: generates the images of a run in the provider's batches, and waits for them on timers."""

from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import Steps
from orchestrators.batch_worker import run_batches
from orchestrators.image_batch_worker import ImageBatchWorker
from shared.messages.batches import BatchesInput
from shared.messages.images import ImageJob

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def generate_image_batches(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Generate images in batches until no job is left. Returns a `ChildResult`."""
    start = BatchesInput[ImageJob].from_json(context.get_input())
    return (yield from run_batches(context, ImageBatchWorker(context, start)))
