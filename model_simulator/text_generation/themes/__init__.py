"""Themes of figures: words that belong together; one JSON file for each group of themes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from model_simulator.text_generation.english_grammar import make_singular
from model_simulator.text_generation.word_data import read_json, split_phrases

GROUPS = (
    "sky_and_science",
    "castle_and_legend",
    "city_and_rescue",
    "nature_and_travel",
    "water_and_coast",
    "food_and_farm",
    "arts_and_festivals",
    "play_and_past",
)

_GROUP_WORDS = frozenset({"and", "of", "the", "crew", "team", "club", "band", "group", "guild", "set", "collection"})
"""Words of a category name that do not identify a theme."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its things, its roles, its activities and its tools."""

    things: tuple[str, ...]
    roles: tuple[str, ...]
    does: tuple[str, ...]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """All words of one theme.

    Attributes:
        names: category names of the theme, the main one first.
        keys: words that assign an unknown category name to the theme.
        leads: first words of item names, such as "Lunar".
        jobs: the jobs.
        where: places, such as "on the crater rim".
        loves: things its people like, such as "a quiet orbit".
        outfits, hats, colours, settings, extras: words of the vocabulary.
    """

    names: tuple[str, ...]
    keys: tuple[str, ...]
    leads: tuple[str, ...]
    jobs: tuple[Job, ...]
    where: tuple[str, ...]
    loves: tuple[str, ...]
    outfits: tuple[str, ...]
    hats: tuple[str, ...]
    colours: tuple[str, ...]
    settings: tuple[str, ...]
    extras: tuple[str, ...]


@cache
def load_themes() -> tuple[ThemeWords, ...]:
    """Return all themes, in the order of the groups."""
    return tuple(_read_theme(entry) for group in GROUPS for entry in read_json(f"themes/{group}.json"))


@lru_cache(maxsize=512)
def find_theme(category: str) -> ThemeWords:
    """Return the theme of a category: by name, else by matching words, else a general theme."""
    folded = category.casefold()
    for theme in load_themes():
        if any(folded == name.casefold() for name in theme.names):
            return theme
    words = [make_singular(word) for word in re.findall(r"[^\W_]+", folded)]
    matches = {index: _count_matches(words, theme) for index, theme in enumerate(load_themes())}
    best = max(matches, key=lambda index: matches[index])
    return load_themes()[best] if matches[best] else _make_general_theme(category)


def _count_matches(words: list[str], theme: ThemeWords) -> int:
    """Return how many words of a category match a theme; a key counts twice, a word of its names once."""
    phrase = f" {' '.join(words)} "
    names = {make_singular(word) for name in theme.names for word in name.casefold().split()} - _GROUP_WORDS
    return 2 * sum(f" {key} " in phrase for key in theme.keys) + len(names.intersection(words))


def _make_general_theme(category: str) -> ThemeWords:
    """Return the general theme, with the category's own words as leads."""
    general = _read_theme(read_json("pools.json")["general"])
    words = [make_singular(word) for word in re.findall(r"[^\W_]+", category) if word.casefold() not in _GROUP_WORDS]
    # About a quarter of the leads: enough to show the category, few enough to keep names different.
    own = tuple(word.capitalize() for word in words if len(word) > 1)[:2]
    return replace(general, names=(category,), leads=general.leads + own * 3)


def _read_theme(entry: Mapping[str, Any]) -> ThemeWords:
    lists = {key: split_phrases(value) for key, value in entry.items() if key != "jobs"}
    jobs = tuple(Job(**{key: split_phrases(value) for key, value in job.items()}) for job in entry["jobs"])
    return ThemeWords(jobs=jobs, **lists)
