"""``generate_images``: an image worker. It claims work pages and keeps its share of the concurrency window full."""

from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps
from orchestrators.first_completed import wait_for_first
from orchestrators.image_worker import ImageWorker
from shared.messages.images import ImageWorkerInput

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def generate_images(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Generate images until no job is left. Returns a `ChildResult`.

    A generation handles several small pages without a pause in between, so that slots stay busy and no image worker
    hoards jobs. It drains only before continue-as-new, because no task can be awaited across generations. Calls in
    flight are always awaited, even after a stop: they are billed, and their results count.
    """
    worker = ImageWorker(context, ImageWorkerInput.from_json(context.get_input()))
    while True:
        # 1. Fill the free slots, claim the next page, set the timer.
        worker.start_ready_work()

        # 2. Publish the progress.
        context.set_custom_status(worker.make_status().to_json())
        if not worker.tasks:
            break

        # 3. Wait for the next event and apply it.
        task = yield from wait_for_first(context, worker.tasks)
        try:
            yield from worker.handle_task(task)
        except RunStoppedError as stop:
            worker.stop(stop.failure)

    # 4. Continue with a short history, or end.
    if worker.needs_next_generation():
        context.continue_as_new(worker.make_next_input().to_json())
        return None
    return worker.make_result().to_json()
