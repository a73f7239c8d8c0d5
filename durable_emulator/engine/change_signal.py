"""Lets coroutines wait until something about the engine is true."""

import asyncio
from collections.abc import Callable


class ChangeSignal:
    """Wakes everybody who waits, so that each can look again."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something changed."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as the condition holds; what the condition raises is raised here."""
        while not condition():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
