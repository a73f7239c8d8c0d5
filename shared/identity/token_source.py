"""Cache and renew the tokens of one identity for one resource.

azure-core renews a token in its last five minutes while every request waits, for up to four times 300 s under one lock.
Here no request waits while the cached token is valid; it is renewed in the background. Without a valid token, fetches
are retried with growing waits for the retry window. During a longer outage each request makes one try, and requests
within the cooldown get the latest error.
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
"""A token is renewed this long before it expires, or at half its lifetime if that is later."""

UNUSABLE_BEFORE_SECONDS: Final = 5.0
"""A token is not used this long before it expires, as it could expire in transit; a short one in its last quarter."""


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How long sign-in may take.

    Attributes:
        attempt_timeout_seconds: timeout of one request to the identity endpoint.
        retry_window_seconds: how long a request that waits for a token retries during an outage.
        initial_backoff_seconds: wait between the first two tries; each further wait is twice as long.
        max_backoff_seconds: the longest wait between tries.
        cooldown_seconds: time without a new try after the retry window of an outage.
        outage_reset_seconds: an outage counts as over after this time without a failed try.
    """

    attempt_timeout_seconds: float = 10.0
    retry_window_seconds: float = 30.0
    initial_backoff_seconds: float = 0.5
    max_backoff_seconds: float = 5.0
    cooldown_seconds: float = 5.0
    outage_reset_seconds: float = 60.0

    @property
    def max_seconds(self) -> float:
        """The longest that a request waits for a token."""
        return self.retry_window_seconds + self.attempt_timeout_seconds


@dataclass(frozen=True, slots=True)
class CachedToken:
    """A token, and when it was fetched, in seconds since the epoch."""

    info: AccessTokenInfo
    fetched_at: float

    def is_usable(self, now: float) -> bool:
        """Return whether a request may be sent with it."""
        return self.info.expires_on - now > min(UNUSABLE_BEFORE_SECONDS, self._lifetime_seconds / 4)

    def is_unexpired(self, now: float) -> bool:
        """Return whether it has not expired."""
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
    """Returns a valid token. Belongs to one event loop.

    Args:
        fetch: requests a new token once, without a cache.
        explain: translates one of FETCH_FAILURES; also gets the timeout of the fetch in seconds.
        limits: how long sign-in may take.
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
        """Return a valid token, immediately if one is cached.

        Raises:
            SignInError: there is none, and the fetch failed or took too long.
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
            # A token in its last seconds is the fallback, so leave time to use it.
            left = max(0.0, cached.info.expires_on - time.time()) if cached is not None else 0.0
            result = await self._wait_for_fetch(left / 2 or None)
        if not isinstance(result, SignInError):
            return result
        if cached is not None and cached.is_unexpired(time.time()):
            return cached.info
        raise result.copy()

    async def close(self) -> None:
        """Cancel a running fetch."""
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
        """Wait for the fetch that all requests share; a request with a shorter limit leaves it running."""
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
