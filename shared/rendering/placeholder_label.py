"""The label of a placeholder: the item's name, or its id if no font has the letters of the name."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from shared.rendering.contact_sheet_text import Measure, shorten, split_word
from shared.rendering.lettering import can_write, prepare_text

_PIECE: Final = re.compile(r"\s*(?:[^\s-]+-*|-+)")
_LETTERS_AND_NUMBERS: Final = ("L", "N")


def choose_label(*texts: str) -> str:
    """Return the first text whose letters and digits can all be rendered; "" if there is none.

    Emoji and other signs are dropped. Without one of its letters, a text would be another name.
    """
    return next(filter(None, map(_spell, texts)), "")


def break_lines(text: str, width: float, measure: Measure, *, splits_words: bool) -> list[str] | None:
    """Break a text into lines between words and after hyphens.

    Args:
        text: one line.
        width: of a line, in pixels.
        measure: returns the width of a line.
        splits_words: whether to split a word that is wider than a line; otherwise the result is None.
    """
    lines = [""]
    for piece in _split_pieces(text, width, measure) if splits_words else _find_pieces(text):
        if measure(longer := lines[-1] + piece) <= width:
            lines[-1] = longer
            continue
        lines.append(piece.lstrip())
        if measure(lines[-1]) > width:
            return None
    return [line for line in lines if line]


def cut_lines(lines: list[str], max_lines: int, width: float, measure: Measure) -> list[str]:
    """Return at most ``max_lines`` lines; the last one ends with an ellipsis if more follow."""
    if len(lines) <= max_lines:
        return lines
    return [*lines[: max_lines - 1], shorten(" ".join(lines[max_lines - 1 :]), width, measure)]


def _spell(text: str) -> str | None:
    letters = [letter for letter in text if unicodedata.category(letter).startswith(_LETTERS_AND_NUMBERS)]
    return prepare_text(text) if letters and all(map(can_write, letters)) else None


def _find_pieces(text: str) -> list[str]:
    return [part for piece in _PIECE.findall(text) for part in split_word(piece)]


def _split_pieces(text: str, width: float, measure: Measure) -> Iterator[str]:
    """Yield the pieces of a text, split where a piece is wider than a line."""
    for piece in _find_pieces(text):
        rest = piece
        while measure(rest.lstrip()) > width and len(rest.lstrip()) > 1:
            end = len(rest) - 1
            while end > 1 and measure(rest[:end].lstrip()) > width:
                end -= 1
            yield rest[:end]
            rest = rest[end:]
        yield rest
