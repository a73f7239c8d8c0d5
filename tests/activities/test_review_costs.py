"""What evaluations and rewrites cost: after them, at most, and where nobody tells."""

from typing import Any

import pytest

from activities.costs import limit_review_cost, price_failed_review, price_text
from shared.domain.messages import Cost
from shared.domain.review_prompts import ask_for_evaluation, ask_for_rewrite
from shared.domain.review_tokens import estimate_review_usage, limit_review_usage
from shared.domain.themes import Theme
from shared.ports import ModelError, TextRequest, Usage
from shared.prices import load_prices
from shared.reasons import Reason
from tests.support.shown_pictures import JPEG

PRICES, MODEL = load_prices(), "gpt-5-mini"
REVIEWS = [
    ask_for_evaluation("a red boat", JPEG, iteration=1),
    ask_for_rewrite("a red boat", evaluation=None, theme=Theme(), because_refused=True, round=1, rewrite=1, limit=230),
]
every_review = pytest.mark.parametrize("ask", REVIEWS, ids=lambda ask: ask.schema_name)


@every_review
def test_its_limit_is_a_text_call_of_the_model_that_is_asked(ask: TextRequest[Any]) -> None:
    limit = limit_review_cost(PRICES, MODEL, ask)
    assert limit == price_text(PRICES, MODEL, limit_review_usage(ask))
    assert limit.text_calls == 1
    assert limit.nano_usd > price_text(PRICES, MODEL, estimate_review_usage(ask)).nano_usd > 0


@every_review
def test_one_whose_answer_was_lost_counts_as_a_typical_one(ask: TextRequest[Any]) -> None:
    lost = ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer")
    assert price_failed_review(PRICES, MODEL, lost, ask) == price_text(PRICES, MODEL, estimate_review_usage(ask))


@every_review
def test_one_that_failed_costs_what_the_service_tells_and_else_nothing(ask: TextRequest[Any]) -> None:
    usage = Usage(900, 30)
    told = ModelError(Reason.REFUSAL, "refused", usage=usage)
    assert price_failed_review(PRICES, MODEL, told, ask) == price_text(PRICES, MODEL, usage)
    assert price_failed_review(PRICES, MODEL, ModelError(Reason.RATE_LIMITED, "later"), ask) == Cost()
