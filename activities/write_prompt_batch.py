"""``write_prompt_batch`` and ``use_template_prompts``: one text call writes the image prompts for a batch of rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import azure.durable_functions as df

from shared.catalog.items import PromptDraft, SourceItem
from shared.catalog.prompt_files import BatchPrompts, read_prompts_with_etag, write_prompts_file
from shared.catalog.written_prompts import find_items_without_prompt
from shared.errors import StoreUnavailableError
from shared.limits.budget_reservation import BudgetReservation, open_budget_reservation
from shared.messages.base import Cost
from shared.messages.run import ActivityResult
from shared.messages.text import TextCall, TextResult, UseTemplatePromptsInput
from shared.models.call_failures import catch_failures
from shared.models.prompts.image_prompt_requests import (
    WrittenPrompt,
    digest_item,
    make_prompts_request,
    validate_prompts,
)
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
async def write_prompt_batch(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)
    services.root_states.set_client_binding(durable_client)

    async def work() -> dict[str, Any]:
        return (
            await catch_failures(services, call.run_id, TextResult, lambda: run_write_prompt_batch(services, call))
        ).to_json()

    return await services.deliveries.run_once(f"{call.run_id}/prompts/{call.batch}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def use_template_prompts(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``UseTemplatePromptsInput`` in, ``ActivityResult`` out; use the template's prompts for a batch."""
    services, fallback = get_services(), UseTemplatePromptsInput.from_json(payload)
    work = catch_failures(
        services, fallback.run_id, ActivityResult, lambda: run_use_template_prompts(services, fallback)
    )
    return (await work).to_json()


@dataclass(frozen=True, slots=True)
class _BatchPromptState:
    """What a batch has of prompts.

    Attributes:
        prompts: what was written, in this run or before; None = nothing.
        etag: of that file; None = there is none.
        lacking: the items that still need a prompt, in the batch's order.
    """

    prompts: BatchPrompts | None
    etag: str | None
    lacking: list[SourceItem]

    def pick(self, call: TextCall) -> list[SourceItem]:
        """Return the items to ask for in one call: all that lack a prompt, or a part of the batch."""
        whole = len(self.lacking) + (0 if self.prompts is None else len(self.prompts.prompts))
        return self.lacking[: call.reduce(whole)]

    def is_written_by(self, call: TextCall | UseTemplatePromptsInput) -> bool:
        """Tell whether the run has written here in this leg: then what that cost is the call's."""
        return self.prompts is not None and (self.prompts.run_id, self.prompts.resume_count) == (
            call.run_id,
            call.resume_count,
        )


@dataclass(frozen=True, slots=True)
class _BilledPrompts:
    """An answer that was paid: what it was asked for, its prompts, and what it cost."""

    items: list[SourceItem]
    drafts: list[PromptDraft]
    cost: Cost


async def run_write_prompt_batch(services: Services, call: TextCall) -> TextResult:
    """Write the prompts that a batch lacks, or find that they were written: the stored file is their record.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, call.run_id)
    allowance = open_budget_reservation(services, call.run_id, request, f"prompts/{call.batch}")
    standing = await _read_state(services, call)
    paid: Cost | None = None
    if standing.lacking:
        key = f"{call.run_id}/{allowance.subject}"
        outcome = services.pending_writes.take(key, _BilledPrompts) or await _call_model(
            services, call, standing.pick(call), allowance
        )
        if isinstance(outcome, TextResult):
            return outcome
        paid = outcome.cost
        written = validate_prompts(outcome.drafts, outcome.items, request)
        try:
            await _record_rejections(services, call, outcome.items, written)
            standing = await _store(services, call, standing, written, outcome.cost)
        except StoreUnavailableError:
            services.pending_writes.add(key, outcome)
            raise
        await send_heartbeat(
            services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True
        )
    result = _make_result(standing, call)
    if paid is not None:  # a part of the batch: what earlier parts cost was reported with them
        result = replace(result, cost=paid)
    await allowance.settle(result.cost)
    return result


async def run_use_template_prompts(services: Services, fallback: UseTemplatePromptsInput) -> ActivityResult:
    """Record that the template's prompts are used for what a batch lacks.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    standing = await _read_state(services, fallback)
    failure = fallback.failure
    remaining = {
        item.product_id: WrittenPrompt(digest_item(item), reason=failure.reason, message=failure.message)
        for item in standing.lacking
    }
    if remaining:
        await _record_rejections(services, fallback, standing.lacking, remaining)
        await _store(services, fallback, standing, remaining, Cost())
    return ActivityResult()


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


async def _read_state(services: Services, call: TextCall | UseTemplatePromptsInput) -> _BatchPromptState:
    prompts, etag = await read_prompts_with_etag(services.store, call.catalog, call.batch)
    batch = await services.caches.read_batch(services.store, call.catalog, call.run_id, call.batch)
    if batch is None:  # it was put aside as damaged
        return _BatchPromptState(prompts, etag, [])
    lacking = await find_items_without_prompt(services, call.run_id, call.resume_count, batch, prompts)
    return _BatchPromptState(prompts, etag, lacking)


async def _call_model(
    services: Services, call: TextCall, items: list[SourceItem], allowance: BudgetReservation
) -> _BilledPrompts | TextResult:
    """Buy prompts for some items if the run may pay now; the result where that came to nothing."""
    store = services.store
    standing = await check_text_call(services, call)
    if isinstance(standing, TextResult):
        return standing
    request = await services.caches.read_request(store, call.run_id)
    model_request = make_prompts_request(request, items, batch=call.batch, attempt=call.attempt, stricter=call.stricter)
    outcome = await make_text_call(
        services,
        call,
        model_request,
        subject=allowance.subject,
        theme=request.theme,
        entries=len(items),
        allowance=allowance,
        standing=standing,
    )
    if isinstance(outcome, TextResult):
        return outcome
    return _BilledPrompts(items, outcome.value.prompts, outcome.cost)


async def _store(
    services: Services,
    call: TextCall | UseTemplatePromptsInput,
    standing: _BatchPromptState,
    written: Mapping[str, WrittenPrompt],
    cost: Cost,
) -> _BatchPromptState:
    """Add what was written to what the batch has, unless another delivery did so meanwhile; returns what it has then.

    Raises:
        DamagedFileError: the file cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    while any(item.product_id in written for item in standing.lacking):
        has = standing.prompts or BatchPrompts(call.run_id, call.resume_count)
        # What another run could not use is none of this run's doing.
        kept = {name: prompt for name, prompt in has.prompts.items() if has.run_id == call.run_id or prompt.prompt}
        prompts = BatchPrompts(call.run_id, call.resume_count, {**kept, **written}, cost)
        await write_prompts_file(services.store, call.catalog, call.batch, prompts, etag=standing.etag)
        standing = await _read_state(services, call)
    return standing


def _make_result(standing: _BatchPromptState, call: TextCall) -> TextResult:
    """Return the result that stored prompts stand for; those of another run, or leg, cost this one nothing.

    Of a batch that was written in parts, the cost is that of the last one, which is what a repeated call finds.
    """
    prompts = standing.prompts
    if prompts is None or not standing.is_written_by(call):
        return TextResult()
    usable = sum(written.prompt is not None for written in prompts.prompts.values())
    return TextResult(
        accepted=usable, total=usable, asked=len(prompts.prompts), cost=prompts.cost, remaining=len(standing.lacking)
    )
