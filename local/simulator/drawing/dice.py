"""Chance that depends on the prompt alone: the same prompt and question, the same answer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_SPAN = 1 << 64


@dataclass(frozen=True, slots=True)
class Dice:
    """Answers questions by their names, so that a new question does not change the answers of the others."""

    digest: bytes

    @classmethod
    def of(cls, text: str) -> "Dice":
        """Return the dice of a text; lone surrogates, which UTF-8 cannot write, count too."""
        return cls(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())

    def unit(self, question: str) -> float:
        """Return a number from 0 up to, not including, 1."""
        answer = hashlib.blake2b(question.encode(), digest_size=8, key=self.digest).digest()
        return int.from_bytes(answer, "big") / _SPAN

    def between(self, question: str, least: float, most: float) -> float:
        """Return a number from ``least`` to ``most``."""
        return least + (most - least) * self.unit(question)

    def pick(self, question: str, options: Sequence[T]) -> T:
        """Return one of ``options``; list one twice to make it twice as likely."""
        return options[min(int(self.unit(question) * len(options)), len(options) - 1)]

    def chance(self, question: str, likelihood: float) -> bool:
        """Return True in ``likelihood`` (0-1) of all prompts."""
        return self.unit(question) < likelihood
