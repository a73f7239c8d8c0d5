"""``write_prompt_batches``: writes the image prompts of imported rows in the provider's batches."""

from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import Steps
from orchestrators.batch_worker import run_batches
from orchestrators.prompt_batch_worker import PromptBatchWorker
from shared.messages.batches import BatchesInput, PromptJob

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def write_prompt_batches(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Write prompts in batches until no batch of the catalog lacks any. Returns a `ChildResult`."""
    start = BatchesInput[PromptJob].from_json(context.get_input())
    return (yield from run_batches(context, PromptBatchWorker(context, start)))
