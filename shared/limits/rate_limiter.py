"""The pace of calls under a quota: when the next one may be made. Pure: time comes in as seconds of any steady clock.

A quota is a rate, and a window of parallel calls is none: with the same window, quick answers exceed the quota and
slow ones leave it unused. So calls take turns, one every 60/quota seconds. The quota is told, or it is learned from
the first 429: what the service accepted just before is what it accepts.
"""

import math
from collections import deque
from dataclasses import dataclass, field

MAX_WAIT_SECONDS = 2.0
"""A call whose turn is nearer than this waits for it; a later one comes back by a durable timer, as nobody should pay
for a sleeping function. An image takes 10 to 60 seconds, so this is little; shorter, and turns come to be missed."""

SHORT_WINDOW_SECONDS, LONG_WINDOW_SECONDS = 10.0, 60.0
"""Quotas of a minute are counted in slices of 10 seconds (Azure OpenAI) or as a whole; both are looked at."""

TIMING_SLACK_SECONDS = 0.5
"""We see a call start a little before the service does."""

LEARNED_RATE_FACTOR = 0.97
"""Of what was learned: at the very quota, the slightest unevenness would be refused."""

KNOWN_RATE_FACTOR = 0.985
"""Of what was told: it is exact, but the ways of calls to the service are not equally long."""

KNOWN_QUOTA_SHARE, KNOWN_QUOTA_OVERSHOOT = 0.9, 1.05
"""A 429 that comes while we got so much of a known quota, and asked for hardly more, is an unevenness: the quota is not
in doubt."""

REPORTED_QUOTA_SHARE, REPORTED_QUOTA_OVERSHOOT = 0.75, 1.3
"""The same where the service itself reports its quota: a busy machine, or a burst before the report, causes more."""

BACKLOG_SECONDS = 0.5
"""Turns of so long ago are still given, unless turns are rare: a process that was busy for a moment catches up."""

SETTLING_SECONDS = 5.0
"""A call that starts so soon after a pace was learned may have had its turn before, so it does not show whether the
pace is right."""

GROWTH_PER_SECOND = 0.0003
"""How a learned pace grows, about 2 % a minute: it tries whether there is more, and each try that fails costs a 429."""

MIN_CALLS_PER_SECOND = 1 / 120

UNRELATED_REFUSAL_SHARE, UNRELATED_REFUSAL_MIN_CALLS = 0.25, 20
"""Where so many of so many calls are refused although they keep to a learned pace, the refusals do not come of it: a
slower pace would be refused as often."""

MAX_SLOWDOWN_FACTOR = 4
"""A learned pace that refusals have made so many times slower than it was at first does not help, either: refusals at
random, however seldom, would make it slower and slower."""

LEARNING_PAUSE_SECONDS = 60.0
"""How long nothing is learned after unrelated refusals; a refused call then holds back only itself."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may be made: ``at``, and whether that is near enough to wait for it."""

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
        """Whether the service has said what its quota is."""
        return self._reported_per_minute is not None

    def record_quota(self, per_minute: float, now: float) -> None:
        """Take in the quota that the service reports: it is as exact as one that was set.

        What was learned since from refusals stays, as others may use the same quota, until the service reports another
        figure.
        """
        if per_minute == self._reported_per_minute:
            return
        self._reported_per_minute = per_minute
        self._calls_per_second = self._find_max_rate()
        self._grown_at = self._learning_paused_until = 0.0
        self._learned_at, self._learned_calls_per_second = now, self._calls_per_second
        self._compliant_calls = self._compliant_refusals = 0  # calls that were made before did not keep to it

    def acquire(self, call: str, now: float) -> Turn:
        """Return when a call may be made, or when it should ask again.

        A turn that is near belongs to the call. One that is far does only where turns are rare: otherwise it goes to
        who is there when it comes, as the caller may be late.

        Args:
            call: who asks; the same again after a far turn.
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
        """Count a call that is made now; it counts as accepted unless ``record_throttled`` says otherwise."""
        if self._watched_since is None or now - self._last_start > LONG_WINDOW_SECONDS:
            self._watched_since = now
        self._last_start = now
        self._compliant_calls += self._is_settled(now)
        for moments in (self._started, self._accepted):
            moments.append(now)
            while now - moments[0] > LONG_WINDOW_SECONDS:
                moments.popleft()

    def record_throttled(
        self, started: float, now: float, retry_after: float, quota_per_minute: float | None = None
    ) -> None:
        """Take a 429 into account: the pace is what was accepted until now.

        Unless we kept to a known quota, no call is made before Retry-After: the quota is used up. If we did, it was an
        unevenness, and the refused call alone waits. Nothing is learned before we have watched for 10 seconds: others,
        or we ourselves before a restart, may have used what was refused. What was learned is dropped where calls are
        refused all the same, and where it has become much slower.

        Args:
            started: the time that was given to ``record_start``.
            now: seconds.
            retry_after: seconds from now.
            quota_per_minute: what the refused call's run was told of its quota.
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
        is_unevenness = (
            known is not None
            and seen >= share * known
            and _count_recent(self._started, now) <= overshoot * known * SHORT_WINDOW_SECONDS + 1
        )
        if not is_unevenness:
            self._blocked_until = max(self._blocked_until, now + retry_after)
            self._next_turn = max(self._next_turn, self._blocked_until)  # turns that were missed meanwhile are gone
        if self._watched_since is None or now - self._watched_since < SHORT_WINDOW_SECONDS:
            return
        if not is_unevenness or quota_per_minute is None:
            if self._calls_per_second is None:
                self._learned_at, self._compliant_calls, self._compliant_refusals = now, 0, 0
                self._learned_calls_per_second = seen
            self._calls_per_second = LEARNED_RATE_FACTOR * seen
            self._grown_at = now
            if MAX_SLOWDOWN_FACTOR * seen < self._learned_calls_per_second:
                self._pause_learning(now)

    def _is_unrelated_refusal(self, started: float, now: float) -> bool:
        """Count a refusal, and tell whether to make nothing of it: refusals do not come of our pace."""
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
        """Return whether a call that started then had its turn from the latest pace."""
        return started >= self._learned_at + SETTLING_SECONDS

    def _pause_learning(self, now: float) -> None:
        self._calls_per_second, self._blocked_until = None, now
        self._learning_paused_until = now + LEARNING_PAUSE_SECONDS

    def release(self) -> None:
        """Take back the latest near turn: its caller cannot use it."""
        if self._calls_per_second is not None:
            self._next_turn -= 1 / self._calls_per_second

    def forget(self, prefix: str, now: float) -> None:
        """Give up the turns that were kept for calls whose name begins so: nobody will come for them."""
        kept = {name: at for name, at in self._reserved.items() if not name.startswith(prefix)}
        if len(kept) < len(self._reserved) and self._calls_per_second is not None:
            self._next_turn = max([now, *(at + 1 / self._calls_per_second for at in kept.values())])
        self._reserved = kept

    def is_open(self, now: float) -> bool:
        """Tell whether no 429 keeps calls back."""
        return now >= self._blocked_until

    def _grow(self, now: float) -> None:
        if self._calls_per_second is not None and self._grown_at:
            grown = self._calls_per_second * (1 + GROWTH_PER_SECOND * max(0.0, now - self._grown_at))
            self._calls_per_second = min(grown, max(self._calls_per_second, self._find_max_rate()))
            self._grown_at = now

    def _find_max_rate(self) -> float:
        """Return the fastest pace that makes sense, in calls a second: the reported quota, if there is one."""
        reported = self._reported_per_minute
        return math.inf if reported is None else KNOWN_RATE_FACTOR * reported / 60

    def _reserve(self, call: str, at: float, now: float) -> None:
        """Keep a turn for a call; turns that nobody came for are forgotten."""
        self._reserved = {name: moment for name, moment in self._reserved.items() if moment > now - LONG_WINDOW_SECONDS}
        self._reserved[call] = at


def _count_recent(moments: deque[float], now: float) -> int:
    return sum(1 for moment in moments if now - moment < SHORT_WINDOW_SECONDS + TIMING_SLACK_SECONDS)
