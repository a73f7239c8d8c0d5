"""``write_batch`` and ``close_items``: one text call's drafts become a batch of items."""

from typing import Any

import azure.durable_functions as df

from activities.allowance import Allowance, open_allowance
from activities.batches import Desk, PaidDrafts, find_batch, store_drafts
from activities.failures import tell_failures
from activities.root_checks import check_text_call
from activities.text_answers import buy_text
from shared.domain.messages import Done, RunRef, TextCall, TextResult
from shared.domain.planning import plan_batch
from shared.domain.prompts import ask_for_items
from shared.ports import StoreUnavailableError
from shared.records import catalog, run
from shared.records.claims import beat
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def write_batch(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)
    services.roots.learn(engine)

    async def work() -> dict[str, Any]:
        return (
            await tell_failures(services, call.run_id, TextResult, lambda: run_write_batch(services, call))
        ).to_json()

    return await services.deliveries.work_once(f"{call.run_id}/batch/{call.writer or call.batch}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def close_items(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``Done`` out; lanes that find nothing left may end from now on."""
    services, ref = get_services(), RunRef.from_json(payload)

    async def work() -> Done:
        await run.close_items(services.store, ref.run_id, ref.leg)
        return Done()

    return (await tell_failures(services, ref.run_id, Done, work)).to_json()


async def run_write_batch(services: Services, call: TextCall) -> TextResult:
    """Write a batch, or find that it was written: the stored batch is the record of its items' ids.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, call.run_id)
    allowance = open_allowance(services, call.run_id, request, f"batch/{call.writer or call.batch}")
    categories = await catalog.read_categories(store, call.catalog) or []
    # Read last, and nothing is waited for before the plan: if the call's own batch has just filled the catalog, it is
    # found here, and not taken for a reason to ask for nothing.
    index = await services.caches.indexes.load_all(store, call.catalog, call.run_id)
    written = await find_batch(store, call, index)
    if written is not None:
        await allowance.settle(written.cost)
        return _tell(written, index)
    desk = Desk(call, request, categories, index)
    key = f"{call.run_id}/{allowance.subject}"
    bought = services.unstored.take(key, PaidDrafts) or await _buy_drafts(services, desk, allowance)
    if isinstance(bought, TextResult):
        return bought
    try:
        batch = await store_drafts(store, desk, bought)
    except StoreUnavailableError:
        services.unstored.keep(key, bought)
        raise
    await allowance.settle(bought.cost)
    await beat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return _tell(batch, index)


async def _buy_drafts(services: Services, desk: Desk, allowance: Allowance) -> PaidDrafts | TextResult:
    """Buy the drafts that the catalog needs next; the result where nothing is needed or that came to nothing."""
    call, request, index = desk.call, desk.request, desk.index
    quotas = plan_batch(
        index.count_by_category(list(desk.categories)),
        target=request.target_count,
        batch_size=call.reduce(request.batch_size),
        lane=call.lane,
        lanes=call.lanes,
    )
    if not quotas:
        return TextResult(total=index.count_items())
    standing = await check_text_call(services, call)
    if isinstance(standing, TextResult):
        return standing

    asked = sum(quota.count for quota in quotas)
    ask = ask_for_items(
        request.theme,
        quotas,
        index.names_by_category,
        batch=call.batch,
        writer=call.writer,
        attempt=call.attempt,
        stricter=call.stricter,
        rejected_last_time=call.rejected_last_time,
    )
    bought = await buy_text(
        services,
        call,
        ask,
        subject=call.writer or str(call.batch),
        theme=request.theme,
        entries=asked,
        allowance=allowance,
        standing=standing,
    )
    if isinstance(bought, TextResult):
        return bought
    return PaidDrafts(bought.value.items, asked, bought.cost)


def _tell(batch: catalog.Batch, index: catalog.CatalogIndex) -> TextResult:
    """Return the result that a stored batch stands for."""
    return TextResult(
        accepted=len(batch.items),
        total=index.count_items(),
        asked=batch.asked,
        rejected=batch.rejected,
        cost=batch.cost,
    )
