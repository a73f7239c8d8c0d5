"""What a run did by what is in the store: for one whose parts were lost, and took their own counts along."""

import logging
from dataclasses import replace

from shared.domain.messages import Cost, Ending, Published, Tally
from shared.domain.run_status import Status
from shared.reasons import Reason
from shared.records import run
from shared.records.calls import iterate_calls
from shared.records.files import DamagedFileError
from shared.records.pictures import list_makers
from shared.records.publication import view_catalog
from shared.telemetry.surprises import describe_error
from shared.wiring import Services

logger = logging.getLogger(__name__)


async def recount(services: Services, ending: Ending) -> Tally:
    """Return a run's tally with the images that are in the store, and the cost of all calls that were recorded.

    A figure that is higher in the tally stays: a record may be missing where the store was away.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    await services.calls.catch_up(services.store)
    cost = Cost()
    async for call in iterate_calls(services.store, ending.run_id):
        if not isinstance(call, DamagedFileError):
            cost += call.cost
    makers = await list_makers(services.store, ending.catalog)
    made = sum(maker == ending.run_id for maker in makers.values())
    return replace(ending.tally, made=max(made, ending.tally.made), cost=cost.at_least(ending.tally.cost))


async def count_unpublished(services: Services, ending: Ending) -> Published:
    """Return what a run left in the store where it could not be published: the counts, and why not.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    stop = await run.read_stop(services.store, ending.run_id)
    is_cancelled = stop is not None and stop.reason is Reason.CANCELLED
    published = Published(
        status=str(Status.CANCELLED if is_cancelled else Status.FAILED),
        failure=stop if is_cancelled else ending.failure,
    )
    request = await run.read_request(services.store, ending.run_id)
    try:
        view = await view_catalog(services.store, ending.catalog, with_images=not request.dry_run)
    except DamagedFileError as error:  # it may be why the run was not published
        logger.warning("run %s ends without counts: %s", ending.run_id, describe_error(error))
        return published
    return replace(published, categories=view.categories, items=view.items, images=view.images)
