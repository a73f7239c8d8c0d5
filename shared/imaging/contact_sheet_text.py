"""Fits names into the contact sheet: one line of letters that its font has, no wider than their place."""

import unicodedata
from collections.abc import Callable
from typing import Final

Measure = Callable[[str], float]
"""Returns the width of a line in pixels."""

# Pillow's built-in font (Aileron) has ASCII and these; it draws an empty box for everything else.
_EXTRA_LETTERS: Final = "\u2018\u2019\u201c\u201d\u2026\u00b7\u00b0"  # curly quotes, ellipsis, middle dot, degree
_SPELLINGS: Final = str.maketrans(
    dict(zip("ßæÆœŒøØłŁđĐ", ("ss", "ae", "Ae", "oe", "Oe", *"oOlLdD"), strict=True))
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")  # hyphens, dashes, minus
    | {"\N{MULTIPLICATION SIGN}": "x", "\N{BULLET}": "\N{MIDDLE DOT}"},
)


def clean_text(text: str) -> str:
    """Return the text as one line that can be drawn: accents dropped, ``?`` for letters that the font does not have."""
    return "".join(letter if is_drawable(letter) else "?" for letter in simplify_text(text))


def simplify_text(text: str) -> str:
    """Return the text as one line in plain letters as far as there are such: accents dropped, signs spelt out."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPELLINGS))
    return "".join(letter for letter in " ".join(decomposed.split()) if not unicodedata.combining(letter))


def is_drawable(letter: str) -> bool:
    """Tell whether Pillow's built-in font has a letter."""
    return (letter.isascii() and letter.isprintable()) or letter in _EXTRA_LETTERS


def shorten(text: str, width: float, measure: Measure) -> str:
    """Return the text if it fits into ``width`` pixels, else as much of it as does with an ellipsis."""
    if measure(text) <= width:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if measure(_cut(text, middle)) <= width:
            fits = middle
        else:
            too_long = middle
    return _cut(text, fits)


def wrap(text: str, width: float, line_count: int, measure: Measure) -> list[str]:
    """Break the text between words into at most ``line_count`` lines; what does not fit ends with an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < line_count - 1:
        taken = 1
        while taken < len(words) and measure(" ".join(words[: taken + 1])) <= width:
            taken += 1
        lines.append(shorten(" ".join(words[:taken]), width, measure))
        words = words[taken:]
    if words:
        lines.append(shorten(" ".join(words), width, measure))
    return lines


def _cut(text: str, length: int) -> str:
    return f"{text[:length].rstrip(' ,.-')}…"
