"""What calls cost, as messages carry it."""

from shared.domain.messages import Cost
from shared.domain.requests import SeedRequest
from shared.ports import ModelError, Usage
from shared.prices import cost_of_image, cost_of_text, estimate_image_usage
from shared.reasons import Reason

NANO = 10**9


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


def price_failed_text(deployment: str, error: ModelError) -> Cost:
    """Return what a failed text call cost: its usage if the answer told one, a bare call if it may have been billed."""
    if error.usage is not None:
        return price_text(deployment, error.usage)
    return Cost(text_calls=1) if error.reason is Reason.TIMEOUT_AMBIGUOUS else Cost()


def price_failed_image(deployment: str, error: ModelError, request: SeedRequest) -> Cost:
    """Return what a failed image call cost: one whose answer was lost counts as if it had been billed."""
    if error.usage is not None:
        return price_image(deployment, error.usage)
    if error.reason is Reason.TIMEOUT_AMBIGUOUS:
        return price_image(deployment, estimate_image_usage(deployment, request.image_size, request.image_quality))
    return Cost()
