"""The image quota: a rolling window of 10 seconds, as the service enforces it."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW_SECONDS = 10.0
"""The window holds a sixth of the quota per minute, so that a burst cannot use up a whole minute."""

WINDOWS_PER_MINUTE = 6


@dataclass(slots=True)
class ImageQuota:
    """Accepts at most ``requests_per_minute / 6`` requests in any 10 s; below 6 a minute, one per ``60 / rpm`` s.

    Attributes:
        requests_per_minute: the quota; None = no limit. May change at any time; accepted requests stay counted.
        clock: a monotonic clock in seconds.
    """

    requests_per_minute: float | None
    clock: Callable[[], float]
    _accepted: deque[float] = field(default_factory=deque)

    def try_accept(self) -> float:
        """Accept a request, or return how long to wait.

        Returns:
            0 if the request was accepted (and counted), else the seconds until the window has room. Refused requests
            are not counted.
        """
        if self.requests_per_minute is None:
            return 0.0
        limit, window_seconds = self._window(self.requests_per_minute)
        now = self.clock()
        while self._accepted and now - self._accepted[0] >= window_seconds:
            self._accepted.popleft()
        if len(self._accepted) < limit:
            self._accepted.append(now)
            return 0.0
        # If the quota was lowered, the window may hold more than `limit` requests: all but limit-1 must leave it first.
        return self._accepted[-limit] + window_seconds - now

    def describe(self) -> dict[str, str]:
        """Return the headers that report the quota; none without a quota, or if it is below one request a minute."""
        if self.requests_per_minute is None or self.requests_per_minute < 1:
            return {}
        limit, window_seconds = self._window(self.requests_per_minute)
        now = self.clock()
        recent = [accepted for accepted in self._accepted if now - accepted < window_seconds]
        seconds = recent[-1] + window_seconds - now if recent else 0.0
        return {
            "x-ratelimit-limit-requests": str(int(self.requests_per_minute)),
            "x-ratelimit-remaining-requests": str(max(0, limit - len(recent))),
            "x-ratelimit-reset-requests": f"{math.ceil(seconds)}s",
        }

    @staticmethod
    def _window(requests_per_minute: float) -> tuple[int, float]:
        if requests_per_minute < WINDOWS_PER_MINUTE:
            return 1, 60 / requests_per_minute
        return int(requests_per_minute // WINDOWS_PER_MINUTE), WINDOW_SECONDS
