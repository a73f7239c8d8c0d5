"""The trial of a run: a person approves some of its first images before the others are generated."""

from dataclasses import dataclass, replace

import azure.durable_functions as df

from orchestrators.activity_retry import Steps, call_with_retries
from orchestrators.run_progress import RunProgress
from shared.messages.base import Failure
from shared.messages.run import ApprovalResult, PlanTrialInput, RunRef, SeedInput, StartInventory, TrialPlan


@dataclass(frozen=True, slots=True)
class RunPart:
    """What a run generates next: the trial images, or all that is missing.

    Attributes:
        seed: the input of the run, limited to the part.
        inventory: what the catalog has of the part.
        is_trial: whether it is the trial.
    """

    seed: SeedInput
    inventory: StartInventory
    is_trial: bool = False


def plan_part(
    context: df.DurableOrchestrationContext, seed: SeedInput, inventory: StartInventory, progress: RunProgress
) -> Steps[RunPart]:
    """Return what a run generates next.

    Raises:
        RunStoppedError: a file of the run cannot be read.
    """
    if not seed.first_approved:
        return RunPart(seed, inventory)
    is_complete = inventory.images >= inventory.items and (
        not seed.writes_items or inventory.items >= seed.target_count
    )
    question = PlanTrialInput(seed.run_id, seed.catalog, is_complete)
    plan = yield from call_with_retries(context, "plan_trial", question, TrialPlan)
    if not plan.is_open:
        progress.forget_rejected_images(plan.rejected, plan.rejected_own)
        return RunPart(seed, replace(inventory, images=max(0, inventory.images - plan.rejected)))
    trial = replace(
        seed,
        target_count=plan.limit,
        item_limit=plan.limit,
        parallel_text_requests=1,  # several writers would not know how many items the others have written
        batches_images=False,  # a person waits for the images
        batches_text=False,
    )
    next_batch = inventory.next_batch if seed.writes_items else plan.last_batch + 1
    return RunPart(
        trial, replace(inventory, items=plan.items, images=plan.images, next_batch=next_batch), is_trial=True
    )


def request_approval(
    context: df.DurableOrchestrationContext, seed: SeedInput, progress: RunProgress
) -> Steps[Failure | None]:
    """Let the run wait until a person has decided about the trial images.

    Returns:
        Why the run ends instead: there is no image that could be approved.

    Raises:
        RunStoppedError: a file of the run cannot be read.
    """
    run = RunRef(seed.run_id, seed.catalog, progress.resume_count)
    result = yield from call_with_retries(context, "request_approval", run, ApprovalResult)
    return result.obstacle
