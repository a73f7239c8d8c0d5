"""``generate_image_batches``: generates the images of a run in the provider's batches, and waits for them on timers."""

from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps
from orchestrators.image_batch_worker import ImageBatchWorker
from shared.messages.image_batches import ImageBatchesInput

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def generate_image_batches(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Generate images until no job is left. Returns a `ChildResult`.

    Batches that the provider has are always collected, also after a stop, which cancels them: what they finished is
    billed.
    """
    worker = ImageBatchWorker(context, ImageBatchesInput.from_json(context.get_input()))
    try:
        # 1. Find the batches of earlier instances.
        yield from worker.open()
        while True:
            # 2. Submit batches, and start the normal route for the images that earlier ones left out.
            yield from worker.submit_ready()
            worker.start_fallback()
            worker.publish()
            if worker.is_done():
                break

            # 3. Continue with a short history.
            if worker.needs_next_generation():
                context.continue_as_new(worker.make_next_input().to_json())
                return None

            # 4. Wait for the next check, or until the normal route has ended.
            yield from worker.wait()

            # 5. Collect the batches that are over.
            yield from worker.collect_ended()
    except RunStoppedError as stop:
        yield from worker.fail(stop)
    return worker.make_result().to_json()
