"""Reads price lists: the published ``prices.json``, and the overrides of the setting ``PRICES``."""

from functools import cache
from pathlib import Path

from shared.models.price_overrides import apply_price_overrides
from shared.models.prices import PriceList, parse_prices


@cache
def load_prices() -> PriceList:
    """Return the published prices; reads the file once per process."""
    return parse_prices(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))


def read_price_overrides(value: str) -> PriceList:
    """Return the published prices with the overrides of a JSON object, or of the JSON file at a path.

    Raises:
        OSError: the file cannot be read.
        ValidationError, TypeError, ValueError: as ``apply_price_overrides``.
    """
    text = value if value.lstrip().startswith("{") else Path(value).read_text(encoding="utf-8-sig")
    return apply_price_overrides(text, load_prices())
