"""``make_categories``: asks the model for the categories that a catalog still needs."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import azure.durable_functions as df
from pydantic import ConfigDict, TypeAdapter

from activities.allowance import Allowance, open_allowance
from activities.failures import tell_failures
from activities.root_checks import check_text_call
from activities.text_answers import buy_text
from shared.domain import paths
from shared.domain.category_rules import judge_categories
from shared.domain.items import Category
from shared.domain.messages import Cost, TextCall, TextResult
from shared.domain.prompts import ask_for_categories
from shared.domain.requests import SeedRequest
from shared.ports import Store, StoreUnavailableError
from shared.reasons import Reason
from shared.records import catalog, run
from shared.records.claims import beat
from shared.records.files import CAMEL_CASE, JSON_TYPE, dump_json, read_json
from shared.records.importer_names import keep_dropped_categories, list_known_categories
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

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
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def make_categories(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)
    services.roots.learn(engine)

    async def work() -> dict[str, Any]:
        result = await tell_failures(services, call.run_id, TextResult, lambda: run_make_categories(services, call))
        return result.to_json()

    return await services.deliveries.work_once(f"{call.run_id}/categories", payload, work)


async def run_make_categories(services: Services, call: TextCall) -> TextResult:
    """Ask once, and write ``categories.json`` as soon as there are enough; an answered attempt is not repeated.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, call.run_id)
    allowance = open_allowance(services, call.run_id, request, "categories")
    path, key = paths.run_file(call.run_id, "categories.json"), f"{call.run_id}/{allowance.subject}"
    record = await read_json(store, path, _RECORD.validate_python)
    if record is not None and (record.last_attempt >= call.attempt or len(record.categories) >= request.category_count):
        await allowance.settle(record.cost)
        return await _finish(store, call, record, asked=request.category_count)
    bought = services.unstored.take(key, CategoryRecord) or await _buy_categories(
        services,
        call,
        request,
        taken=record.categories if record is not None else await _find_kept(services, call),
        allowance=allowance,
    )
    if isinstance(bought, TextResult):
        return bought
    record = replace(bought, last_attempt=call.attempt)
    data = dump_json(_RECORD.dump_python(record, mode="json", by_alias=True))
    try:
        await store.write(path, data, content_type=JSON_TYPE)
    except StoreUnavailableError:
        services.unstored.keep(key, bought)
        raise
    await allowance.settle(record.cost)
    await beat(store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    return await _finish(store, call, record, asked=request.category_count)


async def _buy_categories(
    services: Services,
    call: TextCall,
    request: SeedRequest,
    *,
    taken: list[Category],
    allowance: Allowance,
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
    ask = ask_for_categories(
        request.theme, count=missing, existing=names, attempt=call.attempt, rejected_last_time=call.rejected_last_time
    )
    bought = await buy_text(
        services,
        call,
        ask,
        subject="categories",
        theme=request.theme,
        entries=missing,
        allowance=allowance,
        standing=standing,
    )
    if isinstance(bought, TextResult):
        return bought
    proposed = [draft.name for draft in bought.value.categories]
    verdict = judge_categories(
        proposed,
        taken=taken,
        count=asked,
        theme=request.theme,
        known=known,
        validate_items=request.validate_items,
    )
    rows = [rejection.to_json() | {"batch": 0} for rejection in verdict.rejected]
    await run.write_rejected_rows(store, call.run_id, f"categories/{call.attempt}", rows)
    rejected = Counter(str(rejection.broken[0].reason) for rejection in verdict.rejected)
    rejected.pop(str(Reason.SURPLUS), None)
    categories = list(verdict.chosen)
    return CategoryRecord(call.attempt, categories, len(categories) - len(taken), bought.cost, dict(rejected))


async def _find_kept(services: Services, call: TextCall) -> list[Category]:
    """Return the categories that stay whatever happens: those that items belong to."""
    numbers = await catalog.list_batch_numbers(services.store, call.catalog)
    before = max(numbers, default=0) + 1
    index = await services.caches.indexes.load(services.store, call.catalog, call.run_id, before=before)
    return catalog.find_used_categories(index)


async def _finish(store: Store, call: TextCall, record: CategoryRecord, *, asked: int) -> TextResult:
    if len(record.categories) >= asked:
        await keep_dropped_categories(store, call.catalog, record.categories)
        await catalog.write_categories(store, call.catalog, record.categories)
    return TextResult(
        accepted=record.accepted,
        total=len(record.categories),
        asked=asked,
        rejected=record.rejected,
        cost=record.cost,
    )
