"""What a call is billed: tokens and US dollars.

The only module that imports from `shared`: it uses the product's price list, so that a simulated run costs what the
product calculates for it. To use the simulator without the product, replace these functions.
"""

from dataclasses import dataclass
from decimal import Decimal

from shared.models.price_files import load_prices
from shared.models.usage import Usage

BATCH_PRICE_FACTOR = Decimal("0.5")
"""https://developers.openai.com/api/docs/guides/batch"""


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens that a call consumed."""

    input_tokens: int = 0
    output_tokens: int = 0
    image_input_tokens: int = 0


def price_text_call(model: str, usage: TokenUsage, *, is_batched: bool = False) -> Decimal:
    """Return the cost of a text call in US dollars; a line of a batch costs half."""
    cost = load_prices().calculate_text_cost(model, _convert(usage))
    return cost * BATCH_PRICE_FACTOR if is_batched else cost


def price_image_call(model: str, usage: TokenUsage, *, is_batched: bool = False) -> Decimal:
    """Return the cost of an image call in US dollars; a line of a batch costs half."""
    cost = load_prices().calculate_image_cost(model, _convert(usage))
    return cost * BATCH_PRICE_FACTOR if is_batched else cost


def count_image_tokens(model: str, size: str, quality: str) -> int:
    """Return the output tokens of one image; ``size`` is ``WIDTHxHEIGHT`` in pixels."""
    return load_prices().estimate_image_usage(model, size, quality).output_tokens


def _convert(usage: TokenUsage) -> Usage:
    return Usage(usage.input_tokens, usage.output_tokens, usage.image_input_tokens)
