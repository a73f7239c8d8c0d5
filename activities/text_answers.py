"""One text call for categories, items or prompts: asked within the budget, counted, recorded whatever comes of it."""

from dataclasses import dataclass, replace
from typing import Generic

from activities.allowance import Allowance
from activities.billed_calls import FailedCall, make_billed_call
from activities.costs import quote_text
from activities.paid_calls import PaidCall
from shared.domain.messages import Cost, TextCall, TextResult
from shared.domain.themes import Theme
from shared.ports import AnswerT, TextRequest
from shared.records.standing import Standing
from shared.wiring import Services


@dataclass(frozen=True, slots=True)
class PaidText(Generic[AnswerT]):
    """What was answered, and what it cost."""

    value: AnswerT
    cost: Cost


async def buy_text(
    services: Services,
    call: TextCall,
    ask: TextRequest[AnswerT],
    *,
    subject: str,
    theme: Theme,
    entries: int,
    allowance: Allowance,
    standing: Standing,
) -> PaidText[AnswerT] | TextResult:
    """Buy an answer; the result where that came to nothing.

    Args:
        services: what activities work with.
        call: who asks.
        ask: the question.
        subject: what the answer is for, see ``CallRecord``.
        theme: what the catalog is about: the size of an answer follows from it.
        entries: how many entries the answer should have.
        allowance: what of the budget it takes.
        standing: that the run may pay.

    Raises:
        DamagedFileError: the ledger cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    model = services.model  # before money is set aside: without a model nothing is called
    deployment = services.settings.model.text_deployment
    quote = quote_text(services.settings.prices, deployment, ask, theme=theme, entries=entries)
    limited = replace(ask, max_entries=entries, max_output_tokens=quote.most.output_tokens)
    paid = PaidCall.for_text(call, subject, deployment)
    bought = await make_billed_call(services, paid, quote, allowance, lambda: model.answer(limited))
    if isinstance(bought, FailedCall):
        last_success_at = None if bought.error is None else standing.last_success_at
        return TextResult(asked=entries, cost=bought.cost, failure=bought.failure, last_success_at=last_success_at)
    await paid.record_answer(services, bought.answer, bought.cost)
    return PaidText(bought.answer.value, bought.cost)
