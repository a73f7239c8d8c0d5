"""Fits names into a width: lines broken where the script allows it, and shortened by an ellipsis."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from shared.text.scripts import is_unspaced

Measure = Callable[[str], float]
"""Returns the width of a line in pixels."""

_WORD: Final = re.compile(r"\s*\S+")
_BOUND_TO_NEXT: Final = "\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4"
"""Thai and Lao vowels that precede their consonant."""

_BOUND_TO_BEFORE: Final = (
    "\u0e2f\u0e30\u0e32\u0e33\u0e45\u0e46\u0eb0\u0eb2\u0eb3"  # Thai and Lao vowels and signs after their consonant
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e"  # small hiragana
    "\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6\u30fc"  # small katakana
)


def shorten(text: str, width: float, measure: Measure) -> str:
    """Return the text if it fits into ``width`` pixels, else its longest start that fits with an ellipsis."""
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
    """Break the text between words into at most ``line_count`` lines; the rest is shortened by an ellipsis."""
    lines: list[str] = []
    pieces = [part for word in _WORD.findall(text) for part in split_word(word)]
    while pieces and len(lines) < line_count - 1:
        taken = 1
        while taken < len(pieces) and measure("".join(pieces[: taken + 1]).strip()) <= width:
            taken += 1
        lines.append(shorten("".join(pieces[:taken]).strip(), width, measure))
        pieces = pieces[taken:]
    if pieces:
        lines.append(shorten("".join(pieces).strip(), width, measure))
    return lines


def split_word(word: str) -> list[str]:
    """Return the parts between which a word may be broken; several only in scripts without spaces.

    A part may begin with the white space before the word. No part begins with a closing mark, or with a sign that
    belongs to the previous letter.
    """
    parts = [""]
    for before, letter in zip(f" {word}", word, strict=False):
        if (is_unspaced(letter) or is_unspaced(before)) and parts[-1].strip() and _may_break(before, letter):
            parts.append("")
        parts[-1] += letter
    return [part for part in parts if part]


def _may_break(before: str, letter: str) -> bool:
    return not (
        unicodedata.category(letter) in {"Mn", "Mc", "Me", "Lm", "Pe", "Pf", "Po", "Cf"}
        or unicodedata.category(before) in {"Ps", "Pi"}
        or letter in _BOUND_TO_BEFORE
        or before in _BOUND_TO_NEXT
    )


def _cut(text: str, length: int) -> str:
    while 0 < length < len(text) and unicodedata.category(text[length])[0] == "M":  # keeps a mark with its letter
        length -= 1
    return f"{text[:length].rstrip(' ,.-')}…"
