"""``write_batch`` and ``close_items``: one text call's drafts become a batch of items."""

from typing import Any

import azure.durable_functions as df

from shared.catalog import catalog_files
from shared.catalog.batches import BatchContext, BilledDrafts, find_batch_number, store_drafts
from shared.catalog.planning import plan_batch
from shared.errors import StoreUnavailableError
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.run import ActivityResult, RunRef
from shared.messages.text import TextCall, TextResult
from shared.models.call_failures import catch_failures
from shared.models.prompts.item_requests import build_items_request
from shared.models.text_call import make_text_call
from shared.runs import run_files
from shared.runs.run_claim import send_heartbeat
from shared.runs.run_guard import check_text_call
from shared.services.container import Services, get_services
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")
@observe_activity
async def write_batch(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)
    services.root_states.set_client_binding(durable_client)

    async def work() -> dict[str, Any]:
        return (
            await catch_failures(services, call.run_id, TextResult, lambda: run_write_batch(services, call))
        ).to_json()

    return await services.deliveries.run_once(f"{call.run_id}/batch/{call.writer or call.batch}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def close_items(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``ActivityResult`` out; image workers that find nothing left may end from now on."""
    services, ref = get_services(), RunRef.from_json(payload)

    async def work() -> ActivityResult:
        await run_files.close_items(services.store, ref.run_id, ref.resume_count)
        return ActivityResult()

    return (await catch_failures(services, ref.run_id, ActivityResult, work)).to_json()


async def run_write_batch(services: Services, call: TextCall) -> TextResult:
    """Write a batch, or find that it was written: the stored batch is the record of its items' ids.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, call.run_id)
    allowance = open_budget_reservation(services, call.run_id, request, f"batch/{call.writer or call.batch}")
    categories = await catalog_files.read_categories(store, call.catalog) or []
    # Read last, and nothing is waited for before the plan: if the call's own batch has just filled the catalog, it is
    # found here, and not taken for a reason to ask for nothing.
    index = await services.caches.indexes.load_all(store, call.catalog, call.run_id)
    written = await find_batch_number(store, call, index)
    if written is not None:
        await allowance.settle(written.cost)
        return _make_result(written, index)
    batch_context = BatchContext(call, request, categories, index)
    key = f"{call.run_id}/{allowance.subject}"
    outcome = services.pending_writes.take(key, BilledDrafts) or await _generate_drafts(
        services, batch_context, allowance
    )
    if isinstance(outcome, TextResult):
        return outcome
    try:
        batch = await store_drafts(store, batch_context, outcome)
    except StoreUnavailableError:
        services.pending_writes.add(key, outcome)
        raise
    await allowance.settle(outcome.cost)
    await send_heartbeat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return _make_result(batch, index)


async def _generate_drafts(
    services: Services, batch_context: BatchContext, allowance: BudgetReservation
) -> BilledDrafts | TextResult:
    """Buy the drafts that the catalog needs next; the result where nothing is needed or that came to nothing."""
    call, request, index = batch_context.call, batch_context.request, batch_context.index
    quotas = plan_batch(
        index.count_by_category(list(batch_context.categories)),
        target=request.target_count,
        batch_size=call.reduce(request.batch_size),
        writer_index=call.writer_index,
        writer_count=call.writer_count,
    )
    if not quotas:
        return TextResult(total=index.count_items())
    standing = await check_text_call(services, call)
    if isinstance(standing, TextResult):
        return standing

    asked = sum(quota.count for quota in quotas)
    model_request = build_items_request(
        request.theme,
        quotas,
        index.item_names_by_category,
        batch=call.batch,
        writer=call.writer,
        attempt=call.attempt,
        stricter=call.stricter,
        rejected_last_time=call.rejected_last_time,
    )
    outcome = await make_text_call(
        services,
        call,
        model_request,
        subject=call.writer or str(call.batch),
        theme=request.theme,
        entries=asked,
        allowance=allowance,
        standing=standing,
    )
    if isinstance(outcome, TextResult):
        return outcome
    return BilledDrafts(outcome.value.items, asked, outcome.cost)


def _make_result(batch: catalog_files.Batch, index: catalog_files.CatalogIndex) -> TextResult:
    """Return the result that a stored batch stands for."""
    return TextResult(
        accepted=len(batch.items),
        total=index.count_items(),
        asked=batch.asked,
        rejected=batch.rejected,
        cost=batch.cost,
    )
