"""A budget counts each call once, whatever happens to those who make it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.limits.budget import Budget, Reservation
from tests.strategies import THOROUGH

ANN, BOB = "image/ann", "image/bob"


def test_a_reservation_counts_until_the_call_is_settled() -> None:
    reserved = Budget().reserve(ANN, Reservation("1", 10))
    settled = reserved.settle(ANN, 7)
    assert (reserved.committed_nano_usd, settled.committed_nano_usd) == (10, 7)
    assert (settled.spent_nano_usd, settled.reservations) == (7, {})


def test_a_refused_call_gives_its_money_back() -> None:
    assert Budget().reserve(ANN, Reservation("1", 10)).settle(ANN, 0) == Budget()


def test_settling_twice_is_settling_once() -> None:
    settled = Budget().reserve(ANN, Reservation("1", 10)).settle(ANN, 7)
    assert settled.settle(ANN, 7) == settled


def test_the_same_delivery_sets_aside_once() -> None:
    reserved = Budget().reserve(ANN, Reservation("1", 10))
    assert reserved.reserve(ANN, Reservation("1", 10)) == reserved


def test_a_hold_that_another_delivery_left_may_have_been_billed_and_is_given_up() -> None:
    again = Budget().reserve(ANN, Reservation("1", 10)).reserve(ANN, Reservation("2", 10))
    assert (again.lost_nano_usd, again.committed_nano_usd) == (10, 20)
    assert again.settle(ANN, 7).committed_nano_usd == 17


def test_of_two_deliveries_that_both_pay_one_counts_with_its_limit() -> None:
    both = Budget().reserve(ANN, Reservation("1", 10)).reserve(ANN, Reservation("2", 10))
    assert both.settle(ANN, 7).settle(ANN, 8).committed_nano_usd == 17 >= 7 + 8


def test_a_kind_of_call_that_exceeded_its_limit_reserves_more_afterwards() -> None:
    surprised = Budget().reserve(ANN, Reservation("1", 10)).settle(ANN, 25)
    assert surprised.reserve(BOB, Reservation("2", 10)).reservations[BOB].nano_usd == 25
    assert surprised.reserve("batch/1", Reservation("3", 10)).reservations["batch/1"].nano_usd == 10
    calmer = surprised.reserve(BOB, Reservation("2", 10)).settle(BOB, 5)
    assert calmer.reserve(ANN, Reservation("4", 10)).reservations[ANN].nano_usd == 25


calls = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50), st.integers(0, 60), st.booleans()), max_size=40)


@THOROUGH
@given(calls)
def test_what_was_paid_is_never_more_than_what_is_counted(plan: Sequence[tuple[int, int, int, bool]]) -> None:
    """Each entry is a delivery: whose, its limit, what it comes to, and whether its process lives to tell."""
    budget, paid = Budget(), 0
    for number, (subject, limit, cost, tells) in enumerate(plan):
        budget = budget.reserve(f"image/{subject}", Reservation(str(number), limit))
        cost = min(cost, budget.reservations[f"image/{subject}"].nano_usd) if not tells else cost  # noqa: PLW2901 - a limit
        paid += cost
        if tells:
            budget = budget.settle(f"image/{subject}", cost)
    assert paid <= budget.committed_nano_usd
    assert len(budget.reservations) <= 4


@pytest.mark.parametrize("calls_made", [1, 1000])
def test_a_budget_does_not_grow_with_the_calls_that_were_made(calls_made: int) -> None:
    budget = Budget()
    for number in range(calls_made):
        budget = budget.reserve(f"image/{number}", Reservation(str(number), 10))
        budget = budget.settle(f"image/{number}", 9)
    assert budget == Budget(spent_nano_usd=9 * calls_made)
