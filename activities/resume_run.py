"""``find_stop`` and ``resume_run``: why a run is blocked, and what it goes on from after its pause."""

from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.failures import tell_failures
from activities.prepare_run import run_prepare_run
from shared.domain import paths
from shared.domain.messages import Plan, ResumeInput, RunRef, Stop
from shared.ports import Store
from shared.reasons import Reason
from shared.records.files import read_json
from shared.records.pauses import end_pause
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
async def find_stop(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``Stop`` out; why the run pays no more, if it was stopped."""
    services, run = get_services(), RunRef.from_json(payload)

    async def work() -> Stop:
        return Stop(await read_stop(services.store, run.run_id))

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
    request = await services.caches.read_request(store, resume.run_id)
    if request.refine.is_wanted:  # a picture that is not looked at to the end is taken up again
        plan = replace(plan, images=plan.images - len(await list_unfinished(store, resume.run_id)))
    made = await _count_made_categories(store, resume.run_id)
    return replace(plan, categories=made) if made >= request.category_count else plan


async def _count_made_categories(store: Store, run_id: str) -> int:
    """Return how many categories this very run has: those that it was forced to make are not made again."""

    def count(record: dict[str, Any]) -> int:
        return len(record["categories"])

    return await read_json(store, paths.run_file(run_id, "categories.json"), count) or 0
