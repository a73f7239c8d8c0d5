"""Category names: themes for figures, collections for products."""

import random
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from model_simulator.text_generation.english_grammar import holds_word, make_plural, make_singular
from model_simulator.text_generation.subjects import find_noun, is_about_figures, list_things, list_words
from model_simulator.text_generation.themes import load_themes
from model_simulator.text_generation.word_data import read_phrases

MAX_WORDS = 3
_THEME_QUALIFIERS = ("Junior", "Weekend", "Midnight", "Golden", "Traveling", "Legendary")


def write_categories(task: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Write names of categories.

    Args:
        task: ``{"subject", "count", "existing": [...], "forbiddenWords": [...]}``.
        rng: source of all random choices; equal tasks and states give equal names.

    Returns:
        ``{"categories": [{"name"}]}``: ``count`` new names of two or three words with distinct slugs; fewer if the
        words run out.
    """
    subject, forbidden = task["subject"], tuple(task.get("forbiddenWords", ()))
    ideas = _propose_themes(rng) if is_about_figures(subject) else _propose_collections(subject, rng)
    slugs = {_make_slug(name) for name in task.get("existing", ())}
    names: list[str] = []
    for name in ideas:
        if len(names) == task["count"]:
            break
        slug = _make_slug(name)
        if slug not in slugs and not holds_word(name, forbidden):
            slugs.add(slug)
            names.append(name)
    return {"categories": [{"name": name} for name in names]}


def _propose_themes(rng: random.Random) -> Iterator[str]:
    """Yield the main names of all themes, then their other names, then variations."""
    themes = rng.sample(load_themes(), len(load_themes()))
    names = [theme.names[0] for theme in themes] + [theme.names[1] for theme in themes]
    short = [name for name in names if len(name.split()) < MAX_WORDS]
    return chain(names, (f"{qualifier} {name}" for qualifier in _THEME_QUALIFIERS for name in short))


def _propose_collections(subject: str, rng: random.Random) -> Iterator[str]:
    """Yield names such as "Everyday Toasters" and "Heritage Kitchen Tools"."""
    qualifiers = read_phrases("products.json")["qualifiers"]
    heads = [make_plural(thing) for thing in list_things(subject)] or _phrase_subject(subject)
    heads = rng.sample(heads, len(heads))
    pairs = [(qualifier, head) for head in heads for qualifier in rng.sample(qualifiers, len(qualifiers))]
    # Each head once before any head repeats.
    pairs = [pairs[start + row] for row in range(len(qualifiers)) for start in range(0, len(pairs), len(qualifiers))]
    return (
        f"{qualifier} {head}"
        for qualifier, head in pairs
        if len(head.split()) < MAX_WORDS and qualifier.casefold() not in head.casefold()
    )


def _phrase_subject(subject: str) -> list[str]:
    """Return endings of names for a subject: its last two words, and its noun."""
    noun = find_noun(subject)
    if not noun:
        return ["Products"]
    words = list_words(subject)[-2:]
    return list(dict.fromkeys([make_plural(make_singular(" ".join(words))), make_plural(noun)]))


def _make_slug(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum() or character == " ").replace(" ", "-")
