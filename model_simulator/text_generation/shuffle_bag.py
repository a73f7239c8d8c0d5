"""Random selection without repeats."""

import random
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class ShuffleBag(Generic[T]):
    """Returns each value once, in random order, before it returns any value again."""

    def __init__(self, values: Iterable[T], rng: random.Random) -> None:
        self._values = tuple(values)
        if not self._values:
            raise ValueError("ShuffleBag got no values; expected at least one")
        self._rng = rng
        self._left = list(self._values)

    def pick(self, accepts: Callable[[T], bool] = lambda _: True) -> T:
        """Return an accepted value; if none is left, refill the bag once.

        Raises:
            LookupError: no value is accepted.
        """
        for _ in range(2):
            rejected: list[T] = []
            while self._left:
                value = self._pop_random()
                if accepts(value):
                    self._left += rejected
                    return value
                rejected.append(value)
            self._left = list(self._values)
        raise LookupError(f"None of the {len(self._values)} values is accepted")

    def _pop_random(self) -> T:
        """Remove a random value; cheaper than shuffling values that are mostly never used."""
        index = self._rng.randrange(len(self._left))
        self._left[index], self._left[-1] = self._left[-1], self._left[index]
        return self._left.pop()
