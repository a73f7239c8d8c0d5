"""``submit_prompt_batch``: submit the next prompt batch of a run."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.submit_batch import run_submit_batch
from shared.catalog.prompt_batches import PromptBatchWork
from shared.messages.batches import PromptJob, SubmitBatch, SubmittedBatch
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, reads_root_state=True)
async def submit_prompt_batch(services: Services, call: SubmitBatch[PromptJob]) -> SubmittedBatch:
    """Submit the next prompt batch of a run."""
    return await run_submit_batch(PromptBatchWork(services, call.run_id, call.catalog), call)
