"""The first step of a run: what the catalog has, and the rows of the input as items."""

from dataclasses import replace

import azure.durable_functions as df

from orchestrators.activity_retry import Steps, call_with_retries
from orchestrators.run_progress import RunProgress
from shared.messages.base import Counters
from shared.messages.custom_status import Stage
from shared.messages.run import ImportedInput, ResumeInput, RunRef, SeedInput, StartInventory


def plan_run(context: df.DurableOrchestrationContext, seed: SeedInput, progress: RunProgress) -> Steps[StartInventory]:
    """Return what the run starts from, with the rows of its input imported.

    Raises:
        RunStoppedError: the run cannot begin.
    """
    progress.publish(Stage.PLANNING)
    if seed.restart is None:
        run = RunRef(seed.run_id, seed.catalog)
        inventory = yield from call_with_retries(context, "prepare_run", run, StartInventory)
        progress.found = inventory
    else:
        inventory = yield from _restart_run(context, seed, progress)
        if seed.restart.found is None:
            progress.found = inventory
    if seed.imports_rows:
        inventory = yield from _import_rows(context, seed, inventory, progress)
    if seed.restart is not None:
        progress.count_unreported_work(inventory)
    return inventory


def _restart_run(
    context: df.DurableOrchestrationContext, seed: SeedInput, progress: RunProgress
) -> Steps[StartInventory]:
    restart = ResumeInput(seed.run_id, seed.catalog, progress.resume_count)
    return (yield from call_with_retries(context, "restart_run", restart, StartInventory))


def _import_rows(
    context: df.DurableOrchestrationContext, seed: SeedInput, inventory: StartInventory, progress: RunProgress
) -> Steps[StartInventory]:
    """Import the rows of the input as items, and return the inventory that includes them."""
    progress.publish(Stage.READING_INPUT)
    run = RunRef(seed.run_id, seed.catalog)
    imported = yield from call_with_retries(context, "import_input", run, ImportedInput)
    if seed.restart is None:
        progress.counters += Counters(accepted=imported.added, rejected=imported.rejected)
        images = max(0, inventory.images - imported.outdated)
    else:
        # The first inventory lacks the rows that the lost root had marked as changed. Only a new one has them all.
        inventory = yield from _restart_run(context, seed, progress)
        images = inventory.images
    progress.set_categories(imported.categories)
    progress.limit_found_images(images)
    return replace(
        inventory,
        categories=imported.categories,
        images=images,
        items=imported.items,
        next_batch=max(inventory.next_batch, imported.next_batch),
    )
