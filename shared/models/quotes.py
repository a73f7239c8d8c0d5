"""What calls cost, as messages carry it: the maximum before a call, and what is counted after it."""

from dataclasses import dataclass

from shared.catalog.theme import Theme
from shared.errors import ModelError
from shared.messages.base import Cost
from shared.models.evaluation_tokens import EvaluationAnswerT, bound_evaluation_usage, estimate_evaluation_usage
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, Question, Usage
from shared.models.tokens import add_reasoning_headroom, bound_text_usage, estimate_text_usage, estimate_tokens
from shared.reasons import Reason
from shared.runs.request import SeedRequest

NANO_PER_USD = 10**9


def price_text(prices: PriceList, model: str, usage: Usage) -> Cost:
    """Return the cost of a text call by its usage."""
    return Cost(
        text_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=int(prices.calculate_text_cost(model, usage) * NANO_PER_USD),
    )


def price_image(prices: PriceList, model: str, usage: Usage) -> Cost:
    """Return the cost of an image call by its usage."""
    return Cost(
        image_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=int(prices.calculate_image_cost(model, usage) * NANO_PER_USD),
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """What one call may cost.

    Attributes:
        prices: the price list.
        deployment: what is called; prices are looked up by it unless an answer names its model.
        is_image: the call is for an image.
        typical_usage: counted where the service does not report the usage, or its answer was lost.
        max_usage: what a budget reserves; of a text call, its output is also the limit that is sent with it.
    """

    prices: PriceList
    deployment: str
    is_image: bool
    typical_usage: Usage
    max_usage: Usage

    @property
    def limit(self) -> Cost:
        """The maximum cost of the call."""
        return self.price(self.deployment, self.max_usage)

    @property
    def estimate(self) -> Cost:
        """What the call is counted as where nothing else is known."""
        return self.price(self.deployment, self.typical_usage)

    def price(self, model: str, usage: Usage | None) -> Cost:
        """Return the cost of a call that was answered, by its usage or, without one, as it typically is."""
        price = price_image if self.is_image else price_text
        return price(self.prices, model, self.typical_usage if usage is None else usage)

    def price_failure(self, error: ModelError) -> Cost:
        """Return the cost of a failed call: every answer is billed, and so may be one that was lost on its way."""
        if error.usage is not None:
            return self.price(self.deployment, error.usage)
        if error.reason is Reason.INCOMPLETE_ANSWER:
            return self.limit
        return self.estimate if error.answered or error.reason is Reason.TIMEOUT_AMBIGUOUS else Cost()


def quote_text(
    prices: PriceList, deployment: str, model_request: Question[AnswerT], *, theme: Theme, entries: int
) -> Quote:
    """Return what a text call for so many categories, drafts or prompts may cost."""
    typical_usage = estimate_text_usage(model_request, theme=theme, entries=entries)
    max_usage = add_reasoning_headroom(bound_text_usage(model_request, theme=theme, entries=entries))
    return Quote(prices, deployment, is_image=False, typical_usage=typical_usage, max_usage=max_usage)


def quote_refinement_call(prices: PriceList, deployment: str, model_request: Question[EvaluationAnswerT]) -> Quote:
    """Return what an evaluation or a rewrite may cost."""
    max_usage = add_reasoning_headroom(bound_evaluation_usage(model_request))
    return Quote(
        prices, deployment, is_image=False, typical_usage=estimate_evaluation_usage(model_request), max_usage=max_usage
    )


def quote_image(prices: PriceList, deployment: str, request: SeedRequest, prompt: str) -> Quote:
    """Return what an image call may cost; a prompt that the rules never saw can be a long one."""
    listed = prices.estimate_image_usage(deployment, request.image_size, request.image_quality)
    prompt_tokens = estimate_tokens(len(prompt))
    return Quote(
        prices,
        deployment,
        is_image=True,
        typical_usage=Usage(prompt_tokens, listed.output_tokens),
        max_usage=Usage(max(listed.input_tokens, prompt_tokens), listed.output_tokens),
    )
