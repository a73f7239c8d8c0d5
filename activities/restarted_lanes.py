"""What is left of a page for a lane that was started again after an earlier instance of it was lost."""

from collections.abc import Iterable

from activities.picture_jobs import find_item, read_cost
from shared.domain import paths
from shared.domain.image_messages import ClaimInput, ImageJob
from shared.domain.messages import Tally
from shared.records.catalog import is_valid_image
from shared.records.run import read_failure
from shared.wiring import Services


async def leave_out_done(
    services: Services, claim: ClaimInput, jobs: Iterable[ImageJob]
) -> tuple[tuple[ImageJob, ...], Tally]:
    """Return the jobs of a page that are still to be done, and what the others came to.

    A refined image is left to its steps: each of them finds what it did before.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, claim.run_id)
    left: list[ImageJob] = []
    tally = Tally()
    for job in jobs:
        row = await read_failure(services.store, claim.run_id, job.product_id)
        if row is not None:
            tally += Tally(failed={row["reason"]: 1})
            continue
        item = await find_item(services, claim.catalog, claim.run_id, job.batch, job.product_id)
        stored = await services.store.describe(paths.image_file(claim.catalog, item.filename))
        is_ours = stored is not None and stored.facts.get("run_id") == claim.run_id
        if stored is not None and is_ours and is_valid_image(stored) and not request.refine.is_wanted:
            tally += Tally(made=1, cost=read_cost(stored))
        else:
            left.append(job)
    return tuple(left), tally
