from dataclasses import dataclass

import pytest

from model_simulator.image_quota import ImageQuota


@dataclass
class HandClock:
    """A clock that only a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def accept_many(quota: ImageQuota, count: int) -> int:
    return sum(quota.try_accept() == 0 for _ in range(count))


def test_without_a_quota_everything_is_accepted() -> None:
    assert accept_many(ImageQuota(None, HandClock()), 1000) == 1000


@pytest.mark.parametrize(("per_minute", "per_window"), [(600, 100), (60, 10), (6, 1), (11, 1), (45, 7)])
def test_a_window_of_ten_seconds_takes_a_sixth_of_the_quota(per_minute: int, per_window: int) -> None:
    clock = HandClock()
    quota = ImageQuota(per_minute, clock)
    assert accept_many(quota, 200) == per_window
    clock.now += 9.99
    assert accept_many(quota, 200) == 0
    clock.now += 0.01
    assert accept_many(quota, 200) == per_window


@pytest.mark.parametrize(("per_minute", "spacing"), [(5, 12), (2, 30), (0.5, 120)])
def test_a_quota_below_six_takes_one_request_at_a_time(per_minute: float, spacing: float) -> None:
    clock = HandClock()
    quota = ImageQuota(per_minute, clock)
    assert accept_many(quota, 3) == 1
    assert quota.try_accept() == spacing
    clock.now += spacing
    assert accept_many(quota, 3) == 1


def test_no_rolling_window_ever_holds_more_than_its_share() -> None:
    clock = HandClock()
    quota = ImageQuota(60, clock)
    accepted = []
    for _ in range(900):
        if quota.try_accept() == 0:
            accepted.append(clock.now)
        clock.now += 0.13
    assert len(accepted) > 100
    for start in accepted:
        assert sum(start <= moment < start + 10 for moment in accepted) <= 10


def test_refused_requests_do_not_delay_the_quota() -> None:
    clock = HandClock()
    quota = ImageQuota(6, clock)
    assert quota.try_accept() == 0
    for _ in range(9):
        clock.now += 1
        assert quota.try_accept() > 0
    clock.now += 1
    assert quota.try_accept() == 0


def test_the_wait_is_until_the_oldest_request_leaves_the_window() -> None:
    clock = HandClock()
    quota = ImageQuota(12, clock)
    quota.try_accept()
    clock.now += 4
    quota.try_accept()
    clock.now += 1
    assert quota.try_accept() == pytest.approx(5)


def test_a_lowered_quota_waits_until_enough_requests_left_the_window() -> None:
    clock = HandClock()
    quota = ImageQuota(18, clock)
    for _ in range(3):
        quota.try_accept()
        clock.now += 1
    quota.requests_per_minute = 6
    assert quota.try_accept() == pytest.approx(9)
    clock.now += 9
    assert quota.try_accept() == 0
