"""Collect a batch that is over: store its answers, and decide what follows for the lines without one."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from shared.batches.batch_claims import BatchClaim, StoredClaim
from shared.batches.batch_work import BatchWork, Collection
from shared.batches.submit_batch import CREATION_SETTLES_AFTER
from shared.errors import ModelError
from shared.messages.base import Counters, Failure
from shared.messages.batches import CollectBatch, CollectedBatch, JobT, OpenBatch
from shared.models.batches import ProviderBatch
from shared.models.billed_task import BilledTask
from shared.models.protocol import ImageAnswer, TextAnswer
from shared.reasons import Reason, shorten_message
from shared.runs import run_files

logger = logging.getLogger(__name__)

KEPT_FOR: Final = timedelta(days=31)
"""A provider that does not have a batch which is older keeps none so long. One that does not have a younger batch was
asked with the key of another project."""

_LOST: Final = "lost"


async def run_collect_batch(work: BatchWork[JobT], call: CollectBatch) -> CollectedBatch[JobT]:
    """Collect a batch. A repeated call finds the answers that an earlier delivery has stored, and the batch's result.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the provider is not configured.
        StoreUnavailableError: the store does not answer.
    """
    stored = await work.claims.read(call.chunk)
    if stored is None:
        return CollectedBatch()
    if stored.claim.result is not None:
        return stored.claim.result
    try:
        batch, stored = await _read_batch(work, stored)
        if batch is not None and not batch.is_over:
            claim = stored.claim
            return CollectedBatch(batch=OpenBatch(claim.chunk, batch.id, len(claim.jobs), batch.done))
        repeated = [] if batch is None else await work.find_repeated(stored.claim, batch)
        for other in repeated:
            if not other.is_over:
                await work.batches.cancel(other.id)
                return CollectedBatch(batch=stored.claim.open_batch)
        result = await _collect(work, call, stored, batch)
        result = await _count_repeated(work, stored.claim, repeated, result)
        await (await work.open_reservation(call.chunk)).settle(result.counters.cost)
    except ModelError as error:
        failure = Failure(error.reason, shorten_message(error.message), error.retry_after_seconds, error.request_id)
        return CollectedBatch(failure=failure)
    await work.claims.change(stored, replace(stored.claim, result=result))
    return result


async def _read_batch(
    work: BatchWork[JobT], stored: StoredClaim[JobT]
) -> tuple[ProviderBatch | None, StoredClaim[JobT]]:
    """Return the provider's batch of a claim, or None if it was not created.

    Raises:
        ModelError: the provider does not answer.
    """
    claim = stored.claim
    if claim.batch_id is not None:
        return await _read_named_batch(work, claim, claim.batch_id), stored
    if claim.creating_at is None:
        return None, stored
    batch = await work.find_batch(claim)
    if batch is None:
        if work.services.clock() < claim.creating_at + CREATION_SETTLES_AFTER:
            raise ModelError(Reason.SERVER_ERROR, "it is not known yet whether the batch was created")
        return None, stored
    changed = await work.claims.change(stored, replace(claim, batch_id=batch.id))
    return batch, changed or stored


async def _read_named_batch(work: BatchWork[JobT], claim: BatchClaim[JobT], batch_id: str) -> ProviderBatch:
    """Return a batch that the provider has created.

    Raises:
        ModelError: the provider does not answer, or does not have the batch.
    """
    try:
        return await work.batches.read(batch_id)
    except ModelError as error:
        if not error.is_not_found:
            raise
        if work.services.clock() > claim.claimed_at + KEPT_FOR:
            return ProviderBatch(batch_id, "expired", 0, error_code=_LOST)
        what = f"the provider has no batch {batch_id}; set a key of the project that has created it"
        raise ModelError(Reason.NOT_CONFIGURED, what) from error


async def _collect(
    work: BatchWork[JobT], call: CollectBatch, stored: StoredClaim[JobT], batch: ProviderBatch | None
) -> CollectedBatch[JobT]:
    claim, services = stored.claim, work.services
    is_stopped = await run_files.read_stop_record(services.store, call.run_id) is not None
    collection = Collection({work.name_line(job): job for job in claim.jobs}, is_stopped=is_stopped)
    is_limited = batch is not None and batch.is_limited

    async def accept(job: JobT, answer: ImageAnswer | TextAnswer[Any] | ModelError) -> None:
        present, task = await _make_task(work, claim, job)
        result = await services.executor.run_answered(task, answer, work.make_line_key(call.chunk, job))
        if present is None:
            collection.counters += Counters(cost=result.cost)
        elif is_limited:
            collection.jobs.append(present)
        else:
            await work.accept(collection, present, result)

    try:
        if batch is not None:
            async for line in work.batches.iterate_answers(batch, claim.terms.deployment, work.answer_type):
                job = collection.left.pop(line.custom_id, None)
                if job is not None:
                    await accept(job, line.answer)
    except ModelError as error:
        if not error.is_not_found or batch is None:
            raise
        batch = replace(batch, error_code=_LOST)
    for job in list(collection.left.values()):
        await accept(job, _explain_missing_line(call, batch))
    return CollectedBatch(
        collection.counters, tuple(collection.jobs), tuple(collection.fallback), is_limited=is_limited
    )


async def _count_repeated(
    work: BatchWork[JobT],
    claim: BatchClaim[JobT],
    repeated: Sequence[ProviderBatch],
    result: CollectedBatch[JobT],
) -> CollectedBatch[JobT]:
    """Count what batches have cost that were created beside the one that is collected.

    Raises:
        ModelError: the provider does not answer, or does not have their results any more.
    """
    jobs = {work.name_line(job): job for job in claim.jobs}
    for other in repeated:
        async for line in work.batches.iterate_answers(other, claim.terms.deployment, work.answer_type):
            job = jobs.get(line.custom_id)
            if job is not None:
                _, task = await _make_task(work, claim, job)
                key = f"{work.make_line_key(claim.chunk, job)}/{other.id}"
                cost = await work.services.executor.count_repeated_answer(task, line.answer, key)
                result = replace(result, counters=result.counters + Counters(cost=cost))
    return result


async def _make_task(
    work: BatchWork[JobT], claim: BatchClaim[JobT], job: JobT
) -> tuple[JobT | None, BilledTask[Any, Any]]:
    """Return the job of a line, or None if the catalog does not have its item any more, and the task of the line."""
    try:
        return job, await work.make_task(job, claim.resume_count, claim.terms)
    except LookupError as error:
        logger.warning("batch %s of run %s: %s", claim.chunk, work.run_id, error)
    digests = dict(zip(claim.jobs, claim.digests, strict=False))
    try:
        moved = await work.find_moved_job(job, digests.get(job, 0))
        if moved is not None:
            return moved, await work.make_task(moved, claim.resume_count, claim.terms)
    except LookupError as error:  # pruned again
        logger.warning("batch %s of run %s: %s", claim.chunk, work.run_id, error)
    return None, await work.make_leftover_task(job, claim.resume_count, claim.terms)


def _explain_missing_line(call: CollectBatch, batch: ProviderBatch | None) -> ModelError:
    """Return why a line has no answer; it was not billed, unless its answer is lost."""
    if batch is not None and batch.error_code == _LOST:
        return ModelError(Reason.SERVER_ERROR, "the provider does not have the results any more", answered=True)
    if batch is None:
        failure = call.given_up or Failure(Reason.BATCH_EXPIRED, "the batch was not created")
        is_of_batch = failure.reason in {Reason.TIMEOUT_AMBIGUOUS, Reason.BAD_REQUEST}  # it says nothing of the lines
        reason = Reason.SERVER_ERROR if is_of_batch else failure.reason
        return ModelError(reason, failure.message)
    if batch.is_limited:
        return ModelError(Reason.RATE_LIMITED, batch.error or "too much work is enqueued")
    if batch.status == "failed":
        return ModelError(Reason.SERVER_ERROR, f"the provider refused the batch: {batch.error}")
    if batch.status == "completed":
        message = "the batch is completed without an answer to this call, which may have been billed"
        return ModelError(Reason.SERVER_ERROR, message, answered=True)
    return ModelError(Reason.BATCH_EXPIRED, f"the batch ended ({batch.status}) before this call was made")
