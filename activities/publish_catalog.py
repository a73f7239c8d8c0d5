"""``publish_catalog``: sees what a run left in the store, decides its status, and writes the catalog last."""

from typing import Any

import azure.durable_functions as df

from activities.failures import tell_failures
from shared.domain.messages import Ending, Failure, Published
from shared.domain.requests import SeedRequest
from shared.domain.run_status import PUBLISHING_STATUSES, Status, decide_status
from shared.ports import Store
from shared.reasons import Reason
from shared.records import run
from shared.records.claims import read_claim
from shared.records.publication import (
    CatalogView,
    find_failed_images,
    publish,
    view_catalog,
    write_partial,
    write_run_lists,
)
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def publish_catalog(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``Ending`` in, ``Published`` out."""
    services, ending = get_services(), Ending.from_json(payload)
    published = await tell_failures(
        services,
        ending.run_id,
        Published,
        lambda: run_publish_catalog(services, ending),
    )
    return published.to_json()


async def run_publish_catalog(services: Services, ending: Ending) -> Published:
    """Publish what is complete, if the run came far enough and was asked to; otherwise keep it for a look.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await run.read_request(store, ending.run_id)
    stop = await run.read_stop(store, ending.run_id)
    failure = await _find_superseded(store, ending) or ending.failure
    view = await view_catalog(store, request.catalog, with_images=not request.dry_run)
    status = decide_status(
        request=request,
        stop=stop,
        failure=failure,
        items=view.items,
        images=view.images,
    )
    why = stop or failure
    failed = await _find_failed(store, ending.run_id, request, view, why)
    if failed and status is Status.COMPLETED:
        status = Status.COMPLETED_WITH_FAILURES
    outputs = await write_run_lists(store, ending.run_id, failed)
    if status in PUBLISHING_STATUSES and request.publish:
        outputs |= await publish(store, request.catalog, view)
    else:
        outputs |= await write_partial(store, ending.run_id, view)
    counts: dict[str, int] = {}
    for row in failed:
        counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    return Published(
        status=str(status),
        categories=view.categories,
        items=view.items,
        images=view.images,
        failed=counts,
        outputs=outputs,
        shortfall=why,
    )


async def _find_failed(
    store: Store,
    run_id: str,
    request: SeedRequest,
    view: CatalogView,
    why: Failure | None,
) -> list[dict[str, Any]]:
    if request.dry_run:
        return []
    return await find_failed_images(store, run_id, view, why, forced=request.force_images)


async def _find_superseded(store: Store, ending: Ending) -> Failure | None:
    """Return that the catalog is not this run's any more, if so: then it is not this run that publishes it."""
    claim = await read_claim(store, ending.catalog)
    if claim is not None and claim.run_id == ending.run_id:
        return None
    by = "nobody" if claim is None else f"run {claim.run_id}"
    return Failure(
        Reason.SUPERSEDED, f"catalog {ending.catalog!r} is held by {by} by now; expected this run to hold it"
    )
