"""What calls cost, as messages carry it."""

from typing import Any

from shared.domain.messages import Cost
from shared.domain.requests import SeedRequest
from shared.ports import ModelError, TextRequest, Usage
from shared.prices import cost_of_image, cost_of_text, estimate_image_usage
from shared.reasons import Reason

NANO = 10**9

CHARACTERS_A_TOKEN = 4
"""OpenAI's rule of thumb for English text."""

OUTPUT_TOKENS_A_DRAFT = 130
"""An item of 500 characters as JSON; only used where an answer was lost."""


def price_text(model: str, usage: Usage) -> Cost:
    """Return the cost of a text call by its usage."""
    return Cost(
        text_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=int(cost_of_text(model, usage) * NANO),
    )


def price_image(model: str, usage: Usage) -> Cost:
    """Return the cost of an image call by its usage."""
    return Cost(
        image_calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        nano_usd=int(cost_of_image(model, usage) * NANO),
    )


def price_failed_text(deployment: str, error: ModelError, request: TextRequest[Any], *, asked: int) -> Cost:
    """Return what a failed text call cost: one whose answer was lost counts as if it had been billed.

    Args:
        deployment: what was called.
        error: how it failed.
        request: what was asked.
        asked: how many items or categories the lost answer would have held.
    """
    if error.usage is not None:
        return price_text(deployment, error.usage)
    if error.reason is Reason.TIMEOUT_AMBIGUOUS:
        characters = len(request.instructions) + len(request.task)
        usage = Usage(characters // CHARACTERS_A_TOKEN, asked * OUTPUT_TOKENS_A_DRAFT)
        return price_text(deployment, usage)
    return Cost()


def price_failed_image(deployment: str, error: ModelError, request: SeedRequest) -> Cost:
    """Return what a failed image call cost: one whose answer was lost counts as if it had been billed."""
    if error.usage is not None:
        return price_image(deployment, error.usage)
    if error.reason is Reason.TIMEOUT_AMBIGUOUS:
        return price_image(deployment, estimate_image_usage(deployment, request.image_size, request.image_quality))
    return Cost()
