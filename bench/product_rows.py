"""Generate product rows with unusual number formats, and count rows that publishing changed."""

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

INPUT = Path("inputs") / "products.json"
"""Path below the app's folder."""

ADDED_MEMBERS = 2
"""``imageFile`` and ``imageUrl`` at the end of each published row."""

_SPELLINGS = ("10.0", "1e2", "12.50", "1E+2", "-0.0", "0.10", "12345678901234567890", "49.99")
_BRANDS = ("Daybird", "Zephyr & Co", "Öko-Welt")
_KINDS = ("Boots", "Lamp", "Mug", "Tent", "Rug")


def generate_products(path: Path, count: int) -> None:
    """Write a JSON array of products, one row a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(1, count + 1):
            stream.write(f"{'[' if number == 1 else ','}\n{_write_row(number)}")
        stream.write("\n]\n")


def count_changed_rows(source: Path, published: Path) -> int:
    """Return the number of published rows that differ from the input in members, their order, or number formats.

    Rows that are missing or lack the image members count as changed.
    """
    rows = zip_longest(_read_rows(source), (row[:-ADDED_MEMBERS] for row in _read_rows(published)))
    return sum(before != after for before, after in rows)


def _write_row(number: int) -> str:
    kind, brand = _KINDS[number % len(_KINDS)], _BRANDS[number % len(_BRANDS)]
    spelling, other = _SPELLINGS[number % len(_SPELLINGS)], _SPELLINGS[number // 7 % len(_SPELLINGS)]
    row = {
        "id": f"PROD-{number:06d}",
        "name": f"{kind} {number}",
        "description": f"A sturdy {kind.lower()} by {brand} for long days. \U0001f680 Model {number}.",
        "category": ("Outdoor", "Home & Garden", "Électronique")[number % 3],
        "subcategory": kind,
        "price": "<price>",
        "brand": brand,
        "attributes": {"size": {"w": "<width>", "unit": "cm"}, "colors": ["black", "noir"], "eco": number % 2 == 0},
        "image": (None, f"PROD-{number:06d}.png", f"PROD-{number:06d}.jpg")[number % 3],
    }
    text = json.dumps(row, ensure_ascii=number % 5 == 0)
    return text.replace('"<price>"', spelling).replace('"<width>"', other)


def _read_rows(path: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the members of each row in order; a number is ``("number", text)``."""
    yield from json.loads(
        path.read_text(encoding="utf-8"), parse_int=_spell, parse_float=_spell, object_pairs_hook=tuple
    )


def _spell(text: str) -> tuple[str, str]:
    return "number", text
