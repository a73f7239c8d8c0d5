"""The retry policy: the table at the top of its module, row by row, and what holds for every failure."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.limits.retry_policy import (
    COUNTED_REASONS,
    UNUSABLE_ANSWER_REASONS,
    count_failure,
    decide_retry,
    find_time_since,
)
from shared.messages.base import Failure, FailureCounts
from shared.reasons import FATAL_REASONS, Reason
from tests.strategies import THOROUGH, failure_counts, failures

COUNTED = (Reason.SERVER_ERROR, Reason.CONNECTION, Reason.BAD_IMAGE)
NEVER = sorted(set(Reason) - COUNTED_REASONS - {Reason.RATE_LIMITED, Reason.STORE_UNAVAILABLE, Reason.WORKER_LOST})
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def follow(
    reason: Reason, *, max_retries: int = 5, most: int = 100, retry_after: float | None = None, minutes: float = 0
) -> list[float]:
    """Return the waits of a call that fails for the same reason each time."""
    waits: list[float] = []
    spent = FailureCounts()
    while len(waits) < most:
        failure = Failure(reason, retry_after_seconds=retry_after)
        spent = count_failure(spent, failure)
        wait = decide_retry(
            failure, spent, max_retries=max_retries, seed="item", since_success=timedelta(minutes=minutes)
        )
        if wait is None:
            break
        waits.append(wait)
    return waits


@pytest.mark.parametrize("reason", COUNTED)
@pytest.mark.parametrize("max_retries", [0, 1, 5, 10])
def test_a_server_error_is_tried_again_max_retries_times(reason: Reason, max_retries: int) -> None:
    waits = follow(reason, max_retries=max_retries)
    assert len(waits) == max_retries
    for failed, wait in enumerate(waits):
        assert 1.5 * 2**failed <= wait <= 1.5 * 2**failed * 1.25


@pytest.mark.parametrize(("max_retries", "times"), [(0, 0), (1, 1), (2, 2), (10, 2)])
def test_what_may_have_been_billed_is_tried_again_at_most_twice(max_retries: int, times: int) -> None:
    assert len(follow(Reason.TIMEOUT_AMBIGUOUS, max_retries=max_retries)) == times


def test_two_ambiguous_failures_leave_the_other_retries_as_they_are() -> None:
    spent = FailureCounts(calls=2, counted=2, ambiguous=2)
    server_error = Failure(Reason.SERVER_ERROR)
    spent = count_failure(spent, server_error)
    assert decide_retry(server_error, spent, max_retries=5, seed="item", since_success=timedelta()) is not None


@pytest.mark.parametrize("max_retries", [0, 10])
def test_a_call_that_was_lost_with_its_worker_is_tried_at_least_4_times_over_5_minutes(max_retries: int) -> None:
    waits = follow(Reason.WORKER_LOST, max_retries=max_retries)
    assert len(waits) >= 4
    assert waits == sorted(waits)
    assert sum(waits) >= 300


@pytest.mark.parametrize("reason", NEVER)
def test_anything_else_is_never_tried_as_it_is(reason: Reason) -> None:
    assert follow(reason, max_retries=10, retry_after=1) == []


def test_what_stops_a_run_and_what_was_unusable_is_among_the_never_tried() -> None:
    assert set(NEVER) >= FATAL_REASONS | UNUSABLE_ANSWER_REASONS | {Reason.CONTENT_POLICY, Reason.BAD_REQUEST}


@pytest.mark.parametrize("retry_after", [0.0, 0.25, 1, 17, 7200])
def test_retry_after_is_honoured_exactly_and_for_ever(retry_after: float) -> None:
    assert follow(Reason.RATE_LIMITED, max_retries=0, retry_after=retry_after) == [retry_after] * 100


def test_a_429_without_retry_after_waits_the_services_window() -> None:
    assert follow(Reason.RATE_LIMITED, most=1) == [10.0]


@pytest.mark.parametrize("retry_after", [1e12, math.inf])
def test_a_retry_after_beyond_a_day_is_cut(retry_after: float) -> None:
    assert follow(Reason.RATE_LIMITED, most=1, retry_after=retry_after) == [86_400.0]


@pytest.mark.parametrize(("minutes", "tried"), [(29.9, True), (30, True), (30.1, False), (-1, True)])
def test_a_429_gives_up_after_30_minutes_without_any_success(minutes: float, tried: bool) -> None:
    assert bool(follow(Reason.RATE_LIMITED, most=1, minutes=minutes)) is tried


@pytest.mark.parametrize("reason", [*COUNTED, Reason.STORE_UNAVAILABLE])
def test_other_failures_do_not_look_at_the_30_minutes(reason: Reason) -> None:
    assert follow(reason, minutes=600, most=1)


def test_a_429_uses_up_no_retries() -> None:
    limited = count_failure(FailureCounts(), Failure(Reason.RATE_LIMITED))
    assert limited == FailureCounts(calls=1)


def test_an_unavailable_store_is_ridden_out_for_two_minutes() -> None:
    waits = follow(Reason.STORE_UNAVAILABLE, max_retries=0)
    assert len(waits) == 8
    assert max(waits) == 30
    assert 120 <= sum(waits) <= 180


def test_a_5xx_that_names_a_time_is_not_tried_before_it() -> None:
    assert follow(Reason.SERVER_ERROR, retry_after=60)[0] == 60
    assert follow(Reason.SERVER_ERROR, retry_after=0.1)[0] >= 1.5


@THOROUGH
@given(failures, failure_counts, st.integers(0, 10), st.text(max_size=5), st.integers(-10, 100))
def test_a_wait_is_finite_never_negative_and_the_same_at_every_replay(
    failure: Failure, before: FailureCounts, max_retries: int, seed: str, minutes: int
) -> None:
    spent = count_failure(before, failure)
    waits = {
        decide_retry(failure, spent, max_retries=max_retries, seed=seed, since_success=timedelta(minutes=minutes))
        for _ in range(2)
    }
    assert len(waits) == 1
    wait = waits.pop()
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= max(7200, 1.5 * 2**12 * 1.25))
    assert wait is None or isinstance(wait, float)


@THOROUGH
@given(failures, failure_counts)
def test_every_failure_counts_as_a_call_and_only_as_what_it_is(failure: Failure, before: FailureCounts) -> None:
    after = count_failure(before, failure)
    assert after.calls == before.calls + 1
    assert after.counted - before.counted == (failure.reason in COUNTED_REASONS)
    assert after.ambiguous - before.ambiguous == (failure.reason is Reason.TIMEOUT_AMBIGUOUS)
    assert after.store - before.store == (failure.reason is Reason.STORE_UNAVAILABLE)


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {
        decide_retry(
            Failure(Reason.SERVER_ERROR),
            FailureCounts(1, 1),
            max_retries=5,
            seed=f"item-{place}",
            since_success=timedelta(),
        )
        for place in range(50)
    }
    assert len(waits) > 40


def test_the_latest_of_some_moments_counts() -> None:
    early, late = NOW - timedelta(minutes=40), NOW - timedelta(minutes=10)
    assert find_time_since(NOW, early.isoformat(), late.isoformat(), None) == timedelta(minutes=10)
    assert find_time_since(NOW, None) == timedelta()


def test_what_was_retried_already_is_not_retried_here() -> None:
    failure = Failure(Reason.CONNECTION, is_final=True)
    assert decide_retry(failure, FailureCounts(1, 1), max_retries=5, seed="s", since_success=timedelta()) is None
    assert decide_retry(
        Failure(Reason.CONNECTION), FailureCounts(1, 1), max_retries=5, seed="s", since_success=timedelta()
    )
