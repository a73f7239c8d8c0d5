"""Clean, fold and measure texts. Drafts, categories, themes and input rows share these rules."""

import re
import unicodedata
from typing import Final


def clean_line(text: str) -> str:
    """Return the text on one line, without control characters, lone surrogates and invisible characters.

    Joiners stay where a script or an emoji needs them.
    """
    if text.isascii() and text.isprintable():
        return collapse_whitespace(text)
    shown = "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)
    return collapse_whitespace(drop_invisible(shown))


def clean_id(text: str) -> str:
    """Return an id on one line; removed control and invisible characters leave no space."""
    kept = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"})
    return collapse_whitespace(drop_invisible(kept))


def collapse_whitespace(text: str) -> str:
    """Replace each run of white space by one space, and strip the ends."""
    return " ".join(text.split())


def fold_name(name: str) -> str:
    """Return a key that is equal for names that count as the same.

    Ignores case, white space, width, invisible characters, and how accents are encoded (NFKC).
    """
    if not name.isascii():
        name = _drop_formats(unicodedata.normalize("NFKC", name))
    return collapse_whitespace(name).casefold()


def count_utf16_units(text: str) -> int:
    """Return the length as the .NET importer counts it, in UTF-16 code units: an emoji counts twice."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def cut_to_utf16_units(text: str, max_units: int) -> str:
    """Return the start of a text, cut between characters, with at most ``max_units`` UTF-16 code units."""
    kept = text.encode("utf-16-le", errors="surrogatepass")[: 2 * max_units]
    return kept.decode("utf-16-le", errors="ignore").rstrip()


def _drop_formats(text: str) -> str:
    """Remove format characters: byte order marks, joiners, zero-width and directional characters."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


_JOINERS: Final = "\u200c\u200d"
_JOINING_SCRIPTS: Final = (
    range(0x0600, 0x0900),  # Arabic, Syriac, Thaana, N'Ko, Mandaic and their extensions
    range(0x0900, 0x0E00),  # the scripts of India, and Sinhala
    range(0x0F00, 0x10A0),  # Tibetan and Myanmar
    range(0x1780, 0x18B0),  # Khmer and Mongolian
    range(0xA840, 0xA880),  # Phags-pa
    range(0xA8E0, 0xA900),  # Devanagari extended
    range(0xFB50, 0xFE00),  # Arabic presentation forms
    range(0xFE70, 0xFEFF),
    range(0x10A00, 0x11E00),  # the historical scripts of the same families
)
"""Scripts in which a joiner between two letters changes their form, and in Persian the word."""

_VIRAMA_CLASS: Final = 9
"""Combining class of viramas. A joiner after a virama selects the form of the consonant, even at the end of a word."""

_EMOJI_SELECTOR: Final = "\ufe0f"
_MONGOLIAN_VOWEL_SEPARATOR: Final = "\u180e"
_MONGOLIAN: Final = range(0x1820, 0x18AB)
_JAMO: Final = range(0x1100, 0x1200)
_JAMO_FILLERS: Final = "\u115f\u1160"
_BLANK_LETTERS: Final = "\u3164\uffa0\u17b4\u17b5"
"""Letters and marks without a glyph that no text needs."""

_SHOWN_FORMATS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters with a glyph: number and verse signs."""

_HIEROGLYPH_FORMATS: Final = range(0x13430, 0x13440)

_FLAG: Final = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)")
"""Flag of a region: a black flag followed by a code in tag characters."""


def drop_invisible(text: str) -> str:
    """Remove format characters and blank letters that neither a script nor an emoji needs.

    Removes byte order marks, zero-width spaces, soft hyphens and directional marks; letters carry their own direction.
    """
    if text.isascii():
        return text
    kept: list[str] = []
    for part in _FLAG.split(text):
        if _FLAG.fullmatch(part):
            kept.append(part)
        else:
            _keep_visible(part, kept)
    return "".join(kept)


def _keep_visible(part: str, kept: list[str]) -> None:
    for place, character in enumerate(part):
        before = kept[-1][-1] if kept else ""
        if not _may_be_invisible(character) or _is_needed(character, before, part[place + 1 : place + 2]):
            kept.append(character)


def _may_be_invisible(character: str) -> bool:
    return character > "~" and (
        character in _BLANK_LETTERS
        or character in _JAMO_FILLERS
        or character == "\u034f"
        or _is_selector(character)
        or unicodedata.category(character) == "Cf"
    )


def _is_needed(character: str, before: str, after: str) -> bool:
    """Return whether an invisible character affects its neighbours; a missing neighbour is ""."""
    if character in _SHOWN_FORMATS or ord(character) in _HIEROGLYPH_FORMATS:
        return True
    if character in _JOINERS:
        return _needs_joiner(before, after) or (character == "\u200d" and _is_emoji_sequence(before, after))
    if character in _JAMO_FILLERS:
        return any(_is_in(other, _JAMO) and other not in _JAMO_FILLERS for other in (before, after))
    if character == _MONGOLIAN_VOWEL_SEPARATOR:
        return _is_in(before, _MONGOLIAN) and _is_in(after, _MONGOLIAN)
    if character == "\u034f":  # keeps the order of combining marks
        return bool(before and after) and unicodedata.combining(after) > 0
    return _is_selector(character) and bool(before) and unicodedata.category(before) not in {"Lu", "Ll", "Zs", "Cc"}


def _needs_joiner(before: str, after: str) -> bool:
    if not before:
        return False
    return unicodedata.combining(before) == _VIRAMA_CLASS or (
        any(_is_in(before, script) for script in _JOINING_SCRIPTS)
        and any(_is_in(after, script) for script in _JOINING_SCRIPTS)
    )


def _is_emoji_sequence(before: str, after: str) -> bool:
    if not before or not after:
        return False
    is_emoji = before == _EMOJI_SELECTOR or (before > "\uffff" and unicodedata.category(before) in {"So", "Sk"})
    return is_emoji and unicodedata.category(after) in {"So", "Sm"}


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_in(character: str, script: range) -> bool:
    return bool(character) and ord(character) in script
