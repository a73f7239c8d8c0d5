"""Texts: how they are cleaned, compared, searched and measured; the same for drafts, categories and themes. Pure."""

import unicodedata

from shared.text.invisible_characters import drop_invisible


def clean_line(text: str) -> str:
    """Return the text on one line, without control characters, halves of characters and invisible ones.

    Joiners stay where a script or an emoji is written with them.
    """
    if text.isascii() and text.isprintable():
        return collapse_whitespace(text)
    shown = "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)
    return collapse_whitespace(drop_invisible(shown))


def clean_id(text: str) -> str:
    """Return an id on one line; control and invisible characters leave no gap."""
    kept = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"})
    return collapse_whitespace(drop_invisible(kept))


def collapse_whitespace(text: str) -> str:
    """Return the text with every run of white space as one space and none at the ends."""
    return " ".join(text.split())


def fold_name(name: str) -> str:
    """Return the form in which two names are the same name: case-folded, white space collapsed.

    Names that only look alike are one name, too: other widths and ways to write an accent, invisible characters.
    """
    if not name.isascii():
        name = _drop_formats(unicodedata.normalize("NFKC", name))
    return collapse_whitespace(name).casefold()


def count_utf16_units(text: str) -> int:
    """Return the length as the .NET importer counts it: an emoji counts twice."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def cut_to_utf16_units(text: str, max_units: int) -> str:
    """Return the beginning of a text, whole characters, that the importer has room for."""
    kept = text.encode("utf-16-le", errors="surrogatepass")[: 2 * max_units]
    return kept.decode("utf-16-le", errors="ignore").rstrip()


def _drop_formats(text: str) -> str:
    """Return the text without format characters: byte order marks, joiners, zero widths, directions."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")
