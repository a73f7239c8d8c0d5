"""The rate limiter of this process: the image calls of all its runs and image workers take their turns here.

The quota belongs to the deployment, so what one call learns about it holds for all calls. Each process of a scaled-out
app has a rate limiter of its own, which learns the share of the quota that the process gets.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.bounded_cache import BoundedCache
from shared.limits.rate_limiter import RateLimiter

MAX_LIMITED_RUNS = 16
"""Runs with a quota of their own whose rate limiters a process keeps; an evicted run starts with a new one."""


@dataclass(slots=True)
class ImageRateLimiter:
    """Lets image calls wait for their turn.

    Attributes:
        clock: returns the seconds of a monotonic clock.
        sleep: waits for a number of seconds.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _learned_limiter: RateLimiter = field(default_factory=RateLimiter)
    _configured_limiters: BoundedCache[tuple[str, float], RateLimiter] = field(
        default_factory=lambda: BoundedCache(MAX_LIMITED_RUNS)
    )

    async def acquire(self, run_id: str, call: str, quota_per_minute: float | None) -> float | None:
        """Wait for the turn of a call if it is near.

        Args:
            run_id: the run.
            call: names the call; the same when it asks again.
            quota_per_minute: the image quota that the run's request sets, if it does.

        Returns:
            None if the call may be made now; otherwise the seconds after which to ask again.
        """
        name = f"{run_id}/{call}"
        configured = None if quota_per_minute is None else self._find_configured(run_id, quota_per_minute)
        while True:
            now = self.clock()
            turns = []
            for limiter in [self._learned_limiter] if configured is None else [configured, self._learned_limiter]:
                turns.append(limiter.acquire(name, now))
                if not turns[-1].is_near:
                    if limiter is self._learned_limiter and configured is not None:
                        configured.release()
                    return max(0.0, turns[-1].at - now)
            wait = max(turn.at for turn in turns) - now
            if wait > 0:
                await self.sleep(wait)
            if self._learned_limiter.is_open(self.clock()):
                return None

    @property
    def is_quota_reported(self) -> bool:
        """Whether the provider has reported its quota."""
        return self._learned_limiter.is_quota_reported

    def record_quota(self, per_minute: float | None) -> None:
        """Adopt the quota that an answer reports, if it does."""
        if per_minute is not None:
            self._learned_limiter.record_quota(per_minute, self.clock())

    def forget(self, run_id: str) -> None:
        """Free the turns that are reserved for the calls of a run that has ended or stopped."""
        self._learned_limiter.forget(f"{run_id}/", self.clock())
        for key in [key for key in self._configured_limiters if key[0] == run_id]:
            del self._configured_limiters[key]

    def record_start(self) -> float:
        """Count a call that is sent now, and return the time that ``record_throttled`` needs."""
        now = self.clock()
        self._learned_limiter.record_start(now)
        return now

    def record_throttled(self, started: float, retry_after: float, quota_per_minute: float | None) -> None:
        """Adapt to a 429 answer; see ``RateLimiter.record_throttled``."""
        self._learned_limiter.record_throttled(started, self.clock(), retry_after, quota_per_minute)

    def _find_configured(self, run_id: str, per_minute: float) -> RateLimiter:
        key = (run_id, per_minute)
        if key not in self._configured_limiters:
            self._configured_limiters[key] = RateLimiter(quota_per_minute=per_minute)
        return self._configured_limiters[key]
