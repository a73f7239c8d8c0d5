"""Cost of evaluations and rewrites: actual, at most, and without reported usage."""

from typing import Any

import pytest

from shared.catalog.theme import Theme
from shared.errors import ModelError
from shared.messages.base import Cost
from shared.models.evaluation_tokens import bound_evaluation_usage, estimate_evaluation_usage
from shared.models.price_files import load_prices
from shared.models.prompts.evaluation_requests import build_evaluation_request, build_rewrite_request
from shared.models.protocol import Question
from shared.models.quotes import price_text, quote_refinement_call
from shared.models.usage import Usage
from shared.reasons import Reason
from tests.support.input_images import JPEG

PRICES, MODEL = load_prices(), "gpt-5-mini"
REVIEWS = [
    build_evaluation_request("a red boat", JPEG, iteration=1),
    build_rewrite_request(
        "a red boat", evaluation=None, theme=Theme(), because_refused=True, round=1, rewrite=1, limit=230
    ),
]
every_review = pytest.mark.parametrize("ask", REVIEWS, ids=lambda ask: ask.schema_name)


@every_review
def test_its_limit_has_head_room_for_thoughts(ask: Question[Any]) -> None:
    quote = quote_refinement_call(PRICES, MODEL, ask)
    assert quote.limit.text_calls == 1
    assert quote.limit.nano_usd > price_text(PRICES, MODEL, bound_evaluation_usage(ask)).nano_usd
    assert quote.estimate == price_text(PRICES, MODEL, estimate_evaluation_usage(ask))


@every_review
@pytest.mark.parametrize(
    "error",
    [
        ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer"),
        ModelError(Reason.MALFORMED_ANSWER, "half a JSON", answered=True),
        ModelError(Reason.CONTENT_POLICY, "filtered", answered=True),
    ],
    ids=lambda error: str(error.reason),
)
def test_an_answer_without_usage_and_a_lost_one_count_as_typical(ask: Question[Any], error: ModelError) -> None:
    quote = quote_refinement_call(PRICES, MODEL, ask)
    assert quote.price_failure(error) == quote.estimate


@every_review
def test_an_answer_that_was_cut_off_counts_as_its_limit_unless_its_usage_is_known(ask: Question[Any]) -> None:
    quote = quote_refinement_call(PRICES, MODEL, ask)
    assert quote.price_failure(ModelError(Reason.INCOMPLETE_ANSWER, "cut off", answered=True)) == quote.limit
    known = ModelError(Reason.INCOMPLETE_ANSWER, "cut off", usage=Usage(900, 30))
    assert quote.price_failure(known) == price_text(PRICES, MODEL, Usage(900, 30))


@every_review
def test_a_call_that_was_refused_costs_nothing(ask: Question[Any]) -> None:
    assert quote_refinement_call(PRICES, MODEL, ask).price_failure(ModelError(Reason.RATE_LIMITED, "later")) == Cost()
