"""Long waits that a provider asks for, as callers see them."""

from datetime import UTC, datetime

import pytest

from shared.messages.base import Failure, Wait, find_longest_wait
from shared.reasons import Reason

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def refused(seconds: float | None) -> Failure:
    return Failure(Reason.RATE_LIMITED, "come back later", retry_after_seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "waits", "is_noted"), [(300, 300, True), (60, 60, False), (None, 120, False), (300, 30, False)]
)
def test_a_wait_is_shown_if_the_provider_requests_more_than_a_minute(
    asked: float | None, waits: float, is_noted: bool
) -> None:
    assert (Wait.from_failure(refused(asked), NOW, waits) is not None) is is_noted


def test_the_wait_that_ends_last_is_shown_until_it_is_over() -> None:
    waits = [Wait.from_failure(refused(seconds), NOW, seconds) for seconds in (300, 900, 120)]
    longest = find_longest_wait([None, *waits], NOW)
    assert longest == waits[1]
    assert longest is not None
    assert find_longest_wait(waits, datetime.fromisoformat(longest.until)) is None
