"""Compare texts like the importer's database: SQL Server's default collation, SQL_Latin1_General_CP1_CI_AS.

The collation ignores case, width and kana type, distinguishes accents, and ignores trailing spaces and characters
without a weight in version 80 of its table: invisible characters, all beyond U+FFFF, and scripts that the table does
not know. Where the table is not public, the key is the coarser one: texts that the database might treat as equal have
equal keys.
"""

import unicodedata
from functools import lru_cache
from typing import Final

_EXPANSIONS: Final = {"æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"}
"""Letters that the collation sorts as two (case folding expands ß), and the dotless i."""

_SMALL_KANA: Final = dict(
    zip(
        "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿゝゞ",
        "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロヽヾ",
        strict=True,
    )
)
_REPLACEMENTS: Final = _EXPANSIONS | _SMALL_KANA
_HIRAGANA, _TO_KATAKANA = range(0x3041, 0x3097), 0x60

_INVISIBLE_LETTERS: Final = (
    range(0x034F, 0x0350),  # combining grapheme joiner
    range(0x115F, 0x1161),  # Hangul fillers
    range(0x17B4, 0x17B6),  # Khmer inherent vowels
    range(0x180B, 0x1810),  # Mongolian selectors
    range(0x3164, 0x3165),
    range(0xFE00, 0xFE10),  # variation selectors
    range(0xFFA0, 0xFFA1),
)
"""Letters and marks, by their category, that every version of the collation ignores."""

_IGNORED: Final = (
    *_INVISIBLE_LETTERS,
    range(0x0488, 0x048A),  # Cyrillic signs of thousands
    range(0x0591, 0x05B0),  # Hebrew accents
    range(0x05BD, 0x05BE),
    range(0x05C4, 0x05C6),
    range(0x0610, 0x061B),  # Arabic honorifics
    range(0x0640, 0x0641),  # the Arabic lengthening dash
    range(0x06D6, 0x06EE),  # Koranic marks
    range(0x0951, 0x0953),  # Vedic stress
)
"""Also ignored: marks of chant and verse, and a dash that only lengthens a word."""

_UNWEIGHTED_SCRIPTS: Final = (
    range(0x0700, 0x0750),  # Syriac
    range(0x0780, 0x07C0),  # Thaana
    range(0x0D80, 0x0E00),  # Sinhala
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1200, 0x18B0),  # Ethiopic to Mongolian
    range(0x2800, 0x2900),  # Braille
    range(0x2E80, 0x2FE0),  # CJK radicals
    range(0x31A0, 0x31C0),  # Bopomofo extended
    range(0x3400, 0x4DC0),  # CJK extension A
    range(0xA000, 0xA4D0),  # Yi
)
"""Encoded in Unicode 3.0, without a weight in version 80."""

_BLANKS: Final = "\t\n\v\f\r\x85"


def fold_for_database(text: str, *, with_unweighted_scripts: bool = True) -> str:
    """Return a key that is equal for texts that the database treats as equal.

    Args:
        text: as inserted.
        with_unweighted_scripts: False ignores scripts without a weight, as the database does: all Khmer words are
            equal.
    """
    folded = text.lower() if text.isascii() else _decompose(_decompose(text).casefold())
    return "".join(_fold_character(character, with_unweighted_scripts) for character in folded).rstrip(" ")


def is_visible(text: str) -> bool:
    """Return whether a text has more than white space, marks and ignored characters."""
    return any(
        unicodedata.category(character)[0] not in "ZCM" and not _is_in(character, _INVISIBLE_LETTERS)
        for character in text
    )


def _decompose(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


@lru_cache(maxsize=4096)
def _fold_character(character: str, with_unweighted_scripts: bool) -> str:
    if character in _BLANKS:
        return " "
    if character <= "~":
        return character if character >= " " else ""
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Cs", "Cn"} or character > "\uffff" or _is_in(character, _IGNORED):
        return ""
    if not with_unweighted_scripts and (
        _is_in(character, _UNWEIGHTED_SCRIPTS) or unicodedata.ucd_3_2_0.category(character) == "Cn"
    ):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if ord(character) in _HIRAGANA:
        character = chr(ord(character) + _TO_KATAKANA)
    return _REPLACEMENTS.get(character, character)


def _is_in(character: str, ranges: tuple[range, ...]) -> bool:
    return any(ord(character) in part for part in ranges)
