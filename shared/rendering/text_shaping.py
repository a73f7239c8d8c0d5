"""Arranges letters in visual order and joined forms, for a font without shaping tables.

Covers what makes a name readable: joined Arabic letters, right-to-left order with left-to-right numbers and Latin words
in it, and vowel signs that precede their consonant. Omits ligatures other than lam-alef, and stacked consonants.
Sources: Unicode 17, Arabic Presentation Forms (their decompositions), UAX #9 (much simplified), and the code charts.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Final

_FORMS: Final = (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00))
_LAM: Final = "\u0644"
_JOINERS: Final = "\u200c\u200d"
_ALEFS: Final = ("\u0622", "\u0623", "\u0625", "\u0627")
_RTL: Final = frozenset({"R", "AL"})
_BEFORE_CONSONANT: Final = frozenset(
    "\u093f\u09bf\u09c7\u09c8\u0a3f\u0abf\u0b47\u0bc6\u0bc7\u0bc8\u0d46\u0d47\u0d48\u0dd9\u0dda\u0ddb"
    "\u1031\u17c1\u17c2\u17c3"
)
_VIRAMAS: Final = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2")
_MIRRORED: Final = str.maketrans("()[]{}<>\u00ab\u00bb", ")(][}{><\u00bb\u00ab")


def is_right_to_left(text: str) -> bool:
    """Return whether a text has right-to-left letters."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in _RTL for character in text)


def arrange(text: str) -> list[str]:
    """Return the clusters of a line, each a letter with its marks, in visual order from left to right."""
    clusters = [_put_vowels_first(cluster) for cluster in _cluster(_join(text))]
    flat = [cluster for parts in clusters for cluster in parts]
    return _reorder(flat) if is_right_to_left(text) else flat


def is_mark(character: str) -> bool:
    """Return whether a character is rendered on the previous letter."""
    return unicodedata.category(character) in {"Mn", "Me"}


def _cluster(text: str) -> Iterator[str]:
    """Yield letters with their marks, spacing vowel signs, and consonants bound by a virama."""
    cluster = ""
    for character in text:
        if cluster and (unicodedata.category(character)[0] == "M" or cluster[-1] in _VIRAMAS):
            cluster += character
            continue
        if cluster:
            yield cluster
        cluster = character
    if cluster:
        yield cluster


def _put_vowels_first(cluster: str) -> list[str]:
    """Return the parts of a cluster in visual order; each is a letter with its marks."""
    letters = unicodedata.normalize("NFD", cluster) if any(_is_split_vowel(c) for c in cluster) else cluster
    first = [character for character in letters if character in _BEFORE_CONSONANT]
    parts: list[str] = [*first]
    for character in letters:
        if character in _BEFORE_CONSONANT:
            continue
        if is_mark(character) and len(parts) > len(first):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _is_split_vowel(character: str) -> bool:
    parts = unicodedata.decomposition(character).split()
    return len(parts) > 1 and not parts[0].startswith("<") and chr(int(parts[0], 16)) in _BEFORE_CONSONANT


def _join(text: str) -> str:
    """Return a text with its Arabic letters in their joined forms."""
    if not any("\u0600" <= character <= "\u06ff" for character in text):
        return text
    letters = [character for character in text if character not in _JOINERS]
    skeleton = [place for place, character in enumerate(letters) if not is_mark(character)]
    forms = _read_forms()
    joined = list(letters)
    position = 0
    while position < len(skeleton):
        place = skeleton[position]
        before = letters[skeleton[position - 1]] if position else ""
        after = letters[skeleton[position + 1]] if position + 1 < len(skeleton) else ""
        is_bound = "initial" in forms.get(before, {}) and "final" in forms.get(letters[place], {})
        ligature = forms.get(letters[place] + after) if letters[place] == _LAM else None
        if ligature:
            joined[place] = ligature["final" if is_bound else "isolated"]
            joined[skeleton[position + 1]] = ""
            position += 2
            continue
        own = forms.get(letters[place], {})
        binds = "initial" in own and "final" in forms.get(after, {})
        form = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
            (is_bound, binds), "isolated"
        )
        joined[place] = own.get(form, letters[place])
        position += 1
    return "".join(joined)


@cache
def _read_forms() -> dict[str, dict[str, str]]:
    """Return the forms of Arabic letters, and of lam with alef, by their names in Unicode."""
    forms: dict[str, dict[str, str]] = {}
    for code in _FORMS:
        kind, *parts = unicodedata.decomposition(chr(code)).split() or [""]
        letters = "".join(chr(int(part, 16)) for part in parts)
        if (
            kind.startswith("<")
            and letters
            and letters[1:] in {"", *_ALEFS}
            and (len(letters) == 1 or letters[0] == _LAM)
        ):
            forms.setdefault(letters, {}).setdefault(kind.strip("<>"), chr(code))
    return {letters: found for letters, found in forms.items() if {"isolated", "final"} & set(found)}


def _reorder(clusters: Sequence[str]) -> list[str]:
    """Return clusters in visual order: the line runs right to left, numbers and Latin words left to right."""
    directions = [_find_direction(cluster) for cluster in clusters]
    # A cluster without a direction, such as a space, takes that of its neighbours if they agree, else the line's.
    known = [(place, direction) for place, direction in enumerate(directions) if direction]
    resolved = []
    for place, direction in enumerate(directions):
        before = next((d for p, d in reversed(known) if p < place), "R")
        after = next((d for p, d in known if p > place), "R")
        resolved.append(direction or ("L" if before == after == "L" else "R"))
    runs = [
        (way, [cluster for _, cluster in run])
        for way, run in groupby(zip(resolved, clusters, strict=True), lambda pair: pair[0])
    ]
    visual: list[str] = []
    for way, run in reversed(runs):
        visual += run if way == "L" else [cluster.translate(_MIRRORED) for cluster in reversed(run)]
    return visual


def _find_direction(cluster: str) -> str:
    kind = unicodedata.bidirectional(cluster[0])
    if kind in _RTL:
        return "R"
    return "L" if kind in {"L", "EN", "AN"} else ""
