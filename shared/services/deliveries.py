"""Deduplicate redeliveries: a process carries out each message once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from shared.bounded_cache import BoundedCache

MAX_REMEMBERED_DELIVERIES = 256


class DeliveryDeduplicator:
    """Return the first delivery's result to every redelivery of a message.

    A successful call can also be found in the store. A failed one leaves no result there, and must not be billed again
    because its message was delivered twice. The memory is that of one process: after a crash, or in another process,
    the store alone decides.
    """

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._results: BoundedCache[str, dict[str, Any]] = BoundedCache(MAX_REMEMBERED_DELIVERIES)

    async def run_once(
        self,
        subject: str,
        message: dict[str, Any],
        work: Callable[[], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        """Return the result of a message's work, done now or by an earlier delivery.

        Args:
            subject: what the work is about, such as ``{runId}/image/{productId}``; its messages take turns.
            message: JSON data. Equal data is the same message, so a retry differs in its ``attempt``.
            work: does the work; an exception is not remembered.
        """
        key = f"{subject} {json.dumps(message, sort_keys=True)}"
        async with self._lock_subject(subject):
            if key not in self._results:
                self._results[key] = await work()
            return self._results[key]

    def forget(self, prefix: str) -> None:
        """Forget the results of all subjects that start with a prefix."""
        for key in [key for key in self._results if key.startswith(prefix)]:
            del self._results[key]

    @asynccontextmanager
    async def _lock_subject(self, subject: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(subject, (asyncio.Lock(), 0))
        self._locks[subject] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[subject]
            if users == 1:
                del self._locks[subject]
            else:
                self._locks[subject] = (lock, users - 1)
