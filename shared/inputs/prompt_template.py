"""Image prompts of rows: from the theme's template for products, from their own texts for rows of prompts."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from shared.catalog.forbidden_words import WordRemoval, drop_trademark_signs, remove_words
from shared.catalog.theme import Theme
from shared.inputs.brands import find_brand, find_forbidden_words
from shared.text.cleaning import clean_line

MAX_VALUE_CHARACTERS: Final = 400
"""Limit for each of a product's texts in a prompt: the first sentences say what an image shows."""

_EMPTY_ENDS: Final = " ,;:-"


@dataclass(frozen=True, slots=True)
class RowPrompt:
    """The image prompt of a row, and what it leaves out of the row's texts, one per line."""

    text: str
    left_out: tuple[str, ...] = ()


def write_product_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return a product's image prompt: the template's parts that have a value, without brands, and the theme's tail.

    Args:
        theme: template, forbidden words and tail.
        values: the product's fields; missing ones count as empty.
    """
    used = {name for _, name, _, _ in Formatter().parse(theme.prompt_template) if name}
    words = _list_words(theme, values)
    left_out: list[str] = []
    safe: dict[str, str] = {}
    for name in used:
        cut = remove_words(values.get(name, ""), words)
        left_out += [f"{removed!r} of {name}" for removed in cut.removed]
        text = drop_trademark_signs(cut.text)
        safe[name] = shorten(text)
        if len(text) > len(safe[name]):
            left_out.append(f"{name} after its first {len(safe[name])} characters")
    if "name" in used and not _has_word(safe["name"]):
        _replace_empty_name(safe, values, words)
    parts = []
    for part in theme.prompt_template.split(","):
        names = [name for _, name, _, _ in Formatter().parse(part) if name]
        if not names or any(safe.get(name) for name in names):
            parts.append(" ".join(part.format_map(_Blank(safe)).split()).strip(_EMPTY_ENDS))
    return RowPrompt(_join([*parts, theme.ending]), tuple(sorted(left_out)))


def write_scene_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return the image prompt of a row of prompts: its prompt or title, then scene and mood, and the theme's tail."""
    mood = values.get("mood", "")
    subject = values.get("prompt") or values.get("title", "")
    return RowPrompt(_join([subject, values.get("scene", ""), f"{mood} mood" if mood else "", theme.ending]))


def read_own_prompt(theme: Theme, values: Mapping[str, str]) -> RowPrompt:
    """Return the image prompt that a product's row contains, without brands; "" if none."""
    cut = remove_words(values.get("prompt", ""), _list_words(theme, values))
    left_out = tuple(f"{removed!r} of prompt" for removed in cut.removed)
    return RowPrompt(clean_line(drop_trademark_signs(cut.text)), left_out)


def clean_text(text: str, words: tuple[str, ...]) -> str:
    """Return a text without some words and without trademark signs."""
    cut: WordRemoval = remove_words(text, words)
    return drop_trademark_signs(cut.text)


def shorten(text: str) -> str:
    """Return the part of a text that fits into a prompt, cut between words."""
    if len(text) <= MAX_VALUE_CHARACTERS:
        return text
    return text[:MAX_VALUE_CHARACTERS].rpartition(" ")[0].rstrip(" ,;:") or text[:MAX_VALUE_CHARACTERS]


def _list_words(theme: Theme, values: Mapping[str, str]) -> tuple[str, ...]:
    return (*filter(None, [find_brand(values)]), *find_forbidden_words(theme))


def _replace_empty_name(safe: dict[str, str], values: Mapping[str, str], words: tuple[str, ...]) -> None:
    """Replace a name that has no letter left by the category, else the description, else the original name."""
    for name in ("category", "description"):
        text = safe[name] if name in safe else shorten(clean_text(values.get(name, ""), words))
        if _has_word(text):
            safe["name"] = text
            if name in safe:
                safe[name] = ""  # otherwise the prompt would repeat it
            return
    safe["name"] = values.get("name", "")


def _has_word(text: str) -> bool:
    return sum(map(str.isalpha, text)) > 0


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _join(parts: list[str]) -> str:
    """Return the parts as one line, separated by commas, except after a sentence end."""
    line = ""
    for part in (clean_line(part) for part in parts):
        if part:
            line = part if not line else f"{line}{' ' if line[-1] in '.!?' else ', '}{part}"
    return line
