"""Collect an image batch that is over: store its images, and decide what follows for the lines without one."""

from dataclasses import dataclass, field, replace

from shared.errors import ModelError
from shared.images.failed_images import run_record_failed_image
from shared.images.image_batch_claims import StoredClaim, change_claim, read_claim
from shared.images.submit_image_batch import (
    CREATION_SETTLES_AFTER,
    find_own_batch,
    make_line_key,
    make_line_task,
    open_batch_reservation,
)
from shared.messages.base import Cost, Counters, Failure
from shared.messages.image_batches import CollectedImageBatch, CollectImageBatch, OpenBatch
from shared.messages.images import FailedImage, ImageJob, ImageResult
from shared.models.image_batches import ProviderBatch
from shared.models.protocol import ImageAnswer
from shared.reasons import FATAL_REASONS, Reason, shorten_message
from shared.runs import run_files
from shared.services.container import Services

MAX_BATCHES_PER_IMAGE = 3
"""An image that so many batches have left out fails, if the request asks for the next batch."""

FINAL_REASONS = FATAL_REASONS | {Reason.CONTENT_POLICY, Reason.BAD_REQUEST}
"""Another call for the same image would fail the same way."""


@dataclass(slots=True)
class _Collection:
    """The results of a batch so far.

    Attributes:
        left: jobs whose line has no answer yet, by product id.
        counters: of the answers.
        cost: of the answers, to settle the batch with.
        jobs: jobs for the next batches.
        fallback: jobs for the normal route.
    """

    left: dict[str, ImageJob]
    counters: Counters = Counters()
    cost: Cost = Cost()
    jobs: list[ImageJob] = field(default_factory=list)
    fallback: list[ImageJob] = field(default_factory=list)


async def run_collect_image_batch(services: Services, call: CollectImageBatch) -> CollectedImageBatch:
    """Collect a batch. A repeated call finds the images that an earlier delivery has stored, and the batch's result.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the provider is not configured.
        StoreUnavailableError: the store does not answer.
    """
    stored = await read_claim(services.store, call.run_id, call.chunk)
    if stored is None:
        return CollectedImageBatch()
    if stored.claim.result is not None:
        return stored.claim.result
    try:
        batch, stored = await _read_batch(services, call, stored)
        if batch is not None and not batch.is_over:
            claim = stored.claim
            return CollectedImageBatch(batch=OpenBatch(claim.chunk, batch.id, len(claim.jobs), batch.done))
        result = await _collect(services, call, stored, batch)
    except ModelError as error:
        failure = Failure(error.reason, shorten_message(error.message), error.retry_after_seconds, error.request_id)
        return CollectedImageBatch(failure=failure)
    await change_claim(services.store, call.run_id, stored, replace(stored.claim, result=result))
    return result


async def _read_batch(
    services: Services, call: CollectImageBatch, stored: StoredClaim
) -> tuple[ProviderBatch | None, StoredClaim]:
    """Return the provider's batch of a claim, or None if it was not created.

    Raises:
        ModelError: the provider does not answer.
    """
    claim = stored.claim
    if claim.batch_id is not None:
        return await services.image_batches.read(claim.batch_id), stored
    if claim.creating_at is None:
        return None, stored
    batch = await find_own_batch(services, call.run_id, claim)
    if batch is None:
        if services.clock() < claim.creating_at + CREATION_SETTLES_AFTER:
            raise ModelError(Reason.SERVER_ERROR, "it is not known yet whether the image batch was created")
        return None, stored
    changed = await change_claim(services.store, call.run_id, stored, replace(claim, batch_id=batch.id))
    return batch, changed or stored


async def _collect(
    services: Services, call: CollectImageBatch, stored: StoredClaim, batch: ProviderBatch | None
) -> CollectedImageBatch:
    claim = stored.claim
    request = await services.caches.read_request(services.store, call.run_id)
    collection = _Collection({job.product_id: job for job in claim.jobs})
    is_limited = batch is not None and batch.is_limited
    is_stopped = await run_files.read_stop_record(services.store, call.run_id) is not None

    async def accept(job: ImageJob, answer: ImageAnswer | ModelError) -> None:
        task = await make_line_task(services, call.run_id, call.catalog, job, claim.resume_count)
        key = make_line_key(call.run_id, call.chunk, job.product_id)
        result = await services.executor.run_answered(task, answer, key)
        collection.cost += result.cost
        collection.counters += Counters(made=int(result.made), kept=int(result.kept), cost=result.cost)
        if is_limited:
            collection.jobs.append(job)
        elif result.failure is not None and not (is_stopped and result.failure.reason is Reason.BATCH_EXPIRED):
            await _handle_failure(services, call, job, result, collection)

    if batch is not None:
        async for line in services.image_batches.iterate_answers(batch):
            job = collection.left.pop(line.custom_id, None)
            if job is not None:
                await accept(job, line.answer)
    for job in list(collection.left.values()):
        await accept(job, _explain_missing_line(call, batch))
    reservation = open_batch_reservation(services, call.run_id, request, call.chunk)
    await reservation.settle(collection.cost)
    return CollectedImageBatch(
        collection.counters, tuple(collection.jobs), tuple(collection.fallback), is_limited=is_limited
    )


async def _handle_failure(
    services: Services,
    call: CollectImageBatch,
    job: ImageJob,
    result: ImageResult,
    collection: _Collection,
) -> None:
    """Hand an image without an answer over, or record that it failed."""
    failure = result.failure
    if failure is None:
        return
    request = await services.caches.read_request(services.store, call.run_id)
    job = replace(job, earlier_calls=job.earlier_calls + 1)
    fallback = request.batch_fallback
    if result.next_step is not None and fallback != "none":
        collection.fallback.append(replace(job, step=result.next_step))
    elif failure.reason not in FINAL_REASONS and fallback == "normal":
        collection.fallback.append(job)
    elif failure.reason not in FINAL_REASONS and fallback == "next-batch" and job.earlier_calls < MAX_BATCHES_PER_IMAGE:
        collection.jobs.append(job)
    else:
        failed = FailedImage(call.run_id, call.catalog, job.product_id, job.batch, job.earlier_calls, failure)
        await run_record_failed_image(services, failed)
        collection.counters += Counters(failed={str(failure.reason): 1})


def _explain_missing_line(call: CollectImageBatch, batch: ProviderBatch | None) -> ModelError:
    """Return why a line has no answer; it was not billed."""
    if batch is None:
        failure = call.given_up or Failure(Reason.BATCH_EXPIRED, "the image batch was not created")
        reason = Reason.SERVER_ERROR if failure.reason is Reason.TIMEOUT_AMBIGUOUS else failure.reason
        return ModelError(reason, failure.message)
    if batch.is_limited:
        return ModelError(Reason.RATE_LIMITED, batch.error or "too much work is enqueued")
    if batch.status == "failed":
        return ModelError(Reason.SERVER_ERROR, f"the provider refused the image batch: {batch.error}")
    return ModelError(Reason.BATCH_EXPIRED, f"the image batch ended ({batch.status}) before this image was generated")
