"""``open_prompt_batches``: find the prompt batches that earlier instances of a run have submitted."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.open_batches import run_open_batches
from shared.catalog.prompt_batches import PromptBatchWork
from shared.messages.batches import OpenBatches, OpenedBatches, PromptJob
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def open_prompt_batches(services: Services, call: OpenBatches) -> OpenedBatches[PromptJob]:
    """Find the prompt batches of a run."""
    return await run_open_batches(PromptBatchWork(services, call.run_id, call.catalog), call)
