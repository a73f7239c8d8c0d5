"""The cost of a call, as messages hold it: its maximum before the call, and its actual cost after it."""

from dataclasses import dataclass
from decimal import Decimal

from shared.catalog.theme import Theme
from shared.errors import ModelError
from shared.messages.base import NANO_PER_USD, Cost
from shared.models.evaluation_tokens import EvaluationAnswerT, bound_evaluation_usage, estimate_evaluation_usage
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, Question
from shared.models.tokens import add_reasoning_headroom, bound_text_usage, estimate_text_usage, estimate_tokens
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.runs.request import SeedRequest

NORMAL_FACTOR = Decimal(1)
"""Of the price of a call that no provider's batch makes."""


def price_text(prices: PriceList, model: str, usage: Usage, factor: Decimal = NORMAL_FACTOR) -> Cost:
    """Return the cost of a text call by its usage; ``factor`` is that of a provider's batch."""
    usd = prices.calculate_text_cost(model, usage)
    nano_usd = int(usd * factor * NANO_PER_USD)
    return Cost(
        text_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=nano_usd,
        saved_nano_usd=int(usd * NANO_PER_USD) - nano_usd,
    )


def price_image(prices: PriceList, model: str, usage: Usage, factor: Decimal = NORMAL_FACTOR) -> Cost:
    """Return the cost of an image call by its usage; ``factor`` is that of a provider's batch."""
    usd = prices.calculate_image_cost(model, usage)
    nano_usd = int(usd * factor * NANO_PER_USD)
    return Cost(
        image_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=nano_usd,
        saved_nano_usd=int(usd * NANO_PER_USD) - nano_usd,
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """The possible cost of one call.

    Attributes:
        prices: the price list.
        deployment: the deployment that is called; it determines the price unless the answer names its model.
        is_image: whether an image is generated.
        typical_usage: counts if the provider does not report the usage, or if the answer was lost.
        max_usage: is reserved in the budget; the output of a text call is also the output limit of its request.
        factor: of the price in a provider's batch.
    """

    prices: PriceList
    deployment: str
    is_image: bool
    typical_usage: Usage
    max_usage: Usage
    factor: Decimal = NORMAL_FACTOR

    @property
    def limit(self) -> Cost:
        """The maximum cost of the call."""
        return self.price(self.deployment, self.max_usage)

    @property
    def estimate(self) -> Cost:
        """The cost that counts if nothing else is known."""
        return self.price(self.deployment, self.typical_usage)

    def price(self, model: str, usage: Usage | None) -> Cost:
        """Return the cost of a call that was answered, by its usage or, if it is not reported, by the typical usage."""
        usage = self.typical_usage if usage is None else usage
        if self.is_image:
            return price_image(self.prices, model, usage, self.factor)
        return price_text(self.prices, model, usage, self.factor)

    def price_failure(self, error: ModelError) -> Cost:
        """Return the cost of a failed call. Every answer is billed, and an answer that was lost may be billed too."""
        if error.usage is not None:
            return self.price(self.deployment, error.usage)
        if error.reason is Reason.INCOMPLETE_ANSWER:
            return self.limit
        return self.estimate if error.answered or error.reason is Reason.TIMEOUT_AMBIGUOUS else Cost()


def quote_text(
    prices: PriceList,
    deployment: str,
    question: Question[AnswerT],
    *,
    theme: Theme,
    entries: int,
    is_batched: bool = False,
) -> Quote:
    """Return the possible cost of a text call for a number of categories, drafts or prompts.

    Args:
        prices: the price list.
        deployment: the text model.
        question: what is asked.
        theme: of the run.
        entries: number of categories, drafts or prompts.
        is_batched: a provider's batch makes the call.
    """
    factor = prices.find_text_batch_factor(deployment) if is_batched else None
    typical_usage = estimate_text_usage(question, theme=theme, entries=entries)
    max_usage = add_reasoning_headroom(bound_text_usage(question, theme=theme, entries=entries))
    return Quote(
        prices,
        deployment,
        is_image=False,
        typical_usage=typical_usage,
        max_usage=max_usage,
        factor=NORMAL_FACTOR if factor is None else factor,
    )


def quote_refinement_call(prices: PriceList, deployment: str, question: Question[EvaluationAnswerT]) -> Quote:
    """Return the possible cost of an evaluation or a rewrite."""
    max_usage = add_reasoning_headroom(bound_evaluation_usage(question))
    return Quote(
        prices, deployment, is_image=False, typical_usage=estimate_evaluation_usage(question), max_usage=max_usage
    )


def quote_image(
    prices: PriceList,
    deployment: str,
    request: SeedRequest,
    prompt: str,
    *,
    size: str | None = None,
    reference_tokens: int = 0,
    is_batched: bool = False,
) -> Quote:
    """Return the possible cost of an image call; the prompt of an input may be longer than the rules allow.

    Args:
        prices: the price list.
        deployment: the image model.
        request: of the run.
        prompt: of the image.
        size: that is billed; None = the one of the request.
        reference_tokens: input tokens of the style references.
        is_batched: a provider's batch makes the call.
    """
    factor = prices.find_batch_factor(deployment) if is_batched else None
    listed = prices.estimate_image_usage(deployment, size or request.image_size, request.image_quality)
    prompt_tokens = estimate_tokens(len(prompt))
    return Quote(
        prices,
        deployment,
        is_image=True,
        typical_usage=Usage(prompt_tokens + reference_tokens, listed.output_tokens, reference_tokens),
        max_usage=Usage(
            max(listed.input_tokens, prompt_tokens) + reference_tokens, listed.output_tokens, reference_tokens
        ),
        factor=NORMAL_FACTOR if factor is None else factor,
    )
