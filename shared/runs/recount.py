"""Counts what a run did from the store, for a run whose lost instances took their counters along."""

import logging
from dataclasses import replace

from shared.audit.call_records import iterate_calls
from shared.images.list_images import list_generating_runs
from shared.messages.base import Cost, Counters
from shared.messages.run import FinishRunInput, PublishResult
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.run_view import count_run_images, read_run_view
from shared.runs.status import Status
from shared.services.container import Services
from shared.storage.json_files import DamagedFileError
from shared.telemetry.unexpected_errors import describe_error

logger = logging.getLogger(__name__)


async def recount(services: Services, ending: FinishRunInput) -> Counters:
    """Return a run's counters, with the images in the store and the cost of all recorded calls.

    A higher count of the run stays: a call record may be missing if the store was unavailable. But images of a run with
    trial images are counted in the store only, because a root that is started again does not know which rejected ones
    it counts twice.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    await services.calls.catch_up(services.store)
    cost = Cost()
    async for call in iterate_calls(services.store, ending.run_id):
        if not isinstance(call, DamagedFileError):
            cost += call.cost
    generating_runs = await list_generating_runs(services.store, ending.catalog)
    made = sum(generating_run == ending.run_id for generating_run in generating_runs.values())
    request = await run_files.read_request(services.store, ending.run_id)
    if not request.first_approved:
        made = max(made, ending.counters.made)
    return replace(ending.counters, made=made, cost=cost.raise_to(ending.counters.cost))


async def count_unpublished(services: Services, ending: FinishRunInput) -> PublishResult:
    """Return the counts of a run that could not be published, and why it was not.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    stop = await run_files.read_stop_record(services.store, ending.run_id)
    is_cancelled = stop is not None and stop.reason is Reason.CANCELLED
    published = PublishResult(
        status=str(Status.CANCELLED if is_cancelled else Status.FAILED),
        failure=stop if is_cancelled else ending.failure,
    )
    request = await run_files.read_request(services.store, ending.run_id)
    try:
        view = await read_run_view(services.store, request)
    except DamagedFileError as error:  # possibly the reason why the run was not published
        logger.warning("run %s ends without counts: %s", ending.run_id, describe_error(error))
        return published
    images = count_run_images(view, request, ending.run_id)
    return replace(published, categories=view.categories, items=view.items, images=images)
