"""The .NET importer's rules as its C# states them, written without a look at ours.

It deserializes an array of rows with property names in any case, skips rows with a blank id, name or category and ids
that it knows, and inserts the rest; a column that is too short or a unique index that is hit aborts the whole import.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = {"name": 80, "category": 64, "filename": 64}
KEY_CHARACTERS = 36


class ImportAbortedError(Exception):
    """The database refused a row, and with it the whole import."""


def import_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the rows that were inserted.

    Raises:
        ImportAbortedError: a value is longer than its column, or a unique index has the value already.
    """
    inserted: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    slugs: dict[str, str] = {}
    for raw in rows:
        row = {key.lower(): value for key, value in raw.items()}
        if any(_is_null_or_white_space(row.get(key)) for key in ("productid", "name", "category")):
            continue
        product_id = row["productid"][:KEY_CHARACTERS]
        if product_id in inserted:
            continue
        for column, most in COLUMNS.items():
            if _count_chars(row[column]) > most:
                raise ImportAbortedError(f"{column} {row[column]!r} is longer than {most}")
        category = row["category"]
        if category not in names.values():
            _insert(names, category.casefold(), category)
            _insert(slugs, slugify(category).casefold(), category)
        inserted[product_id] = row
    return list(inserted.values())


def slugify(category: str) -> str:
    """``new string(name.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c == ' ').ToArray()).Replace(' ', '-')``."""  # noqa: E501 - the original
    chars = [unit for character in category.lower() for unit in _to_chars(character)]
    return "".join(unit for unit in chars if unit == " " or _is_letter_or_digit(unit)).replace(" ", "-")


def _insert(index: dict[str, str], key: str, value: str) -> None:
    if key in index:
        raise ImportAbortedError(f"unique index: {value!r} and {index[key]!r} are both {key!r}")
    index[key] = value


def _to_chars(character: str) -> list[str]:
    """A C# char is a UTF-16 unit: what lies beyond U+FFFF is two surrogates, and no letter."""
    return [character] if ord(character) <= 0xFFFF else ["\ud800", "\udc00"]


def _count_chars(text: str) -> int:
    return sum(len(_to_chars(character)) for character in text)


def _is_letter_or_digit(unit: str) -> bool:
    return unicodedata.category(unit) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"}


def _is_null_or_white_space(text: str | None) -> bool:
    return text is None or all(
        unicodedata.category(unit) in {"Zs", "Zl", "Zp"} or unit in "\t\n\v\f\r\x85" for unit in text
    )
