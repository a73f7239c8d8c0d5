from dataclasses import replace

import pytest

from bench.batch_host import MOMENTS
from bench.image_batches import KILLS, RANDOM, Figures, calculate_normal_usd, format_table

GOOD = Figures(
    items=3,
    stored=3,
    billed=3,
    max_bills=1,
    status="Completed",
    seconds=9.4,
    kills=25,
    usd={"summary": 0.0300001, "audit": 0.03},
)


def test_a_run_is_killed_at_each_moment_and_at_random_ones() -> None:
    assert set(KILLS) == {*MOMENTS, RANDOM}
    assert KILLS.count(RANDOM) == 20


def test_sources_that_agree_to_the_cent_are_good() -> None:
    assert GOOD.is_good


@pytest.mark.parametrize(
    "changes",
    [
        {"stored": 2},
        {"billed": 4},
        {"max_bills": 2},
        {"status": "CompletedWithFailures"},
        {"usd": {"summary": 0.03, "audit": 0.04}},
    ],
)
def test_whatever_differs_is_not_good(changes: dict[str, object]) -> None:
    assert not replace(GOOD, **changes).is_good  # type: ignore[arg-type]


def test_the_normal_price_is_that_of_the_list() -> None:
    assert calculate_normal_usd(1_000_000, 0) == 5
    assert calculate_normal_usd(0, 1_000_000) == 30


def test_the_table_has_each_source() -> None:
    table = "\n".join(format_table(GOOD))
    assert "| images, stored, billed | 3, 3, 3 |" in table
    assert "| audit | $0.0300 |" in table
