"""``make_image`` and ``record_failure``: one item's picture, paid once."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

from activities.billed_calls import FailedCall, make_billed_call
from activities.costs import quote_image
from activities.failures import count_outcome, shorten, tell_failures
from activities.paid_calls import PaidCall
from activities.picture_jobs import (
    LEG_FACT,
    PictureJob,
    find_item,
    keep_iteration,
    open_picture_job,
    read_cost,
    read_leg,
)
from activities.placeholders import keep_placeholder
from activities.refining import end_with_failure
from activities.root_checks import check_image_call
from activities.shipping import FirstPicture, ship_best
from activities.thumbnails import keep_thumbnail, restore_thumbnail, try_thumbnail
from shared.domain.image_messages import Action, FailedImage, ImageCall, ImageResult, Step
from shared.domain.items import find_content_type, is_outdated
from shared.domain.messages import Cost, Done, Failure
from shared.domain.requests import parse_image_size
from shared.domain.retries import limit_retry_after
from shared.imaging.fitting import FittingPicture, fit_picture
from shared.imaging.pictures import BadImageError, ImageFormat
from shared.ports import (
    FileInfo,
    ImageAnswer,
    ImageRequest,
    Model,
    ModelError,
    Store,
    StoreConflictError,
    StoreUnavailableError,
)
from shared.providers import Provider
from shared.reasons import Reason
from shared.records.catalog import is_valid_image
from shared.records.claims import beat
from shared.records.pictures import PROMPT_FACT, format_digest
from shared.records.run import write_failure
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def make_image(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)
    services.roots.learn(engine)

    async def work() -> dict[str, Any]:
        result = await tell_failures(services, call.run_id, ImageResult, lambda: run_make_image(services, call))
        return replace(result, paced=services.pace.is_reported).to_json()

    return await services.deliveries.work_once(f"{call.run_id}/image/{call.product_id}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def record_failure(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FailedImage`` in, ``Done`` out; writes the item's row of ``failed_images.json``; may draw a card."""
    services, failed = get_services(), FailedImage.from_json(payload)

    async def work() -> Done:
        item = await find_item(services, failed.catalog, failed.run_id, failed.batch, failed.product_id)
        row = {
            "productId": item.shown_id,
            "name": item.name,
            "reason": str(failed.failure.reason),
            "message": failed.failure.message,
            "attempts": failed.attempts,
            "requestId": failed.failure.request_id,
            "at": datetime.now(UTC).isoformat(),
        }
        await write_failure(services.store, failed.run_id, row, product_id=item.product_id)
        await end_with_failure(services, failed)
        await keep_placeholder(services, failed, item)
        return Done()

    return (await tell_failures(services, failed.run_id, Done, work)).to_json()


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture that was bought and is as it was asked for; it is stored with its facts, its thumbnail beside it."""

    data: bytes
    content_type: str
    facts: Mapping[str, str]
    cost: Cost
    thumbnail: bytes | None


async def run_make_image(services: Services, call: ImageCall) -> ImageResult:
    """Make one item's picture, unless it is there.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    job = await open_picture_job(services, call)
    find = _find_drawn if job.request.refine.is_wanted else _find_made
    found = await find(services.store, job)
    if found is not None:
        return found
    bought = services.unstored.take(job.key, _Picture) or await _buy(services, job)
    return await _keep(services, job, bought) if isinstance(bought, _Picture) else bought


async def _buy(services: Services, job: PictureJob) -> _Picture | ImageResult:
    """Buy the picture if the run may pay now; the result where that came to nothing."""
    call, request = job.call, job.request
    standing = await check_image_call(services, call)
    if isinstance(standing, ImageResult):
        return standing
    turn_in = await services.pace.wait_for_turn(call.run_id, call.product_id, request.image_requests_per_minute)
    if turn_in is not None:
        is_set = request.image_requests_per_minute is not None
        return ImageResult(turn_in_seconds=turn_in, last_success_at=standing.last_success_at, is_quota_known=is_set)
    model = services.model  # before money is set aside: without a model nothing is called
    answer = await _draw(services, model, job, await job.read_prompt())
    return answer if isinstance(answer, _Picture) else replace(answer, last_success_at=standing.last_success_at)


async def _find_made(store: Store, job: PictureJob) -> ImageResult | None:
    """Return that the picture is there: made by an earlier delivery of this call, or kept from before the run."""
    stored = await store.describe(job.path)
    if stored is None or not is_valid_image(stored):
        return None
    if stored.facts.get("run_id") == job.call.run_id:
        cost = read_cost(stored)
        await job.allowance.settle(cost)
        if job.request.thumbnails:
            await restore_thumbnail(store, job.call.catalog, job.item.filename, stored)
        return ImageResult(made=True, cost=cost)
    return None if _is_to_be_replaced(job, stored) else ImageResult(kept=True)


async def _find_drawn(store: Store, job: PictureJob) -> ImageResult | None:
    """Return that the picture of this round is there, or that the item has one from before the run, which is kept."""
    shipped = await store.describe(job.path)
    is_ours = shipped is not None and shipped.facts.get("run_id") == job.call.run_id
    if shipped is not None and is_valid_image(shipped) and not is_ours and not _is_to_be_replaced(job, shipped):
        return ImageResult(kept=True)
    drawn = await store.describe(job.round_path)
    if drawn is None or not is_valid_image(drawn):
        return None
    return await _show(store, job, drawn)


def _is_to_be_replaced(job: PictureJob, stored: FileInfo) -> bool:
    """Return whether an image of an earlier run gives way to a new one."""
    request = job.request
    is_changed = is_outdated(job.item, stored.facts.get("run_id", "")) and not request.keep_changed
    return request.force_images or is_changed


async def _show(store: Store, job: PictureJob, drawn: FileInfo, first: FirstPicture | None = None) -> ImageResult:
    """Record a round's picture that is in the store; the first one is the item's until a better one is."""
    cost = read_cost(drawn)
    await job.allowance.settle(cost)
    await keep_iteration(job, drawn, await job.read_prompt())
    if job.call.step.round == 1:
        await ship_best(store, job.request, job.item, job.results, first)
    return _tell_made(job, cost, read_leg(drawn))


async def _draw(services: Services, model: Model, job: PictureJob, prompt: str) -> _Picture | ImageResult:
    """Make the paid call and look at what it brought; the result where that is no picture."""
    call, request = job.call, job.request
    deployment = services.settings.model.image_deployment
    ask = ImageRequest(
        prompt=prompt,
        size=request.image_size,
        quality=request.image_quality,
        format=find_content_type(job.item.filename).removeprefix("image/"),
        job=job.order,
    )
    keeps_orders = services.settings.model.image_provider is Provider.FAL
    paid = PaidCall.for_image(call, deployment, order=job.order if keeps_orders else None)
    quote = quote_image(services.settings.prices, deployment, request, prompt)
    bought = await make_billed_call(
        services, paid, quote, job.allowance, lambda: _ask_in_turn(services, model, job, ask)
    )
    if isinstance(bought, FailedCall):
        if bought.error is None:
            return ImageResult(failure=bought.failure)
        reason = bought.error.reason
        await count_outcome(services, call, reason, bought.error.mismatch)
        follows = job.find_next_rewrite() if reason is Reason.CONTENT_POLICY else None
        return ImageResult(cost=bought.cost, failure=bought.failure, next=follows)
    answer, cost = bought.answer, bought.cost
    try:
        is_shown = request.thumbnails and call.step.round == 1  # a later one is shown only if it turns out better
        picture, thumbnail = await asyncio.to_thread(_examine, answer.data, ask, with_thumbnail=is_shown)
    except BadImageError as error:
        await paid.record_answer(services, answer, cost, reason=Reason.BAD_IMAGE, message=str(error))
        await services.orders.strike(job.order)
        await count_outcome(services, call, Reason.BAD_IMAGE, error.mismatch)
        await job.allowance.settle(cost)
        failure = Failure(Reason.BAD_IMAGE, shorten(str(error)), request_id=answer.request_id)
        return ImageResult(cost=cost, failure=failure)
    await paid.record_answer(services, answer, cost)
    await count_outcome(services, call, None)
    facts = picture.facts.to_json() | {
        "run_id": call.run_id,
        "product_id": call.product_id,
        PROMPT_FACT: format_digest(ask.prompt),
        "model": answer.model,
        "input_tokens": str(cost.input_tokens),
        "output_tokens": str(cost.output_tokens),
        "nano_usd": str(cost.nano_usd),
    }
    if request.refine.is_wanted:
        facts |= {"iteration": str(call.step.round)} | _tell_request_id(answer.request_id)
    return _Picture(picture.data, picture.facts.content_type, facts, cost, thumbnail)


async def _ask_in_turn(services: Services, model: Model, job: PictureJob, ask: ImageRequest) -> ImageAnswer:
    """Make the call, and pass what the service reports of its quota to the rate limiter."""
    started = services.pace.start()
    try:
        answer = await model.draw(ask)
    except ModelError as error:
        if error.reason is Reason.RATE_LIMITED:
            retry_after = limit_retry_after(error.retry_after_seconds)
            services.pace.report(error.requests_per_minute)
            services.pace.refuse(started, retry_after, job.request.image_requests_per_minute)
        raise
    services.pace.report(answer.requests_per_minute)
    return answer


async def _keep(services: Services, job: PictureJob, bought: _Picture) -> ImageResult:
    """Store a picture that was bought; while the store is away, this process keeps it for the next try."""
    store, call = services.store, job.call
    try:
        drawn = await _store(store, job, bought)
    except StoreUnavailableError:
        services.unstored.keep(job.key, bought)
        raise
    if drawn is not None:
        is_own = drawn.facts["sha256"] == bought.facts["sha256"]
        result = await _show(store, job, drawn, FirstPicture(bought.data, bought.thumbnail) if is_own else None)
    else:
        await job.allowance.settle(bought.cost)
        if bought.thumbnail is not None:
            await keep_thumbnail(store, call.catalog, job.item.filename, bought.thumbnail, bought.facts)
        result = _tell_made(job, bought.cost, call.leg)
    await beat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return result


async def _store(store: Store, job: PictureJob, bought: _Picture) -> FileInfo | None:
    """Store a picture, and return the one that its round has now; None where there are no rounds.

    Where another delivery was quicker, its picture stays: that one may have been looked at by now.
    """
    if not job.request.refine.is_wanted:
        await store.write(job.path, bought.data, content_type=bought.content_type, facts=bought.facts)
        return None
    facts = {**bought.facts, LEG_FACT: str(job.call.leg)}
    create = partial(store.create, job.round_path, bought.data, content_type=bought.content_type, facts=facts)
    if not await create():
        there = await store.describe(job.round_path)
        if there is not None and not is_valid_image(there):  # whoever wrote it died before it could say what it is
            with contextlib.suppress(StoreConflictError):
                await store.delete(job.round_path, if_match=there.etag)
            await create()
    drawn = await store.describe(job.round_path)
    if drawn is None:
        raise LookupError(f"{job.round_path} is gone; expected the picture that was just written")
    return drawn


def _tell_made(job: PictureJob, cost: Cost, leg: int) -> ImageResult:
    """Return the result of a picture that is there; an item is done once, with its first one, and in one leg."""
    step, refine = job.call.step, job.request.refine
    follows = Step(Action.EVALUATE, step.round) if refine.is_wanted else None
    return ImageResult(made=step.round == 1 and not job.is_told(leg), cost=job.tell_cost(cost, leg), next=follows)


def _tell_request_id(request_id: str | None) -> dict[str, str]:
    """Return the service's id of a call as a fact of its picture, if a store can keep it: plain text, on one line."""
    is_plain = request_id is not None and request_id.isascii() and request_id.isprintable()
    return {"request_id": str(request_id)} if is_plain else {}


def _examine(data: bytes, ask: ImageRequest, *, with_thumbnail: bool) -> tuple[FittingPicture, bytes | None]:
    """Return an image in the format that was asked for, and its thumbnail if there is to be one and it can be made.

    Raises:
        BadImageError: it does not decode, or is not of the size that was asked for.
    """
    image_format: ImageFormat = "jpeg" if ask.format == "jpeg" else "png"
    picture = fit_picture(data, image_format, parse_image_size(ask.size))
    return picture, try_thumbnail(picture.image) if with_thumbnail else None
