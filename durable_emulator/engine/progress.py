"""Counters of the engine, and a signal that wakes coroutines when its state changes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class EngineStatistics:
    """Counters since the engine was created. They are not stored.

    Attributes:
        max_history_events: events of the longest replayed history; replay cost grows with its square.
        orchestrator_cpu_seconds: CPU time of all episodes, journal writes included.
        episodes: number of episodes.
        activities: number of activity calls.
    """

    max_history_events: int = 0
    orchestrator_cpu_seconds: float = 0.0
    episodes: int = 0
    activities: int = 0


class ChangeSignal:
    """Lets coroutines wait for a condition on the engine's state.

    Attributes:
        count: number of changes so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Make all waiting coroutines check their conditions again."""
        self.count += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds. Exceptions of the condition pass through."""
        while not condition():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)


class ChangeWatch:
    """Waits for changes of the engine's state, those that come together at once. Costs nothing while nothing changes.

    Args:
        signal: is notified of each change.
    """

    def __init__(self, signal: ChangeSignal) -> None:
        self._signal = signal
        self._seen = signal.count

    async def wait(self, settle_seconds: float) -> None:
        """Return ``settle_seconds`` after a change that an earlier call, or the creation of the watch, has not seen."""
        await self._signal.wait_until(lambda: self._signal.count != self._seen)
        await asyncio.sleep(settle_seconds)
        self._seen = self._signal.count
