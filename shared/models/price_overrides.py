"""Overrides of the published prices: negotiated rates, and deployments of any name.

They have the shape of ``prices.json``, and are merged over it model by model: a field that is left out keeps its
published price. A name that is not listed starts from the prices of the default model, so
``{"image": {"my-deployment": {"imageOutput": 20}}}`` is enough for a deployment with that name. A model that charges by
image is ``{"image": {"fal-ai/flux/dev": {"perImage": 0.025}}}``.
"""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shared.models.prices import ImagePrice, PriceList, TextPrice

Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=0, le=10_000_000)]
Size = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$")]


class _OverrideModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class _TextPriceOverride(_OverrideModel):
    input: Dollars | None = None
    output: Dollars | None = None
    batch_factor: Annotated[Decimal, Field(gt=0, le=1, allow_inf_nan=False)] | None = None

    def apply(self, price: TextPrice) -> TextPrice:
        return replace(price, **self.model_dump(exclude_none=True))


class _TokensByQuality(_OverrideModel):
    low: Tokens
    medium: Tokens
    high: Tokens
    xhigh: Tokens | None = None
    max: Tokens | None = None


class _ImagePriceOverride(_OverrideModel):
    text_input: Dollars | None = None
    image_input: Dollars | None = None
    image_output: Dollars | None = None
    per_image: Dollars | None = None
    output_tokens: dict[Size, _TokensByQuality] = {}
    grid_sides: _TokensByQuality | None = None
    batch_factor: Annotated[Decimal, Field(gt=0, le=1, allow_inf_nan=False)] | None = None

    def apply(self, price: ImagePrice) -> ImagePrice:
        rates = self.model_dump(include={"text_input", "image_input", "image_output", "per_image"}, exclude_none=True)
        if self.per_image is not None:  # replaces the token prices unless both are given
            rates = {**dict.fromkeys(("text_input", "image_input", "image_output"), Decimal(0)), **rates}
        tokens = {size: row.model_dump(exclude_none=True) for size, row in self.output_tokens.items()}
        sides = price.grid_sides
        if self.grid_sides is not None:
            sides = self.grid_sides.model_dump(exclude_none=True)
        elif tokens:  # other sizes are scaled from the given ones
            sides = {}
        return replace(
            price,
            **rates,
            output_tokens={**price.output_tokens, **tokens},
            grid_sides=sides,
            batch_factor=price.batch_factor if self.batch_factor is None else self.batch_factor,
        )


class _DefaultModels(_OverrideModel):
    text: str | None = None
    image: str | None = None


class _Overrides(_OverrideModel):
    """The shape of the file. ``per``, ``asOf``, ``notes`` and ``sources`` are for readers, and are allowed too."""

    currency: Literal["USD"] = "USD"
    per: Literal["1,000,000 tokens"] = "1,000,000 tokens"
    as_of: Any = None
    notes: Any = None
    sources: Any = None
    defaults: _DefaultModels = _DefaultModels()
    text: dict[str, _TextPriceOverride] = {}
    image: dict[str, _ImagePriceOverride] = {}


def apply_price_overrides(text: str, published: PriceList) -> PriceList:
    """Return the published prices with the overrides of a JSON object.

    Raises:
        TypeError: the JSON value is not an object.
        ValidationError: a field is not valid; see `shared.runs.request.describe_validation_error`.
        ValueError: the text is not valid JSON, or a default model has no price.
    """
    data = json.loads(text, parse_float=Decimal)
    if not isinstance(data, dict):
        raise TypeError(
            f"Prices are {type(data).__name__}; expected a JSON object of the shape of shared/models/prices.json."
        )
    return _merge(published, _Overrides.model_validate(data, by_alias=True, by_name=False))


def _merge(prices: PriceList, overrides: _Overrides) -> PriceList:
    text = {name.casefold(): change.apply(prices.find_text_price(name)) for name, change in overrides.text.items()}
    image = {
        # A name that is not listed has the prices of the default model, but not its batches.
        name.casefold(): change.apply(
            replace(prices.find_image_price(name), batch_factor=prices.find_batch_factor(name))
        )
        for name, change in overrides.image.items()
    }
    merged = PriceList(
        text={**prices.text, **text},
        image={**prices.image, **image},
        default_text=(overrides.defaults.text or prices.default_text).casefold(),
        default_image=(overrides.defaults.image or prices.default_image).casefold(),
    )
    for field, name, listed in (
        ("text", merged.default_text, merged.text),
        ("image", merged.default_image, merged.image),
    ):
        if name not in listed:
            raise ValueError(f"defaults.{field}: {name!r} has no price; expected one of {', '.join(sorted(listed))}")
    return merged
