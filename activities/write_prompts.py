"""``write_prompts`` and ``give_up_prompts``: one text call writes the image prompts for a batch of rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import azure.durable_functions as df

from activities.allowance import Allowance, open_allowance
from activities.failures import tell_failures
from activities.item_prompts import find_lacking
from activities.root_checks import check_text_call
from activities.text_answers import buy_text
from shared.domain.items import PromptDraft, SourceItem
from shared.domain.messages import Cost, Done, TextCall, TextResult
from shared.domain.source_messages import GivenUpPrompts
from shared.domain.sources.writing import WrittenPrompt, ask_for_prompts, digest_item, judge_prompts
from shared.ports import StoreUnavailableError
from shared.records import run
from shared.records.claims import beat
from shared.records.prompts import BatchPrompts, read_prompts_to_change, store_prompts
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def write_prompts(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``TextCall`` in, ``TextResult`` out."""
    services, call = get_services(), TextCall.from_json(payload)
    services.roots.learn(engine)

    async def work() -> dict[str, Any]:
        return (
            await tell_failures(services, call.run_id, TextResult, lambda: run_write_prompts(services, call))
        ).to_json()

    return await services.deliveries.work_once(f"{call.run_id}/prompts/{call.batch}", payload, work)


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def give_up_prompts(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``GivenUpPrompts`` in, ``Done`` out; the batch's pictures are asked for with the template's prompts."""
    services, given_up = get_services(), GivenUpPrompts.from_json(payload)
    work = tell_failures(services, given_up.run_id, Done, lambda: run_give_up_prompts(services, given_up))
    return (await work).to_json()


@dataclass(frozen=True, slots=True)
class _Standing:
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

    def has_of(self, call: TextCall | GivenUpPrompts) -> bool:
        """Tell whether the run has written here in this leg: then what that cost is the call's."""
        return self.prompts is not None and (self.prompts.run_id, self.prompts.leg) == (call.run_id, call.leg)


@dataclass(frozen=True, slots=True)
class _PaidPrompts:
    """An answer that was paid: what it was asked for, its prompts, and what it cost."""

    items: list[SourceItem]
    drafts: list[PromptDraft]
    cost: Cost


async def run_write_prompts(services: Services, call: TextCall) -> TextResult:
    """Write the prompts that a batch lacks, or find that they were written: the stored file is their record.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    request = await services.caches.read_request(services.store, call.run_id)
    allowance = open_allowance(services, call.run_id, request, f"prompts/{call.batch}")
    standing = await _look_at(services, call)
    paid: Cost | None = None
    if standing.lacking:
        key = f"{call.run_id}/{allowance.subject}"
        bought = services.unstored.take(key, _PaidPrompts) or await _buy(services, call, standing.pick(call), allowance)
        if isinstance(bought, TextResult):
            return bought
        paid = bought.cost
        written = judge_prompts(bought.drafts, bought.items, request)
        try:
            await _record_rejections(services, call, bought.items, written)
            standing = await _store(services, call, standing, written, bought.cost)
        except StoreUnavailableError:
            services.unstored.keep(key, bought)
            raise
        await beat(services.store, call.catalog, run_id=call.run_id, host_id=services.settings.host_id, succeeded=True)
    result = _tell(standing, call)
    if paid is not None:  # a part of the batch: what earlier parts cost was reported with them
        result = replace(result, cost=paid)
    await allowance.settle(result.cost)
    return result


async def run_give_up_prompts(services: Services, given_up: GivenUpPrompts) -> Done:
    """Record that the template's prompts are used for what a batch lacks.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    standing = await _look_at(services, given_up)
    failure = given_up.failure
    left = {
        item.product_id: WrittenPrompt(digest_item(item), reason=failure.reason, message=failure.message)
        for item in standing.lacking
    }
    if left:
        await _record_rejections(services, given_up, standing.lacking, left)
        await _store(services, given_up, standing, left, Cost())
    return Done()


async def _record_rejections(
    services: Services,
    call: TextCall | GivenUpPrompts,
    items: list[SourceItem],
    written: Mapping[str, WrittenPrompt],
) -> None:
    """Record why the prompts of some items are not used; a repeated activity writes the same file again."""
    rows = [
        prompt.describe_rejection(item) | {"batch": call.batch}
        for item in items
        if (prompt := written[item.product_id]).prompt is None
    ]
    await run.write_rejected_rows(services.store, call.run_id, f"prompts.{call.leg}/{call.batch}", rows)


async def _look_at(services: Services, call: TextCall | GivenUpPrompts) -> _Standing:
    prompts, etag = await read_prompts_to_change(services.store, call.catalog, call.batch)
    batch = await services.caches.read_batch(services.store, call.catalog, call.run_id, call.batch)
    if batch is None:  # it was put aside as damaged
        return _Standing(prompts, etag, [])
    lacking = await find_lacking(services, call.run_id, call.leg, batch, prompts)
    return _Standing(prompts, etag, lacking)


async def _buy(
    services: Services, call: TextCall, items: list[SourceItem], allowance: Allowance
) -> _PaidPrompts | TextResult:
    """Buy prompts for some items if the run may pay now; the result where that came to nothing."""
    store = services.store
    standing = await check_text_call(services, call)
    if isinstance(standing, TextResult):
        return standing
    request = await services.caches.read_request(store, call.run_id)
    ask = ask_for_prompts(request, items, batch=call.batch, attempt=call.attempt, stricter=call.stricter)
    bought = await buy_text(
        services,
        call,
        ask,
        subject=allowance.subject,
        theme=request.theme,
        entries=len(items),
        allowance=allowance,
        standing=standing,
    )
    if isinstance(bought, TextResult):
        return bought
    return _PaidPrompts(items, bought.value.prompts, bought.cost)


async def _store(
    services: Services,
    call: TextCall | GivenUpPrompts,
    standing: _Standing,
    written: Mapping[str, WrittenPrompt],
    cost: Cost,
) -> _Standing:
    """Add what was written to what the batch has, unless another delivery did so meanwhile; returns what it has then.

    Raises:
        DamagedFileError: the file cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    while any(item.product_id in written for item in standing.lacking):
        has = standing.prompts or BatchPrompts(call.run_id, call.leg)
        # What another run could not use is none of this run's doing.
        kept = {name: prompt for name, prompt in has.prompts.items() if has.run_id == call.run_id or prompt.prompt}
        prompts = BatchPrompts(call.run_id, call.leg, {**kept, **written}, cost)
        await store_prompts(services.store, call.catalog, call.batch, prompts, etag=standing.etag)
        standing = await _look_at(services, call)
    return standing


def _tell(standing: _Standing, call: TextCall) -> TextResult:
    """Return the result that stored prompts stand for; those of another run, or leg, cost this one nothing.

    Of a batch that was written in parts, the cost is that of the last one, which is what a repeated call finds.
    """
    prompts = standing.prompts
    if prompts is None or not standing.has_of(call):
        return TextResult()
    usable = sum(written.prompt is not None for written in prompts.prompts.values())
    return TextResult(
        accepted=usable, total=usable, asked=len(prompts.prompts), cost=prompts.cost, left=len(standing.lacking)
    )
