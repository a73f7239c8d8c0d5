"""The categories of a catalog in the importer: each keeps its first spelling and gets a slug of its own."""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from shared.catalog.items import Category, make_slug
from shared.text.cleaning import cut_to_utf16_units
from shared.text.collation import fold_for_database

MAX_CATEGORY_CHARACTERS: Final = 64
_MAX_WORD_CHARACTERS: Final = 32


class CategoryNames:
    """Spells categories. Names that the importer's database treats as equal, or with equal slugs, are one category.

    Categories are added and never removed, because the importer keeps the ones it knows.

    Args:
        known: names in the published spelling.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._spelled: dict[str, Category] = {}
        self._by_name: dict[str, Category] = {}
        self._by_slug: dict[str, Category] = {}
        self._name_keys_by_slug_key: dict[str, str] = {}
        for name in known:
            if self.find(name) is None:
                self._add(name)

    def choose(self, name: str) -> Category:
        """Return the category of a name, in the first spelling of those that the importer treats as equal."""
        category = self._spelled.get(name)
        if category is None:
            category = self._spelled[name] = self._choose(unicodedata.normalize("NFC", name))
        return category

    def find(self, name: str) -> Category | None:
        """Return the known category that the importer treats as equal to a name, or None."""
        slug = make_slug(name)
        return self._by_name.get(_fold(name)) or (self._by_slug.get(_fold(slug)) if _is_readable(slug) else None)

    def list_categories(self) -> list[Category]:
        """Return the categories in order of first appearance."""
        return list(self._by_name.values())

    def _choose(self, name: str) -> Category:
        found = self.find(name)
        if found is not None:
            return found
        for spelling in _iterate_spellings(name):
            found = self._by_name.get(_fold(spelling))
            if found is not None:
                return found
            if self._is_free(spelling):
                return self._add(spelling)
        raise AssertionError("spellings do not end")

    def _is_free(self, name: str) -> bool:
        """Return whether the importer's database accepts the name: its slug is new, or belongs to an equal name."""
        slug = make_slug(name)
        known = self._name_keys_by_slug_key.get(_make_collation_key(slug))
        return _fold(slug) not in self._by_slug and known in {None, _make_collation_key(name)}

    def _add(self, name: str) -> Category:
        category = Category(name, make_slug(name))
        self._by_name[_fold(name)] = category
        self._by_slug.setdefault(_fold(category.slug), category)
        self._name_keys_by_slug_key.setdefault(_make_collation_key(category.slug), _make_collation_key(name))
        return category


def _iterate_spellings(name: str) -> Iterator[str]:
    """Yield the spellings to try: the name, then with numbers; a name without letters gets its symbols' names."""
    beginning, ending = name, ""
    if not _is_readable(make_slug(name)):
        # no spaces, because each becomes a hyphen in the slug
        beginning, ending = name.replace(" ", ""), f"\u2014{_describe_symbols(name)}"
    number = 1
    while True:
        counted = ending if number == 1 else f"{ending} {number}"
        yield cut_to_utf16_units(beginning, MAX_CATEGORY_CHARACTERS - len(counted)) + counted
        number += 1


def _describe_symbols(name: str) -> str:
    """Return the names of a name's symbols; a digest if it has none."""
    symbols = dict.fromkeys(character for character in name if unicodedata.category(character)[0] in "SP")
    words = " ".join(filter(None, (unicodedata.name(symbol, "").title() for symbol in symbols)))
    words = words.replace("Regional Indicator Symbol Letter ", "")
    if len(words) > _MAX_WORD_CHARACTERS:
        words = words[: _MAX_WORD_CHARACTERS + 1].rpartition(" ")[0] or words[:_MAX_WORD_CHARACTERS]
    return words or f"Category {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _is_readable(slug: str) -> bool:
    return bool(_fold(slug.replace("-", "")).strip())


def _fold(text: str) -> str:
    return fold_for_database(text)


def _make_collation_key(text: str) -> str:
    return fold_for_database(text, with_unweighted_scripts=False)
