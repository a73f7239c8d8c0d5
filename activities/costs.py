"""What calls cost, as messages carry it: after them, and the most that they should come to before them."""

from shared.domain.messages import Cost
from shared.domain.requests import SeedRequest
from shared.domain.review_tokens import Review, estimate_review_usage, limit_review_usage
from shared.domain.themes import Theme
from shared.domain.tokens import count_tokens, estimate_text_usage, limit_text_usage
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


def limit_text_cost(
    prices: PriceList,
    deployment: str,
    ask: TextRequest[AnswerT],
    *,
    theme: Theme,
    entries: int,
) -> Cost:
    """Return the most that a text call for so many categories or drafts should come to."""
    return price_text(prices, deployment, limit_text_usage(ask, theme=theme, entries=entries))


def limit_review_cost(prices: PriceList, deployment: str, ask: TextRequest[Review]) -> Cost:
    """Return the most that an evaluation or a rewrite should come to."""
    return price_text(prices, deployment, limit_review_usage(ask))


def limit_image_cost(prices: PriceList, deployment: str, request: SeedRequest, prompt: str) -> Cost:
    """Return the most that an image call should come to; a prompt that the rules never saw can be a long one."""
    listed = prices.estimate_image_usage(deployment, request.image_size, request.image_quality)
    prompt_tokens = max(listed.input_tokens, count_tokens(len(prompt)))
    return price_image(prices, deployment, Usage(prompt_tokens, listed.output_tokens))


def price_failed_text(
    prices: PriceList,
    deployment: str,
    error: ModelError,
    ask: TextRequest[AnswerT],
    *,
    theme: Theme,
    entries: int,
) -> Cost:
    """Return what a failed text call cost: one whose answer was lost counts as if it had been billed.

    Args:
        prices: what calls cost.
        deployment: what was called.
        error: how it failed.
        ask: what was asked.
        theme: what the catalog is about.
        entries: how many categories or drafts the lost answer would have held.
    """
    return _price_failure(prices, deployment, error, estimate_text_usage(ask, theme=theme, entries=entries))


def price_failed_review(prices: PriceList, deployment: str, error: ModelError, ask: TextRequest[Review]) -> Cost:
    """Return what a failed evaluation or rewrite cost: one whose answer was lost counts as if it had been billed."""
    return _price_failure(prices, deployment, error, estimate_review_usage(ask))


def price_failed_image(
    prices: PriceList, deployment: str, error: ModelError, request: SeedRequest, prompt: str
) -> Cost:
    """Return what a failed image call cost: one whose answer was lost counts as if its prompt had been billed."""
    if error.usage is not None:
        return price_image(prices, deployment, error.usage)
    if error.reason is Reason.TIMEOUT_AMBIGUOUS:
        listed = prices.estimate_image_usage(deployment, request.image_size, request.image_quality)
        return price_image(prices, deployment, Usage(count_tokens(len(prompt)), listed.output_tokens))
    return Cost()


def _price_failure(prices: PriceList, deployment: str, error: ModelError, lost: Usage) -> Cost:
    """Return what a failed text call cost; ``lost`` is what its answer typically takes, if nobody tells."""
    if error.usage is not None:
        return price_text(prices, deployment, error.usage)
    return price_text(prices, deployment, lost) if error.reason is Reason.TIMEOUT_AMBIGUOUS else Cost()
