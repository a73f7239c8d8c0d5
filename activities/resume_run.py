"""``read_stop``, ``resume_run`` and ``restart_run``: why a run is stopped, and what it continues from."""

from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.prepare_run import run_prepare_run
from shared.images.round_files import list_unfinished_items
from shared.messages.run import ResumeInput, RunRef, StartInventory, StopResult
from shared.models.call_failures import catch_failures
from shared.reasons import Reason
from shared.runs.pause import is_resumed
from shared.runs.resume import clear_stop
from shared.runs.run_claim import read_claim
from shared.runs.run_files import read_stop_record
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.json_files import read_json
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def resume_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ResumeInput`` in, ``StartInventory`` out."""
    services, resume = get_services(), ResumeInput.from_json(payload)
    plan = await catch_failures(services, resume.run_id, StartInventory, lambda: run_resume_run(services, resume))
    return plan.to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def restart_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ResumeInput`` with the first leg of a new root in, ``StartInventory`` out."""
    services, restart = get_services(), ResumeInput.from_json(payload)
    plan = await catch_failures(services, restart.run_id, StartInventory, lambda: run_restart_run(services, restart))
    return plan.to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def read_stop(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``StopResult`` out; why the run is stopped, and when a call last succeeded."""
    services, run = get_services(), RunRef.from_json(payload)

    async def work() -> StopResult:
        stop = await read_stop_record(services.store, run.run_id)
        claim = await read_claim(services.store, run.catalog)
        success = claim.last_success_at if claim is not None and claim.run_id == run.run_id else None
        return StopResult(stop, last_success_at=None if success is None else success.isoformat())

    return (await catch_failures(services, run.run_id, StopResult, work)).to_json()


async def run_resume_run(services: Services, resume: ResumeInput) -> StartInventory:
    """End a pause and return what the next leg starts from, what earlier legs made included.

    A run that was cancelled meanwhile, or whose catalog another run has by now, does not go on: the plan's failure
    says so, and its stop record stays.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    services.rate_limiter.forget(resume.run_id)
    plan = await run_prepare_run(services, RunRef(resume.run_id, resume.catalog))
    if plan.failure is not None:
        return plan
    if await read_stop_record(store, resume.run_id) is not None:  # a late repetition would forget what the next leg did
        services.deliveries.forget(f"{resume.run_id}/")
    if not await clear_stop(store, resume.run_id, resume.resume_count):
        stop = await read_stop_record(store, resume.run_id)
        if stop is not None and stop.reason is Reason.CANCELLED:
            return StartInventory(failure=stop)
    return await _count_own_work(services, resume.run_id, plan)


async def run_restart_run(services: Services, restart: ResumeInput) -> StartInventory:
    """Return what a new root of a run starts from, what the lost one made included.

    A pause that was ended while the root was lost is over: nothing else would carry that out.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, run_id = services.store, restart.run_id
    services.rate_limiter.forget(run_id)
    plan = await run_prepare_run(services, RunRef(run_id, restart.catalog))
    if plan.failure is not None:
        return plan
    for resume_count in range(restart.resume_count):
        is_carried_out = await store.describe(paths.stop_file(run_id, resume_count)) is not None
        if not is_carried_out and await is_resumed(store, run_id, resume_count):
            await clear_stop(store, run_id, resume_count)
    return await _count_own_work(services, run_id, plan)


async def _count_own_work(services: Services, run_id: str, plan: StartInventory) -> StartInventory:
    """Return a plan that counts what this very run did before as the run's next leg has to see it."""
    request = await services.caches.read_request(services.store, run_id)
    if request.refine.is_wanted:  # an image that is not looked at to the end is taken up again
        plan = replace(plan, images=plan.images - len(await list_unfinished_items(services.store, run_id)))
    made = await _count_generated_categories(services.store, run_id)
    return replace(plan, categories=made) if made >= request.category_count else plan


async def _count_generated_categories(store: Store, run_id: str) -> int:
    """Return how many categories this very run has: those that it was forced to make are not made again."""

    def count(record: dict[str, Any]) -> int:
        return len(record["categories"])

    return await read_json(store, paths.run_file(run_id, "categories.json"), count) or 0
