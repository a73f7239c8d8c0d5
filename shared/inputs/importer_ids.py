"""Assigns each row its id in the importer: once, and distinct by the rules of the importer's database."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.catalog.items import Item, SourceItem
from shared.text.cleaning import clean_id, count_utf16_units
from shared.text.collation import fold_for_database, is_visible
from shared.text.digest_table import DigestTable, hash_text

MAX_ID_CHARACTERS: Final = 36
"""The importer truncates longer ids."""

_SHOWN_IDS: Final = 3
_KEPT_CHARACTERS, _DIGEST_CHARACTERS = 23, 12


class ImporterIds:
    """Assigns ids that the importer's database treats as distinct; an assigned id is never reused for another row.

    Args:
        published: ids that the importer may know already. Only their own rows get them.
    """

    def __init__(self, published: Iterable[str] = ()) -> None:
        self._given = DigestTable()
        self._published = DigestTable()
        self._published_keys = DigestTable()
        for importer_id in published:
            self._published.put(hash_text(importer_id))
            self._published_keys.put(_hash_key(importer_id))

    def claim(self, importer_id: str) -> bool:
        """Mark an id as assigned; return False if another row has an id that the database treats as equal."""
        key = _hash_key(importer_id)
        if key in self._given:
            return False
        self._given.put(key)
        return True

    def assign(self, item: SourceItem) -> SourceItem:
        """Return the item of a new row with its id in the importer."""
        return item.model_copy(update={"importer_id": self._choose(item.source_id, clean_id(item.source_id))})

    def assign_existing(self, item: SourceItem) -> SourceItem:
        """Return an item of version 0.3 with its id in the importer: the published id, if possible."""
        return item.model_copy(update={"importer_id": self._choose(item.source_id, item.source_id)})

    def _choose(self, source_id: str, preferred_id: str) -> str:
        first = (
            preferred_id
            if count_utf16_units(preferred_id) <= MAX_ID_CHARACTERS
            else _digest(source_id)[:MAX_ID_CHARACTERS]
        )
        derived = _derive_ids(source_id)
        own = next(derived)
        for candidate in (first, own):
            if hash_text(candidate) in self._published and self.claim(candidate):
                return candidate
        if is_visible(first) and self._is_new(first) and self.claim(first):
            return first
        candidate = own
        while not (self._is_new(candidate) and self.claim(candidate)):
            candidate = next(derived)
        return candidate

    def _is_new(self, importer_id: str) -> bool:
        return _hash_key(importer_id) not in self._published_keys


@dataclass(slots=True)
class ChangedIds:
    """Counts the rows whose id in the importer differs from their own, and keeps the first few."""

    count: int = 0
    _first: list[SourceItem] = field(default_factory=list)

    def note(self, item: Item) -> None:
        """Count an item if its id differs."""
        if isinstance(item, SourceItem) and item.importer_id not in {None, item.source_id}:
            self.count += 1
            if self.count <= _SHOWN_IDS:
                self._first.append(item)

    def describe(self) -> str | None:
        """Return a note for the run, or None if no id differs."""
        if not self.count:
            return None
        shown = ", ".join(f"{item.source_id[:60]!r} is {item.importer_id!r}" for item in self._first)
        more = ", ..." if self.count > len(self._first) else ""
        return (
            f"rows with another productId in importer-catalog.json, where ids must be short and distinct: {self.count} "
            f"({shown}{more}; manifest.json lists all as importerId)"
        )


def _derive_ids(source_id: str) -> Iterator[str]:
    """Yield readable ids with a digest of the source id, so that different source ids lead to different ids."""
    ascii_id = unicodedata.normalize("NFKD", source_id).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9]+", "-", ascii_id)[:_KEPT_CHARACTERS].strip("-") or "item"
    digest = _digest(source_id)
    for start in range(len(digest) - _DIGEST_CHARACTERS):
        yield f"{kept}-{digest[start : start + _DIGEST_CHARACTERS]}"
    while True:
        digest = _digest(digest)
        yield f"{kept}-{digest[:_DIGEST_CHARACTERS]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _hash_key(importer_id: str) -> int:
    return hash_text(fold_for_database(importer_id[:MAX_ID_CHARACTERS], with_unweighted_scripts=False))
