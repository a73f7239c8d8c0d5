"""Item drafts: the requested number for each category, all distinct, without forbidden words."""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from rapidfuzz import fuzz, process

from model_simulator.text_generation.compose_prompt import Frame
from model_simulator.text_generation.descriptions import FIGURE_SENTENCES, PRODUCT_SENTENCES, DescriptionWriter
from model_simulator.text_generation.english_grammar import holds_word
from model_simulator.text_generation.figure_drafts import FigureWriter
from model_simulator.text_generation.product_drafts import ProductWriter
from model_simulator.text_generation.subjects import find_field, is_about_figures
from model_simulator.text_generation.themes import find_theme

MAX_TRIES_PER_DRAFT = 60
"""After so many unusable drafts in a row, a category gets no more, as from a model without ideas."""

MAX_NAME_SIMILARITY = 86
"""The catalog's rules reject names of a category as near-duplicates from 90 (of 100)."""


class _Name(Protocol):
    @property
    def text(self) -> str: ...


NameT = TypeVar("NameT", bound=_Name)


class Writer(Protocol[NameT]):
    """Writes the drafts of one category."""

    def propose_name(self) -> NameT:
        """Return a plausible name."""

    def complete(self, name: NameT, frame: Frame) -> dict[str, str]:
        """Return ``description`` and ``imagePrompt`` for a name."""


class UsedNames:
    """The names of a task: no two are equal, and no two of a category are similar."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._by_category: dict[str, list[str]] = {}

    def add(self, name: str, category: str) -> None:
        """Add a name."""
        folded = " ".join(name.split()).casefold()
        self._names.add(folded)
        self._by_category.setdefault(category, []).append(folded)

    def add_all(self, names: Iterable[str], category: str) -> None:
        """Add names of one category."""
        for name in names:
            self.add(name, category)

    def is_free(self, name: str, category: str) -> bool:
        """Return whether a name is new, and not similar to others of its category."""
        folded = " ".join(name.split()).casefold()
        if folded in self._names:
            return False
        others = self._by_category.get(category, ())
        return (
            process.extractOne(folded, others, scorer=fuzz.token_sort_ratio, score_cutoff=MAX_NAME_SIMILARITY) is None
        )


def write_items(task: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Write drafts of items.

    Args:
        task: ``{"subject", "openings": [...], "tail", "promptCharacters", "categories": [{"name", "count", "taken":
            [...]}], "forbiddenWords": [...]}``.
        rng: source of all random choices; equal tasks and states give equal drafts.

    Returns:
        ``{"items": [{"name", "description", "category", "imagePrompt"}]}``, category by category.
    """
    frame = Frame(tuple(task["openings"]), task.get("tail", ""), task["promptCharacters"])
    forbidden = tuple(task.get("forbiddenWords", ()))
    used_names = UsedNames()
    for share in task["categories"]:
        used_names.add_all(share.get("taken", ()), share["name"])
    items: list[dict[str, str]] = []
    about_figures = is_about_figures(task["subject"])
    description_writer = DescriptionWriter(FIGURE_SENTENCES if about_figures else PRODUCT_SENTENCES, rng)
    for share in task["categories"]:
        category = share["name"]
        drafts: Iterator[dict[str, str]]
        if about_figures:
            drafts = _write_drafts(
                FigureWriter(find_theme(category), description_writer, rng), category, used_names, frame, forbidden
            )
        else:
            field = find_field(task["subject"], category)
            drafts = _write_drafts(
                ProductWriter(field, description_writer, rng), category, used_names, frame, forbidden
            )
        items += [draft for _, draft in zip(range(share["count"]), drafts, strict=False)]
    return {"items": items}


def _write_drafts(
    writer: Writer[NameT], category: str, used_names: UsedNames, frame: Frame, forbidden: tuple[str, ...]
) -> Iterator[dict[str, str]]:
    """Yield valid drafts until no more are found."""
    failures = 0
    while failures < MAX_TRIES_PER_DRAFT:
        failures += 1
        name = writer.propose_name()
        if not used_names.is_free(name.text, category) or holds_word(name.text, forbidden):
            continue
        texts = writer.complete(name, frame)
        if holds_word(texts["description"], forbidden) or _shows_forbidden(texts, frame, forbidden):
            continue
        failures = 0
        used_names.add(name.text, category)
        yield {"name": name.text, "description": texts["description"], "category": category, **texts}


def _shows_forbidden(texts: Mapping[str, str], frame: Frame, forbidden: tuple[str, ...]) -> bool:
    """Return whether a prompt holds a forbidden word between the fixed opening and tail."""
    prompt = texts["imagePrompt"].removesuffix(frame.tail)
    opening = max((o for o in frame.openings if prompt.startswith(o)), key=len)
    return holds_word(prompt.removeprefix(opening), forbidden)
