"""One text call for categories, items or prompts: asked within the budget, counted, recorded whatever comes of it."""

from dataclasses import dataclass, replace
from typing import Generic

from shared.catalog.theme import Theme
from shared.limits.budget_reservation import BudgetReservation
from shared.messages.base import Cost
from shared.messages.text import TextCall, TextResult
from shared.models.billed_call import FailedCall, make_billed_call
from shared.models.call_recorder import CallRecorder
from shared.models.protocol import AnswerT, TextRequest
from shared.models.quotes import quote_text
from shared.runs.run_guard import RunGuard
from shared.services.container import Services


@dataclass(frozen=True, slots=True)
class BilledText(Generic[AnswerT]):
    """What was answered, and what it cost."""

    value: AnswerT
    cost: Cost


async def make_text_call(
    services: Services,
    call: TextCall,
    model_request: TextRequest[AnswerT],
    *,
    subject: str,
    theme: Theme,
    entries: int,
    allowance: BudgetReservation,
    standing: RunGuard,
) -> BilledText[AnswerT] | TextResult:
    """Buy an answer; the result where that came to nothing.

    Args:
        services: what activities work with.
        call: who asks.
        model_request: the question.
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
    quote = quote_text(services.settings.prices, deployment, model_request, theme=theme, entries=entries)
    limited = replace(model_request, max_entries=entries, max_output_tokens=quote.max_usage.output_tokens)
    recorder = CallRecorder.for_text(call, subject, deployment)
    outcome = await make_billed_call(services, recorder, quote, allowance, lambda: model.answer(limited))
    if isinstance(outcome, FailedCall):
        last_success_at = None if outcome.error is None else standing.last_success_at
        return TextResult(asked=entries, cost=outcome.cost, failure=outcome.failure, last_success_at=last_success_at)
    await recorder.record_answer(services, outcome.answer, outcome.cost)
    return BilledText(outcome.answer.value, outcome.cost)
