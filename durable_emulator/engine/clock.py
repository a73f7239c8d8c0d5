"""Time as the engine sees it: the machine's, or one that a test moves by hand."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

MAX_SLEEP_SECONDS = 5.0
"""An alarm looks at the wall clock at least this often: the loop's own clock stands still while a laptop sleeps."""


class Alarm(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Make sure that the call does not happen; harmless after it did."""


class Clock(Protocol):
    """Where moments come from and what is due at one."""

    def now(self) -> datetime:
        """Return the present moment, with a time zone."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Alarm:
        """Call back on the event loop once ``when`` has come; soon, never at once, if it is past."""


class SystemClock:
    """The machine's wall clock and the running event loop."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Alarm:
        """Arm an alarm on the running loop."""
        return _SystemAlarm(self, when, callback)


class _SystemAlarm:
    """Sleeps in naps and compares with the wall clock after each."""

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
    """A clock that stands still until it is moved; alarms go off while it is.

    Args:
        start: the first moment, with a time zone.
    """

    def __init__(self, start: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._order = itertools.count()
        self._alarms: list[tuple[datetime, int, _ManualAlarm]] = []

    def now(self) -> datetime:
        """Return the moment it was moved to."""
        return self._now

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Alarm:
        """Keep the call until the clock is moved to ``when``, or at all if that is past."""
        alarm = _ManualAlarm(callback)
        heapq.heappush(self._alarms, (when, next(self._order), alarm))
        return alarm

    @property
    def next_alarm(self) -> datetime | None:
        """When the earliest alarm is due; None without one."""
        while self._alarms and self._alarms[0][2].callback is None:
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def advance(self, seconds: float) -> None:
        """Move on, stopping at each alarm that is due on the way."""
        self.jump_to(self._now + timedelta(seconds=seconds))

    def jump_to(self, moment: datetime) -> None:
        """Move to a moment, stopping at each alarm that is due on the way; never back."""
        while (due := self.next_alarm) is not None and due <= moment:
            alarm = heapq.heappop(self._alarms)[2]
            self._now = max(self._now, due)
            alarm.fire()
        self._now = max(self._now, moment)


class _ManualAlarm:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()
