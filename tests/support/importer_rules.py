"""The rules of the .NET importer, from its C# code and its database, independent of this project's code.

It deserializes an array of rows with property names in any case, skips rows with a blank id, name or category and ids
that it knows (compared by its own memory: exactly), and inserts the rest in one transaction. The database compares by
its collation; a column that is too short or a unique index that is hit aborts the whole import.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.sql_server import weigh

COLUMNS = {"name": 80, "category": 64, "filename": 64}
KEY_CHARACTERS = 36
WHITE_SPACE = "\t\n\v\f\r\x85"


class ImportAbortedError(Exception):
    """The database rejected a row and rolled the import back."""


@dataclass(slots=True)
class Importer:
    """The importer with its database, which keeps its rows between imports.

    Attributes:
        products: by id as it was inserted.
        categories: slug by name, in the order of insertion.
    """

    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _slugs: dict[str, str] = field(default_factory=dict)

    def run(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows that were inserted; known ones are neither updated nor deleted.

        Raises:
            ImportAbortedError: a value is longer than its column, or a unique index has the value already.
        """
        added: dict[str, dict[str, Any]] = {}
        for raw in rows:
            row = {key.lower(): value for key, value in raw.items()}
            if any(_is_null_or_white_space(row.get(key)) for key in ("productid", "name", "category")):
                continue
            product_id = _cut(_trim(row["productid"]), KEY_CHARACTERS)
            self._find_or_insert_category(_trim(row["category"]))
            if product_id in self.products or product_id in added:
                continue
            for column, most in COLUMNS.items():
                if count_chars(_trim(row[column])) > most:
                    raise ImportAbortedError(f"{column} {row[column]!r} is longer than {most}")
            added[product_id] = row
        keys: dict[str, str] = {}
        for product_id in (*self.products, *added):
            _insert(keys, weigh(product_id), product_id)
        self.products |= added
        return list(added.values())

    def _find_or_insert_category(self, name: str) -> None:
        if weigh(name) in self._names:
            return
        if count_chars(name) > COLUMNS["category"]:
            raise ImportAbortedError(f"category {name!r} is longer than {COLUMNS['category']}")
        slug = slugify(name)
        _insert(self._slugs, weigh(slug), name)
        _insert(self._names, weigh(name), name)
        self.categories[name] = slug


def import_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that an import into an empty database inserts.

    Raises:
        ImportAbortedError: the database refuses one.
    """
    return Importer().run(rows)


def slugify(category: str) -> str:
    """``new string(name.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c == ' ').ToArray()).Replace(' ', '-')``."""  # noqa: E501 - the original
    chars = [unit for character in category for unit in _to_chars(_to_lower_invariant(character))]
    return "".join(unit for unit in chars if unit == " " or _is_letter_or_digit(unit)).replace(" ", "-")


def count_chars(text: str) -> int:
    """Return a text's ``Length`` in C#."""
    return sum(len(_to_chars(character)) for character in text)


def _to_lower_invariant(character: str) -> str:
    """Lower each character on its own, as .NET does; the dotted capital I stays."""
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


def _insert(index: dict[str, str], key: str, value: str) -> None:
    if key in index:
        raise ImportAbortedError(f"unique index: {value!r} and {index[key]!r} are both {key!r}")
    index[key] = value


def _to_chars(character: str) -> list[str]:
    """A C# char is a UTF-16 unit: a character beyond U+FFFF is two surrogates, which are not letters."""
    return [character] if ord(character) <= 0xFFFF else ["\ud800", "\udc00"]


def _cut(text: str, most: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "surrogatepass")


def _is_letter_or_digit(unit: str) -> bool:
    return unicodedata.category(unit) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"}


def _is_white_space(unit: str) -> bool:
    return unit in WHITE_SPACE or unicodedata.category(unit) in {"Zs", "Zl", "Zp"}


def _trim(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_white_space(text[start]):
        start += 1
    while end > start and _is_white_space(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_null_or_white_space(text: str | None) -> bool:
    return text is None or not _trim(text)
