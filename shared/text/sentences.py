"""Count sentences in any script.

Sentence marks are Unicode's ``Sentence_Terminal`` (``PropList.txt``, Unicode 17). Whether a full stop ends a sentence
follows UAX #29, "Sentence Boundaries" (SB6 to SB8: not between digits or letters, not before a lower-case letter), and
CLDR's suppressions: abbreviations and initials. An abbreviation precedes a capital letter both inside a sentence and at
its end ("in the U.S. Army", "in the U.S. It fits"): it ends the sentence if the next word usually begins one.
"""

import re
import unicodedata
from typing import Final

from shared.text.scripts import is_letter_or_mark, is_unspaced, marks_sentences

_FULL_STOPS: Final = ".\u2024"
"""Marks with several meanings; UAX #29 calls them ATerm."""

_FULLWIDTH_MARKS: Final = "\u3002\uff01\uff0e\uff1f\uff61\ufe12\ufe15\ufe16\ufe52\ufe56\ufe57"
_ASCII: Final = "!?"
_OTHER_MARKS: Final = (
    "\u0589\u061d\u061e\u061f\u06d4\u0700\u0701\u0702\u07f9\u0837\u0839\u083d\u083e\u0964\u0965\u104a\u104b"
    "\u1362\u1367\u1368\u166e\u1735\u1736\u17d4\u17d5\u1803\u1809\u1944\u1945\u1aa8\u1aa9\u1aaa\u1aab\u1b4e\u1b4f"
    "\u1b5a\u1b5b\u1b5e\u1b5f\u1b7d\u1b7e\u1b7f\u1c3b\u1c3c\u1c7e\u1c7f\u203c\u203d\u2047\u2048\u2049\u2cf9\u2cfa"
    "\u2cfb\u2e2e\u2e3c\u2e53\u2e54\ua4ff\ua60e\ua60f\ua6f3\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f\ua9c8\ua9c9"
    "\uaa5d\uaa5e\uaa5f\uaaf0\uaaf1\uabeb\u0f0d\u0f0e"  # the last two: Tibetan shad, missing in Unicode's list
)
_GREEK_QUESTION_MARKS: Final = ";\u037e"
_CLOSING: Final = r"[\"'\u2019\u201d\u00bb\u203a)\]}\u300d\u300f\u300b\u3009\u3011\u3015\uff09\uff3d\u201c]*"
_OPENING: Final = "\"'([{\u201c\u201e\u2018\u00ab\u2039-\u2013\u2014"
_END: Final = re.compile(
    rf"(?P<mark>[{re.escape(_FULL_STOPS + _FULLWIDTH_MARKS + _ASCII + _OTHER_MARKS + _GREEK_QUESTION_MARKS)}\u2026]+)"
    rf"{_CLOSING}(?P<blank>\s*)"
)
_NEXT_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NEAR_CHARACTERS: Final = 60
"""Search range for the words around a mark: longer than any word, and bounded for long texts."""

_DOTTED_ABBREVIATION: Final = re.compile(r"[^\W\d_](?:\.\s?[^\W\d_])+|[^\W\d_]\.[^\W\d_]+")
"""Letters separated by stops: ``U.S``, ``e.g``, ``z.B``, ``π.χ``, ``Ph.D``."""

_ORDINAL_DIGITS: Final = 2
_NUMBER: Final = re.compile(r"\b\d{1,2}\.\s")
_GERMAN: Final = re.compile(r"\b(?:der|die|das|und|ist|mit|für|eine?|einer|im|am|vom|aus)\b", re.IGNORECASE)
_ENGLISH: Final = re.compile(r"\b(?:the|and|of|is|it|with|this|to|for)\b", re.IGNORECASE)


def count_sentences(text: str) -> int | None:
    """Return the number of sentences; a rest with a letter or digit but without an end mark counts as one.

    Returns:
        None if the script of the text does not mark sentence ends, like Thai and Lao.
    """
    if not marks_sentences(text):
        return None
    has_ordinals = _has_ordinals(text)
    sentences, start, has_begun = 0, 0, False
    for match in _END.finditer(text):
        has_begun = has_begun or _holds_words(text[start : match.start()])
        start = match.end()
        if has_begun and _ends_sentence(text, match, has_ordinals=has_ordinals):
            sentences, has_begun = sentences + 1, False
    return sentences + (has_begun or _holds_words(text[start:]))


def _holds_words(text: str) -> bool:
    return any(map(str.isalnum, text))


def _ends_sentence(text: str, match: re.Match[str], *, has_ordinals: bool) -> bool:
    mark, after = match["mark"], text[match.end() : match.end() + 1]
    if not after:
        return True
    before = text[match.start() - 1]
    if mark.strip(_GREEK_QUESTION_MARKS) == "":
        return bool(match["blank"]) and _is_greek(before)
    if any(character in _OTHER_MARKS for character in mark):
        return True
    if any(character in _FULLWIDTH_MARKS for character in mark):
        return not (before.isdecimal() and after.isdecimal())
    if not match["blank"]:  # "3.5", "shop.example", "U.S.A"; Chinese has no space after a narrow mark either
        return is_unspaced(before) and (is_unspaced(after) or mark[0] in _ASCII)
    return mark[0] in _ASCII or _ends_at_stop(text, match, has_ordinals=has_ordinals)


def _ends_at_stop(text: str, match: re.Match[str], *, has_ordinals: bool) -> bool:
    """Return whether a full stop or ellipsis before white space ends a sentence."""
    rest = text[match.end() : match.end() + _NEAR_CHARACTERS]
    if _begins_lowercase(rest):
        return False
    before = text[max(0, match.start() - _NEAR_CHARACTERS) : match.start()]
    return match["mark"] != "." or not _is_abbreviation(before, rest, has_ordinals=has_ordinals)


def _has_ordinals(text: str) -> bool:
    """Return whether a number with a full stop may be an ordinal, as in German ("1. Mai")."""
    return _NUMBER.search(text) is not None and len(_GERMAN.findall(text)) > len(_ENGLISH.findall(text))


def _begins_lowercase(rest: str) -> bool:
    """Return whether the first letter, after quotes and digits, is lower-case, so that no sentence begins here."""
    for character in rest:
        if is_letter_or_mark(character):
            return character.islower()
        if character.isdecimal():
            return False
    return False


def _is_abbreviation(before: str, rest: str, *, has_ordinals: bool) -> bool:
    """Return whether a full stop belongs to the word before it and does not end the sentence."""
    word = before.rsplit(maxsplit=1)[-1].lstrip(_OPENING)
    folded = word.casefold()
    next_word = _NEXT_WORD.search(rest)
    begins = next_word is not None and next_word[0].casefold() in SENTENCE_STARTERS
    next_is_digit = rest[0].isdecimal()
    if folded in NEVER_AT_SENTENCE_END:
        return True
    if folded in NUMBER_ABBREVIATIONS and (next_is_digit or before[: -len(word) or None].rstrip()[-1:].isdecimal()):
        return next_is_digit or not begins
    if folded in MAYBE_AT_SENTENCE_END or _DOTTED_ABBREVIATION.fullmatch(word) or _is_initial(word):
        return not begins
    return has_ordinals and word.isdecimal() and len(word) <= _ORDINAL_DIGITS and not next_is_digit and not begins


def _is_initial(word: str) -> bool:
    """Return whether a word is the initial of a name: ``J``, or any single letter in Arabic and Hebrew."""
    letters = [character for character in word if unicodedata.category(character)[0] == "L"]
    return (
        len(letters) == 1
        and len(word) == 1
        and (letters[0].isupper() or letters[0].islower() or "\u05d0" <= letters[0] <= "\u06d3")
    )


def _is_greek(character: str) -> bool:
    return "\u0370" <= character <= "\u03ff" or "\u1f00" <= character <= "\u1fff"


def _read_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER_AT_SENTENCE_END: Final = _read_words("""
    mr mrs ms mx dr prof st ste sr jr rev hon gen col capt lt sgt gov sen rep mt ft messrs mme mlle dipl ing hr fr frl
    vs cf viz approx ca cca circa bzw inkl exkl zzgl zzt evtl ggf vgl sog bspw insb max min mind vorm nachm allg versch
    div std tel abb str mio mrd fig vol ed eds dhr mevr sra sres dott sig
    δηλ βλ κοσ κα
    डॉ श्री श्रीमती रु ড মি মিসেস
""")
"""Always followed by another word of the sentence."""

MAYBE_AT_SENTENCE_END: Final = _read_words("""
    co inc ltd corp bros llc plc gmbh etc usw uvm usf ua dept est jan feb mar apr jun jul aug sep sept oct nov dec
    mon tue wed thu fri sat sun ave blvd rd oz lb lbs cm mm km kg mg ml qt pt gal hr hrs mins sec secs sq cu wt pcs pkg
    am pm ad bc
    κλπ κτλ κά
""")
"""End a sentence if the next word usually begins one."""

NUMBER_ABBREVIATIONS: Final = _read_words("no nos nr art fig p pp s v vol in ft ch sec αρ στρ")
"""Abbreviations only after or before a digit: ``No. 5``, ``12 in.``."""

SENTENCE_STARTERS: Final = _read_words("""
    a an the this that these those it its it's he she they we you your our my his her their there here each every all
    any both some no not with without for from in on at by as to when while where if once whether and or but so yet
    also then plus perfect ideal great good best made designed built crafted comes features includes fits suits works
    use wear add keep place enjoy choose pair now just only
    der die das ein eine einer eines er sie es wir ihr ihre sein seine dieser diese dieses jeder jede jedes mit ohne
    für im am auf aus bei durch passt ideal perfekt wenn auch und oder aber so ist sind hat dank
    ο η το οι τα ένα ένασ μία μια αυτό αυτή αυτόσ είναι έχει με για από στο στη στην στον και αλλά ιδανικό
    le la les un une des il elle ce cette ces avec pour el los las una es este esta con para lo gli è questo
""")
"""Words that are rarely capitalized inside a sentence."""
