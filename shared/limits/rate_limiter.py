"""The rate limiter: when may the next call be made under a quota? Pure; times are seconds of any monotonic clock.

A quota limits the rate of calls. A window limits parallel calls, which is not the same: with fast answers a window
exceeds the quota, with slow ones it leaves quota unused. So calls also take turns, one every 60/quota seconds. The
quota is known from the request or from the provider's answers, or it is learned from the first 429: the rate that the
provider has just accepted.
"""

import math
from collections import deque
from dataclasses import dataclass, field

MAX_WAIT_SECONDS = 2.0
"""A call waits for a turn that is nearer than this; for a later turn it is deferred on a durable timer, because waiting
functions are billed. An image takes 10 to 60 seconds, so this is short; with less, calls miss their turns."""

SHORT_WINDOW_SECONDS, LONG_WINDOW_SECONDS = 10.0, 60.0
"""Providers count a quota per minute in slices of 10 seconds (Azure OpenAI) or as a whole; both are measured."""

TIMING_SLACK_SECONDS = 0.5
"""A call starts here slightly before it arrives at the provider."""

LEARNED_RATE_FACTOR = 0.97
"""The share of a learned rate that is used: at exactly the quota, small variations would be refused."""

KNOWN_RATE_FACTOR = 0.985
"""The share of a known quota that is used: it is exact, but network latency varies."""

KNOWN_QUOTA_SHARE, KNOWN_QUOTA_OVERSHOOT = 0.9, 1.05
"""A 429 is a variation, and no sign of another quota, if the provider accepted at least this share of a known quota and
received at most this multiple of it."""

REPORTED_QUOTA_SHARE, REPORTED_QUOTA_OVERSHOOT = 0.75, 1.3
"""The same for a reported quota: a busy machine, or a burst before the report, causes larger variations."""

BACKLOG_SECONDS = 0.5
"""Missed turns are kept this long unless turns are rare, so that a process that was briefly busy catches up."""

SETTLING_SECONDS = 5.0
"""A call that starts this soon after a rate was learned may have taken its turn before, so its outcome does not show
whether the rate is right."""

GROWTH_PER_SECOND = 0.0003
"""How a learned rate grows, about 2 % a minute. It probes for more quota; each failed probe costs a 429."""

MIN_CALLS_PER_SECOND = 1 / 120

UNRELATED_REFUSAL_SHARE, UNRELATED_REFUSAL_MIN_CALLS = 0.25, 20
"""If at least this share of at least this many calls is refused although they keep to a learned rate, the rate does not
cause the refusals: a lower rate would be refused as often."""

MAX_SLOWDOWN_FACTOR = 4
"""A rate that refusals have reduced by this factor since it was learned does not help either: random refusals, however
rare, would reduce it further and further."""

LEARNING_PAUSE_SECONDS = 60.0
"""How long no rate is learned after unrelated refusals; in that time a refused call delays only itself."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may be made (``at``), and whether that is near enough to wait for."""

    at: float
    is_near: bool


@dataclass(slots=True)
class RateLimiter:
    """Gives calls their turns.

    Attributes:
        quota_per_minute: the quota, if it is known.
    """

    quota_per_minute: float | None = None
    _calls_per_second: float | None = None
    _grown_at: float = 0.0
    _next_turn: float = 0.0
    _next_return: float = 0.0
    _blocked_until: float = 0.0
    _watched_since: float | None = None
    _learned_at: float = 0.0
    _learned_calls_per_second: float = 0.0
    _compliant_calls: int = 0
    _compliant_refusals: int = 0
    _learning_paused_until: float = 0.0
    _reported_per_minute: float | None = None
    _last_start: float = 0.0
    _started: deque[float] = field(default_factory=deque)
    _accepted: deque[float] = field(default_factory=deque)
    _reserved: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.quota_per_minute is not None:
            self._calls_per_second = KNOWN_RATE_FACTOR * self.quota_per_minute / 60

    @property
    def is_quota_reported(self) -> bool:
        """Whether the provider has reported its quota."""
        return self._reported_per_minute is not None

    def record_quota(self, per_minute: float, now: float) -> None:
        """Adopt the quota that the provider reports; it is as exact as a configured one.

        A lower rate that was learned from refusals since stays until the provider reports another quota, because other
        applications may use the same one.
        """
        if per_minute == self._reported_per_minute:
            return
        self._reported_per_minute = per_minute
        self._calls_per_second = self._find_max_rate()
        self._grown_at = self._learning_paused_until = 0.0
        self._learned_at, self._learned_calls_per_second = now, self._calls_per_second
        self._compliant_calls = self._compliant_refusals = 0  # earlier calls did not keep to it

    def acquire(self, call: str, now: float) -> Turn:
        """Return when a call may be made, or when it should ask again.

        A near turn belongs to the call. A distant turn is reserved for it only if turns are rare; otherwise the turn
        goes to the call that is ready when it comes, because the deferred call may be late.

        Args:
            call: names the call; the same when it asks again.
            now: seconds.
        """
        opens = max(now, self._blocked_until)
        if self._calls_per_second is None:
            return Turn(opens, opens - now <= MAX_WAIT_SECONDS)
        self._grow(now)
        interval = 1 / self._calls_per_second
        are_turns_rare = interval > MAX_WAIT_SECONDS
        self._next_turn = max(self._next_turn, now if are_turns_rare else now - BACKLOG_SECONDS)
        reserved = self._reserved.pop(call, None)
        at = max(opens, self._next_turn) if reserved is None else max(opens, reserved)
        is_near = at - now <= MAX_WAIT_SECONDS
        if reserved is not None:
            if not is_near:
                self._reserved[call] = at
        elif is_near:
            self._next_turn += interval
        elif are_turns_rare:
            self._next_turn = at + interval
            self._reserve(call, at, now)
        else:
            at = max(at - MAX_WAIT_SECONDS / 2, self._next_return, now)
            self._next_return = at + interval
        return Turn(at, is_near)

    def record_start(self, now: float) -> None:
        """Count a call that is sent now; it counts as accepted unless ``record_throttled`` says otherwise."""
        if self._watched_since is None or now - self._last_start > LONG_WINDOW_SECONDS:
            self._watched_since = now
        self._last_start = now
        self._compliant_calls += self._is_settled(now)
        for times in (self._started, self._accepted):
            times.append(now)
            while now - times[0] > LONG_WINDOW_SECONDS:
                times.popleft()

    def record_throttled(
        self, started: float, now: float, retry_after: float, quota_per_minute: float | None = None
    ) -> None:
        """Adapt to a 429: the new rate is the one that was accepted until now.

        - If the calls did not keep to a known quota, no call is made before Retry-After: the quota is used up.
        - If they did, the refusal is a variation, and only the refused call waits.
        - In the first 10 seconds no rate is learned: other applications, or this one before a restart, may have used
          the quota.
        - A learned rate is dropped if calls that keep to it are refused as well, or if it has become much lower.

        Args:
            started: the time that was passed to ``record_start``.
            now: seconds.
            retry_after: seconds from now.
            quota_per_minute: the quota that the request of the refused call's run sets, if it does.
        """
        quota_per_minute = quota_per_minute or self._reported_per_minute
        if started in self._accepted:
            self._accepted.remove(started)
        if self._is_unrelated_refusal(started, now):
            return
        recent = _count_recent(self._accepted, now)
        seen = max(recent / SHORT_WINDOW_SECONDS, len(self._accepted) / LONG_WINDOW_SECONDS, MIN_CALLS_PER_SECOND)
        known = self._calls_per_second if quota_per_minute is None else quota_per_minute / 60
        share, overshoot = (
            (REPORTED_QUOTA_SHARE, REPORTED_QUOTA_OVERSHOOT)
            if self.is_quota_reported
            else (KNOWN_QUOTA_SHARE, KNOWN_QUOTA_OVERSHOOT)
        )
        is_variation = (
            known is not None
            and seen >= share * known
            and _count_recent(self._started, now) <= overshoot * known * SHORT_WINDOW_SECONDS + 1
        )
        if not is_variation:
            self._blocked_until = max(self._blocked_until, now + retry_after)
            self._next_turn = max(self._next_turn, self._blocked_until)  # no turn is made up for
        if self._watched_since is None or now - self._watched_since < SHORT_WINDOW_SECONDS:
            return
        if not is_variation or quota_per_minute is None:
            if self._calls_per_second is None:
                self._learned_at, self._compliant_calls, self._compliant_refusals = now, 0, 0
                self._learned_calls_per_second = seen
            self._calls_per_second = LEARNED_RATE_FACTOR * seen
            self._grown_at = now
            if MAX_SLOWDOWN_FACTOR * seen < self._learned_calls_per_second:
                self._pause_learning(now)

    def _is_unrelated_refusal(self, started: float, now: float) -> bool:
        """Count a refusal, and return whether to ignore it because the rate does not cause the refusals."""
        if now < self._learning_paused_until:
            return True
        if self._calls_per_second is None or not self._is_settled(started):
            return False
        self._compliant_refusals += 1
        if (
            self._compliant_calls < UNRELATED_REFUSAL_MIN_CALLS
            or self._compliant_refusals < UNRELATED_REFUSAL_SHARE * self._compliant_calls
        ):
            return False
        self._pause_learning(now)
        return True

    def _is_settled(self, started: float) -> bool:
        """Return whether a call that started at this time took its turn at the latest rate."""
        return started >= self._learned_at + SETTLING_SECONDS

    def _pause_learning(self, now: float) -> None:
        self._calls_per_second, self._blocked_until = None, now
        self._learning_paused_until = now + LEARNING_PAUSE_SECONDS

    def release(self) -> None:
        """Give back the latest near turn, because its call cannot use it."""
        if self._calls_per_second is not None:
            self._next_turn -= 1 / self._calls_per_second

    def forget(self, prefix: str, now: float) -> None:
        """Free the turns that are reserved for calls whose names start with a prefix."""
        kept = {name: at for name, at in self._reserved.items() if not name.startswith(prefix)}
        if len(kept) < len(self._reserved) and self._calls_per_second is not None:
            self._next_turn = max([now, *(at + 1 / self._calls_per_second for at in kept.values())])
        self._reserved = kept

    def is_open(self, now: float) -> bool:
        """Return whether no 429 delays calls."""
        return now >= self._blocked_until

    def _grow(self, now: float) -> None:
        if self._calls_per_second is not None and self._grown_at:
            grown = self._calls_per_second * (1 + GROWTH_PER_SECOND * max(0.0, now - self._grown_at))
            self._calls_per_second = min(grown, max(self._calls_per_second, self._find_max_rate()))
            self._grown_at = now

    def _find_max_rate(self) -> float:
        """Return the highest rate that makes sense, in calls per second: that of the reported quota, if any."""
        reported = self._reported_per_minute
        return math.inf if reported is None else KNOWN_RATE_FACTOR * reported / 60

    def _reserve(self, call: str, at: float, now: float) -> None:
        """Reserve a turn for a call, and drop old turns that were not used."""
        self._reserved = {name: turn for name, turn in self._reserved.items() if turn > now - LONG_WINDOW_SECONDS}
        self._reserved[call] = at


def _count_recent(times: deque[float], now: float) -> int:
    return sum(1 for time in times if now - time < SHORT_WINDOW_SECONDS + TIMING_SLACK_SECONDS)
