"""What calls cost, as messages carry it: the maximum before a call, and what is counted after it."""

from dataclasses import dataclass

from shared.domain.messages import Cost
from shared.domain.requests import SeedRequest
from shared.domain.review_tokens import Review, estimate_review_usage, limit_review_usage
from shared.domain.themes import Theme
from shared.domain.tokens import add_thinking, count_tokens, estimate_text_usage, limit_text_usage
from shared.ports import AnswerT, ModelError, TextRequest, Usage
from shared.prices import PriceList
from shared.reasons import Reason

NANO = 10**9


def price_text(prices: PriceList, model: str, usage: Usage) -> Cost:
    """Return the cost of a text call by its usage."""
    return Cost(
        text_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=int(prices.cost_of_text(model, usage) * NANO),
    )


def price_image(prices: PriceList, model: str, usage: Usage) -> Cost:
    """Return the cost of an image call by its usage."""
    return Cost(
        image_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=int(prices.cost_of_image(model, usage) * NANO),
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """What one call may cost.

    Attributes:
        prices: the price list.
        deployment: what is called; prices are looked up by it unless an answer names its model.
        is_image: the call is for an image.
        typical: counted where the service does not report the usage, or its answer was lost.
        most: what a budget reserves; of a text call, its output is also the limit that is sent with it.
    """

    prices: PriceList
    deployment: str
    is_image: bool
    typical: Usage
    most: Usage

    @property
    def limit(self) -> Cost:
        """The maximum cost of the call."""
        return self.price(self.deployment, self.most)

    @property
    def estimate(self) -> Cost:
        """What the call is counted as where nothing else is known."""
        return self.price(self.deployment, self.typical)

    def price(self, model: str, usage: Usage | None) -> Cost:
        """Return the cost of a call that was answered, by its usage or, without one, as it typically is."""
        price = price_image if self.is_image else price_text
        return price(self.prices, model, self.typical if usage is None else usage)

    def price_failure(self, error: ModelError) -> Cost:
        """Return the cost of a failed call: every answer is billed, and so may be one that was lost on its way."""
        if error.usage is not None:
            return self.price(self.deployment, error.usage)
        if error.reason is Reason.INCOMPLETE_ANSWER:
            return self.limit
        return self.estimate if error.answered or error.reason is Reason.TIMEOUT_AMBIGUOUS else Cost()


def quote_text(prices: PriceList, deployment: str, ask: TextRequest[AnswerT], *, theme: Theme, entries: int) -> Quote:
    """Return what a text call for so many categories, drafts or prompts may cost."""
    typical = estimate_text_usage(ask, theme=theme, entries=entries)
    most = add_thinking(limit_text_usage(ask, theme=theme, entries=entries))
    return Quote(prices, deployment, is_image=False, typical=typical, most=most)


def quote_review(prices: PriceList, deployment: str, ask: TextRequest[Review]) -> Quote:
    """Return what an evaluation or a rewrite may cost."""
    most = add_thinking(limit_review_usage(ask))
    return Quote(prices, deployment, is_image=False, typical=estimate_review_usage(ask), most=most)


def quote_image(prices: PriceList, deployment: str, request: SeedRequest, prompt: str) -> Quote:
    """Return what an image call may cost; a prompt that the rules never saw can be a long one."""
    listed = prices.estimate_image_usage(deployment, request.image_size, request.image_quality)
    prompt_tokens = count_tokens(len(prompt))
    return Quote(
        prices,
        deployment,
        is_image=True,
        typical=Usage(prompt_tokens, listed.output_tokens),
        most=Usage(max(listed.input_tokens, prompt_tokens), listed.output_tokens),
    )
