"""``find_stop``, ``resume_run`` and ``restart_run``: why a run is blocked, and what it continues from afterwards."""

from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.failures import tell_failures
from activities.prepare_run import run_prepare_run
from shared.domain import paths
from shared.domain.messages import Plan, ResumeInput, RunRef, Stop
from shared.ports import Store
from shared.reasons import Reason
from shared.records.claims import read_claim
from shared.records.files import read_json
from shared.records.pauses import end_pause, is_resumed
from shared.records.refinements import list_unfinished
from shared.records.run import read_stop
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def resume_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ResumeInput`` in, ``Plan`` out."""
    services, resume = get_services(), ResumeInput.from_json(payload)
    plan = await tell_failures(services, resume.run_id, Plan, lambda: run_resume_run(services, resume))
    return plan.to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def restart_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ResumeInput`` with the first leg of a new root in, ``Plan`` out."""
    services, restart = get_services(), ResumeInput.from_json(payload)
    plan = await tell_failures(services, restart.run_id, Plan, lambda: run_restart_run(services, restart))
    return plan.to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def find_stop(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``Stop`` out; why the run pays no more, if so, and when it last called successfully."""
    services, run = get_services(), RunRef.from_json(payload)

    async def work() -> Stop:
        stop = await read_stop(services.store, run.run_id)
        claim = await read_claim(services.store, run.catalog)
        success = claim.last_success_at if claim is not None and claim.run_id == run.run_id else None
        return Stop(stop, last_success_at=None if success is None else success.isoformat())

    return (await tell_failures(services, run.run_id, Stop, work)).to_json()


async def run_resume_run(services: Services, resume: ResumeInput) -> Plan:
    """End a pause and return what the next leg starts from, what earlier legs made included.

    A run that was cancelled meanwhile, or whose catalog another run has by now, does not go on: the plan's failure
    says so, and its stop record stays.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    services.pace.forget(resume.run_id)
    plan = await run_prepare_run(services, RunRef(resume.run_id, resume.catalog))
    if plan.failure is not None:
        return plan
    if await read_stop(store, resume.run_id) is not None:  # a late repetition would forget what the next leg did
        services.deliveries.forget(f"{resume.run_id}/")
    if not await end_pause(store, resume.run_id, resume.leg):
        stop = await read_stop(store, resume.run_id)
        if stop is not None and stop.reason is Reason.CANCELLED:
            return Plan(failure=stop)
    return await _count_own_work(services, resume.run_id, plan)


async def run_restart_run(services: Services, restart: ResumeInput) -> Plan:
    """Return what a new root of a run starts from, what the lost one made included.

    A pause that was ended while the root was lost is over: nothing else would carry that out.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, run_id = services.store, restart.run_id
    services.pace.forget(run_id)
    plan = await run_prepare_run(services, RunRef(run_id, restart.catalog))
    if plan.failure is not None:
        return plan
    for leg in range(restart.leg):
        is_carried_out = await store.describe(paths.stop_file(run_id, leg)) is not None
        if not is_carried_out and await is_resumed(store, run_id, leg):
            await end_pause(store, run_id, leg)
    return await _count_own_work(services, run_id, plan)


async def _count_own_work(services: Services, run_id: str, plan: Plan) -> Plan:
    """Return a plan that counts what this very run did before as the run's next leg has to see it."""
    request = await services.caches.read_request(services.store, run_id)
    if request.refine.is_wanted:  # a picture that is not looked at to the end is taken up again
        plan = replace(plan, images=plan.images - len(await list_unfinished(services.store, run_id)))
    made = await _count_made_categories(services.store, run_id)
    return replace(plan, categories=made) if made >= request.category_count else plan


async def _count_made_categories(store: Store, run_id: str) -> int:
    """Return how many categories this very run has: those that it was forced to make are not made again."""

    def count(record: dict[str, Any]) -> int:
        return len(record["categories"])

    return await read_json(store, paths.run_file(run_id, "categories.json"), count) or 0
