"""Random choices that depend on the prompt alone: equal prompts and names give equal choices."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_SPAN = 1 << 64


@dataclass(frozen=True, slots=True)
class SeededRng:
    """Makes named choices, so that a new choice does not change the others."""

    digest: bytes

    @classmethod
    def from_text(cls, text: str) -> "SeededRng":
        """Return the generator of a text, which may contain lone surrogates."""
        return cls(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())

    def random(self, name: str) -> float:
        """Return a number from 0 up to, not including, 1."""
        answer = hashlib.blake2b(name.encode(), digest_size=8, key=self.digest).digest()
        return int.from_bytes(answer, "big") / _SPAN

    def uniform(self, name: str, minimum: float, maximum: float) -> float:
        """Return a number from ``minimum`` to ``maximum``."""
        return minimum + (maximum - minimum) * self.random(name)

    def choice(self, name: str, options: Sequence[T]) -> T:
        """Return one of ``options``; list one twice to make it twice as likely."""
        return options[min(int(self.random(name) * len(options)), len(options) - 1)]

    def draw_bool(self, name: str, probability: float) -> bool:
        """Return True in ``probability`` (0-1) of all prompts."""
        return self.random(name) < probability
