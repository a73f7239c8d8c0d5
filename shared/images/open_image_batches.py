"""Find the image batches that earlier instances of a run, or earlier runs of its catalog, have submitted."""

from shared.images.earlier_image_batches import find_earlier_batches
from shared.images.image_batch_claims import BatchClaim, iterate_claims
from shared.images.image_batch_size import choose_batch_size
from shared.images.image_step import find_item
from shared.images.style_files import find_own_image
from shared.messages.base import Counters
from shared.messages.image_batches import OpenBatch, OpenedImageBatches, OpenImageBatches
from shared.messages.images import ImageJob
from shared.runs import run_files
from shared.runs.selection import find_selection
from shared.services.container import Services


async def run_open_image_batches(services: Services, call: OpenImageBatches) -> OpenedImageBatches:
    """Return the open batches of a run, and what the collected ones have left to do since the run was last resumed.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    next_chunk, awaited_chunk, counters = 1, 0, Counters()
    open_batches: list[OpenBatch] = []
    jobs: list[ImageJob] = []
    fallback: list[ImageJob] = []
    async for claim in iterate_claims(services.store, call.run_id):
        next_chunk = claim.chunk + 1
        if claim.open_batch is not None:
            open_batches.append(claim.open_batch)
        if claim.resume_count != call.resume_count:
            awaited_chunk = claim.chunk
            continue  # its counters were reported, and its jobs are claimed again
        counters += claim.counters
        if claim.result is not None:
            counters += claim.result.counters
            jobs += await _skip_finished(services, call, claim, claim.result.jobs)
            fallback += await _skip_finished(services, call, claim, claim.result.fallback)
    request = await services.caches.read_request(services.store, call.run_id)
    if find_selection(request) is None:  # a run over named items does not wait for others
        open_batches += await find_earlier_batches(services, call.catalog, call.run_id)
    return OpenedImageBatches(
        check_seconds=services.settings.model.image_batch_check_seconds,
        max_images=choose_batch_size(request),
        next_chunk=next_chunk,
        awaited_chunk=awaited_chunk,
        open=tuple(open_batches),
        counters=counters,
        jobs=tuple(jobs),
        fallback=tuple(fallback),
    )


async def _skip_finished(
    services: Services, call: OpenImageBatches, claim: BatchClaim, jobs: tuple[ImageJob, ...]
) -> list[ImageJob]:
    """Return the jobs that neither have an image of the run, nor were given up, nor are in a later batch."""
    remaining: list[ImageJob] = []
    request = await services.caches.read_request(services.store, call.run_id)
    later = (
        {
            job.product_id
            async for other in iterate_claims(services.store, call.run_id)
            if other.chunk > claim.chunk
            for job in other.jobs
        }
        if jobs
        else set()
    )
    for job in jobs:
        if job.product_id in later or await run_files.read_failure(services.store, call.run_id, job.product_id):
            continue
        item = await find_item(services, call.catalog, call.run_id, job.batch, job.product_id)
        if await find_own_image(services.store, request, call.run_id, item) is None:
            remaining.append(job)
    return remaining
