"""Finds and removes brands and forbidden words, by one rule.

Case, accents, apostrophes, hyphens and trademark signs do not matter: "L'Oréal" is "LOREAL", "Häagen-Dazs" is "haagen
dazs", and "NIKE®" is "Nike". Words match at word boundaries only: "Gap" is not in "gapless".
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_APOSTROPHES: Final = "'\u2019\u2018\u02bc`\u00b4\u2032\uff07"
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_"
_LETTERS: Final = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th"}
"""Letters that Unicode does not decompose, and that people write without their stroke."""

_LAST_ACCENTED: Final = "\u0600"
"""Accents are folded in Latin, Greek and Cyrillic; beyond, combining marks change the letter."""

_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, kana, ideographs and Hangul: the next word or a particle follows without a space."""

_SIGNS: Final = "\u0591-\u05bd\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u0a01-\u0d4d"
"""Vowel signs of Hebrew, Arabic and Indian scripts: part of their word, although not letters."""

_WORD: Final = rf"(?:[^\W_{_UNSPACED}]|[{_SIGNS}])"
_SEPARATORS: Final = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\s\u2000-\u206f\u3000-\u3020]+")
_MARK: Final = re.compile(r"[®™©℠]|\((?:r|tm|c)\)", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]\w*);")
_CASE_CHANGE: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MIN_SPACED_LETTERS: Final = 8
"""Words of this many letters in one case ("COCACOLA") match with a space inside; shorter ones would match others."""

_LEAD: Final = r"(?:(?<![^\W_])(?:by|from|von|par)\s+)?"
_DANGLING: Final = frozenset(
    {"with", "by", "from", "of", "for", "in", "and", "or", "the", "a", "an", "&", "+", "x"}
    | {"mit", "von", "für", "und", "oder", "de", "du", "par", "avec", "pour", "et", "con", "di", "per", "y", "e"}
)
"""Words that lead to another word: none of them ends a name."""


@dataclass(frozen=True, slots=True)
class WordRemoval:
    """A text without some words, and the removed words in the text's spelling."""

    text: str
    removed: tuple[str, ...] = ()


def holds_word(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text contains one of the words."""
    return find_word(text, words) is not None


def find_word(text: str, words: tuple[str, ...]) -> str | None:
    """Return the first of the words that a text contains, in the text's spelling, or None."""
    pattern = _compile(words)
    if pattern is None:
        return None
    decoded = decode_entities(text)
    folded, places = _fold(decoded)
    found = pattern.search(folded)
    return None if found is None else decoded[places[found.start("word")] : places[found.end()]].strip()


def remove_words(text: str, words: tuple[str, ...]) -> WordRemoval:
    """Return a text without the words, their trademark signs and words that only led to them."""
    pattern = _compile(words)
    if pattern is None:
        return WordRemoval(text)
    decoded = decode_entities(text)
    folded, places = _fold(decoded)
    kept, removed, position = [], [], 0
    for found in pattern.finditer(folded):
        start, end = places[found.start()], places[found.end()]
        removed.append(decoded[places[found.start("word")] : end].strip())
        kept.append(decoded[position:start])
        position = end
    if not removed:
        return WordRemoval(text)
    return WordRemoval(_clean_up(" ".join([*kept, decoded[position:]])), tuple(removed))


def drop_trademark_signs(text: str) -> str:
    """Return a text without registered, trademark and copyright signs."""
    return _clean_up(_MARK.sub(" ", text)) if _MARK.search(text) else text


def decode_entities(text: str) -> str:
    """Return a text with its HTML entities decoded, even if they are encoded several times."""
    for _ in range(3):
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return text


def fold_word(text: str) -> str:
    """Return a key that is equal for equal words: letters and digits only."""
    return "".join(character for character in _fold(decode_entities(text))[0] if character.isalnum())


def _fold(text: str) -> tuple[str, list[int]]:
    """Return the folded text to search, and for each place in it, and its end, the place in the original."""
    folded: list[str] = []
    places: list[int] = []
    marks = {place for found in _MARK.finditer(text) for place in range(*found.span())} if "(" in text else set()
    for place, character in enumerate(text):
        is_mark = place in marks or character in "®™©℠"
        for part in "" if is_mark else _fold_character(character):
            folded.append(part)
            places.append(place)
        if is_mark and text[place + 1 : place + 2].isalnum() and place + 1 not in marks:
            folded.append(" ")
            places.append(place + 1)
    return "".join(folded), [*places, len(text)]


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    if character in _DASHES:
        return "-"
    if character.isspace():
        return " "
    if "\u0300" <= character <= "\u036f" or unicodedata.category(character) == "Cf":
        return ""
    parts = unicodedata.normalize("NFKD", character)
    if parts[0] < _LAST_ACCENTED:
        folded = "".join(part for part in parts.casefold() if not unicodedata.combining(part))
        return "".join(_LETTERS.get(part, part) for part in folded)
    return unicodedata.normalize("NFKC", character).casefold()


@lru_cache(maxsize=256)
def _compile(words: tuple[str, ...]) -> re.Pattern[str] | None:
    patterns = sorted(filter(None, map(_write_pattern, words)), key=len, reverse=True)
    if not patterns:
        return None
    # a possessive "s" belongs to its word, as do trademark signs after it, which folding has dropped
    return re.compile(rf"{_LEAD}(?P<word>(?<!{_WORD})(?:{'|'.join(patterns)})(?:'s)?(?!{_WORD}))")


def _write_pattern(word: str) -> str:
    """Return a pattern for a word: any joining characters between its parts, apostrophes and hyphens within them."""
    folded, _ = _fold(_CASE_CHANGE.sub(" ", decode_entities(word)))
    parts = list(filter(None, _SEPARATORS.split(folded)))
    letters = sum(map(len, parts))
    if letters < 2 and not any(part > _LAST_ACCENTED for part in parts):  # noqa: PLR2004 - "X" occurs in too many names
        return ""
    is_one_case = len(parts) == 1 and letters >= _MIN_SPACED_LETTERS and word in {word.upper(), word.lower()}
    within = r"[ '\-]?" if is_one_case else r"['\-]?"
    return r"[ '\-.&+/!]{0,3}".join(within.join(map(re.escape, part)) for part in parts)


def _clean_up(text: str) -> str:
    """Return a text on one line, without leftovers around removed words."""
    line = re.sub(r"\(\s*\)|\[\s*\]|\"\s*\"", " ", text)
    line = re.sub(r"[\s,;:]+([.!?])|\s+([,;:])", r"\1\2", " ".join(line.split())).strip(" ,;:-\u2013\u2014/|&+")
    words = line.split()
    while len(words) > 1 and words[-1].casefold() in _DANGLING:
        words.pop()
    return " ".join(words)
