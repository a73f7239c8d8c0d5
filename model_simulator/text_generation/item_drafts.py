"""Item drafts: as many as asked for in each category, all different, none with a forbidden word."""

import random
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from model_simulator.text_generation.compose_prompt import Frame
from model_simulator.text_generation.descriptions import FIGURE_SENTENCES, PRODUCT_SENTENCES, DescriptionWriter
from model_simulator.text_generation.figure_drafts import FigureWriter
from model_simulator.text_generation.product_drafts import ProductWriter
from model_simulator.text_generation.product_fields import find_field
from model_simulator.text_generation.subjects import is_about_figures
from model_simulator.text_generation.themes import find_theme
from model_simulator.text_generation.used_names import UsedNames
from shared.catalog.forbidden_words import holds_word

MAX_TRIES_PER_DRAFT = 60
"""So many names or texts in a row that cannot be used, and the category gets no further draft: like a model that has
run out of ideas."""


class _Name(Protocol):
    @property
    def text(self) -> str: ...


NameT = TypeVar("NameT", bound=_Name)


class Writer(Protocol[NameT]):
    """What writes the drafts of one category."""

    def propose_name(self) -> NameT:
        """Return a name that reads well by itself."""

    def complete(self, name: NameT, frame: Frame) -> dict[str, str]:
        """Return ``description`` and ``imagePrompt`` for it."""


def write_items(task: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Write drafts of items.

    Args:
        task: ``{"subject", "openings": [...], "tail", "promptCharacters", "categories": [{"name", "count", "taken":
            [...]}], "forbiddenWords": [...]}``.
        rng: decides everything that is left open; equal task and state give equal drafts.

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
    """Yield drafts until none is found any more that keeps the rules."""
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
    """Tell whether a prompt holds a forbidden word between its opening and its tail, which are not ours to judge."""
    prompt = texts["imagePrompt"].removesuffix(frame.tail)
    opening = max((o for o in frame.openings if prompt.startswith(o)), key=len)
    return holds_word(prompt.removeprefix(opening), forbidden)
