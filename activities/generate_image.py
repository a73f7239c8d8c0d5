"""``generate_image`` and ``record_failed_image``: one item's image, paid once."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

from shared.catalog.items import find_content_type, is_outdated
from shared.errors import ModelError, StoreConflictError, StoreUnavailableError
from shared.images.finish_refinement import fail_refinement
from shared.images.image_metadata import ImageMetadata, is_valid_image, read_image_metadata
from shared.images.image_step import (
    ImageStepJob,
    find_item,
    open_image_step_job,
    record_round,
)
from shared.images.placeholder import store_placeholder
from shared.images.promote import FirstImage, promote_best
from shared.images.thumbnail import ensure_thumbnail, store_thumbnail, try_make_thumbnail
from shared.limits.retry_policy import clamp_retry_after
from shared.messages.base import Cost, Failure
from shared.messages.images import FailedImage, ImageAction, ImageCall, ImageResult, ImageStep
from shared.messages.run import ActivityResult
from shared.models.billed_call import FailedCall, make_billed_call
from shared.models.call_failures import catch_failures, count_outcome, shorten
from shared.models.call_recorder import CallRecorder
from shared.models.protocol import ImageAnswer, ImageRequest, Model
from shared.models.provider_names import Provider
from shared.models.quotes import quote_image
from shared.reasons import Reason
from shared.rendering.convert_image import ConvertedImage, convert_image
from shared.rendering.inspect_image import BadImageError, ImageFormat
from shared.runs.request import parse_image_size
from shared.runs.run_claim import send_heartbeat
from shared.runs.run_files import write_failure
from shared.runs.run_guard import check_image_call
from shared.services.container import Services, get_services
from shared.storage.protocol import FileInfo, Store
from shared.telemetry.observed_activities import observe_activity
from shared.text.digest_table import hash_text

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")
@observe_activity
async def generate_image(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)
    services.root_states.set_client_binding(durable_client)

    async def work() -> dict[str, Any]:
        result = await catch_failures(services, call.run_id, ImageResult, lambda: run_generate_image(services, call))
        return replace(result, is_quota_reported=services.rate_limiter.is_quota_reported).to_json()

    return await services.deliveries.run_once(f"{call.run_id}/image/{call.product_id}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def record_failed_image(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FailedImage`` in, ``ActivityResult`` out; writes the item's row of ``failed_images.json``."""
    services, failed = get_services(), FailedImage.from_json(payload)

    async def work() -> ActivityResult:
        item = await find_item(services, failed.catalog, failed.run_id, failed.batch, failed.product_id)
        row = {
            "productId": item.public_id,
            "name": item.name,
            "reason": str(failed.failure.reason),
            "message": failed.failure.message,
            "attempts": failed.attempts,
            "requestId": failed.failure.request_id,
            "at": datetime.now(UTC).isoformat(),
        }
        await write_failure(services.store, failed.run_id, row, product_id=item.product_id)
        await fail_refinement(services, failed)
        await store_placeholder(services, failed, item)
        return ActivityResult()

    return (await catch_failures(services, failed.run_id, ActivityResult, work)).to_json()


@dataclass(frozen=True, slots=True)
class _GeneratedImage:
    """An image that was bought and is as it was asked for; it is stored with its facts, its thumbnail beside it."""

    data: bytes
    content_type: str
    metadata: ImageMetadata
    thumbnail: bytes | None


async def run_generate_image(services: Services, call: ImageCall) -> ImageResult:
    """Make one item's image, unless it is there.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_image_step_job(services, call)
    find = _find_round_image if job.request.refine.is_wanted else _find_generated
    found = await find(services.store, job)
    if found is not None:
        return found
    outcome = services.pending_writes.take(job.key, _GeneratedImage) or await _generate(services, job)
    return await _store_image(services, job, outcome) if isinstance(outcome, _GeneratedImage) else outcome


async def _generate(services: Services, job: ImageStepJob) -> _GeneratedImage | ImageResult:
    """Buy the image if the run may pay now; the result where that came to nothing."""
    call, request = job.call, job.request
    standing = await check_image_call(services, call)
    if isinstance(standing, ImageResult):
        return standing
    turn_in = await services.rate_limiter.acquire(call.run_id, call.product_id, request.image_requests_per_minute)
    if turn_in is not None:
        is_set = request.image_requests_per_minute is not None
        return ImageResult(deferred_seconds=turn_in, last_success_at=standing.last_success_at, is_quota_known=is_set)
    model = services.model  # before money is set aside: without a model nothing is called
    answer = await _request_image(services, model, job, await job.read_prompt())
    return answer if isinstance(answer, _GeneratedImage) else replace(answer, last_success_at=standing.last_success_at)


async def _find_generated(store: Store, job: ImageStepJob) -> ImageResult | None:
    """Return that the image is there: made by an earlier delivery of this call, or kept from before the run."""
    stored = read_image_metadata(await store.describe(job.path))
    if stored is None:
        return None
    if stored.run_id == job.call.run_id:
        await job.allowance.settle(stored.cost)
        if job.request.thumbnails:
            await ensure_thumbnail(store, job.call.catalog, job.item.filename, stored.sha256)
        return ImageResult(made=True, cost=stored.cost)
    return None if _must_replace(job, stored) else ImageResult(kept=True)


async def _find_round_image(store: Store, job: ImageStepJob) -> ImageResult | None:
    """Return that the image of this round is there, or that the item has one from before the run, which is kept."""
    current = read_image_metadata(await store.describe(job.path))
    if current is not None and current.run_id != job.call.run_id and not _must_replace(job, current):
        return ImageResult(kept=True)
    round_image = await store.describe(job.round_path)
    metadata = read_image_metadata(round_image)
    if round_image is None or metadata is None:
        return None
    return await _record_round_image(store, job, round_image, metadata)


def _must_replace(job: ImageStepJob, stored: ImageMetadata) -> bool:
    """Return whether an image of an earlier run gives way to a new one."""
    request = job.request
    is_changed = is_outdated(job.item, stored.run_id) and not request.keep_changed
    return request.force_images or is_changed


async def _record_round_image(
    store: Store,
    job: ImageStepJob,
    round_image: FileInfo,
    metadata: ImageMetadata,
    first: FirstImage | None = None,
) -> ImageResult:
    """Record a round's image that is in the store; the first one is the item's until a better one is."""
    await job.allowance.settle(metadata.cost)
    await record_round(job, round_image, metadata, await job.read_prompt())
    if job.call.step.round == 1:
        await promote_best(store, job.request, job.item, job.results, first)
    return _make_result(job, metadata.cost, metadata.resume_count or 0)


async def _request_image(
    services: Services, model: Model, job: ImageStepJob, prompt: str
) -> _GeneratedImage | ImageResult:
    """Make the paid call and look at what it brought; the result where that is no image."""
    call, request = job.call, job.request
    deployment = services.settings.model.image_deployment
    model_request = ImageRequest(
        prompt=prompt,
        size=request.image_size,
        quality=request.image_quality,
        format=find_content_type(job.item.filename).removeprefix("image/"),
        job=job.request_key,
    )
    logs_requests = services.settings.model.image_provider is Provider.FAL
    recorder = CallRecorder.for_image(call, deployment, request_key=job.request_key if logs_requests else None)
    quote = quote_image(services.settings.prices, deployment, request, prompt)
    outcome = await make_billed_call(
        services, recorder, quote, job.allowance, lambda: _call_model(services, model, job, model_request)
    )
    if isinstance(outcome, FailedCall):
        if outcome.error is None:
            return ImageResult(failure=outcome.failure)
        reason = outcome.error.reason
        await count_outcome(services, call, reason, outcome.error.mismatch)
        next_step = job.find_next_rewrite() if reason is Reason.CONTENT_POLICY else None
        return ImageResult(cost=outcome.cost, failure=outcome.failure, next_step=next_step)
    answer, cost = outcome.answer, outcome.cost
    try:
        with_thumbnail = request.thumbnails and call.step.round == 1  # a later one is shown only if it turns out better
        image, thumbnail = await asyncio.to_thread(_inspect, answer.data, model_request, with_thumbnail=with_thumbnail)
    except BadImageError as error:
        await recorder.record_answer(services, answer, cost, reason=Reason.BAD_IMAGE, message=str(error))
        await services.request_log.remove(job.request_key)
        await count_outcome(services, call, Reason.BAD_IMAGE, error.mismatch)
        await job.allowance.settle(cost)
        failure = Failure(Reason.BAD_IMAGE, shorten(str(error)), request_id=answer.request_id)
        return ImageResult(cost=cost, failure=failure)
    await recorder.record_answer(services, answer, cost)
    await count_outcome(services, call, None)
    metadata = replace(
        ImageMetadata.from_properties(image.properties),
        run_id=call.run_id,
        product_id=call.product_id,
        prompt_digest=hash_text(model_request.prompt),
        model=answer.model,
        cost=cost,
    )
    if request.refine.is_wanted:
        metadata = replace(metadata, round=call.step.round, request_id=answer.request_id)
    return _GeneratedImage(image.data, image.properties.content_type, metadata, thumbnail)


async def _call_model(services: Services, model: Model, job: ImageStepJob, model_request: ImageRequest) -> ImageAnswer:
    """Make the call, and pass what the service reports of its quota to the rate limiter."""
    started = services.rate_limiter.record_start()
    try:
        answer = await model.generate_image(model_request)
    except ModelError as error:
        if error.reason is Reason.RATE_LIMITED:
            retry_after = clamp_retry_after(error.retry_after_seconds)
            services.rate_limiter.record_quota(error.requests_per_minute)
            services.rate_limiter.record_throttled(started, retry_after, job.request.image_requests_per_minute)
        raise
    services.rate_limiter.record_quota(answer.requests_per_minute)
    return answer


async def _store_image(services: Services, job: ImageStepJob, outcome: _GeneratedImage) -> ImageResult:
    """Store an image that was bought; while the store is away, this process keeps it for the next try."""
    store, call = services.store, job.call
    try:
        round_image = await _write_image(store, job, outcome)
    except StoreUnavailableError:
        services.pending_writes.add(job.key, outcome)
        raise
    if round_image is not None:
        metadata = read_image_metadata(round_image)
        if metadata is None:
            raise LookupError(f"{job.round_path} is not a validated image; expected the image that was just written")
        is_own = metadata.sha256 == outcome.metadata.sha256
        first = FirstImage(outcome.data, outcome.thumbnail) if is_own else None
        result = await _record_round_image(store, job, round_image, metadata, first)
    else:
        await job.allowance.settle(outcome.metadata.cost)
        if outcome.thumbnail is not None:
            await store_thumbnail(store, call.catalog, job.item.filename, outcome.thumbnail, outcome.metadata)
        result = _make_result(job, outcome.metadata.cost, call.resume_count)
    await send_heartbeat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return result


async def _write_image(store: Store, job: ImageStepJob, outcome: _GeneratedImage) -> FileInfo | None:
    """Store an image, and return the one that its round has now; None where there are no rounds.

    Where another delivery was quicker, its image stays: that one may have been looked at by now.
    """
    stored = outcome.metadata.to_json()
    if not job.request.refine.is_wanted:
        await store.write(job.path, outcome.data, content_type=outcome.content_type, metadata=stored)
        return None
    stored = replace(outcome.metadata, resume_count=job.call.resume_count).to_json()
    create = partial(store.create, job.round_path, outcome.data, content_type=outcome.content_type, metadata=stored)
    if not await create():
        existing = await store.describe(job.round_path)
        if existing is not None and not is_valid_image(
            existing
        ):  # whoever wrote it died before it could say what it is
            with contextlib.suppress(StoreConflictError):
                await store.delete(job.round_path, if_match=existing.etag)
            await create()
    round_image = await store.describe(job.round_path)
    if round_image is None:
        raise LookupError(f"{job.round_path} is gone; expected the image that was just written")
    return round_image


def _make_result(job: ImageStepJob, cost: Cost, resume_count: int) -> ImageResult:
    """Return the result of an image that is there; an item is done once, with its first one, and in one leg."""
    step, refine = job.call.step, job.request.refine
    next_step = ImageStep(ImageAction.EVALUATE, step.round) if refine.is_wanted else None
    return ImageResult(
        made=step.round == 1 and not job.is_counted(resume_count),
        cost=job.find_unreported_cost(cost, resume_count),
        next_step=next_step,
    )


def _inspect(data: bytes, model_request: ImageRequest, *, with_thumbnail: bool) -> tuple[ConvertedImage, bytes | None]:
    """Return an image in the format that was asked for, and its thumbnail if there is to be one and it can be made.

    Raises:
        BadImageError: it does not decode, or is not of the size that was asked for.
    """
    image_format: ImageFormat = "jpeg" if model_request.format == "jpeg" else "png"
    picture = convert_image(data, image_format, parse_image_size(model_request.size))
    return picture, try_make_thumbnail(picture.image) if with_thumbnail else None
