"""Find the batches that earlier instances of a run, or earlier runs of its catalog, have submitted."""

from collections.abc import Mapping
from dataclasses import replace

from shared.batches.batch_claims import BatchClaim
from shared.batches.batch_work import BatchWork
from shared.batches.earlier_batches import find_earlier_batches
from shared.messages.base import Counters
from shared.messages.batches import JobT, OpenBatch, OpenBatches, OpenedBatches
from shared.messages.run import RunRef
from shared.runs.selection import find_selection


async def run_open_batches(work: BatchWork[JobT], call: OpenBatches) -> OpenedBatches[JobT]:
    """Return the open batches of a run, and what the collected ones have left to do since the run was last resumed.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    next_chunk, awaited_chunk, counters = 1, 0, Counters()
    open_batches: list[OpenBatch] = []
    jobs: list[JobT] = []
    fallback: list[JobT] = []
    latest: dict[str, int] = {}
    collected: list[BatchClaim[JobT]] = []
    async for claim in work.claims.iterate():
        latest |= dict.fromkeys(map(work.name_line, claim.jobs), claim.chunk)
        next_chunk = claim.chunk + 1
        if claim.open_batch is not None:
            open_batches.append(claim.open_batch)
        if claim.resume_count != call.resume_count:
            awaited_chunk = claim.chunk
            continue  # its counters were reported, and its jobs are claimed again
        counters += claim.counters
        if claim.result is not None:
            counters += claim.result.counters
            if claim.result.jobs or claim.result.fallback:
                collected.append(replace(claim, jobs=()))
    for claim in collected:
        if claim.result is not None:
            jobs += await _skip_finished(work, claim, claim.result.jobs, latest)
            fallback += await _skip_finished(work, claim, claim.result.fallback, latest)
    if find_selection(await work.read_request()) is None:  # a run over named items does not wait for others
        open_batches += await find_earlier_batches(work.services.store, work.kind, RunRef(work.run_id, work.catalog))
    return OpenedBatches(
        check_seconds=work.services.settings.model.image_batch_check_seconds,
        max_images=await work.choose_size(),
        next_chunk=next_chunk,
        awaited_chunk=awaited_chunk,
        open=tuple(open_batches),
        counters=counters,
        jobs=tuple(jobs),
        fallback=tuple(fallback),
    )


async def _skip_finished(
    work: BatchWork[JobT], claim: BatchClaim[JobT], jobs: tuple[JobT, ...], latest: Mapping[str, int]
) -> list[JobT]:
    """Return the jobs that are neither done, nor given up, nor in a later batch; ``latest`` has that of each line."""
    return [
        job
        for job in jobs
        if latest.get(work.name_line(job), 0) <= claim.chunk and await work.is_unfinished(job, claim.resume_count)
    ]
