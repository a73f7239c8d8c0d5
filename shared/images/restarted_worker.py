"""What is left of a page for an image worker that was started again after an earlier instance of it was lost."""

from collections.abc import Iterable

from shared.images.image_metadata import read_image_metadata
from shared.images.image_step import find_item
from shared.messages.base import Counters
from shared.messages.images import ClaimWorkPageInput, ImageJob
from shared.runs.run_files import read_failure
from shared.services.container import Services
from shared.storage import paths


async def skip_finished_jobs(
    services: Services, claim: ClaimWorkPageInput, jobs: Iterable[ImageJob]
) -> tuple[tuple[ImageJob, ...], Counters]:
    """Return the jobs of a page that are still to be done, and what the others came to.

    A refined image is left to its steps: each of them finds what it did before.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, claim.run_id)
    remaining: list[ImageJob] = []
    counters = Counters()
    for job in jobs:
        row = await read_failure(services.store, claim.run_id, job.product_id)
        if row is not None:
            counters += Counters(failed={row["reason"]: 1})
            continue
        item = await find_item(services, claim.catalog, claim.run_id, job.batch, job.product_id)
        path = paths.image_file(claim.catalog, item.filename)
        metadata = read_image_metadata(await services.store.describe(path))
        is_ours = metadata is not None and metadata.run_id == claim.run_id
        if metadata is not None and is_ours and not request.refine.is_wanted:
            counters += Counters(made=1, cost=metadata.cost)
        else:
            remaining.append(job)
    return tuple(remaining), counters
