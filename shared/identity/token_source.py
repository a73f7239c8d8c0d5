"""Tokens of one identity for one resource: used as long as they are good, fetched within bounds.

azure-core renews a token in its last five minutes and lets every request wait for that; its own limit for the identity
endpoint is 300 s, four times, under one lock. Here a request does not wait while there is a token that is good: it is
renewed in the background. Without one, fetches are retried with growing waits for as long as an outage should be ridden
out; after that a request costs one try, and the latest error answers the requests that come right behind it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from azure.core.credentials import AccessTokenInfo

from shared.identity.sign_in_errors import FETCH_FAILURES, SignInError
from shared.identity.sign_in_limit import get_sign_in_limit
from shared.reasons import Reason

REFRESH_BEFORE_SECONDS: Final = 300.0
"""A token is renewed so long before it expires, or at half its life if that is later."""

UNUSABLE_BEFORE_SECONDS: Final = 5.0
"""A token that expires so soon could expire on the way; of a short one the last quarter."""


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How long signing in may take.

    Attributes:
        attempt_timeout_seconds: one request to the identity endpoint.
        retry_window_seconds: how long an outage is ridden out by a request that waits for a token.
        initial_backoff_seconds: between the first two tries; each further wait is twice as long.
        max_backoff_seconds: the longest of these waits.
        cooldown_seconds: after an outage that was not ridden out, no new try is made for so long.
        outage_reset_seconds: an outage without a failed try for so long counts as over.
    """

    attempt_timeout_seconds: float = 10.0
    retry_window_seconds: float = 30.0
    initial_backoff_seconds: float = 0.5
    max_backoff_seconds: float = 5.0
    cooldown_seconds: float = 5.0
    outage_reset_seconds: float = 60.0

    @property
    def max_seconds(self) -> float:
        """How long a request can wait for a token."""
        return self.retry_window_seconds + self.attempt_timeout_seconds


@dataclass(frozen=True, slots=True)
class CachedToken:
    """A token, and when it was fetched (seconds since the epoch)."""

    info: AccessTokenInfo
    fetched_at: float

    def is_usable(self, now: float) -> bool:
        """Return whether a request may be sent with it."""
        return self.info.expires_on - now > min(UNUSABLE_BEFORE_SECONDS, self._lifetime_seconds / 4)

    def is_unexpired(self, now: float) -> bool:
        """Return whether it has not expired yet."""
        return self.info.expires_on > now

    def is_due(self, now: float) -> bool:
        """Return whether it is time to renew it."""
        if self.info.refresh_on is not None and now >= self.info.refresh_on:
            return True
        return self.info.expires_on - now < min(REFRESH_BEFORE_SECONDS, self._lifetime_seconds / 2)

    @property
    def _lifetime_seconds(self) -> float:
        return self.info.expires_on - self.fetched_at


class TokenSource:
    """Belongs to one event loop.

    Args:
        fetch: asks for a new token once; it keeps none itself.
        explain: turns one of FETCH_FAILURES, after so many seconds at most, into the error to raise.
        limits: how long it may take.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[AccessTokenInfo]],
        explain: Callable[[Exception, float], SignInError],
        limits: SignInLimits,
    ) -> None:
        self._fetch = fetch
        self._explain = explain
        self._limits = limits
        self._cached: CachedToken | None = None
        self._task: asyncio.Task[AccessTokenInfo | SignInError] | None = None
        self._failure: SignInError | None = None
        self._failed_at = self._outage_since = 0.0

    async def get(self) -> AccessTokenInfo:
        """Return a token that is good, at once if there is one.

        Raises:
            SignInError: there is none, and none could be had in time.
        """
        cached = self._cached
        if cached is not None and cached.is_usable(time.time()):
            if cached.is_due(time.time()) and not self._is_cooling_down():
                self._start_fetch()
            return cached.info
        result: AccessTokenInfo | SignInError
        if self._failure is not None and self._is_cooling_down():
            result = self._failure
        else:
            # A token in its last seconds is still better than none: leave time to use it.
            left = max(0.0, cached.info.expires_on - time.time()) if cached is not None else 0.0
            result = await self._wait_for_fetch(left / 2 or None)
        if not isinstance(result, SignInError):
            return result
        if cached is not None and cached.is_unexpired(time.time()):
            return cached.info
        raise result.copy()

    async def close(self) -> None:
        """Stop what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _is_cooling_down(self) -> bool:
        is_running = self._task is not None and not self._task.done()
        is_recent = time.monotonic() - self._failed_at < self._limits.cooldown_seconds
        return self._failure is not None and is_recent and not is_running

    def _start_fetch(self) -> "asyncio.Task[AccessTokenInfo | SignInError]":
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._fetch_with_retries())
        return self._task

    async def _wait_for_fetch(self, seconds: float | None) -> AccessTokenInfo | SignInError:
        """Wait for the one fetch that all requests share; a request that has less time leaves it running."""
        task, limit = self._start_fetch(), get_sign_in_limit()
        seconds = min((value for value in (seconds, limit) if value is not None), default=None)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            return task.result()
        return self._failure or self._explain(TimeoutError(), seconds or 0.0)

    async def _fetch_with_retries(self) -> AccessTokenInfo | SignInError:
        limits = self._limits
        if time.monotonic() - self._failed_at > limits.outage_reset_seconds:
            self._failure = None
        wait, seconds = limits.initial_backoff_seconds, limits.attempt_timeout_seconds
        while True:
            tried_at = time.monotonic()
            outage_ends = (self._outage_since if self._failure else tried_at) + limits.retry_window_seconds
            result = await self._fetch_once(seconds)
            if not isinstance(result, SignInError):
                self._failure = None
                return result
            if self._failure is None:
                self._outage_since = tried_at
            result.is_first_sign_in = self._cached is None
            self._failure, self._failed_at = result, time.monotonic()
            pause = max(wait, result.retry_after_seconds)
            if result.reason is Reason.AUTHENTICATION or self._failed_at + pause >= outage_ends:
                return result
            await asyncio.sleep(pause)
            seconds = min(limits.attempt_timeout_seconds, outage_ends - time.monotonic())
            wait = min(wait * 2, limits.max_backoff_seconds)

    async def _fetch_once(self, seconds: float) -> AccessTokenInfo | SignInError:
        asked_at = time.time()
        try:
            async with asyncio.timeout(seconds):
                info = await self._fetch()
        except SignInError as failure:
            return failure
        except FETCH_FAILURES as failure:
            return self._explain(failure, seconds)
        if info.expires_on <= time.time():
            return self._explain(ValueError("expired"), seconds)
        self._cached = CachedToken(info, asked_at)
        return info
