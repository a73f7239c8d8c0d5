"""One text call for categories, items or prompts: asked within the budget, counted, recorded whatever comes of it."""

from dataclasses import dataclass
from typing import Generic

from activities.allowance import Allowance
from activities.costs import limit_text_cost, price_failed_text, price_text
from activities.failures import handle_model_error
from activities.paid_calls import PaidCall
from shared.domain.messages import Cost, TextCall, TextResult
from shared.domain.themes import Theme
from shared.ports import AnswerT, ModelError, TextRequest
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
    asked: int,
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
        asked: how many the activity was to bring in all, for the result.
        allowance: what of the budget it takes.
        standing: that the run may pay.

    Raises:
        DamagedFileError: the ledger cannot be read.
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    model = services.model  # before money is set aside: without a model nothing is called
    prices, deployment = services.settings.prices, services.settings.model.text_deployment
    over_budget = await allowance.reserve(limit_text_cost(prices, deployment, ask, theme=theme, entries=entries))
    if over_budget is not None:
        return TextResult(asked=asked, failure=over_budget)
    paid = PaidCall.for_text(call, subject, deployment)
    try:
        answer = await paid.wait(model.answer(ask))
    except ModelError as error:
        cost = price_failed_text(prices, deployment, error, ask, theme=theme, entries=entries)
        await paid.record_failure(services, error, cost)
        failure = await handle_model_error(services.store, call.run_id, error)
        await allowance.settle(cost)
        return TextResult(asked=asked, cost=cost, failure=failure, last_success_at=standing.last_success_at)
    cost = price_text(prices, answer.model, answer.usage)
    await paid.record_answer(services, answer, cost)
    return PaidText(answer.value, cost)
