"""``make_image`` and ``record_failure``: one item's picture, paid once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from activities.costs import price_failed_image, price_image
from activities.failures import handle_model_error, shorten, tell_failures
from activities.prepare_run import describe_picture
from shared.domain import paths
from shared.domain.image_messages import FailedImage, ImageCall, ImageResult
from shared.domain.items import Item
from shared.domain.messages import Cost, Done, Failure
from shared.domain.requests import SeedRequest, parse_image_size
from shared.imaging.pictures import BadImageError
from shared.ports import FileInfo, ImageAnswer, ImageRequest, ModelError
from shared.reasons import Reason
from shared.records.catalog import is_valid_image
from shared.records.claims import beat
from shared.records.run import write_failure
from shared.records.standing import check_standing
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()

COST_FACTS = ("input_tokens", "output_tokens", "nano_usd")


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def make_image(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ImageCall`` in, ``ImageResult`` out."""
    services, call = get_services(), ImageCall.from_json(payload)

    async def work() -> dict[str, Any]:
        return (
            await tell_failures(services, call.run_id, ImageResult, lambda: run_make_image(services, call))
        ).to_json()

    return await services.deliveries.work_once(f"{call.run_id}/image/{call.product_id}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def record_failure(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FailedImage`` in, ``Done`` out; writes the item's row of ``failed_images.json``."""
    services, failed = get_services(), FailedImage.from_json(payload)

    async def work() -> Done:
        item = await find_item(services, failed.catalog, failed.run_id, failed.batch, failed.product_id)
        row = {
            "productId": item.product_id,
            "name": item.name,
            "reason": str(failed.failure.reason),
            "message": failed.failure.message,
            "attempts": failed.attempts,
            "requestId": failed.failure.request_id,
            "at": datetime.now(UTC).isoformat(),
        }
        await write_failure(services.store, failed.run_id, row)
        return Done()

    return (await tell_failures(services, failed.run_id, Done, work)).to_json()


async def run_make_image(services: Services, call: ImageCall) -> ImageResult:
    """Make one item's picture, unless it is there.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, call.run_id)
    item = await find_item(services, call.catalog, call.run_id, call.batch, call.product_id)
    path = paths.image_file(call.catalog, item.filename)
    stored = await store.describe(path)
    if stored is not None and is_valid_image(stored):
        if stored.facts.get("run_id") == call.run_id:
            return ImageResult(made=True, cost=_read_cost(stored))
        if not request.force_images:
            return ImageResult(kept=True)
    standing = await check_standing(store, call.catalog, call.run_id, services.settings.host_id)
    if not standing.may_pay:
        return ImageResult(stopped=True)

    deployment = services.settings.model.image_deployment
    ask = ImageRequest(
        prompt=item.image_prompt,
        size=request.image_size,
        quality=request.image_quality,
        format="jpeg" if item.filename.endswith(".jpg") else "png",
    )
    try:
        answer = await services.model.draw(ask)
    except ModelError as error:
        return ImageResult(
            cost=price_failed_image(deployment, error, request),
            failure=await handle_model_error(store, call.run_id, error),
            last_success_at=standing.last_success_at,
        )
    cost = price_image(answer.model, answer.usage)
    try:
        facts, content_type = await asyncio.to_thread(_examine, answer, ask, request)
    except BadImageError as error:
        failure = Failure(Reason.BAD_IMAGE, shorten(str(error)), request_id=answer.request_id)
        return ImageResult(cost=cost, failure=failure, last_success_at=standing.last_success_at)
    facts |= {
        "run_id": call.run_id,
        "product_id": item.product_id,
        "model": answer.model,
        "input_tokens": str(cost.input_tokens),
        "output_tokens": str(cost.output_tokens),
        "nano_usd": str(cost.nano_usd),
    }
    await store.write(path, answer.data, content_type=content_type, facts=facts)
    await beat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return ImageResult(made=True, cost=cost)


async def find_item(services: Services, catalog: str, run_id: str, batch: int, product_id: str) -> Item:
    """Return an item of a batch.

    Raises:
        LookupError: it is not there, which no run of ours can bring about.
    """
    found = await services.caches.read_batch(services.store, catalog, run_id, batch)
    for item in found.items if found is not None else ():
        if item.product_id == product_id:
            return item
    raise LookupError(f"item {product_id!r} is not in batch {batch} of catalog {catalog!r}")


def _examine(answer: ImageAnswer, ask: ImageRequest, request: SeedRequest) -> tuple[dict[str, str], str]:
    """Return a picture's facts and content type.

    Raises:
        BadImageError: it does not decode, or is not of the format and size that were asked for.
    """
    facts, content_type = describe_picture(answer.data)
    size = (int(facts["width"]), int(facts["height"]))
    if content_type != f"image/{ask.format}" or size != parse_image_size(request.image_size):
        raise BadImageError(
            f"the picture is {content_type} {size[0]}x{size[1]}; expected image/{ask.format} {request.image_size}",
        )
    return facts, content_type


def _read_cost(stored: FileInfo) -> Cost:
    """Return what a picture cost that an earlier delivery of this call paid."""
    tokens_in, tokens_out, nano_usd = (int(stored.facts.get(fact, "0")) for fact in COST_FACTS)
    return Cost(image_calls=1, input_tokens=tokens_in, output_tokens=tokens_out, nano_usd=nano_usd)
