"""When a run's image calls go so badly that it had better stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.limits.circuit_breaker import (
    MAX_FAILED_CALLS,
    MAX_REFUSED_CALLS,
    MAX_WATCHED_RUNS,
    MIN_WATCHED_CALLS,
    CircuitBreaker,
    RunCircuitBreakers,
)
from shared.reasons import PAUSING_REASONS, Reason
from tests.strategies import THOROUGH

OUTCOMES = st.sampled_from([None, None, Reason.CONTENT_POLICY, Reason.SERVER_ERROR, Reason.RATE_LIMITED])
REFUSED, BROKEN = Reason.CONTENT_POLICY, Reason.SERVER_ERROR


def find_reason(*outcomes: Reason | None) -> Reason | None:
    """Return what a breaker says after the last of some outcomes."""
    breaker, failure = CircuitBreaker(), None
    for outcome in outcomes:
        failure = breaker.record_outcome(outcome)
    return None if failure is None else failure.reason


def mix(bad: int, reason: Reason, *, of: int = MIN_WATCHED_CALLS) -> list[Reason | None]:
    return [*[reason] * bad, *[None] * (of - bad)]


@pytest.mark.parametrize("reason", [REFUSED, BROKEN])
def test_the_breaker_stays_closed_before_there_are_fifty_outcomes(reason: Reason) -> None:
    assert find_reason(*[reason] * (MIN_WATCHED_CALLS - 1)) is None
    assert find_reason(*[reason] * MIN_WATCHED_CALLS) is not None


def test_more_than_half_refused_is_too_much_and_half_is_not() -> None:
    assert find_reason(*mix(25, REFUSED)) is None
    assert find_reason(*mix(26, REFUSED)) is Reason.TOO_MANY_REFUSALS


def test_more_than_sixty_percent_failed_is_too_much_and_refusals_count_too() -> None:
    assert find_reason(*mix(30, BROKEN)) is None
    assert find_reason(*mix(31, BROKEN)) is Reason.TOO_MANY_ERRORS
    assert find_reason(*[REFUSED] * 20, *mix(11, BROKEN, of=30)) is Reason.TOO_MANY_ERRORS
    assert find_reason(*[REFUSED] * 20, *mix(10, BROKEN, of=30)) is None


def test_a_429_does_not_count() -> None:
    assert find_reason(*[BROKEN] * (MIN_WATCHED_CALLS - 1), *[Reason.RATE_LIMITED] * 100) is None
    assert find_reason(*mix(31, BROKEN), *[Reason.RATE_LIMITED] * 100, None) is None
    assert find_reason(*[None] * 19, *[Reason.RATE_LIMITED] * 100, *[BROKEN] * 31) is Reason.TOO_MANY_ERRORS


def test_only_the_latest_fifty_count() -> None:
    assert find_reason(*[None] * 1000, *[BROKEN] * 30) is None
    assert find_reason(*[None] * 1000, *[BROKEN] * 31) is Reason.TOO_MANY_ERRORS
    assert find_reason(*[BROKEN] * 1000, *[None] * 20) is None


def test_the_message_has_the_figures() -> None:
    breaker = CircuitBreaker()
    reported = [breaker.record_outcome(outcome) for outcome in [None, *[REFUSED] * 49, *[BROKEN] * 30]]
    assert reported[49] is not None
    assert "49 of the last 50" in reported[49].message
    assert "at most 25" in reported[49].message
    assert reported[-1] is not None
    assert "50 of the last 50" in reported[-1].message
    assert "server_error" in reported[-1].message


@THOROUGH
@given(st.lists(OUTCOMES, max_size=200))
def test_a_breaker_decides_by_the_last_fifty_outcomes(outcomes: list[Reason | None]) -> None:
    counted = [outcome for outcome in outcomes if outcome is not Reason.RATE_LIMITED][-MIN_WATCHED_CALLS:]
    refused = sum(outcome is REFUSED for outcome in counted)
    failed = sum(outcome is not None for outcome in counted)
    expected = None
    if len(counted) == MIN_WATCHED_CALLS and outcomes[-1] is not Reason.RATE_LIMITED:
        if refused > MAX_REFUSED_CALLS:
            expected = Reason.TOO_MANY_REFUSALS
        elif failed > MAX_FAILED_CALLS:
            expected = Reason.TOO_MANY_ERRORS
    assert find_reason(*outcomes) is expected


def test_each_run_has_a_breaker_and_a_resumed_run_a_new_one() -> None:
    circuit_breakers = RunCircuitBreakers()
    for _ in range(MIN_WATCHED_CALLS - 1):
        assert circuit_breakers.record_outcome("run-1", 0, BROKEN) is None
        assert circuit_breakers.record_outcome("run-2", 0, BROKEN) is None
    assert circuit_breakers.record_outcome("run-1", 1, BROKEN) is None
    assert circuit_breakers.record_outcome("run-1", 0, BROKEN) is None  # late: from before the resume
    assert circuit_breakers.record_outcome("run-2", 0, BROKEN) is not None
    for _ in range(MIN_WATCHED_CALLS - 2):
        assert circuit_breakers.record_outcome("run-1", 1, BROKEN) is None
    assert circuit_breakers.record_outcome("run-1", 1, BROKEN) is not None
    circuit_breakers.forget("run-1")
    assert circuit_breakers.record_outcome("run-1", 1, BROKEN) is None


def test_of_too_many_runs_the_one_without_an_outcome_for_longest_is_forgotten() -> None:
    circuit_breakers = RunCircuitBreakers()
    for _ in range(MIN_WATCHED_CALLS - 1):
        circuit_breakers.record_outcome("busy", 0, BROKEN)
        circuit_breakers.record_outcome("idle", 0, BROKEN)
    for number in range(MAX_WATCHED_RUNS - 1):
        circuit_breakers.record_outcome(f"run-{number}", 0, BROKEN)
        circuit_breakers.record_outcome("busy", 0, Reason.RATE_LIMITED)
    assert circuit_breakers.record_outcome("busy", 0, BROKEN) is not None
    assert circuit_breakers.record_outcome("idle", 0, BROKEN) is None


def test_what_the_breaker_stops_for_may_be_waited_out() -> None:
    assert {Reason.TOO_MANY_REFUSALS, Reason.TOO_MANY_ERRORS} <= PAUSING_REASONS
    assert PAUSING_REASONS.isdisjoint({Reason.CANCELLED, Reason.RATE_LIMITED, Reason.BUDGET, Reason.CONTENT_POLICY})
