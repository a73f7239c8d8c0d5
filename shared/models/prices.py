"""The cost of calls in US dollars, by dated list prices: ``prices.json``, which the setting ``PRICES`` may override.

The price of a model is that of the longest listed name that is equal to it or continued by a ``-``:
``gpt-image-2-2026-04-21`` costs what ``gpt-image-2`` costs, and ``gpt-5.9`` is not ``gpt-5``. A deployment can have any
name. A name that is not listed costs what the list's default model does; `is_priced` distinguishes them.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from shared.models.usage import Usage

DEFAULT_PROMPT_TOKENS = 65
"""The longest accepted image prompt, 260 characters, at OpenAI's rule of thumb of 4 characters a token."""

REFERENCE_SIZE = "1024x1024"
"""The size that every image model has output tokens for; sizes without their own are scaled from it by area."""

PriceT = TypeVar("PriceT")
_STORED = ConfigDict(alias_generator=to_camel, populate_by_name=True)
"""Prices are stored with the claim of a batch."""


@dataclass(frozen=True, slots=True)
class TextPrice:
    """The price of a text model.

    Attributes:
        input: US dollars per 1,000,000 tokens.
        output: US dollars per 1,000,000 tokens.
        batch_factor: by which the price of a line of the provider's batch differs; None = there are no batches.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STORED

    input: Decimal
    output: Decimal
    batch_factor: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ImagePrice:
    """The price of an image model: by tokens, by image, or both.

    Attributes:
        text_input: US dollars per 1,000,000 tokens.
        image_input: US dollars per 1,000,000 tokens of images that are sent along.
        image_output: US dollars per 1,000,000 tokens.
        output_tokens: the tokens of one image, by size and quality.
        per_image: US dollars per image of any size.
        grid_sides: by quality, the number from which `count_grid_tokens` calculates the tokens of any size.
        batch_factor: by which the price of a line of the provider's batch differs; None = there are no batches.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STORED

    text_input: Decimal
    image_input: Decimal
    image_output: Decimal
    output_tokens: Mapping[str, Mapping[str, int]]
    per_image: Decimal = Decimal(0)
    grid_sides: Mapping[str, int] = field(default_factory=dict)
    batch_factor: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """All prices by model name in lower case, and the default models whose prices unknown names have."""

    __pydantic_config__: ClassVar[ConfigDict] = _STORED

    text: Mapping[str, TextPrice]
    image: Mapping[str, ImagePrice]
    default_text: str
    default_image: str

    def is_priced(self, model: str) -> bool:
        """Return whether the list has a price for this name; otherwise it costs what the default model does."""
        return _find(self.text, model) is not None or _find(self.image, model) is not None

    def narrow(self, model: str) -> "PriceList":
        """Return the prices of one model alone; every other name costs the same."""
        name, text, image = model.casefold(), _find(self.text, model), _find(self.image, model)
        return PriceList(
            text={} if text is None else {name: text},
            image={} if image is None else {name: image},
            default_text=name,
            default_image=name,
        )

    def find_text_price(self, model: str) -> TextPrice:
        """Return the price of a text model; an unknown model costs what the default text model does."""
        return _find(self.text, model) or self.text[self.default_text]

    def find_image_price(self, model: str) -> ImagePrice:
        """Return the price of an image model; an unknown model costs what the default image model does."""
        return _find(self.image, model) or self.image[self.default_image]

    def find_batch_factor(self, model: str) -> Decimal | None:
        """Return the factor of an image model's price in batches; None = the model is unknown or has no batches."""
        price = _find(self.image, model)
        return None if price is None else price.batch_factor

    def find_text_batch_factor(self, model: str) -> Decimal | None:
        """Return the same of a text model."""
        price = _find(self.text, model)
        return None if price is None else price.batch_factor

    def calculate_text_cost(self, model: str, usage: Usage) -> Decimal:
        """Return the exact cost of a text call in US dollars."""
        price = self.find_text_price(model)
        return _per_million(usage.input_tokens * price.input + usage.output_tokens * price.output)

    def calculate_image_cost(self, model: str, usage: Usage, *, count: int = 1) -> Decimal:
        """Return the exact cost in US dollars of ``count`` image calls with this total usage."""
        price = self.find_image_price(model)
        text_tokens = usage.input_tokens - usage.image_input_tokens
        inputs = text_tokens * price.text_input + usage.image_input_tokens * price.image_input
        return _per_million(inputs + usage.output_tokens * price.image_output) + count * price.per_image

    def estimate_image_usage(self, model: str, size: str, quality: str) -> Usage:
        """Return the usage of one image before a call, or if its answer is lost.

        Args:
            model: the model's name, listed or not.
            size: ``WIDTHxHEIGHT`` in pixels. If the model has neither this size nor a rule, the tokens are scaled by
                area from 1024x1024.
            quality: low, medium or high, for some models also xhigh or max. Any other value, such as ``auto``, counts
                as the highest one, so that the budget is not exceeded.

        Raises:
            ValueError: ``size`` has another form.
        """
        price = self.find_image_price(model)
        width, height = _read_size(size)
        row = price.output_tokens.get(size)
        if row is not None:
            tokens = row.get(quality, max(row.values()))
        elif price.grid_sides:
            side = price.grid_sides.get(quality, max(price.grid_sides.values()))
            tokens = count_grid_tokens(side, width, height)
        else:
            row = price.output_tokens[REFERENCE_SIZE]
            reference_width, reference_height = _read_size(REFERENCE_SIZE)
            area_ratio = width * height / (reference_width * reference_height)
            tokens = math.ceil(row.get(quality, max(row.values())) * area_ratio)
        return Usage(input_tokens=DEFAULT_PROMPT_TOKENS, output_tokens=tokens)


def count_grid_tokens(side: int, width: int, height: int) -> int:
    """Return the output tokens of an image by the rule of gpt-image-2 and later.

    Args:
        side: the quality's number of the model.
        width: in pixels.
        height: in pixels.
    """
    # Python rounds halves to even; no published count shows a difference.
    short_side = round(side * min(width, height) / max(width, height))
    return math.ceil(side * short_side * (2_000_000 + width * height) / 4_000_000)


def parse_prices(text: str) -> PriceList:
    """Return the price list of a JSON text in the format of ``prices.json``."""
    data: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return PriceList(
        text={
            name: TextPrice(Decimal(row["input"]), Decimal(row["output"]), _read_batch_factor(row))
            for name, row in data["text"].items()
        },
        image={
            name: ImagePrice(
                Decimal(row["textInput"]),
                Decimal(row["imageInput"]),
                Decimal(row["imageOutput"]),
                row["outputTokens"],
                Decimal(row.get("perImage", 0)),
                row.get("gridSides", {}),
                _read_batch_factor(row),
            )
            for name, row in data["image"].items()
        },
        default_text=data["defaults"]["text"],
        default_image=data["defaults"]["image"],
    )


def _read_batch_factor(row: Mapping[str, Any]) -> Decimal | None:
    return Decimal(row["batchFactor"]) if "batchFactor" in row else None


def _find(prices: Mapping[str, PriceT], model: str) -> PriceT | None:
    name = model.casefold()
    while name not in prices:
        name, dash, _ = name.rpartition("-")
        if not dash:
            return None
    return prices[name]


def _per_million(amount: Decimal) -> Decimal:
    return amount.scaleb(-6)


def _read_size(size: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    if match is None:
        raise ValueError(f"image size is {size!r}; expected WIDTHxHEIGHT, such as 1024x1024")
    return int(match[1]), int(match[2])
