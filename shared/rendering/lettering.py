"""Writes a line of text in any script: in Pillow's own font, else in an installed font, else in the bitmap font."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from shared.rendering import bitmap_font
from shared.rendering.system_fonts import find_font
from shared.rendering.text_shaping import is_right_to_left

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

# Pillow's built-in font (Aileron) has ASCII and these; anything else becomes an empty box.
_EXTRA_LETTERS: Final = "\u2018\u2019\u201c\u201d\u2026\u00b7\u00b0"  # curly quotes, ellipsis, middle dot, degree
_SPELLINGS: Final = {
    **dict(zip("ßæÆœŒøØłŁđĐ", ("ss", "ae", "Ae", "oe", "Oe", *"oOlLdD"), strict=True)),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),  # hyphens, dashes, minus
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{BULLET}": "\N{MIDDLE DOT}",
}
_UNKNOWN: Final = "\N{MIDDLE DOT}"
_LETTERS_AND_NUMBERS: Final = ("L", "N")


@dataclass(frozen=True, slots=True)
class _Run:
    """Letters of a line that share a font; None is the bitmap font."""

    text: str
    font: "FreeTypeFont | ImageFont | None"


class Pen:
    """Writes lines in letters of one size, in pixels."""

    def __init__(self, size: float) -> None:
        self.size = size
        self._own = _load_own_font(size)

    def measure(self, text: str) -> float:
        """Return the width of a prepared line in pixels."""
        return sum(self._measure(run) for run in self._split(text))

    def write(self, image: "Image", x: float, y: float, text: str, color: str) -> None:
        """Write a prepared line with its top left corner at a point."""
        self._write(image, x, y + self._find_metrics()[0], text, color)

    def write_centered(self, image: "Image", x: float, y: float, text: str, color: str) -> None:
        """Write a prepared line with its middle at a point."""
        ascent, descent = self._find_metrics()
        self._write(image, x - self.measure(text) / 2, y + (ascent - descent) / 2, text, color)

    def _write(self, image: "Image", x: float, base_line: float, text: str, color: str) -> None:
        from PIL import ImageDraw  # noqa: PLC0415 - loaded on first use, for a fast start of the app

        draw = ImageDraw.Draw(image)
        for run in self._split(text):
            if run.font is not None:
                draw.text((x, base_line), run.text, color, run.font, anchor="ls")
            else:
                top = base_line - bitmap_font.find_ascent(self.size)
                image.paste(color, (round(x), round(top)), bitmap_font.draw(run.text, self.size))
            x += self._measure(run)

    def _measure(self, run: _Run) -> float:
        return bitmap_font.measure(run.text, self.size) if run.font is None else run.font.getlength(run.text)

    def _split(self, text: str) -> Iterator[_Run]:
        """Yield the parts of a line by font; a right-to-left line stays whole, because its order cannot be split."""
        if all(map(is_plain, text)):
            yield _Run(text, self._own)
        elif is_right_to_left(text):
            yield _Run(text, find_font(text, self.size))
        else:
            for is_own, letters in groupby(zip(_find_own(text), text, strict=True), lambda pair: pair[0]):
                part = "".join(letter for _, letter in letters)
                yield _Run(part, self._own if is_own else find_font(part, self.size))

    def _find_metrics(self) -> tuple[int, int]:
        from PIL.ImageFont import FreeTypeFont  # noqa: PLC0415 - see _write

        return self._own.getmetrics() if isinstance(self._own, FreeTypeFont) else (round(self.size), 0)


def _find_own(text: str) -> list[bool]:
    """Return for each letter whether Pillow's own font has it; a space between other letters belongs to them."""
    own = list(map(is_plain, text))
    for place in range(1, len(text) - 1):
        if text[place] == " " and not own[place - 1] and not is_plain(text[place + 1]):
            own[place] = False
    return own


def prepare_text(text: str) -> str:
    """Return a text as one line of letters that can be rendered.

    Latin letters lose accents that Pillow's font lacks, and signs are spelled out. A letter or digit that no font has
    becomes a dot; other characters are dropped.
    """
    prepared = "".join(map(_spell, unicodedata.normalize("NFC", text)))
    return " ".join(re.sub(r"(^|\s)[\u200c\u200d]+", r"\1", prepared).split())


def is_plain(letter: str) -> bool:
    """Return whether Pillow's built-in font has a letter."""
    return (letter.isascii() and letter.isprintable()) or letter in _EXTRA_LETTERS


def can_write(letter: str) -> bool:
    """Return whether a letter, or its spelling in plain letters, can be rendered."""
    return _spell(letter) != _UNKNOWN or letter == _UNKNOWN


def _spell(letter: str) -> str:
    if is_plain(letter) or letter.isspace():
        return letter
    if letter in _SPELLINGS:
        return _SPELLINGS[letter]
    base = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    if base and all(map(is_plain, base)):
        return base
    if bitmap_font.has_glyph(letter) or letter in "\u200c\u200d":
        return letter
    return _UNKNOWN if unicodedata.category(letter).startswith(_LETTERS_AND_NUMBERS) else " "


def _load_own_font(size: float) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont  # noqa: PLC0415 - see Pen

    return ImageFont.load_default(size=size)
