"""``collect_prompt_batch``: store the prompts of a batch that is over."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.collect_batch import run_collect_batch
from shared.catalog.prompt_batches import PromptBatchWork
from shared.messages.batches import CollectBatch, CollectedBatch, PromptJob
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def collect_prompt_batch(services: Services, call: CollectBatch) -> CollectedBatch[PromptJob]:
    """Store the prompts of a batch that is over."""
    return await run_collect_batch(PromptBatchWork(services, call.run_id, call.catalog), call)
