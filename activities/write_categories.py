"""``write_categories``: asks the model for the categories that a catalog still needs."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import azure.durable_functions as df
from pydantic import ConfigDict, TypeAdapter

from shared.catalog import catalog_files
from shared.catalog.category_rules import validate_categories
from shared.catalog.importer_state import list_known_categories, record_dropped_categories
from shared.catalog.items import Category
from shared.errors import StoreUnavailableError
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.base import Cost
from shared.messages.text import TextCall, TextResult
from shared.models.call_failures import catch_failures
from shared.models.prompts.item_requests import build_categories_request
from shared.models.text_call import make_text_call
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.run_claim import send_heartbeat
from shared.runs.run_guard import check_text_call
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_json
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    """What a run has of its categories so far: an answer may bring a part of them.

    Attributes:
        last_attempt: the last attempt that was answered.
        categories: those of the catalog that are kept, and the new ones.
        accepted: how many that answer added.
        cost: of that answer.
        rejected: its proposals that broke a rule, by reason code.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    last_attempt: int
    categories: list[Category]
    accepted: int = 0
    cost: Cost = field(default_factory=Cost)
    rejected: dict[str, int] = field(default_factory=dict)


_RECORD = TypeAdapter(CategoryRecord)


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")
@observe_activity
async def write_categories(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)
    services.root_states.set_client_binding(durable_client)

    async def work() -> dict[str, Any]:
        result = await catch_failures(services, call.run_id, TextResult, lambda: run_write_categories(services, call))
        return result.to_json()

    return await services.deliveries.run_once(f"{call.run_id}/categories", payload, work)


async def run_write_categories(services: Services, call: TextCall) -> TextResult:
    """Ask once, and write ``categories.json`` as soon as there are enough; an answered attempt is not repeated.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, call.run_id)
    allowance = open_budget_reservation(services, call.run_id, request, "categories")
    path, key = paths.run_file(call.run_id, "categories.json"), f"{call.run_id}/{allowance.subject}"
    record = await read_json(store, path, _RECORD.validate_python)
    if record is not None and (record.last_attempt >= call.attempt or len(record.categories) >= request.category_count):
        await allowance.settle(record.cost)
        return await _finish(store, call, record, asked=request.category_count)
    outcome = services.pending_writes.take(key, CategoryRecord) or await _generate_categories(
        services,
        call,
        request,
        taken=record.categories if record is not None else await _find_kept_categories(services, call),
        allowance=allowance,
    )
    if isinstance(outcome, TextResult):
        return outcome
    record = replace(outcome, last_attempt=call.attempt)
    data = dump_json(_RECORD.dump_python(record, mode="json", by_alias=True))
    try:
        await store.write(path, data, content_type=JSON_TYPE)
    except StoreUnavailableError:
        services.pending_writes.add(key, outcome)
        raise
    await allowance.settle(record.cost)
    await send_heartbeat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return await _finish(store, call, record, asked=request.category_count)


async def _generate_categories(
    services: Services,
    call: TextCall,
    request: SeedRequest,
    *,
    taken: list[Category],
    allowance: BudgetReservation,
) -> CategoryRecord | TextResult:
    """Buy the categories that are missing beside those taken; the result where none is or that came to nothing."""
    store, asked = services.store, request.category_count
    standing = await check_text_call(services, call)
    if isinstance(standing, TextResult):
        return standing
    missing = min(asked - len(taken), call.reduce(asked))
    if missing <= 0:
        return await _finish(store, call, CategoryRecord(call.attempt, taken), asked=asked)
    known = await list_known_categories(store, call.catalog)  # before the call: what is paid must not be lost
    names = [category.name for category in taken]
    model_request = build_categories_request(
        request.theme, count=missing, existing=names, attempt=call.attempt, rejected_last_time=call.rejected_last_time
    )
    outcome = await make_text_call(
        services,
        call,
        model_request,
        subject="categories",
        theme=request.theme,
        entries=missing,
        allowance=allowance,
        standing=standing,
    )
    if isinstance(outcome, TextResult):
        return outcome
    proposed = [draft.name for draft in outcome.value.categories]
    verdict = validate_categories(
        proposed,
        taken=taken,
        count=asked,
        theme=request.theme,
        known=known,
        validate_items=request.validate_items,
    )
    rows = [rejection.to_json() | {"batch": 0} for rejection in verdict.rejected]
    await run_files.write_rejected_rows(store, call.run_id, f"categories/{call.attempt}", rows)
    rejected = Counter(str(rejection.violations[0].reason) for rejection in verdict.rejected)
    rejected.pop(str(Reason.SURPLUS), None)
    categories = list(verdict.chosen)
    return CategoryRecord(call.attempt, categories, len(categories) - len(taken), outcome.cost, dict(rejected))


async def _find_kept_categories(services: Services, call: TextCall) -> list[Category]:
    """Return the categories that stay whatever happens: those that items belong to."""
    numbers = await catalog_files.list_batch_numbers(services.store, call.catalog)
    before = max(numbers, default=0) + 1
    index = await services.caches.indexes.load(services.store, call.catalog, call.run_id, before=before)
    return catalog_files.find_used_categories(index)


async def _finish(store: Store, call: TextCall, record: CategoryRecord, *, asked: int) -> TextResult:
    if len(record.categories) >= asked:
        await record_dropped_categories(store, call.catalog, record.categories)
        await catalog_files.write_categories(store, call.catalog, record.categories)
    return TextResult(
        accepted=record.accepted,
        total=len(record.categories),
        asked=asked,
        rejected=record.rejected,
        cost=record.cost,
    )
