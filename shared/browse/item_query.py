"""Which items of a catalog a caller wants, and the page of them. Pure.

A continuation holds the place of the last item of its page, not a number of items: if items are decided or added while
a caller reads page after page, none is left out and none is repeated.
"""

import base64
import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.browse.item_rows import ItemColumns, ItemState, fold_text
from shared.catalog.items import make_slug
from shared.errors import InvalidRequestError
from shared.reviews.decisions import Verdict

MAX_ITEMS_PER_PAGE: Final = 500
MAX_QUERY_CHARACTERS: Final = 200
MAX_OFFSET: Final = 1_000_000
UNSCORED: Final = 1_000
"""Sorts items without a score after all others."""

Sort = Literal["accepted", "category", "newest", "score", "style"]

SORT_KEY_NUMBERS: Final[Mapping[str, int]] = {"accepted": 0, "category": 2, "newest": 1, "score": 1, "style": 1}
"""How many numbers a sort puts before the place in acceptance order."""

Key = tuple[int, ...]
"""Place of an item in a sorted list."""


def parse_number(value: Any) -> Any:
    """Return a number as given, or of its decimal digits: Pydantic would also read " 5" and "5_0"."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError(f"is {value[:40]!r}; expected a whole number")
    return value


def _parse_flag(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.casefold(), value) if isinstance(value, str) else value


class ItemQuery(BaseModel):
    """Which items to return, in which order, and which page of them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    category: str | None = Field(
        default=None, max_length=MAX_QUERY_CHARACTERS, description="Name or slug of a category."
    )
    decision: Literal["approved", "rejected", "undecided"] | None = Field(
        default=None, description="State of the review; undecided items have an image without a decision."
    )
    state: Literal["complete", "missing", "failed", "placeholder"] | None = Field(
        default=None, description="Whether the item has an image; failed items have none because the last run failed."
    )
    reason: str | None = Field(
        default=None, max_length=MAX_QUERY_CHARACTERS, description="Reason code of the failure in the last run."
    )
    max_score: Annotated[int, BeforeValidator(parse_number), Field(ge=0, le=100)] | None = Field(
        default=None, description="Maximum score; items without a score are left out."
    )
    q: str | None = Field(
        default=None,
        max_length=MAX_QUERY_CHARACTERS,
        description="Words that name, description or product id contain, without regard to case.",
    )
    duplicates: Annotated[bool, BeforeValidator(_parse_flag)] = Field(
        default=False, description="Only items in a near-duplicate group; the items of a group are adjacent."
    )
    sort: Sort = Field(
        default="accepted",
        description="Order: as accepted, by category, newest image first, lowest score first, or farthest from the "
        "style references first.",
    )
    limit: Annotated[int, BeforeValidator(parse_number), Field(ge=1, le=MAX_ITEMS_PER_PAGE)] = Field(
        default=100, description="Maximum number of items of the page."
    )
    offset: Annotated[int, BeforeValidator(parse_number), Field(ge=0, le=MAX_OFFSET)] | None = Field(
        default=None, description="Number of items before the page; not together with continuation."
    )
    continuation: str | None = Field(
        default=None, max_length=500, description="The continuation of the previous page of the same query."
    )

    @property
    def needs_scores(self) -> bool:
        """Whether the scores of all items are needed."""
        return self.max_score is not None or self.sort == "score"

    @property
    def selection(self) -> tuple[Any, ...]:
        """What determines the items and their order; equal for all pages of a query."""
        words = tuple(fold_text(self.q or "").split(" "))
        return (
            *(self.category, self.decision, self.state, self.reason, self.max_score),
            *(words, self.duplicates, self.sort),
        )


class Section(NamedTuple):
    """Adjacent items of a selection that belong together: a category, or a near-duplicate group.

    Attributes:
        key: name of the category, or id of the first item of the group.
        items: number of items.
    """

    key: str
    items: int


class ItemPage(NamedTuple):
    """A page of a selection.

    Attributes:
        numbers: the items of the page.
        offset: number of items before the page.
        total: number of items of the selection.
        continuation: starts the next page; None = this is the last one.
    """

    numbers: Sequence[int]
    offset: int
    total: int
    continuation: str | None


def select_items(columns: ItemColumns, query: ItemQuery) -> list[int]:
    """Return the items of a query, in its order; pages do not matter."""
    words = [word.encode("utf-8", "surrogatepass") for word in fold_text(query.q or "").split(" ")]
    categories = _find_categories(columns, query.category)
    found = [
        number
        for number, item in enumerate(columns.items)
        if (categories is None or item.category in categories)
        and (query.decision is None or columns.reviews[number] is not None)
        and (query.decision is None or columns.reviews[number] is Verdict(query.decision))
        and (query.state is None or columns.states[number] is ItemState(query.state))
        and (not query.duplicates or number in columns.groups)
        and (query.reason is None or _has_reason(columns, number, query.reason))
        and (query.max_score is None or columns.scores.get(number, UNSCORED) <= query.max_score)
        and all(word in item.search_text for word in words)
    ]
    if query.sort != "accepted" or query.duplicates:
        found.sort(key=lambda number: make_key(columns, query, number))
    return found


def make_key(columns: ItemColumns, query: ItemQuery, number: int) -> Key:
    """Return the place of an item in the order of a query; places of different items differ."""
    position = columns.positions[number]
    group = columns.positions[columns.groups[number]] if query.duplicates else ()
    match query.sort:
        case "category":
            return (*group, *columns.category_starts[columns.items[number].category], *position)
        case "newest":
            return (*group, -columns.modified_ms[number], *position)
        case "score":
            return (*group, columns.scores.get(number, UNSCORED), *position)
        case "style":
            distance = columns.distances.get(number)
            return (*group, 1 if distance is None else -distance, *position)
        case _:
            return (*group, *position)


def count_sections(columns: ItemColumns, query: ItemQuery, selected: Sequence[int]) -> list[Section] | None:
    """Return the sections that a selection consists of, in its order; None = its order has no sections."""
    if query.duplicates:
        keys = (columns.items[columns.groups[number]].item_id for number in selected)
    elif query.sort == "category":
        keys = (columns.items[number].category for number in selected)
    else:
        return None
    return [Section(key, sum(1 for _ in numbers)) for key, numbers in groupby(keys)]


def cut_page(columns: ItemColumns, query: ItemQuery, selected: Sequence[int]) -> ItemPage:
    """Return the page of a selection that the query asks for.

    Raises:
        InvalidRequestError: the continuation is not one of an earlier page of this query.
    """
    offset = min(query.offset or 0, len(selected))
    if query.continuation is not None:
        if query.offset is not None:
            raise InvalidRequestError("offset", "comes with continuation; expected only one of them")
        last = _read_continuation(query)
        offset = bisect_right(selected, last, key=lambda number: make_key(columns, query, number))
    numbers = selected[offset : offset + query.limit]
    is_last = offset + len(numbers) >= len(selected)
    continuation = None if is_last else _write_continuation(query, make_key(columns, query, numbers[-1]))
    return ItemPage(numbers, offset, len(selected), continuation)


def _find_categories(columns: ItemColumns, wanted: str | None) -> set[str] | None:
    """Return the categories with a name or slug, as the items spell them; None = all."""
    if wanted is None:
        return None
    slugs = {wanted, make_slug(wanted)} - {""}
    spelled = {item.category for item in columns.items}
    return {category for category in spelled if category == wanted or make_slug(category) in slugs}


def _has_reason(columns: ItemColumns, number: int, reason: str) -> bool:
    failure = columns.failures.get(number)
    return failure is not None and failure.reason == reason


def _hash_selection(query: ItemQuery) -> str:
    return hashlib.blake2b(repr(query.selection).encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()


def _write_continuation(query: ItemQuery, key: Key) -> str:
    text = json.dumps([_hash_selection(query), *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_continuation(query: ItemQuery) -> Key:
    token = str(query.continuation)
    try:
        decoded = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        decoded = None
    match decoded:
        case [str(selection), *key] if selection == _hash_selection(query) and _is_key(query, key):
            return tuple(key)
        case _:
            message = f"is {token[:60]!r}; expected the continuation of an earlier page of the same query"
            raise InvalidRequestError("continuation", message)


def _is_key(query: ItemQuery, key: Sequence[object]) -> bool:
    length = (2 if query.duplicates else 0) + SORT_KEY_NUMBERS[query.sort] + 2
    return len(key) == length and all(type(number) is int for number in key)
