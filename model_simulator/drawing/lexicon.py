"""Find known words and phrases in a prompt."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[a-z]+|[,.;]")
_NO_PLURALS = frozenset({"glasses", "sunglasses", "eyeglasses", "binoculars", "goggles"})
"""Singular words with a plural ending; "glasses" must not match "glass"."""
_MIN_PLURAL_CHARACTERS = 4


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text, lower-case and singular; punctuation between clauses stays as words."""
    return tuple(_singular(word) for word in _WORD.findall(text.lower()))


def _singular(word: str) -> str:
    if (
        word in _NO_PLURALS
        or len(word) < _MIN_PLURAL_CHARACTERS
        or not word.endswith("s")
        or word.endswith(("ss", "us"))
    ):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1]


def expand_synonyms(table: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each synonym, from a table of names and their comma-separated synonyms."""
    return {word: name for name, words in table.items() for word in words.split(", ")}


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A phrase found at words ``start`` up to, not including, ``end``."""

    start: int
    end: int
    value: T


class Lexicon(Generic[T]):
    """A table of phrases; longer phrases match first."""

    def __init__(self, table: Mapping[str, T]) -> None:
        self._phrases = {split_words(phrase): value for phrase, value in table.items()}
        self._longest = max(map(len, self._phrases))

    def find(self, words: Sequence[str]) -> Iterator[Hit[T]]:
        """Yield the matches from left to right, without overlaps."""
        start = 0
        while start < len(words):
            for length in range(min(self._longest, len(words) - start), 0, -1):
                phrase = tuple(words[start : start + length])
                if phrase in self._phrases:
                    yield Hit(start, start + length, self._phrases[phrase])
                    start += length
                    break
            else:
                start += 1
