"""Image prompts for rows of existing products: the row's own words, completed with common details."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model_simulator.text_generation.compose_prompt import Frame, pick_colour
from model_simulator.text_generation.english_grammar import holds_word
from model_simulator.text_generation.vocabulary import COLOURS, FINISHES, MATERIALS, SETTINGS

LIGHTS = ("soft daylight from the left", "bright even studio light", "warm evening light", "calm morning light")
SURFACES = ("on a pale wooden table", "on a smooth stone plate", "on a plain seamless floor", "on a round white stand")
VIEWS = ("seen from slightly above", "three-quarter view", "seen from the front", "close view with fine detail")

PLACES = ("studio", "living room", "kitchen", "garden", "workshop", "office", "meadow", "cloudy sky")
"""Settings that suit most products."""

MAX_WORDS = 14
"""Words used of a row's text: descriptions name the visible things first."""

_LEADING_WORDS = (" of", " for", " with", " showing")
"""Ends of openings that continue with the product, without a comma."""


def write_row_prompts(task: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Write an image prompt for each row.

    Args:
        task: ``{"openings": [...], "tail", "promptCharacters", "rows": [{"index", "name", "description", "category",
            "colour", "material", "attributes", "mood"}], "forbiddenWords": [...], "brands": [...]}``; only the
            index of a row is required.
        rng: source of all random choices; equal tasks and states give equal prompts.

    Returns:
        ``{"prompts": [{"index", "prompt"}]}``, in the order of the rows.
    """
    avoid = (*task.get("forbiddenWords", ()), *task.get("brands", ()))
    return {"prompts": [{"index": row["index"], "prompt": _write(row, task, avoid, rng)} for row in task["rows"]]}


def _write(row: Mapping[str, Any], task: Mapping[str, Any], avoid: tuple[str, ...], rng: random.Random) -> str:
    is_scene = not task["openings"] or "mood" in row or "name" not in row
    texts = _describe_scene(row, rng) if is_scene else _describe_product(row, rng)
    thing, *details = [text for text in texts if not holds_word(text, avoid)] or ["a thing"]
    opening = rng.choice(task["openings"]) if task["openings"] else ""
    lead = f"{opening} {thing}" if opening.endswith(_LEADING_WORDS) else ", ".join(filter(None, [opening, thing]))
    return Frame((lead,), task.get("tail", ""), task["promptCharacters"]).compose(details, rng)


def _describe_product(row: Mapping[str, Any], rng: random.Random) -> Iterator[str]:
    """Yield details of a product, the most important first."""
    said = " ".join(str(row.get(key, "")) for key in ("colour", "material", "attributes", "name", "description"))
    material = _find(said, MATERIALS) or rng.choice(MATERIALS)
    colour = _find(said, COLOURS) or pick_colour(material, COLOURS, rng)
    yield _begin(row["name"])
    yield f"{colour} {material} body with {pick_colour('trim', COLOURS, rng, avoid=colour)} trim"
    yield f"{rng.choice(FINISHES)} finish"
    yield f"{_find(said, SETTINGS) or rng.choice(PLACES)} backdrop"
    yield from (rng.choice(SURFACES), rng.choice(VIEWS), rng.choice(LIGHTS))


def _describe_scene(row: Mapping[str, Any], rng: random.Random) -> Iterator[str]:
    """Yield details of a scene, in the row's own words."""
    yield from (_begin(row[key]) for key in ("name", "description", "category") if row.get(key))
    if row.get("mood"):
        yield f"{_begin(row['mood'])} mood"
    yield from (rng.choice(VIEWS), rng.choice(LIGHTS))


def _begin(text: str) -> str:
    """Return the start of a text, up to the first punctuation mark."""
    sentence = re.split(r"[.!?;,](?:\s|$)", text)[0]
    return " ".join(sentence.split()[:MAX_WORDS])


def _find(text: str, words: Sequence[str]) -> str:
    """Return the first word that the text contains, or an empty text."""
    return next((word for word in words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)), "")
