"""Ask the text model for the categories that a catalog still needs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.catalog import catalog_files
from shared.catalog.category_rules import validate_categories
from shared.catalog.importer_state import list_known_categories, record_dropped_categories
from shared.catalog.items import Category, CategoryList
from shared.messages.base import Cost
from shared.messages.text import TextCall, TextResult
from shared.models.billed_task import BilledAnswer, Outcome, PreparedText, TextTask
from shared.models.prompts.item_requests import build_categories_request
from shared.models.quotes import quote_text
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_json


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    """The categories that a run has so far: one answer may not have all of them.

    Attributes:
        last_attempt: the last attempt that was answered.
        categories: the catalog's categories that are kept, and the new ones.
        accepted: how many categories the last answer added.
        cost: of the last answer.
        rejected: the last answer's proposals that broke a rule, by reason code.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    last_attempt: int
    categories: list[Category]
    accepted: int = 0
    cost: Cost = field(default_factory=Cost)
    rejected: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProposedCategories:
    """The names that the model proposed for a catalog.

    Attributes:
        names: the proposals.
        taken: the categories that the catalog had when they were asked for.
        known: the names of all categories that the catalog ever had.
    """

    names: list[str]
    taken: list[Category]
    known: list[str]


_RECORD = TypeAdapter(CategoryRecord)


async def run_write_categories(services: Services, call: TextCall) -> TextResult:
    """Ask once, and write ``categories.json`` when there are enough; an attempt that was answered is not repeated.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, call.run_id)
    record = await read_json(services.store, _name_record(call), _RECORD.validate_python)
    return await services.executor.run(_CategoryTask(services, call, request, record))


class _CategoryTask(TextTask[ProposedCategories]):
    def __init__(self, services: Services, call: TextCall, request: SeedRequest, record: CategoryRecord | None) -> None:
        super().__init__(services, call, request, "categories")
        self._record = record

    async def find_result(self) -> Outcome[TextResult] | None:
        record = self._record
        if record is None:
            return None
        is_complete = len(record.categories) >= self.request.category_count
        if record.last_attempt < self.call.attempt and not is_complete:
            return None
        return Outcome(await self._finish(record), record.cost)

    async def prepare(self) -> PreparedText[CategoryList, ProposedCategories] | Outcome[TextResult]:
        call, request, asked = self.call, self.request, self.request.category_count
        taken = self._record.categories if self._record is not None else await self._find_kept_categories()
        missing = min(asked - len(taken), call.reduce(asked))
        if missing <= 0:
            return Outcome(await self._finish(CategoryRecord(call.attempt, taken)))
        known = await list_known_categories(self.services.store, call.catalog)
        question = build_categories_request(
            request.theme,
            count=missing,
            existing=[category.name for category in taken],
            attempt=call.attempt,
            rejected_last_time=call.rejected_last_time,
        )
        settings = self.services.settings
        return PreparedText(
            question,
            quote_text(settings.prices, settings.model.text_deployment, question, theme=request.theme, entries=missing),
            parse=lambda answer: ProposedCategories([draft.name for draft in answer.categories], taken, known),
            max_entries=missing,
        )

    async def store(self, answer: BilledAnswer[ProposedCategories]) -> Outcome[TextResult]:
        store, call, proposed = self.services.store, self.call, answer.value
        # A pending answer may be older than the record, which another process has written since.
        taken = proposed.taken if self._record is None else self._record.categories
        validation = validate_categories(
            proposed.names,
            taken=taken,
            count=self.request.category_count,
            theme=self.request.theme,
            known=proposed.known,
            validate_items=self.request.validate_items,
        )
        rows = [rejection.to_json() | {"batch": 0} for rejection in validation.rejected]
        await run_files.write_rejected_rows(store, call.run_id, f"categories/{call.attempt}", rows)
        rejected = Counter(str(rejection.violations[0].reason) for rejection in validation.rejected)
        rejected.pop(str(Reason.SURPLUS), None)
        categories = list(validation.chosen)
        record = CategoryRecord(call.attempt, categories, len(categories) - len(taken), answer.cost, dict(rejected))
        data = dump_json(_RECORD.dump_python(record, mode="json", by_alias=True))
        await store.write(_name_record(call), data, content_type=JSON_TYPE)
        return Outcome(await self._finish(record), record.cost)

    async def _find_kept_categories(self) -> list[Category]:
        """Return the categories that items belong to: they stay even where new categories are forced."""
        store, call = self.services.store, self.call
        numbers = await catalog_files.list_batch_numbers(store, call.catalog)
        before = max(numbers, default=0) + 1
        index = await self.services.caches.indexes.load(store, call.catalog, call.run_id, before=before)
        return catalog_files.find_used_categories(index)

    async def _finish(self, record: CategoryRecord) -> TextResult:
        store, catalog, asked = self.services.store, self.call.catalog, self.request.category_count
        if len(record.categories) >= asked:
            await record_dropped_categories(store, catalog, record.categories)
            await catalog_files.write_categories(store, catalog, record.categories)
        return TextResult(
            accepted=record.accepted,
            total=len(record.categories),
            asked=asked,
            rejected=record.rejected,
            cost=record.cost,
        )


def _name_record(call: TextCall) -> str:
    return paths.run_file(call.run_id, "categories.json")
