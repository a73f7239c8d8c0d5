"""Image prompts for rows: by the theme's template from a product, from what a row of prompts says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from shared.domain.sources.brands import find_brand, find_forbidden_words
from shared.domain.texts import clean_line
from shared.domain.themes import Theme
from shared.domain.word_search import Cut, drop_marks, take_out_words

MOST_VALUE_CHARACTERS: Final = 400
"""Of a product's text that a prompt takes over: what a picture shows is said in the first sentences."""

_EMPTY_ENDS: Final = " ,;:-"


@dataclass(frozen=True, slots=True)
class RowPrompt:
    """A row's image prompt, and what of the row's texts it leaves out, one a line."""

    text: str
    left_out: tuple[str, ...] = ()


def write_product_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return a product's image prompt: the template's parts that have a value, without brands, and the theme's tail.

    Args:
        theme: its template, forbidden words and tail.
        values: the product's fields; missing ones are empty.
    """
    used = {name for _, name, _, _ in Formatter().parse(theme.prompt_template) if name}
    words = _list_words(theme, values)
    left_out: list[str] = []
    safe: dict[str, str] = {}
    for name in used:
        cut = take_out_words(values.get(name, ""), words)
        left_out += [f"{taken!r} of {name}" for taken in cut.taken]
        text = drop_marks(cut.text)
        safe[name] = shorten(text)
        if len(text) > len(safe[name]):
            left_out.append(f"{name} behind its first {len(safe[name])} characters")
    if "name" in used and not _has_word(safe["name"]):
        _put_noun(safe, values, words)
    parts = []
    for part in theme.prompt_template.split(","):
        names = [name for _, name, _, _ in Formatter().parse(part) if name]
        if not names or any(safe.get(name) for name in names):
            parts.append(" ".join(part.format_map(_Blank(safe)).split()).strip(_EMPTY_ENDS))
    return RowPrompt(_join([*parts, theme.tail]), tuple(sorted(left_out)))


def write_scene_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return the image prompt of a row of prompts: its own, or its title, then scene and mood, and the theme's tail."""
    mood = values.get("mood", "")
    subject = values.get("prompt") or values.get("title", "")
    return RowPrompt(_join([subject, values.get("scene", ""), f"{mood} mood" if mood else "", theme.tail]))


def keep_own_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return the image prompt that a product's row has, without brands; empty if it has none."""
    cut = take_out_words(values.get("prompt", ""), _list_words(theme, values))
    left_out = tuple(f"{taken!r} of prompt" for taken in cut.taken)
    return RowPrompt(clean_line(drop_marks(cut.text)), left_out)


def take_out(text: str, words: tuple[str, ...]) -> str:
    """Return a text without some words, and without marks."""
    cut: Cut = take_out_words(text, words)
    return drop_marks(cut.text)


def shorten(text: str) -> str:
    """Return as much of a text as a prompt takes over of it, cut between words."""
    if len(text) <= MOST_VALUE_CHARACTERS:
        return text
    return text[:MOST_VALUE_CHARACTERS].rpartition(" ")[0].rstrip(" ,;:") or text[:MOST_VALUE_CHARACTERS]


def _list_words(theme: Theme, values: Mapping[str, str]) -> tuple[str, ...]:
    return (*filter(None, [find_brand(values)]), *find_forbidden_words(theme))


def _put_noun(safe: dict[str, str], values: Mapping[str, str], words: tuple[str, ...]) -> None:
    """Put the category, else the description, else the name as it is in the place of a name with no word left."""
    for name in ("category", "description"):
        text = safe[name] if name in safe else shorten(take_out(values.get(name, ""), words))
        if _has_word(text):
            safe["name"] = text
            if name in safe:
                safe[name] = ""  # else it would be there twice
            return
    safe["name"] = values.get("name", "")


def _has_word(text: str) -> bool:
    return sum(map(str.isalpha, text)) > 0


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
