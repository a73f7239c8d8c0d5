"""Ask the text model for the image prompts of a batch of rows, or record that the template's prompts are used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.catalog.items import PromptDraft, PromptDraftBatch, SourceItem
from shared.catalog.prompt_files import BatchPrompts, read_prompts_with_etag, write_prompts_file
from shared.catalog.written_prompts import find_items_without_prompt
from shared.limits.budget_reservation import BudgetReservation
from shared.messages.base import Cost
from shared.messages.run import ActivityResult
from shared.messages.text import TextCall, TextResult, UseTemplatePromptsInput
from shared.models.batches import LineTerms
from shared.models.billed_task import BilledAnswer, Outcome, PreparedText, TextTask
from shared.models.prompts.image_prompt_requests import (
    WrittenPrompt,
    build_prompts_request,
    digest_item,
    validate_prompts,
)
from shared.models.quotes import quote_text
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.services.container import Services


@dataclass(frozen=True, slots=True)
class _PromptState:
    """The image prompts of a batch.

    Attributes:
        prompts: the prompts that were written, in this run or an earlier one; None = none.
        etag: of their file; None = there is no file.
        lacking: the items that still need a prompt, in the batch's order.
    """

    prompts: BatchPrompts | None
    etag: str | None
    lacking: list[SourceItem]

    def choose_items(self, call: TextCall) -> list[SourceItem]:
        """Return the items to ask for in one call: all that lack a prompt, or a part of the batch."""
        whole = len(self.lacking) + (0 if self.prompts is None else len(self.prompts.prompts))
        return self.lacking[: call.reduce(whole)]

    def make_result(self, call: TextCall) -> TextResult:
        """Return the result that stored prompts stand for. Prompts from before the last resume cost this call nothing.

        If a batch was written in parts, the cost is that of the last part, which is what a repeated call finds.
        """
        prompts = self.prompts
        if prompts is None or (prompts.run_id, prompts.resume_count) != (call.run_id, call.resume_count):
            return TextResult()
        usable = sum(written.prompt is not None for written in prompts.prompts.values())
        return TextResult(
            accepted=usable, total=usable, asked=len(prompts.prompts), cost=prompts.cost, remaining=len(self.lacking)
        )


@dataclass(frozen=True, slots=True)
class _AskedPrompts:
    """The prompts of an answer, and the items that it was asked for."""

    items: list[SourceItem]
    drafts: list[PromptDraft]


async def run_write_prompt_batch(services: Services, call: TextCall) -> TextResult:
    """Write the prompts that a batch lacks, or find that they were written: the stored file is their record.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, call.run_id)
    state = await _read_state(services, call)
    return await services.executor.run(_PromptTask(services, call, request, state))


async def make_batched_prompt_task(services: Services, call: TextCall, terms: LineTerms) -> TextTask[_AskedPrompts]:
    """Return the task of prompts that a provider's batch writes; its cost is settled with that of the batch.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, call.run_id)
    task = _PromptTask(services, call, request, await _read_state(services, call), terms)
    task.reservation = BudgetReservation(None, task.reservation.subject)
    return task


async def run_use_template_prompts(services: Services, fallback: UseTemplatePromptsInput) -> ActivityResult:
    """Record that the template's prompts are used for the items of a batch that lack one.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    state = await _read_state(services, fallback)
    failure = fallback.failure
    remaining = {
        item.product_id: WrittenPrompt(digest_item(item), reason=failure.reason, message=failure.message)
        for item in state.lacking
    }
    if remaining:
        await _record_rejections(services, fallback, state.lacking, remaining)
        await _add_prompts(services, fallback, state, remaining, Cost())
    return ActivityResult()


class _PromptTask(TextTask[_AskedPrompts]):
    def __init__(
        self,
        services: Services,
        call: TextCall,
        request: SeedRequest,
        state: _PromptState,
        terms: LineTerms | None = None,
    ) -> None:
        super().__init__(services, call, request, f"prompts/{call.batch}")
        self._state = state
        self._batch_terms = terms

    async def find_result(self) -> Outcome[TextResult] | None:
        if self._state.lacking:
            return None
        result = self._state.make_result(self.call)
        return Outcome(result, result.cost)

    async def prepare(self) -> PreparedText[PromptDraftBatch, _AskedPrompts]:
        call, request = self.call, self.request
        items = self._state.choose_items(call)
        question = build_prompts_request(request, items, batch=call.batch, attempt=call.attempt, stricter=call.stricter)
        settings, is_batched = self.services.settings, self._batch_terms is not None
        terms = self._batch_terms or LineTerms(settings.model.text_deployment, settings.prices)
        return PreparedText(
            question,
            quote_text(
                terms.prices,
                terms.deployment,
                question,
                theme=request.theme,
                entries=len(items),
                is_batched=is_batched,
            ),
            parse=lambda answer: _AskedPrompts(items, answer.prompts),
            max_entries=len(items),
        )

    async def store(self, answer: BilledAnswer[_AskedPrompts]) -> Outcome[TextResult]:
        services, call, asked = self.services, self.call, answer.value
        written = validate_prompts(asked.drafts, asked.items, self.request)
        await _record_rejections(services, call, asked.items, written)
        state = await _add_prompts(services, call, self._state, written, answer.cost)
        # The cost of earlier parts of the batch was reported with them.
        return Outcome(replace(state.make_result(call), cost=answer.cost), answer.cost)


async def _record_rejections(
    services: Services,
    call: TextCall | UseTemplatePromptsInput,
    items: list[SourceItem],
    written: Mapping[str, WrittenPrompt],
) -> None:
    """Record why the prompts of some items are not used; a repeated activity writes the same file again."""
    rows = [
        prompt.describe_rejection(item) | {"batch": call.batch}
        for item in items
        if (prompt := written[item.product_id]).prompt is None
    ]
    await run_files.write_rejected_rows(services.store, call.run_id, f"prompts.{call.resume_count}/{call.batch}", rows)


async def _read_state(services: Services, call: TextCall | UseTemplatePromptsInput) -> _PromptState:
    prompts, etag = await read_prompts_with_etag(services.store, call.catalog, call.batch)
    batch = await services.caches.read_batch(services.store, call.catalog, call.run_id, call.batch)
    if batch is None:  # it was moved away because it was damaged
        return _PromptState(prompts, etag, [])
    lacking = await find_items_without_prompt(services, call.run_id, call.resume_count, batch, prompts)
    return _PromptState(prompts, etag, lacking)


async def _add_prompts(
    services: Services,
    call: TextCall | UseTemplatePromptsInput,
    state: _PromptState,
    written: Mapping[str, WrittenPrompt],
    cost: Cost,
) -> _PromptState:
    """Add prompts to those of the batch, unless another delivery has done so in the meantime; return the new state."""
    while any(item.product_id in written for item in state.lacking):
        current = state.prompts or BatchPrompts(call.run_id, call.resume_count)
        # The rejections of another run do not count in this one.
        kept = {
            product_id: prompt
            for product_id, prompt in current.prompts.items()
            if current.run_id == call.run_id or prompt.prompt
        }
        prompts = BatchPrompts(call.run_id, call.resume_count, {**kept, **written}, cost, current.edited)
        await write_prompts_file(services.store, call.catalog, call.batch, prompts, etag=state.etag)
        state = await _read_state(services, call)
    return state
