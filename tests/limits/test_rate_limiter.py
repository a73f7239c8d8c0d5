"""The pace of calls, against a service that counts them in a rolling window, on a clock of its own."""

import heapq
import math
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.limits.rate_limiter import MAX_WAIT_SECONDS, MIN_CALLS_PER_SECOND, RateLimiter
from tests.strategies import QUICK, THOROUGH


class Service:
    """Accepts so many calls in any 10 seconds, as Azure OpenAI does; below 6 a minute, one per 60/quota seconds."""

    def __init__(self, per_minute: float) -> None:
        self.most, self.seconds = (1, 60 / per_minute) if per_minute < 6 else (int(per_minute // 6), 10.0)
        self.accepted: deque[float] = deque()
        self.refused = 0

    def call(self, now: float) -> float:
        """Return 0 for a call that was accepted, otherwise Retry-After."""
        while self.accepted and now - self.accepted[0] >= self.seconds:
            self.accepted.popleft()
        if len(self.accepted) < self.most:
            self.accepted.append(now)
            return 0.0
        self.refused += 1
        return math.ceil(self.accepted[-self.most] + self.seconds - now)


def drive(
    pace: RateLimiter,
    service: Service,
    *,
    calls: int,
    callers: int,
    latency: float,
    answered: float | None,
    reported: float | None = None,
) -> float:
    """Let callers make so many calls, each one after the other; returns when the last one was accepted.

    Every answer reports the quota ``reported``.
    """
    moments = [(0.0, caller, "ask") for caller in range(callers)]
    last = done = 0.0
    answered_at = math.inf
    while done < calls:
        now, caller, step = heapq.heappop(moments)
        if reported is not None and now >= answered_at:
            pace.record_quota(reported, now)
        if step == "ask":
            turn = pace.acquire(f"call-{caller}", now)
            assert turn.at >= now
            assert not turn.is_near or turn.at - now <= MAX_WAIT_SECONDS
            heapq.heappush(moments, (turn.at, caller, "call" if turn.is_near else "ask"))
        elif not pace.is_open(now):
            heapq.heappush(moments, (now, caller, "ask"))
        else:
            pace.record_start(now)
            retry_after = service.call(now)
            if retry_after:
                answered_at = min(answered_at, now)
                pace.record_throttled(now, now, retry_after, answered)
            else:
                done += 1
                last = now
                answered_at = min(answered_at, now + latency)
            heapq.heappush(moments, (now + (retry_after or latency), caller, "ask"))
    return last


@pytest.mark.parametrize("per_minute", [600, 120, 12])
@pytest.mark.parametrize("latency", [0.5, 2.0, 20.0])
def test_a_known_quota_is_used_and_never_exceeded(per_minute: float, latency: float) -> None:
    service = Service(per_minute)
    callers = math.ceil(2 * per_minute / 60 * latency) + 1
    calls = int(3 * per_minute)
    seconds = drive(
        RateLimiter(per_minute), service, calls=calls, callers=callers, latency=latency, answered=per_minute
    )
    assert service.refused == 0
    assert calls / (per_minute / 60) / seconds >= 0.95


@pytest.mark.parametrize("per_minute", [6, 60, 120])
@pytest.mark.parametrize("latency", [5.0, 20.0])
def test_a_quota_that_answers_report_is_used_as_if_it_had_been_set(per_minute: float, latency: float) -> None:
    service = Service(per_minute)
    callers = math.ceil(1.3 * per_minute / 60 * latency) + 1
    calls = int(4 * per_minute)
    seconds = drive(
        RateLimiter(), service, calls=calls, callers=callers, latency=latency, answered=None, reported=per_minute
    )
    assert calls / (per_minute / 60) / seconds >= 0.95
    assert service.refused <= callers


def test_a_reported_quota_that_others_use_too_is_learned_from_refusals() -> None:
    service = Service(30)
    drive(RateLimiter(), service, calls=120, callers=20, latency=5.0, answered=None, reported=60)
    assert service.refused / (120 + service.refused) <= 0.35


@pytest.mark.parametrize("per_minute", [6000, 600, 60])
@pytest.mark.parametrize("latency", [0.5, 2.0])
def test_an_unknown_quota_is_learned(per_minute: float, latency: float) -> None:
    service = Service(per_minute)
    callers = math.ceil(4 * per_minute / 60 * latency)
    calls = int(3 * per_minute)
    seconds = drive(RateLimiter(), service, calls=calls, callers=callers, latency=latency, answered=None)
    assert calls / (per_minute / 60) / seconds >= 0.9
    assert service.refused / (calls + service.refused) <= 0.2


def test_without_a_quota_no_one_waits() -> None:
    pace = RateLimiter()
    assert all(pace.acquire(f"call-{number}", 5.0).at == 5.0 for number in range(100))


def test_after_a_429_no_one_calls_before_retry_after() -> None:
    pace = RateLimiter()
    pace.record_start(1.0)
    pace.record_throttled(1.0, 1.1, 7.0)
    assert not pace.is_open(8.0)
    turn = pace.acquire("another", 2.0)
    assert not turn.is_near
    assert pace.acquire("another", 7.5).at >= 8.1
    assert pace.is_open(8.1)


def test_a_429_within_a_known_quota_delays_no_other_call() -> None:
    pace = RateLimiter()
    for number in range(100):
        pace.record_start(number / 10)
    pace.record_start(10.0)
    pace.record_throttled(10.0, 10.0, 3.0, quota_per_minute=600)
    assert pace.acquire("another", 10.0).at == 10.0


def test_runs_with_the_same_quota_learn_that_they_share_it() -> None:
    service = Service(600)
    learned = RateLimiter()
    answered = [RateLimiter(600), RateLimiter(600)]
    calls = done = 0
    moments = [(0.0, run) for run in range(2)]
    while done < 1000:
        now, run = heapq.heappop(moments)
        turn = max(answered[run].acquire("call", now).at, learned.acquire(f"call-{run}", now).at)
        if learned.is_open(turn):
            calls += 1
            learned.record_start(turn)
            retry_after = service.call(turn)
            done += not retry_after
            if retry_after:
                learned.record_throttled(turn, turn, retry_after, 600)
        heapq.heappush(moments, (turn + 0.001, run))
    assert service.refused / calls <= 0.1
    assert 1000 / 10 / moments[0][0] >= 0.9


def test_a_turn_that_is_far_belongs_to_the_call_where_turns_are_rare() -> None:
    pace = RateLimiter(quota_per_minute=6)
    turns = [pace.acquire(f"call-{number}", 100.0) for number in range(4)]
    assert [turn.is_near for turn in turns] == [True, False, False, False]
    spaces = [after.at - before.at for before, after in pairwise(turns)]
    assert spaces == pytest.approx([10.15] * 3, abs=0.01)
    again = pace.acquire("call-3", turns[3].at)
    assert (again.at, again.is_near) == (turns[3].at, True)


@pytest.mark.parametrize("answered", [None, 600])
def test_a_process_that_starts_under_a_used_quota_does_not_learn_a_small_one(answered: float | None) -> None:
    service = Service(600)
    for tenth in range(100):
        assert service.call(tenth / 10 - 10) == 0
    pace = RateLimiter()
    seconds = drive(pace, service, calls=3000, callers=40, latency=2.0, answered=answered)
    assert 3000 / 10 / seconds >= 0.85


def count_calls(
    pace: RateLimiter, seconds: float, *, refuse_every: int, answered: float | None = None
) -> tuple[int, int]:
    """Call every 0.1 s at most, refuse each n-th call, and return the numbers of calls and of refused calls."""
    now, calls = 0.0, 0
    while now < seconds:
        turn = pace.acquire(f"call-{calls}", now)
        now = max(now + 0.1, turn.at)
        if turn.is_near and pace.is_open(now):
            calls += 1
            pace.record_start(now)
            if calls % refuse_every == 0:
                pace.record_throttled(now, now, 1.0, answered)
    return calls, calls // refuse_every


@pytest.mark.parametrize("answered", [None, 600])
def test_refusals_without_cause_in_our_pace_do_not_slow_it_down_permanently(answered: float | None) -> None:
    calls, refused = count_calls(RateLimiter(), 300, refuse_every=3, answered=answered)
    assert calls - refused >= 0.6 * 2 / 3 * 300 / 0.1


def test_refusals_of_calls_that_had_their_turn_before_the_report_do_not_count_against_it() -> None:
    pace = RateLimiter()
    for number in range(64):
        assert pace.acquire(f"call-{number}", 100.0).at == 100.0
    pace.record_quota(60, 100.1)
    for number in range(64):
        started = 100.0 + number / 100
        pace.record_start(started)
        if number >= 10:
            pace.record_throttled(started, started, 10.0)
    assert not pace.is_open(109.0)
    assert not pace.acquire("another", 101.0).is_near


@pytest.mark.parametrize("every", [5, 7, 12])
def test_refusals_at_random_do_not_slow_calls_down_more_and_more(every: int) -> None:
    calls, _ = count_calls(RateLimiter(), 1800, refuse_every=every)
    assert calls >= 0.3 * 1800 / 0.1


def test_turns_of_a_run_that_went_away_are_given_to_others() -> None:
    pace = RateLimiter(quota_per_minute=6)
    for number in range(30):
        pace.acquire(f"gone/{number}", 0.0)
    kept = pace.acquire("here/1", 0.0)
    assert kept.at > 300
    pace.forget("gone/", 1.0)
    assert pace.acquire("new/0", 1.0).at > kept.at
    pace.forget("here/", 2.0)
    pace.forget("new/", 2.0)
    assert pace.acquire("new/1", 2.0).at <= 12.2


def test_a_turn_that_is_given_back_goes_to_the_next_one() -> None:
    pace = RateLimiter(quota_per_minute=60)
    first = pace.acquire("one", 5.0)
    pace.release()
    assert pace.acquire("two", 5.0) == first


@QUICK
@given(st.floats(0.1, 10_000), st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_turns_are_never_before_they_are_requested(per_minute: float, gaps: list[float]) -> None:
    pace = RateLimiter(quota_per_minute=per_minute)
    now = 0.0
    for number, gap in enumerate(gaps):
        now += gap
        turn = pace.acquire(f"call-{number}", now)
        assert turn.at >= now


@THOROUGH
@given(st.lists(st.tuples(st.floats(0, 20), st.booleans(), st.floats(0, 100)), min_size=1, max_size=60))
def test_whatever_the_service_answers_the_pace_stays_sensible(events: list[tuple[float, bool, float]]) -> None:
    pace = RateLimiter()
    now = 0.0
    for number, (gap, is_refused, retry_after) in enumerate(events):
        now += gap
        pace.record_start(now)
        if is_refused:
            pace.record_throttled(now, now, retry_after)
        turn = pace.acquire(f"call-{number}", now)
        assert now <= turn.at <= now + 100 + (number + 2) / MIN_CALLS_PER_SECOND
