"""Texts: how they are cleaned, compared, searched and measured; the same for drafts, categories and themes. Pure."""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, but Persian words and composed emoji are made with them."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f]+[\u300d\u300f]*")
"""The second half: Chinese and Japanese write no space behind a sentence."""


def clean_line(text: str) -> str:
    """Return the text on one line, without control characters, halves of characters and invisible ones."""
    visible = _drop_invisible(text, kept=_JOINERS)
    return collapse_whitespace("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in visible))


def collapse_whitespace(text: str) -> str:
    """Return the text with every run of white space as one space and none at the ends."""
    return " ".join(text.split())


def fold_name(name: str) -> str:
    """Return the form in which two names are the same name: case-folded, white space collapsed.

    Names that only look alike are one name, too: other widths and ways to write an accent, invisible characters.
    """
    if not name.isascii():
        name = _drop_invisible(unicodedata.normalize("NFKC", name))
    return collapse_whitespace(name).casefold()


def fold_for_search(text: str) -> str:
    """Return the form in which words are searched for: case-folded, without accents and invisible characters."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", _drop_invisible(text))
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return text.casefold()


def count_utf16_units(text: str) -> int:
    """Return the length as the .NET importer counts it: an emoji counts twice."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def cut_to_utf16_units(text: str, most: int) -> str:
    """Return the beginning of a text, whole characters, that the importer has room for."""
    kept = text.encode("utf-16-le", errors="surrogatepass")[: 2 * most]
    return kept.decode("utf-16-le", errors="ignore").rstrip()


def count_sentences(text: str) -> int:
    """Return how many sentences end in the text; a rest without an end counts as one."""
    ends = list(_SENTENCE_END.finditer(text))
    rest = text[ends[-1].end() :] if ends else text
    return len(ends) + bool(rest.strip())


def _drop_invisible(text: str, *, kept: str = "") -> str:
    """Return the text without format characters (byte order marks, zero widths, directions) but those in ``kept``."""
    return "".join(character for character in text if character in kept or unicodedata.category(character) != "Cf")
