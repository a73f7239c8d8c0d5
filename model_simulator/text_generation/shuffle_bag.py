"""Drawing without repeats, as from a deck of cards."""

import random
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class ShuffleBag(Generic[T]):
    """Gives each of its cards once, in random order, before it gives any of them again."""

    def __init__(self, values: Iterable[T], rng: random.Random) -> None:
        self._values = tuple(values)
        if not self._values:
            raise ValueError("A deck got no cards; expected at least one")
        self._rng = rng
        self._left = list(self._values)

    def pick(self, accepts: Callable[[T], bool] = lambda _: True) -> T:
        """Return a card that suits; when none is left that does, all cards are shuffled in again.

        Raises:
            LookupError: no card of the whole deck suits.
        """
        for _ in range(2):
            set_aside: list[T] = []
            while self._left:
                card = self._pop_random()
                if accepts(card):
                    self._left += set_aside
                    return card
                set_aside.append(card)
            self._left = list(self._values)
        raise LookupError(f"None of the {len(self._values)} cards suits")

    def _pop_random(self) -> T:
        """Take any card out; cheaper than a shuffle of cards that are mostly never drawn."""
        index = self._rng.randrange(len(self._left))
        self._left[index], self._left[-1] = self._left[-1], self._left[index]
        return self._left.pop()
