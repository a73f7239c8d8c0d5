"""Submit the next image batch of a run: claim its images, reserve its cost, upload its file, create it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.errors import ModelError
from shared.images.claim_work_page import run_claim_work_page
from shared.images.earlier_image_batches import announce_batches
from shared.images.failed_images import run_record_failed_image
from shared.images.generate import make_batched_task
from shared.images.image_batch_claims import BatchClaim, StoredClaim, change_claim, create_claim, read_claim
from shared.images.image_step import BilledImageTask, open_image_step_job
from shared.images.style_uploads import ensure_uploads
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.base import Cost, Counters, Failure
from shared.messages.image_batches import SubmitImageBatch, SubmittedImageBatch
from shared.messages.images import ClaimWorkPageInput, FailedImage, ImageCall, ImageJob
from shared.models.billed_batches import BatchName
from shared.models.billed_task import PreparedImage
from shared.models.image_batches import ProviderBatch
from shared.reasons import FATAL_REASONS, Reason, shorten_message
from shared.runs.run_files import record_stop
from shared.runs.run_guard import SUSPENDED_WAIT_SECONDS, check_call
from shared.services.container import Services

CREATION_SETTLES_AFTER = timedelta(seconds=25)
"""A batch whose creation was interrupted is in the provider's list by then, or was not created."""

CONFLICT_WAIT_SECONDS = 2.0
"""After another delivery has changed the claim."""

MAX_PARALLEL_RECORDS = 16
WORKER_NAME = "batch"
_NOT_VISIBLE = "no such file"


@dataclass(frozen=True, slots=True)
class _Line:
    """One image of a batch that is about to be claimed."""

    job: ImageJob
    task: BilledImageTask[Any]
    prepared: PreparedImage[Any]


async def run_submit_image_batch(services: Services, call: SubmitImageBatch) -> SubmittedImageBatch:
    """Submit a batch, or return the one that an earlier delivery has submitted.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the provider is not configured.
        StoreUnavailableError: the store does not answer.
    """
    stored = await read_claim(services.store, call.run_id, call.chunk)
    if stored is None:
        claimed = await _claim_images(services, call)
        if isinstance(claimed, SubmittedImageBatch):
            return claimed
        stored = claimed
    if stored.claim.open_batch is None or stored.claim.batch_id is not None:
        return _describe(stored.claim)
    try:
        return await _create_batch(services, call, stored)
    except ModelError as error:
        failure = Failure(
            error.reason, shorten_message(error.message), error.retry_after_seconds, error.request_id, error.is_final
        )
        if error.reason in FATAL_REASONS:
            await record_stop(services.store, call.run_id, failure)
        return SubmittedImageBatch(failure=failure, last_page=call.last_page, is_closed=call.is_closed)


async def find_own_batch(services: Services, run_id: str, claim: BatchClaim) -> ProviderBatch | None:
    """Return the batch that an earlier delivery has created for a claim, or None.

    Raises:
        ModelError: the provider does not answer.
    """
    return await services.image_batches.find(BatchName(run_id, claim.chunk), claim.claimed_at)


def open_batch_reservation(services: Services, run_id: str, request: Any, chunk: int) -> BudgetReservation:
    """Return the reservation of a batch's lines; all deliveries share it, since they create one batch."""
    reservation = open_budget_reservation(services, run_id, request, f"image_batch/{chunk:05d}")
    return replace(reservation, delivery=f"chunk-{chunk}")


async def make_line_task(
    services: Services, run_id: str, catalog: str, job: ImageJob, resume_count: int
) -> BilledImageTask[Any]:
    """Return the task of a line."""
    call = ImageCall(
        run_id, catalog, job.product_id, job.batch, attempt=job.earlier_calls, resume_count=resume_count, step=job.step
    )
    return make_batched_task(services, await open_image_step_job(services, call))


def make_line_key(run_id: str, chunk: int, product_id: str) -> str:
    """Return what identifies a line among the calls of all runs."""
    return f"{run_id}/image_batch/{chunk}/{product_id}"


async def _claim_images(services: Services, call: SubmitImageBatch) -> StoredClaim | SubmittedImageBatch:
    """Choose the images of a batch, reserve their cost, and write the claim."""
    check = await check_call(services, call.catalog, call.run_id)
    if not check.may_spend:
        return SubmittedImageBatch(stopped=True, last_page=call.last_page, is_closed=call.is_closed)
    if check.is_suspended:
        return SubmittedImageBatch(
            deferred_seconds=SUSPENDED_WAIT_SECONDS, last_page=call.last_page, is_closed=call.is_closed
        )
    request = await services.caches.read_request(services.store, call.run_id)
    jobs, page, is_closed = await _gather_jobs(services, call)
    if page is None:
        return SubmittedImageBatch(stopped=True, last_page=call.last_page)
    if len(jobs) < call.max_images and not is_closed:
        return SubmittedImageBatch(is_waiting=True, last_page=call.last_page)
    lines, counters = await _prepare_lines(services, call, jobs)
    reservation = open_batch_reservation(services, call.run_id, request, call.chunk)
    count, refusal = await _reserve_most(reservation, [line.prepared.quote.limit for line in lines])
    if refusal is not None:
        job = lines[count].job
        failed = FailedImage(call.run_id, call.catalog, job.product_id, job.batch, job.earlier_calls, refusal)
        await run_record_failed_image(services, failed)
        counters += Counters(failed={str(refusal.reason): 1})
    await _open_records(services, call, lines[:count])
    claim = BatchClaim(
        call.chunk,
        call.resume_count,
        tuple(line.job for line in lines[:count]),
        page,
        is_closed,
        counters,
        None if refusal is None else refusal.message,
        services.clock(),
    )
    await announce_batches(services.store, call.catalog, call.run_id)
    return await create_claim(services.store, call.run_id, claim)


async def _gather_jobs(services: Services, call: SubmitImageBatch) -> tuple[list[ImageJob], int | None, bool]:
    """Return the jobs of a batch, the last work page, and whether no job is left; no page if the run is stopped.

    A repeated delivery finds the pages that an earlier one has claimed, because they name the chunk.
    """
    size = call.max_images
    jobs, page, is_closed, number = list(call.jobs), call.last_page, call.is_closed, 0
    while len(jobs) < size and not is_closed:
        claim = ClaimWorkPageInput(
            call.run_id,
            call.catalog,
            claimed_by=f"{WORKER_NAME}-{call.chunk}/{number}",
            size=size - len(jobs),
            last_page=page,
            resume_count=call.resume_count,
        )
        result = await run_claim_work_page(services, claim)
        if result.stopped:
            return jobs, None, is_closed
        page, is_closed = result.page, result.closed
        if not result.jobs:
            break
        jobs += result.jobs
        number += 1
    return jobs, page, is_closed


async def _prepare_lines(
    services: Services, call: SubmitImageBatch, jobs: Sequence[ImageJob]
) -> tuple[list[_Line], Counters]:
    """Return the lines of the jobs whose image the store does not have, and the counters of the others."""
    lines: list[_Line] = []
    counters = Counters()
    for job in jobs:
        task = await make_line_task(services, call.run_id, call.catalog, job, call.resume_count)
        outcome = await task.find_result()
        if outcome is not None:
            counters += Counters(kept=int(outcome.result.kept))
            continue
        prepared = await task.prepare()
        if not isinstance(prepared, PreparedImage):
            raise TypeError(f"{task.key} has no image request.")
        lines.append(_Line(job, task, prepared))
    return lines, counters


async def _reserve_most(reservation: BudgetReservation, limits: Sequence[Cost]) -> tuple[int, Failure | None]:
    """Reserve the cost of as many lines as fit into the budget; return their number, and why there are no more."""
    if not limits:
        return 0, None
    refusal = await reservation.reserve(sum(limits, Cost()))
    if refusal is None:
        return len(limits), None
    low, high = 0, len(limits) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if await reservation.reserve(sum(limits[:middle], Cost())) is None:
            low = middle
        else:
            high = middle - 1
    return low, refusal


async def _open_records(services: Services, call: SubmitImageBatch, lines: Sequence[_Line]) -> None:
    slots = asyncio.Semaphore(MAX_PARALLEL_RECORDS)

    async def open_record(line: _Line) -> None:
        async with slots:
            key = make_line_key(call.run_id, call.chunk, line.job.product_id)
            await services.executor.open_line(line.task, line.prepared, key)

    await asyncio.gather(*(open_record(line) for line in lines))


async def _create_batch(services: Services, call: SubmitImageBatch, stored: StoredClaim) -> SubmittedImageBatch:
    """Upload the file of a claim, and create its batch, unless an earlier delivery has.

    Raises:
        ModelError: the provider did not accept the file or the batch.
    """
    claim, name, batches = stored.claim, BatchName(call.run_id, call.chunk), services.image_batches
    if claim.creating_at is not None:
        found = await find_own_batch(services, call.run_id, claim)
        if found is not None:
            return await _record_batch(services, call, stored, found)
        settles_in = claim.creating_at + CREATION_SETTLES_AFTER - services.clock()
        if settles_in > timedelta():
            return SubmittedImageBatch(deferred_seconds=max(1.0, settles_in.total_seconds()), last_page=call.last_page)
    check = await check_call(services, call.catalog, call.run_id)
    if not check.may_spend:
        return SubmittedImageBatch(stopped=True, last_page=claim.last_page, batch=claim.open_batch)
    changed: StoredClaim | None = stored
    if claim.file_id is None:
        style = await services.caches.read_style(services.store, call.run_id)
        reference_ids = () if style is None else await ensure_uploads(services, call.run_id, style)
        file_id = await batches.upload(name, await _encode_lines(services, call, claim, reference_ids))
        uploaded = replace(claim, file_id=file_id, reference_ids=reference_ids)
        changed = await change_claim(services.store, call.run_id, stored, uploaded)
    if changed is not None:
        begun = changed.claim.begin_creation(services.clock())
        changed = await change_claim(services.store, call.run_id, changed, begun)
    if changed is None:
        return SubmittedImageBatch(deferred_seconds=CONFLICT_WAIT_SECONDS, last_page=call.last_page)
    return await _send_creation(services, call, changed)


async def _send_creation(services: Services, call: SubmitImageBatch, changed: StoredClaim) -> SubmittedImageBatch:
    """Create the batch of a claim that says so.

    Raises:
        ModelError: the provider did not create it; after timeout_ambiguous and server_error it may have.
    """
    name, batches = BatchName(call.run_id, call.chunk), services.image_batches
    try:
        has_references = bool(changed.claim.reference_ids)
        created = await batches.create(name, str(changed.claim.file_id), has_references=has_references)
    except ModelError as error:
        if error.reason is Reason.TIMEOUT_AMBIGUOUS or error.status is None or error.status >= 500:  # noqa: PLR2004
            raise
        await change_claim(services.store, call.run_id, changed, replace(changed.claim, creating_at=None))
        if _NOT_VISIBLE in error.message.casefold():
            what = "the uploaded file of the image batch is not visible to batches yet"
            raise ModelError(Reason.SERVER_ERROR, what) from error
        raise
    return await _record_batch(services, call, changed, created)


async def _record_batch(
    services: Services, call: SubmitImageBatch, stored: StoredClaim, batch: ProviderBatch
) -> SubmittedImageBatch:
    """Write the provider's id into the claim."""
    named = replace(stored.claim, batch_id=batch.id)
    changed = await change_claim(services.store, call.run_id, stored, named)
    if changed is None:
        return SubmittedImageBatch(deferred_seconds=CONFLICT_WAIT_SECONDS, last_page=call.last_page)
    return _describe(changed.claim)


async def _encode_lines(
    services: Services, call: SubmitImageBatch, claim: BatchClaim, reference_ids: Sequence[str]
) -> bytes:
    lines: list[bytes] = []
    for job in claim.jobs:
        task = await make_line_task(services, call.run_id, call.catalog, job, claim.resume_count)
        prepared = await task.prepare()
        if isinstance(prepared, PreparedImage):
            lines.append(services.image_batches.encode_line(job.product_id, prepared.request, reference_ids))
    return b"".join(lines)


def _describe(claim: BatchClaim) -> SubmittedImageBatch:
    return SubmittedImageBatch(
        batch=claim.open_batch,
        last_page=claim.last_page,
        is_closed=claim.is_closed,
        counters=claim.counters,
        over_budget=None if claim.over_budget is None else Failure(Reason.BUDGET, claim.over_budget),
    )
