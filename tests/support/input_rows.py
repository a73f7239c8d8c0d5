"""Rows for tests, and the result of reading them."""

import json
from collections.abc import Mapping

from shared.inputs.item_source import find_row_source
from shared.inputs.row_reader import RowReader
from shared.inputs.rows import RowResult


def read_all(
    data: bytes,
    *,
    source: str = "products",
    name: str = "rows.json",
    reported: Mapping[str, str] | None = None,
    cut: int | None = None,
) -> list[RowResult]:
    """Read rows from pieces of ``cut`` bytes (None: one piece)."""
    reader = RowReader(find_row_source(source), name, reported or {})
    size = cut or max(1, len(data))
    found = [row for start in range(0, len(data), size) for row in reader.feed(data[start : start + size])]
    return [*found, *reader.finish()]


def dump_rows(rows: object) -> bytes:
    """Return a JSON array's bytes."""
    return json.dumps(rows, ensure_ascii=False).encode()


def make_products(count: int) -> list[dict[str, object]]:
    """Return products with the fields of a shop's export."""
    return [
        {
            "id": f"PROD-{number:06d}",
            "name": f"Trail Boot {number}",
            "description": f"A sturdy boot of Daybird, model {number}.",
            "category": ("Footwear", "Climbing", "Ski/boarding")[number % 3],
            "subcategory": "Boots",
            "price": 10.5 + number,
            "brand": "Daybird",
            "attributes": {"color": "black", "sizes": [40, 41]},
            "image": f"PROD-{number:06d}.jpg" if number % 2 else None,
        }
        for number in range(1, count + 1)
    ]
