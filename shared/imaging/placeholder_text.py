"""What a placeholder is labelled with: the item's name in letters that the font has, or else the item's id."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from shared.imaging.contact_sheet_text import Measure, is_drawable, shorten, simplify_text

_CYRILLIC: Final = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўђјљњћџѓќѕ",
        (
            *"abvgde",  # by BGN/PCGN, but ё is e
            *("e", "zh", "z", "i", "y"),
            *"klmnoprstuf",
            *("kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"),
            *("ye", "i", "yi", "g", "u"),
            *("dj", "j", "lj", "nj", "c", "dz", "g", "k", "dz"),
        ),
        strict=True,
    )
)
_GREEK: Final = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        (*"avgdezi", "th", *"iklmnxoprss", *"tyf", "ch", "ps", "o"),  # by ELOT 743
        strict=True,
    )
)
_LATIN: Final = {"\N{LATIN SMALL LETTER DOTLESS I}": "i", "ħ": "h", "þ": "th", "ð": "d", "ŋ": "ng", "ŧ": "t", "ə": "e"}
_SMALL: Final = _CYRILLIC | _GREEK | _LATIN
_LETTERS: Final = str.maketrans(
    {letter.upper(): spelled.capitalize() for letter, spelled in _SMALL.items() if len(letter.upper()) == 1}
    | _SMALL
    | {"\N{MICRO SIGN}": "u", "\N{FRACTION SLASH}": "/", "\N{LATIN CAPITAL LETTER SHARP S}": "SS"}
)
_PIECE: Final = re.compile(r"\s*(?:[^\s-]+-*|-+)")
_LETTERS_AND_NUMBERS: Final = ("L", "N")


def choose_label(*texts: str) -> str:
    """Return the first of the texts that can be told in the font's letters, or nothing if none can.

    Greek and Cyrillic are transliterated, accents dropped, and emoji and other signs left out. A text that then still
    has a letter or a digit that the font does not have is not told in part: it would be another name.
    """
    return next(filter(None, map(_spell, texts)), "")


def break_lines(text: str, width: float, measure: Measure, *, splits_words: bool) -> list[str] | None:
    """Break the text into lines between words and behind hyphens.

    Args:
        text: one line.
        width: of a line, in pixels.
        measure: tells the width of a line.
        splits_words: whether a word that is wider than a line may be split; else there are no lines then (None).
    """
    lines = [""]
    for piece in _split_pieces(text, width, measure) if splits_words else _PIECE.findall(text):
        if measure(longer := lines[-1] + piece) <= width:
            lines[-1] = longer
            continue
        lines.append(piece.lstrip())
        if measure(lines[-1]) > width:
            return None
    return [line for line in lines if line]


def cut_lines(lines: list[str], most: int, width: float, measure: Measure) -> list[str]:
    """Return at most so many of the lines; the last one ends with an ellipsis if there are more."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), width, measure)]


def _spell(text: str) -> str | None:
    composed = unicodedata.normalize("NFC", text)  # some letters are an accented other one, and spelt in their own way
    plain = simplify_text(composed.translate(_LETTERS)).translate(_LETTERS)
    kept = []
    for letter in plain:
        if not is_drawable(letter) and unicodedata.category(letter).startswith(_LETTERS_AND_NUMBERS):
            return None
        kept.append(letter if is_drawable(letter) else " ")
    label = " ".join("".join(kept).split())
    return label if any(letter.isalnum() for letter in label) else None


def _split_pieces(text: str, width: float, measure: Measure) -> Iterator[str]:
    """Yield the pieces of a text, and those that are wider than a line in parts that are not."""
    for piece in _PIECE.findall(text):
        rest = piece
        while measure(rest.lstrip()) > width and len(rest.lstrip()) > 1:
            end = len(rest) - 1
            while end > 1 and measure(rest[:end].lstrip()) > width:
                end -= 1
            yield rest[:end]
            rest = rest[end:]
        yield rest
