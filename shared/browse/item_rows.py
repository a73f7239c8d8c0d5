"""The items of a catalog as browsing keeps them in memory: what is searched, filtered and sorted by. Pure.

Names, descriptions and prompts stay in the batches, which are read for the items of a page.
"""

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.reviews.decisions import Verdict

MAX_SEARCH_CHARACTERS = 2_000
"""Characters of an item's description that are searched."""


class ItemState(StrEnum):
    """What an item has in place of its image, or that it has one."""

    COMPLETE = "complete"
    MISSING = "missing"
    FAILED = "failed"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class IndexedItem:
    """An item of a batch.

    Attributes:
        item_id: internal id, which names files.
        public_id: id for callers.
        category: its category.
        filename: of its image.
        search_text: UTF-8 of the folded texts that are searched.
    """

    item_id: str
    public_id: str
    category: str
    filename: str
    search_text: bytes


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """Why an item's image failed in the last run: a reason code, and a message."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """What items are filtered and sorted by. Each item is a number from 0, in acceptance order.

    Attributes:
        items: the items.
        positions: batch of each item and its index there; ascending, and stable while items are added.
        states: whether each item has an image.
        reviews: the state of each item's review; None without an image.
        modified_ms: when each image was written; 0 without an image.
        failures: of items whose image failed in the last run.
        groups: the first item of the near-duplicate group of each item that is in one.
        scores: of the images that were evaluated, 0-100.
        category_starts: position of the first item of each category; stable while items are added.
        distances: of images from their style references, in ten thousandths.
    """

    items: Sequence[IndexedItem]
    positions: Sequence[tuple[int, int]]
    states: Sequence[ItemState]
    reviews: Sequence[Verdict | None]
    modified_ms: Sequence[int]
    failures: Mapping[int, ItemFailure] = field(default_factory=dict)
    groups: Mapping[int, int] = field(default_factory=dict)
    scores: Mapping[int, int] = field(default_factory=dict)
    category_starts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    distances: Mapping[int, int] = field(default_factory=dict)


def find_category_starts(
    items: Sequence[IndexedItem], positions: Sequence[tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Return the position of the first item of each category."""
    starts: dict[str, tuple[int, int]] = {}
    for item, position in zip(items, positions, strict=True):
        starts.setdefault(item.category, position)
    return starts


def fold_text(text: str) -> str:
    """Return a text in the form in which texts are compared: NFKC, case-folded, white space collapsed."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def read_indexed_item(row: Mapping[str, Any]) -> IndexedItem:
    """Return an item from its row in a batch file.

    Raises:
        KeyError, TypeError: the row lacks a field.
    """
    item_id, name, description = row["productId"], row["name"], row["description"]
    source_id = row.get("sourceId")
    public_id = item_id if source_id is None or source_id == item_id else source_id
    ids = item_id if public_id is item_id else f"{item_id}\n{public_id}"
    texts = (name, description[:MAX_SEARCH_CHARACTERS], *ids.split("\n"))
    filename, category = row["filename"], row["category"]
    if not all(isinstance(text, str) for text in (item_id, public_id, filename, category)):
        raise TypeError("an id, a file name or a category of an item is not a text")
    return IndexedItem(
        item_id,
        public_id,
        sys.intern(category),
        filename,
        "\n".join(map(fold_text, texts)).encode("utf-8", "surrogatepass"),
    )
