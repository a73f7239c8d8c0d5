"""``write_batch`` and ``close_items``: one text call's drafts become a batch of items."""

import uuid
from typing import Any

import azure.durable_functions as df

from activities.costs import price_failed_text, price_text
from activities.failures import handle_model_error, tell_failures
from shared.domain.items import Draft, DraftBatch, Item
from shared.domain.messages import Done, RunRef, TextCall, TextResult
from shared.domain.planning import plan_batch
from shared.domain.prompts import ask_for_items
from shared.domain.requests import SeedRequest
from shared.domain.rules import Verdict, judge_drafts
from shared.ports import ModelError, TextAnswer
from shared.records import catalog, run
from shared.records.claims import beat
from shared.records.standing import check_standing
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()

FILE_ENDINGS = {"png": "png", "jpeg": "jpg"}


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def write_batch(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)

    async def work() -> dict[str, Any]:
        return (
            await tell_failures(services, call.run_id, TextResult, lambda: run_write_batch(services, call))
        ).to_json()

    return await services.deliveries.work_once(f"{call.run_id}/batch/{call.batch}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def close_items(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``Done`` out; lanes that find nothing left may end from now on."""
    services, ref = get_services(), RunRef.from_json(payload)

    async def work() -> Done:
        await run.close_items(services.store, ref.run_id)
        return Done()

    return (await tell_failures(services, ref.run_id, Done, work)).to_json()


async def run_write_batch(services: Services, call: TextCall) -> TextResult:
    """Write a batch, or find that it was written: the stored batch is the record of its items' ids.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store, caches = services.store, services.caches
    written = await catalog.read_batch(store, call.catalog, call.batch)
    if written is not None:
        return await _tell(services, call, written)
    request = await caches.read_request(store, call.run_id)
    categories = await catalog.read_categories(store, call.catalog) or []
    index = await caches.indexes.load(store, call.catalog, call.run_id, before=call.batch)
    quotas = plan_batch(
        index.count_by_category(categories),
        target=request.target_count,
        batch_size=request.batch_size,
    )
    if not quotas:
        return TextResult(total=index.count_items())
    standing = await check_standing(store, call.catalog, call.run_id, services.settings.host_id)
    if not standing.may_pay:
        return TextResult(stopped=True)

    asked = sum(quota.count for quota in quotas)
    ask = ask_for_items(
        request.theme,
        quotas,
        index.names_by_category,
        batch=call.batch,
        attempt=call.attempt,
        stricter=call.stricter,
        rejected_last_time=call.rejected_last_time,
    )
    try:
        answer = await services.model.answer(ask)
    except ModelError as error:
        return TextResult(
            asked=asked,
            cost=price_failed_text(services.settings.model.text_deployment, error, ask, asked=asked),
            failure=await handle_model_error(store, call.run_id, error),
            last_success_at=standing.last_success_at,
        )
    verdict = judge_drafts(
        answer.value.items,
        index=index.names,
        categories=[category.name for category in categories],
        theme=request.theme,
        room=request.target_count - index.count_items(),
        validate_items=request.validate_items,
    )
    await run.write_rejections(store, call.run_id, call.batch, verdict.rejected)
    batch = _make_batch(call, request, verdict, answer, asked)
    if not await catalog.create_batch(store, call.catalog, batch):
        batch = await catalog.read_batch(store, call.catalog, call.batch) or batch
    await beat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return await _tell(services, call, batch)


def _make_batch(
    call: TextCall,
    request: SeedRequest,
    verdict: Verdict,
    answer: TextAnswer[DraftBatch],
    asked: int,
) -> catalog.Batch:
    rejected: dict[str, int] = {}
    for rejection in verdict.rejected:
        first = str(rejection.reasons[0])
        rejected[first] = rejected.get(first, 0) + 1
    return catalog.Batch(
        batch=call.batch,
        run_id=call.run_id,
        items=tuple(_make_item(draft, request) for draft in verdict.accepted),
        asked=asked,
        rejected=rejected,
        cost=price_text(answer.model, answer.usage),
    )


def _make_item(draft: Draft, request: SeedRequest) -> Item:
    product_id = str(uuid.uuid4())
    return Item(
        product_id=product_id,
        name=draft.name,
        description=draft.description,
        category=draft.category,
        filename=f"{product_id}.{FILE_ENDINGS[request.image_format]}",
        image_prompt=draft.image_prompt,
    )


async def _tell(services: Services, call: TextCall, batch: catalog.Batch) -> TextResult:
    """Return the result that a stored batch stands for; another run's batch cost this one nothing."""
    index = await services.caches.indexes.load(services.store, call.catalog, call.run_id, before=call.batch + 1)
    if batch.run_id != call.run_id:
        return TextResult(total=index.count_items(), asked=batch.asked)
    return TextResult(
        accepted=len(batch.items),
        total=index.count_items(),
        asked=batch.asked,
        rejected=batch.rejected,
        cost=batch.cost,
    )
