"""Clocks: the machine's, and one that a test moves."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

MAX_SLEEP_SECONDS = 30.0
"""An alarm checks the wall clock at least this often: the event loop's clock stops while a laptop sleeps. After that an
alarm is at most so late."""


class Alarm(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Prevent the call; no effect after the call."""


class Clock(Protocol):
    """The engine's source of time."""

    def now(self) -> datetime:
        """Return the current time, with a time zone."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Alarm:
        """Call back on the event loop at ``when``; if that is past, soon, but not before this method returns."""


class AlarmTable:
    """The alarms of durable timers, by the timer's token. A fired alarm leaves the table."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._alarms: dict[int, Alarm] = {}

    def set(self, token: int, when: datetime, callback: Callable[[], None]) -> None:
        """Call back at ``when``, see `Clock.call_at`."""

        def fire() -> None:
            del self._alarms[token]
            callback()

        self._alarms[token] = self._clock.call_at(when, fire)

    def cancel(self, token: int) -> None:
        """Cancel an alarm; no effect if the token has none."""
        alarm = self._alarms.pop(token, None)
        if alarm is not None:
            alarm.cancel()

    def cancel_all(self) -> None:
        """Cancel every alarm."""
        for token in list(self._alarms):
            self.cancel(token)


class SystemClock:
    """The machine's wall clock and the running event loop."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Alarm:
        """Set an alarm on the running event loop."""
        return _SystemAlarm(self, when, callback)


class _SystemAlarm:
    """Sleeps in short steps and compares with the wall clock after each."""

    def __init__(self, clock: SystemClock, when: datetime, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._when = when
        self._callback = callback
        self._loop = asyncio.get_running_loop()
        self._handle = self._arm()

    def cancel(self) -> None:
        self._handle.cancel()

    def _arm(self) -> asyncio.TimerHandle:
        seconds = (self._when - self._clock.now()).total_seconds()
        return self._loop.call_later(min(max(seconds, 0.0), MAX_SLEEP_SECONDS), self._wake)

    def _wake(self) -> None:
        if self._clock.now() >= self._when:
            self._callback()
        else:
            self._handle = self._arm()


class ManualClock:
    """A clock that stands still until a test moves it; moving it fires the alarms that are due.

    Args:
        start: the initial time, with a time zone.
    """

    def __init__(self, start: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._order = itertools.count()
        self._alarms: list[tuple[datetime, int, _ManualAlarm]] = []

    def now(self) -> datetime:
        """Return the time that the clock was moved to."""
        return self._now

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Alarm:
        """Fire when the clock is moved to ``when`` or beyond."""
        alarm = _ManualAlarm(callback)
        heapq.heappush(self._alarms, (when, next(self._order), alarm))
        return alarm

    @property
    def next_alarm(self) -> datetime | None:
        """Time of the earliest alarm; None without alarms."""
        while self._alarms and self._alarms[0][2].callback is None:
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def advance(self, seconds: float) -> None:
        """Move forward, and fire each alarm at its own time."""
        self.jump_to(self._now + timedelta(seconds=seconds))

    def jump_to(self, target: datetime) -> None:
        """Move to a time, and fire each alarm at its own time. The clock never moves back."""
        while (due := self.next_alarm) is not None and due <= target:
            alarm = heapq.heappop(self._alarms)[2]
            self._now = max(self._now, due)
            alarm.fire()
        self._now = max(self._now, target)


class _ManualAlarm:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()
