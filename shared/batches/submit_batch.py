"""Submit the next batch of a run: claim its jobs, reserve its cost, upload its file, create it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic

from shared.batches.batch_claims import BatchClaim, StoredClaim
from shared.batches.batch_work import BatchWork, Prepared
from shared.batches.earlier_batches import announce_batches
from shared.errors import ModelError
from shared.limits.budget_reservation import BudgetReservation
from shared.messages.base import Cost, Counters, Failure
from shared.messages.batches import JobT, SubmitBatch, SubmittedBatch
from shared.models.batches import LineTerms, ProviderBatch
from shared.models.billed_task import BilledTask, PreparedImage, PreparedText
from shared.reasons import FATAL_REASONS, Reason, shorten_message
from shared.runs.run_files import record_stop
from shared.runs.run_guard import SUSPENDED_WAIT_SECONDS, check_call

CREATION_SETTLES_AFTER = timedelta(seconds=120)
"""A batch whose creation was interrupted is in the provider's list by then, or was not created. Longer than a gateway
holds a call that its caller has given up."""

CONFLICT_WAIT_SECONDS = 2.0
"""After another delivery has changed the claim."""

MAX_PARALLEL_RECORDS = 16
_NOT_VISIBLE = "no such file"


@dataclass(frozen=True, slots=True)
class _Line(Generic[JobT]):
    """One call of a batch that is about to be claimed."""

    job: JobT
    task: BilledTask[Any, Any]
    prepared: Prepared


async def run_submit_batch(work: BatchWork[JobT], call: SubmitBatch[JobT]) -> SubmittedBatch:
    """Submit a batch, or return the one that an earlier delivery has submitted.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the provider is not configured.
        StoreUnavailableError: the store does not answer.
    """
    stored = await work.claims.read(call.chunk)
    if stored is None:
        claimed = await _claim_jobs(work, call)
        if isinstance(claimed, SubmittedBatch):
            return claimed
        stored = claimed
    if stored.claim.open_batch is None or stored.claim.batch_id is not None:
        return _describe(stored.claim)
    try:
        return await _create_batch(work, call, stored)
    except ModelError as error:
        failure = Failure(
            error.reason, shorten_message(error.message), error.retry_after_seconds, error.request_id, error.is_final
        )
        if error.reason in FATAL_REASONS:
            await record_stop(work.services.store, call.run_id, failure)
        return replace(_describe(stored.claim), batch=None, failure=failure)


async def _claim_jobs(work: BatchWork[JobT], call: SubmitBatch[JobT]) -> StoredClaim[JobT] | SubmittedBatch:
    """Choose the jobs of a batch, reserve their cost, and write the claim."""
    check = await check_call(work.services, call.catalog, call.run_id)
    if not check.may_spend:
        return SubmittedBatch(stopped=True, last_page=call.last_page, is_closed=call.is_closed)
    if check.is_suspended:
        return SubmittedBatch(
            deferred_seconds=SUSPENDED_WAIT_SECONDS, last_page=call.last_page, is_closed=call.is_closed
        )
    gathered = await work.gather_jobs(call)
    if gathered.last_page is None:
        return SubmittedBatch(stopped=True, last_page=call.last_page)
    if len(gathered.jobs) < call.max_images and not gathered.is_closed:
        return SubmittedBatch(is_waiting=True, last_page=call.last_page)
    if gathered.jobs:
        work.check_settings()
    terms = work.find_terms()
    lines, counters = await _prepare_lines(work, call, gathered.jobs, terms)
    reservation = await work.open_reservation(call.chunk)
    count, refusal = await _reserve_most(reservation, [line.prepared.quote.limit for line in lines])
    if refusal is not None:
        counters += await work.record_over_budget(lines[count].job, refusal)
    claim = BatchClaim(
        call.chunk,
        call.resume_count,
        tuple(line.job for line in lines[:count]),
        gathered.last_page,
        gathered.is_closed,
        counters,
        None if refusal is None else refusal.message,
        work.services.clock(),
        terms,
        digests=tuple(work.digest_line(line.prepared) for line in lines[:count]),
    )
    await announce_batches(work)
    return await work.claims.create(claim)


async def _prepare_lines(
    work: BatchWork[JobT], call: SubmitBatch[JobT], jobs: Sequence[JobT], terms: LineTerms
) -> tuple[list[_Line[JobT]], Counters]:
    """Return the lines of the jobs that are not done, and the counters of the others."""
    lines: list[_Line[JobT]] = []
    counters = Counters()
    for job in jobs:
        task = await work.make_task(job, call.resume_count, terms)
        outcome = await task.find_result()
        if outcome is not None:
            counters += Counters(kept=int(getattr(outcome.result, "kept", False)))
            continue
        lines.append(_Line(job, task, await _prepare(task)))
    return lines, counters


async def _prepare(task: BilledTask[Any, Any]) -> Prepared:
    prepared = await task.prepare()
    if not isinstance(prepared, PreparedImage | PreparedText):
        raise TypeError(f"{task.key} has no request.")
    return prepared


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


async def _open_records(work: BatchWork[JobT], call: SubmitBatch[JobT], lines: Sequence[_Line[JobT]]) -> None:
    slots = asyncio.Semaphore(MAX_PARALLEL_RECORDS)

    async def open_record(line: _Line[JobT]) -> None:
        async with slots:
            key = work.make_line_key(call.chunk, line.job)
            await work.services.executor.open_line(line.task, line.prepared, key)

    await asyncio.gather(*(open_record(line) for line in lines))


async def _create_batch(work: BatchWork[JobT], call: SubmitBatch[JobT], stored: StoredClaim[JobT]) -> SubmittedBatch:
    """Upload the file of a claim, and create its batch, unless an earlier delivery has.

    Raises:
        ModelError: the provider did not accept the file or the batch.
    """
    services, claim = work.services, stored.claim
    if claim.creating_at is not None:
        found = await work.find_batch(claim)
        if found is not None:
            return await _record_batch(work, call, stored, found)
        settles_in = claim.creating_at + CREATION_SETTLES_AFTER - services.clock()
        if settles_in > timedelta():
            return SubmittedBatch(deferred_seconds=max(1.0, settles_in.total_seconds()), last_page=call.last_page)
    check = await check_call(services, call.catalog, call.run_id)
    if not check.may_spend:
        return SubmittedBatch(stopped=True, last_page=claim.last_page, batch=claim.open_batch)
    changed: StoredClaim[JobT] | None = stored
    if claim.file_id is None:
        reference_ids = await work.list_reference_ids()
        lines = await _prepare_claimed(work, claim)
        await _open_records(work, call, lines)
        deployment = claim.terms.deployment
        data = b"".join(work.encode_line(line.job, line.prepared, deployment, reference_ids) for line in lines)
        file_id = await work.batches.upload(work.name_batch(call.chunk), data)
        changed = await work.claims.change(stored, replace(claim, file_id=file_id, reference_ids=reference_ids))
    if changed is not None:
        begun = changed.claim.begin_creation(services.clock())
        changed = await work.claims.change(changed, begun)
    if changed is None:
        return SubmittedBatch(deferred_seconds=CONFLICT_WAIT_SECONDS, last_page=call.last_page)
    return await _send_creation(work, call, changed)


async def _send_creation(work: BatchWork[JobT], call: SubmitBatch[JobT], changed: StoredClaim[JobT]) -> SubmittedBatch:
    """Create the batch of a claim that says so.

    Raises:
        ModelError: the provider did not create it; after timeout_ambiguous and server_error it may have.
    """
    name, kind = work.name_batch(call.chunk), work.find_line_kind(changed.claim)
    try:
        created = await work.batches.create(name, str(changed.claim.file_id), kind)
    except ModelError as error:
        if error.reason is Reason.TIMEOUT_AMBIGUOUS or error.status is None or error.status >= 500:  # noqa: PLR2004
            raise
        if not changed.claim.repeats:  # otherwise an earlier creation may still turn up in the provider's list
            await work.claims.change(changed, replace(changed.claim, creating_at=None))
        if _NOT_VISIBLE in error.message.casefold():
            what = "the uploaded file of the batch is not visible to batches yet"
            raise ModelError(Reason.SERVER_ERROR, what) from error
        raise
    return await _record_batch(work, call, changed, created)


async def _record_batch(
    work: BatchWork[JobT], call: SubmitBatch[JobT], stored: StoredClaim[JobT], batch: ProviderBatch
) -> SubmittedBatch:
    """Write the provider's id into the claim; a batch that another delivery has created instead is cancelled.

    Two are created only if a process stops for longer than `CREATION_SETTLES_AFTER` between claim and call.

    Raises:
        ModelError: the other batch could not be cancelled.
    """
    current: StoredClaim[JobT] | None = stored
    while current is not None and current.claim.batch_id is None:
        changed = await work.claims.change(current, replace(current.claim, batch_id=batch.id))
        if changed is not None:
            return _describe(changed.claim)
        current = await work.claims.read(call.chunk)
    if current is not None and current.claim.batch_id != batch.id:
        await work.batches.cancel(batch.id)
    return SubmittedBatch(deferred_seconds=CONFLICT_WAIT_SECONDS, last_page=call.last_page)


async def _prepare_claimed(work: BatchWork[JobT], claim: BatchClaim[JobT]) -> list[_Line[JobT]]:
    lines: list[_Line[JobT]] = []
    for job in claim.jobs:
        task = await work.make_task(job, claim.resume_count, claim.terms)
        lines.append(_Line(job, task, await _prepare(task)))
    return lines


def _describe(claim: BatchClaim[Any]) -> SubmittedBatch:
    return SubmittedBatch(
        batch=claim.open_batch,
        last_page=claim.last_page,
        is_closed=claim.is_closed,
        counters=claim.counters,
        over_budget=None if claim.over_budget is None else Failure(Reason.BUDGET, claim.over_budget),
    )
