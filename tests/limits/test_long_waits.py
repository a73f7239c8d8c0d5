"""Long waits that a service asks for, as callers see them."""

from datetime import UTC, datetime

import pytest

from shared.limits.long_waits import Wait, describe_wait, find_longest_wait
from shared.messages.runs import Failure
from shared.reasons import Reason

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def refused(seconds: float | None) -> Failure:
    return Failure(Reason.RATE_LIMITED, "come back later", retry_after_seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "waits", "is_noted"), [(300, 300, True), (60, 60, False), (None, 120, False), (300, 30, False)]
)
def test_only_a_wait_of_more_than_a_minute_that_the_service_asks_for_is_shown(
    asked: float | None, waits: float, is_noted: bool
) -> None:
    assert (Wait.from_failure(refused(asked), NOW, waits) is not None) is is_noted


def test_of_several_waits_the_one_that_ends_last_is_shown_until_it_is_over() -> None:
    waits = [Wait.from_failure(refused(seconds), NOW, seconds) for seconds in (300, 900, 120)]
    statuses = [{"counters": {}}, *map(describe_wait, waits)]
    longest = find_longest_wait(statuses, NOW)
    assert longest == waits[1]
    assert longest is not None
    assert find_longest_wait(statuses, datetime.fromisoformat(longest.until)) is None
