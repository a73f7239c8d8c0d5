"""A clock that a test moves, in place of the module `time` of one module."""

import time
from dataclasses import dataclass


@dataclass
class MovedClock:
    """The time of day stands still until a test moves it; the monotonic clock is the real one.

    Attributes:
        now: seconds since the epoch.
    """

    now: float

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return time.monotonic()
