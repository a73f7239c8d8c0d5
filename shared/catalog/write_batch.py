"""Ask the text model for the items that a catalog needs next, and store them as a batch."""

from shared.catalog import catalog_files
from shared.catalog.batches import BatchContext, BilledDrafts, find_stored_batch, store_drafts
from shared.catalog.catalog_files import Batch
from shared.catalog.items import Draft, DraftBatch
from shared.catalog.planning import plan_batch
from shared.messages.text import TextCall, TextResult
from shared.models.billed_task import BilledAnswer, Outcome, PreparedText, TextTask
from shared.models.prompts.item_requests import build_items_request
from shared.models.quotes import quote_text
from shared.services.container import Services

AskedDrafts = tuple[list[Draft], int]
"""The drafts of an answer, and how many were asked for."""


async def run_write_batch(services: Services, call: TextCall) -> TextResult:
    """Write a batch, or find that it was written: the stored batch is the record of its items' ids.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, call.run_id)
    categories = await catalog_files.read_categories(store, call.catalog) or []
    index = await services.caches.indexes.load_all(store, call.catalog, call.run_id)
    return await services.executor.run(_BatchTask(services, BatchContext(call, request, categories, index)))


class _BatchTask(TextTask[AskedDrafts]):
    def __init__(self, services: Services, batch_context: BatchContext) -> None:
        call, request = batch_context.call, batch_context.request
        name = call.writer or str(call.batch)
        super().__init__(services, call, request, f"batch/{name}", record_subject=name)
        self._context = batch_context

    async def find_result(self) -> Outcome[TextResult] | None:
        batch = await find_stored_batch(self.services.store, self.call, self._context.index)
        return None if batch is None else self._describe(batch)

    async def prepare(self) -> PreparedText[DraftBatch, AskedDrafts] | Outcome[TextResult]:
        call, request, index = self.call, self.request, self._context.index
        size = call.reduce(request.batch_size)
        if call.item_limit is not None:
            size = min(size, call.item_limit - index.count_items())
        quotas = plan_batch(
            index.count_by_category(list(self._context.categories)),
            target=request.target_count,
            batch_size=size,
            writer_index=call.writer_index,
            writer_count=call.writer_count,
        )
        if not quotas:  # another delivery of this call may have filled the catalog since the batch was searched for
            return await self.find_result() or Outcome(TextResult(total=index.count_items()))
        asked = sum(quota.count for quota in quotas)
        question = build_items_request(
            request.theme,
            quotas,
            index.item_names_by_category,
            batch=call.batch,
            writer=call.writer,
            attempt=call.attempt,
            stricter=call.stricter,
            rejected_last_time=call.rejected_last_time,
        )
        settings = self.services.settings
        return PreparedText(
            question,
            quote_text(settings.prices, settings.model.text_deployment, question, theme=request.theme, entries=asked),
            parse=lambda answer: (answer.items, asked),
            max_entries=asked,
        )

    async def store(self, answer: BilledAnswer[AskedDrafts]) -> Outcome[TextResult]:
        drafts, asked = answer.value
        batch = await store_drafts(self.services.store, self._context, BilledDrafts(drafts, asked, answer.cost))
        return Outcome(self._describe(batch).result, answer.cost)

    def _describe(self, batch: Batch) -> Outcome[TextResult]:
        """Return the result that a stored batch stands for."""
        result = TextResult(
            accepted=len(batch.items),
            total=self._context.index.count_items(),
            asked=batch.asked,
            rejected=batch.rejected,
            cost=batch.cost,
        )
        return Outcome(result, batch.cost)
