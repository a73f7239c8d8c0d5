"""``seed_catalog``: the root of a run. Its history has about twenty events, for every size of catalog."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps, call_with_retries
from orchestrators.child_workflows import ChildWorkflows, run_child_workflows
from orchestrators.finish_run import publish_and_close
from orchestrators.pause_run import pause_while_blocked, read_stop
from orchestrators.plan_run import plan_run
from orchestrators.request_categories import request_categories
from orchestrators.run_progress import RunProgress
from orchestrators.run_trial import plan_part, request_approval
from shared.limits.retry_policy import RETRIED_ON_RESUME_REASONS, decide_lost_worker_wait
from shared.messages.base import Counters, Failure
from shared.messages.custom_status import Children, Stage
from shared.messages.images import ImageWorkerInput
from shared.messages.instance_ids import make_probe_id, make_restart_id
from shared.messages.run import ActivityResult, ChildResult, FinishRunInput, RunRef, SeedInput, StartInventory
from shared.runs.lost_workers import make_lost_worker_failure

blueprint = df.Blueprint()

PROBE_WORKER_INDEX = 100
"""An index that no other image worker has: work pages are claimed under it."""


@blueprint.orchestration_trigger(context_name="context")
def seed_catalog(context: df.DurableOrchestrationContext) -> Steps[Any]:
    """Bring a catalog to what the run's request asks. Returns the run's final status."""
    seed = SeedInput.from_json(context.get_input())
    progress = RunProgress(context, seed.restart)
    failure: Failure | None = None
    try:
        # 1. Find what the catalog has, and import the rows of the input.
        inventory: StartInventory | None = yield from plan_run(context, seed, progress)

        while inventory is not None:
            # 2. Generate what is missing; first the trial images, if a person is to approve some.
            part = yield from plan_part(context, seed, inventory, progress)
            failure = yield from _generate_missing(context, part.seed, part.inventory, progress)
            if part.is_trial and failure is None:
                failure = yield from request_approval(context, seed, progress)

            # 3. A run that is blocked or awaits an approval may wait to be resumed; then it continues with step 2.
            inventory = yield from pause_while_blocked(context, seed, progress)
            if inventory is not None:
                progress.forget_failures(RETRIED_ON_RESUME_REASONS)
    except RunStoppedError as stop:
        progress.counters += stop.counters
        failure = stop.failure

    # 4. Publish the catalog and write the summary.
    recount = seed.restart is not None or progress.counters.lost > 0
    ending = FinishRunInput(seed.run_id, seed.catalog, progress.counters, failure, recount=recount)
    return (yield from publish_and_close(context, ending, progress.publish))


def _generate_missing(
    context: df.DurableOrchestrationContext, seed: SeedInput, inventory: StartInventory, progress: RunProgress
) -> Steps[Failure | None]:
    """Generate categories, then items and images side by side: a batch's images start once the batch is accepted.

    Returns:
        Why it ended early, if it did.
    """
    must_collect = inventory.has_open_batches and seed.batches_images
    needs_images = (inventory.images < inventory.items or must_collect) and not seed.dry_run
    try:
        # 1. After a pause, one image shows whether the block is gone.
        if progress.must_probe and needs_images and not seed.batches_images:
            progress.counters += yield from _probe(context, seed, progress)
            if (yield from read_stop(context, seed)) is not None:
                return None

        # 2. Categories
        if seed.writes_items and not inventory.categories:
            categories, spent = yield from request_categories(context, seed, progress)
            progress.counters += spent
            progress.set_categories(categories)
            inventory = replace(inventory, categories=categories)

        # 3. Items or prompts, and images
        if not needs_images and not _needs_text(seed, inventory):
            return None
        return (yield from _run_children(context, seed, inventory, progress, needs_images=needs_images))
    except RunStoppedError as stop:
        progress.counters += stop.counters
        return stop.failure


def _needs_text(seed: SeedInput, inventory: StartInventory) -> bool:
    if seed.writes_items:
        return inventory.items < seed.target_count
    must_collect = inventory.has_open_prompt_batches and seed.batches_text
    return seed.writes_prompts and (inventory.images < inventory.items or must_collect)


def _run_children(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    inventory: StartInventory,
    progress: RunProgress,
    *,
    needs_images: bool,
) -> Steps[Failure | None]:
    """Run writers and image workers, and return why they ended early, if they did."""
    # A block that only text calls meet was not probed with an image: then a single writer probes it.
    was_probed = needs_images and not seed.writes_prompts and not seed.batches_images
    if progress.must_probe and not was_probed:
        seed = replace(seed, parallel_text_requests=1)
    children = ChildWorkflows.from_plan(seed, inventory, progress.resume_count)
    if not children.writer_count:
        run = RunRef(seed.run_id, seed.catalog, progress.resume_count)
        yield from call_with_retries(context, "close_items", run, ActivityResult)

    def publish() -> None:
        progress.publish(Stage.ITEMS_AND_IMAGES, children=children.describe())

    yield from run_child_workflows(context, children, publish)
    progress.counters += children.counters
    return children.failure


def _probe(context: df.DurableOrchestrationContext, seed: SeedInput, progress: RunProgress) -> Steps[Counters]:
    """Generate one image before all others, so that a block that persists costs one call.

    Raises:
        RunStoppedError: the image worker failed, or was lost too often.
    """
    worker = ImageWorkerInput(
        seed.run_id,
        seed.catalog,
        worker_index=PROBE_WORKER_INDEX,
        width=1,
        max_retries=seed.max_retries,
        resume_count=progress.resume_count,
        max_image_calls=1,
        item_limit=seed.item_limit,
    )
    probe_id = make_probe_id(seed.run_id, progress.resume_count)
    losses = 0
    while True:
        restarts = {probe_id.removeprefix(seed.run_id): losses} if losses else {}
        progress.publish(Stage.ITEMS_AND_IMAGES, children=Children(has_probe=True, restarts=restarts))
        start = replace(worker, restarts=losses).to_json()
        try:
            output: object = yield context.call_sub_orchestrator(
                "generate_images", start, make_restart_id(probe_id, losses)
            )
        except Exception as error:
            losses += 1
            wait = decide_lost_worker_wait(losses)
            if wait is None:
                failure = make_lost_worker_failure("the probing image worker", error)
                raise RunStoppedError(failure, Counters(lost=losses)) from error
        else:
            result = ChildResult.from_json(output)
            counters = result.counters + Counters(lost=losses)
            if result.failure is not None:
                raise RunStoppedError(result.failure, counters)
            return counters
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))
