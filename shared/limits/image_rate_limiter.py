"""The pace of this process's image calls: all runs and image workers in it take their turns here.

The quota belongs to the deployment, so what one call learns of it holds for all. Each process of a scaled-out app
keeps a pace of its own, learns the share that it gets, and together they come to the whole.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.bounded_cache import BoundedCache
from shared.limits.rate_limiter import RateLimiter

MAX_PACED_RUNS = 16
"""Runs whose told pace a process keeps; one that was forgotten starts its pace anew."""


@dataclass(slots=True)
class ImageRateLimiter:
    """Makes image calls wait for their turn.

    Attributes:
        clock: steady seconds.
        sleep: waits for so many of them.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _learned_limiter: RateLimiter = field(default_factory=RateLimiter)
    _configured_limiters: BoundedCache[tuple[str, float], RateLimiter] = field(
        default_factory=lambda: BoundedCache(MAX_PACED_RUNS)
    )

    async def acquire(self, run_id: str, call: str, quota_per_minute: float | None) -> float | None:
        """Wait for a call's turn, if it is near.

        Args:
            run_id: whose call it is.
            call: names the call, the same when it comes back.
            quota_per_minute: what the run was told of its quota.

        Returns:
            None if the call may be made now, otherwise the seconds after which to come back.
        """
        name = f"{run_id}/{call}"
        configured = None if quota_per_minute is None else self._find_configured(run_id, quota_per_minute)
        while True:
            now = self.clock()
            turns = []
            for pace in [self._learned_limiter] if configured is None else [configured, self._learned_limiter]:
                turns.append(pace.acquire(name, now))
                if not turns[-1].is_near:
                    if pace is self._learned_limiter and configured is not None:
                        configured.release()
                    return max(0.0, turns[-1].at - now)
            wait = max(turn.at for turn in turns) - now
            if wait > 0:
                await self.sleep(wait)
            if self._learned_limiter.is_open(self.clock()):
                return None

    @property
    def is_quota_reported(self) -> bool:
        """Whether the service has said what its quota is: then turns keep to it."""
        return self._learned_limiter.is_quota_reported

    def record_quota(self, per_minute: float | None) -> None:
        """Take in the quota that an answer reports, if it does."""
        if per_minute is not None:
            self._learned_limiter.record_quota(per_minute, self.clock())

    def forget(self, run_id: str) -> None:
        """Give up the turns of a run that ended or stopped: nobody will come for them."""
        self._learned_limiter.forget(f"{run_id}/", self.clock())
        for key in [key for key in self._configured_limiters if key[0] == run_id]:
            del self._configured_limiters[key]

    def record_start(self) -> float:
        """Count a call that is made now; returns what ``record_throttled`` wants to know."""
        now = self.clock()
        self._learned_limiter.record_start(now)
        return now

    def record_throttled(self, started: float, retry_after: float, quota_per_minute: float | None) -> None:
        """Take in that the service answered 429: nobody here calls before ``retry_after`` seconds are over."""
        self._learned_limiter.record_throttled(started, self.clock(), retry_after, quota_per_minute)

    def _find_configured(self, run_id: str, per_minute: float) -> RateLimiter:
        key = (run_id, per_minute)
        if key not in self._configured_limiters:
            self._configured_limiters[key] = RateLimiter(quota_per_minute=per_minute)
        return self._configured_limiters[key]
