"""Image prompts for rows: by the theme's template from a product, from what a row of prompts says of itself."""

import re
from collections.abc import Mapping
from functools import lru_cache
from string import Formatter
from typing import Final

from shared.domain.texts import clean_line
from shared.domain.themes import Theme

MOST_VALUE_CHARACTERS: Final = 400
"""Of a product's text that a prompt takes over: what a picture shows is said in the first sentences."""

_EMPTY_ENDS: Final = " ,;:-"


def write_product_prompt(theme: Theme, values: Mapping[str, str]) -> str:
    """Return a product's image prompt: the template's parts that have a value, without brands, and the theme's tail.

    Args:
        theme: its template, forbidden words and tail.
        values: the product's fields; missing ones are empty.
    """
    forbidden = (*filter(None, [values.get("brand", "")]), *theme.forbidden_words)
    safe = {name: shorten(take_out(text, forbidden)) for name, text in values.items() if name != "brand"}
    parts = []
    for part in theme.prompt_template.split(","):
        names = [name for _, name, _, _ in Formatter().parse(part) if name]
        if not names or any(safe.get(name) for name in names):
            parts.append(" ".join(part.format_map(_Blank(safe)).split()).strip(_EMPTY_ENDS))
    return _join([*parts, theme.tail])


def write_scene_prompt(theme: Theme, values: Mapping[str, str]) -> str:
    """Return the image prompt of a row of prompts: its own, or its title, then scene and mood, and the theme's tail."""
    mood = values.get("mood", "")
    subject = values.get("prompt") or values.get("title", "")
    return _join([subject, values.get("scene", ""), f"{mood} mood" if mood else "", theme.tail])


def take_out_brand(text: str, brand: str) -> str:
    """Return a text without a brand: nobody may draw its mark."""
    return take_out(text, (brand,)) if brand else text


def take_out(text: str, words: tuple[str, ...]) -> str:
    """Return a text without some words and phrases, found without regard to case, and without what led to them."""
    left = _compile(words).sub(" ", text)
    return re.sub(r"[\s,;:]+([.!?])|\s+([,;:])", r"\1\2", " ".join(left.split())).strip(" ,;:-")


def shorten(text: str) -> str:
    """Return as much of a text as a prompt takes over of it, cut between words."""
    if len(text) <= MOST_VALUE_CHARACTERS:
        return text
    return text[:MOST_VALUE_CHARACTERS].rpartition(" ")[0].rstrip(" ,;:") or text[:MOST_VALUE_CHARACTERS]


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _join(parts: list[str]) -> str:
    """Return the parts as one line; a part that ends a sentence is followed by no comma."""
    line = ""
    for part in (clean_line(part) for part in parts):
        if part:
            line = part if not line else f"{line}{' ' if line[-1] in '.!?' else ', '}{part}"
    return line


@lru_cache(maxsize=256)
def _compile(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the words whatever their case, with a "by" or "from" before and a possessive s behind."""
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?:\b(?:by|from)\s+)?(?<!\w)(?:{alternatives})(?:['\u2019]s)?(?!\w)", re.IGNORECASE)
