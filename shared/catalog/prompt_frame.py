"""The fixed parts of an image prompt, its opening and its tail: added and corrected without another model call.

Models forget, translate and vary texts that they are to repeat literally; such a draft is corrected, not rejected.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from shared.text.cleaning import clean_line

_SEPARATORS: Final = r"[\s_\-\u2010-\u2015]*"
_LABEL: Final = r"(?:[^\W\d_]+(?:\s[^\W\d_]+)?\s*:\s*)?[\"'\u201c\u2018*]*(?:(?:an?|the|one)\s+)?"
"""What models add before an opening: a label, a quotation mark, an article."""

_TRAILING_PREPOSITIONS: Final = frozenset({"of", "with", "showing", "for", "in", "a", "an", "the", "von", "de", "di"})
"""After an opening that ends with one of these, no comma follows."""

_ARTICLE: Final = re.compile(r"^(?:An?|The)\b")
"""In lower case after an opening, because it does not begin the sentence."""

_EDGE_PUNCTUATION: Final = " ,;.:\u3001\u3002\uff0c\u060c"


def frame_prompt(prompt: str, *, openings: Sequence[str], tail: str, max_characters: int | None = None) -> str:
    """Return a prompt that begins with one of the openings and ends with the tail.

    An opening in another spelling is corrected; a missing one becomes the first of the openings.

    Args:
        prompt: as the model wrote it; an empty prompt stays empty.
        openings: allowed openings; empty allows any.
        tail: see ``end_with_tail``.
        max_characters: if added fixed parts exceed this length, the model's own text is cut after a comma or a word;
            None never cuts.
    """
    line = clean_line(prompt)
    framed = end_with_tail(line, tail)
    if framed and openings and not framed.startswith(tuple(openings)):
        framed = _set_opening(framed, openings)
    if max_characters is None or len(line) > max_characters or len(framed) <= max_characters:
        return framed
    return _cut_own_text(framed, openings, tail, max_characters)


def end_with_tail(prompt: str, tail: str) -> str:
    """Return the prompt with the tail at its end, replacing parts of it that the model wrote."""
    if not prompt or not tail or prompt.endswith(tail):
        return prompt
    parts = {part.strip(_EDGE_PUNCTUATION).casefold() for part in tail.split(",")}
    own = [part.strip() for part in prompt.rstrip(_EDGE_PUNCTUATION).split(",")]
    while len(own) > 1 and own[-1].strip(_EDGE_PUNCTUATION).casefold() in parts:
        own.pop()
    return f"{', '.join(own).rstrip(_EDGE_PUNCTUATION)}, {tail}"


def find_opening(prompt: str, openings: Sequence[str]) -> str | None:
    """Return the longest opening that a prompt begins with, or None."""
    return max((opening for opening in openings if prompt.startswith(opening)), key=len, default=None)


def find_own_text(prompt: str, openings: Sequence[str], tail: str) -> str:
    """Return the text of a prompt between its opening and its tail."""
    return prompt.removeprefix(find_opening(prompt, openings) or "").removesuffix(tail)


def _set_opening(prompt: str, openings: Sequence[str]) -> str:
    for opening in sorted(openings, key=len, reverse=True):
        match = _compile_opening(opening).match(prompt)
        if match is not None:
            return f"{opening}{prompt[match.end() :]}"
    opening = openings[0].rstrip(_EDGE_PUNCTUATION)
    prompt = _ARTICLE.sub(lambda article: article[0].lower(), prompt)
    return f"{opening} {prompt}" if opening.rpartition(" ")[2] in _TRAILING_PREPOSITIONS else f"{opening}, {prompt}"


@lru_cache(maxsize=64)
def _compile_opening(opening: str) -> re.Pattern[str]:
    words = re.findall(r"[^\s_\-\u2010-\u2015]+", opening)
    return re.compile(rf"{_LABEL}{_SEPARATORS.join(map(re.escape, words))}(?![^\W_])", re.IGNORECASE)


def _cut_own_text(prompt: str, openings: Sequence[str], tail: str, max_characters: int) -> str:
    opening = find_opening(prompt, openings) or ""
    ending = f", {tail}" if tail else ""
    own = find_own_text(prompt, openings, tail)
    cut = own[: max(0, max_characters - len(opening) - len(ending))]
    ends = [cut.rfind(mark) for mark in (",", "\u3001", "\uff0c", "\u060c")]
    end = max(ends) if max(ends) > len(cut) // 2 else cut.rfind(" ")
    return f"{opening}{(cut[:end] if end > len(cut) // 2 else cut).rstrip(_EDGE_PUNCTUATION)}{ending}"
