"""Equality by SQL Server's default collation, independent of the project's own key.

SQL_Latin1_General_CP1_CI_AS without KS and WS: case, width and kana type do not count, accents do. Characters without a
weight do not count: invisible ones, and all beyond U+FFFF in a collation without supplementary characters. Blanks at
the end do not count.
"""

import unicodedata
from functools import lru_cache

_WITHOUT_WEIGHT = {"Cc", "Cf", "Cs", "Cn"}
_IGNORED = {"\u034f", "\u115f", "\u1160", "\u3164", "\uffa0", *map(chr, range(0xFE00, 0xFE10))}


@lru_cache(maxsize=20_000)
def weigh(text: str) -> str:
    """Return the same key for texts that ``=`` and a unique index treat as equal."""
    weighed = []
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).upper().lower()):
        if character > "\uffff" or character in _IGNORED:
            continue
        if unicodedata.category(character) in _WITHOUT_WEIGHT and not character.isspace():
            continue
        weighed.append(_kana(character))
    return "".join(weighed).rstrip(" ")


def _kana(character: str) -> str:
    name = unicodedata.name(character, "")
    if not name.startswith(("HIRAGANA LETTER ", "KATAKANA LETTER ")):
        return character
    return name.removeprefix("HIRAGANA ").removeprefix("KATAKANA ").replace("SMALL ", "")
