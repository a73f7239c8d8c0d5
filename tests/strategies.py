"""Hypothesis strategies for external and transmitted data: drafts, requests, messages, failures.

Runs are derandomized: a test that passes here passes everywhere, and nothing is kept between runs.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from shared.browse.item_query import ItemQuery
from shared.browse.item_rows import ItemColumns, ItemFailure, ItemState, read_indexed_item
from shared.catalog.items import Draft
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL, Theme
from shared.messages.base import Failure, FailureCounts, Message
from shared.messages.images import ImageJob
from shared.reasons import Reason
from shared.reviews.decisions import Decision, Verdict

QUICK = settings(deadline=None, max_examples=25, derandomize=True, database=None)
THOROUGH = settings(QUICK, max_examples=60)

CATEGORIES = ("Space Explorers", "City Life", "Sea Rescue Team")

# --- texts -----------------------------------------------------------------------------------------------------------

NASTY_PIECES = (
    "\x00", "\x07", "\x1b[31m", "\r\n", "\t", "\n", "\u2028", "\u00a0", "\ufeff", "\u200b", "\u200d", "\u202e",
    "\u00ad", "\ud800", "e\u0301", "\u00e9", "\u00df", "\u0130", "\uff21", "\u00bd", "\U0001f680", "\U0001d538",
    "\u4e2d\u6587\u3002", "\u0645\u0631\u062d\u0628\u0627", "'", '"', "\\", "{", "</script>", "%s", "!", "...",
)  # fmt: skip
WORDS = (
    "Captain", "Nova", "Pilot", "Diver", "Baker", "Chef", "Ranger", "Miner", "Robot", "Surfer", "Painter", "Wizard",
    "Bold", "Swift", "Quiet", "Lunar", "Coral", "Amber", "Rustic", "Polar", "of", "the", "Doctor", "Gardener",
)  # fmt: skip

nasty_texts = st.lists(
    st.one_of(st.sampled_from(NASTY_PIECES), st.sampled_from(WORDS), st.text(max_size=4)),
    max_size=8,
).map(" ".join)
"""All kinds of white space, control and invisible characters, lone surrogates, other scripts; long and short."""

plain_names = st.lists(st.sampled_from(WORDS[:20]), min_size=2, max_size=4, unique=True).map(" ".join)

forbidden_words = st.sampled_from(Theme().forbidden_words)


@st.composite
def disguises(draw: st.DrawFn, word: str) -> str:
    """Return another spelling of the word that the rules must still recognize."""
    change = draw(st.sampled_from((str.upper, str.lower, str.title, str.swapcase)))
    accent = draw(st.sampled_from(("", "\u0301", "\u0308", "\u200b", "\u00ad")))
    separator = draw(st.sampled_from((" ", "  ", "-", "\u00a0", "\n", "_", "\u2013")))
    spelled = change(word)
    return separator.join(spelled[:1] + accent + spelled[1:] for spelled in spelled.split(" "))


# --- drafts ----------------------------------------------------------------------------------------------------------


def make_draft(
    name: str = "Captain Nova",
    *,
    description: str = "A brave explorer of the outer planets. Comes with a silver helmet.",
    category: str = CATEGORIES[0],
    image_prompt: str = f"{DEFAULT_OPENINGS[0]}, silver suit, helmet under one arm, moon base, {DEFAULT_TAIL}",
) -> Draft:
    """Return a draft that passes every rule, except for the caller's changes."""
    return Draft(name=name, description=description, category=category, image_prompt=image_prompt)


good_drafts = st.builds(make_draft, name=plain_names, category=st.sampled_from(CATEGORIES))

_field = st.sampled_from(("name", "description", "category", "image_prompt"))


@st.composite
def spoiled_drafts(draw: st.DrawFn) -> Draft:
    """Return a draft with one field that may break a rule or only looks unusual."""
    draft, field = draw(good_drafts), draw(_field)
    word = draw(forbidden_words.flatmap(disguises))
    value = getattr(draft, field)
    spoiled = draw(
        st.one_of(
            nasty_texts,
            st.just(value * 5),
            st.just("x" * 300),
            st.just(f"\ufeff{value}\r\n"),
            st.just(value.replace(" ", "\r\n\t ")),
            st.just(value.upper()),
            st.just(f"{value} {word}"),
            st.integers(0, 9).map(lambda digit: f"{value} {digit}"),
        ),
    )
    return draft.model_copy(update={field: spoiled})


drafts = st.one_of(good_drafts, spoiled_drafts())
draft_batches = st.lists(drafts, max_size=8)
"""Names come from few words, so exact and near duplicates occur often."""

# --- items to browse -------------------------------------------------------------------------------------------------

SEARCHED_WORDS = ("Straße", "fox", "FOX", "Fuchs", "café", "ﬁne", "ผลิต", "🚀", "İstanbul", "two words", "a/b", "x")

_reviews = st.sampled_from((Verdict.APPROVED, Verdict.REJECTED, Verdict.UNDECIDED))
_reasons = st.sampled_from(("content_policy", "bad_image"))


@st.composite
def item_columns(draw: st.DrawFn) -> ItemColumns:
    """Return a small catalog; few values, so that filters match several items and keys are equal."""
    sizes = draw(st.lists(st.integers(0, 4), max_size=4))
    positions = [(batch, place) for batch, size in enumerate(sizes, start=1) for place in range(size)]
    items, states, reviews, modified, failures, scores, distances = [], [], [], [], {}, {}, {}
    for number, _ in enumerate(positions):
        row = {
            "productId": f"item-{number}",
            "name": draw(st.sampled_from(SEARCHED_WORDS)),
            "description": draw(st.sampled_from(SEARCHED_WORDS)),
            "category": draw(st.sampled_from(CATEGORIES)),
            "filename": f"item-{number}.png",
        }
        if draw(st.booleans()):
            row["sourceId"] = draw(st.sampled_from(SEARCHED_WORDS)) + str(number)
        items.append(read_indexed_item(row))
        states.append(draw(st.sampled_from(ItemState)))
        is_complete = states[-1] is ItemState.COMPLETE
        reviews.append(draw(_reviews) if is_complete else None)
        modified.append(draw(st.integers(1, 3)) if is_complete else 0)
        if is_complete and draw(st.booleans()):
            scores[number] = draw(st.integers(0, 100))
            distances[number] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            failures[number] = ItemFailure(draw(_reasons), "refused")
    groups: dict[int, int] = {}
    for number, _ in enumerate(positions):
        if draw(st.booleans()):
            groups[number] = draw(st.sampled_from(sorted({number, *groups.values()})))
    return ItemColumns(items, positions, states, reviews, modified, failures, groups, scores, distances=distances)


item_queries = st.builds(
    ItemQuery,
    category=st.none() | st.sampled_from(CATEGORIES),
    decision=st.none() | st.sampled_from(("approved", "rejected", "undecided")),
    state=st.none() | st.sampled_from(("complete", "missing", "failed", "placeholder")),
    reason=st.none() | _reasons,
    max_score=st.none() | st.integers(0, 100),
    q=st.none() | st.sampled_from(SEARCHED_WORDS) | nasty_texts.map(lambda text: text.replace("\ud800", "")[:200]),
    duplicates=st.booleans(),
    sort=st.sampled_from(("accepted", "newest", "score", "style")),
    limit=st.integers(1, 5),
)

# --- decisions of reviewers ------------------------------------------------------------------------------------------

decisions = st.builds(
    Decision,
    item_id=st.sampled_from(("item-1", "item-2", "item-3")),
    verdict=st.sampled_from(Verdict),
    sha256=st.sampled_from(("a" * 64, "b" * 64)),
    note=st.none() | st.sampled_from(("", "Two heads.", "</script>", "\u4e2d\u6587\u3002")),
    reviewer=st.none() | st.sampled_from(("Ada", "Grace")),
    at=st.integers(0, 8).map(lambda seconds: datetime(2026, 11, 30, 12, 0, seconds, 5, tzinfo=UTC)),
)
"""About few items at few times, so that later, earlier and simultaneous decisions meet."""

# --- failures and jobs -----------------------------------------------------------------------------------------------

failures = st.builds(
    Failure,
    reason=st.sampled_from(Reason),
    message=st.text(max_size=20),
    retry_after_seconds=st.none() | st.floats(0, 7200),
)
counts = st.integers(0, 12)
failure_counts = st.builds(FailureCounts, calls=counts, counted=counts, ambiguous=counts, store=counts)


def image_jobs(number: int) -> list[ImageJob]:
    """Return `number` different jobs."""
    return [ImageJob(f"item-{index}", 1) for index in range(number)]


# --- messages --------------------------------------------------------------------------------------------------------


def list_fields(message_type: type[Message]) -> tuple[Field[Any], ...]:
    """Return the fields of a message class. Every message class is a dataclass; their base class is not."""
    dataclass_type: Any = message_type
    return fields(dataclass_type)


def messages(message_type: type[Message]) -> st.SearchStrategy[Any]:
    """Return messages of a class; each field is drawn by its type."""
    hints = typing.get_type_hints(message_type)
    drawn = {}
    for field in list_fields(message_type):
        values = _values(hints[field.name])
        drawn[field.name] = values if field.default is MISSING else values | st.just(field.default)
    return st.builds(message_type, **drawn)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    simple = {
        str: st.text(st.characters(codec="utf-8"), max_size=12),
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        datetime: st.datetimes(timezones=st.just(UTC)),
        type(None): st.none(),
    }
    if origin in (types.UnionType, typing.Union):
        return st.one_of([_values(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and issubclass(hint, Message):
        return messages(hint)
    return simple[hint]
