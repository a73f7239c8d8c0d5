from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reviews.decisions import Decision, DecisionTable, Verdict, parse_decisions, write_decisions
from tests.strategies import THOROUGH, decisions

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SHA, OTHER_SHA = "a" * 64, "b" * 64
REJECTED = Decision("item-1", Verdict.REJECTED, SHA, "Two heads.", "Ada", NOON)


def list_latest(table: DecisionTable) -> dict[tuple[str, str], Decision]:
    return {(decision.item_id, decision.sha256): decision for decision in table}


@given(st.lists(st.lists(decisions, max_size=6), max_size=5), st.randoms(use_true_random=False))
@THOROUGH
def test_merging_gives_the_same_table_in_any_order_and_after_repetitions(
    files: list[list[Decision]], random: st.DataObject
) -> None:
    once = DecisionTable()
    for file in files:
        once = once.merge(file)
    shuffled = files * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = DecisionTable()
    for file in shuffled:
        again = again.merge(reversed(file))
    assert list_latest(again) == list_latest(once)
    assert again.version == once.version


@given(st.lists(decisions, max_size=20))
@THOROUGH
def test_each_image_has_its_latest_decision(given_decisions: list[Decision]) -> None:
    table = DecisionTable().merge(given_decisions)
    assert set(list_latest(table)) == {(decision.item_id, decision.sha256) for decision in given_decisions}
    for decision in given_decisions:
        latest = table.find_latest(decision.item_id, decision.sha256)
        assert latest is not None
        assert latest in given_decisions
        assert latest.at >= decision.at


@given(st.lists(decisions, max_size=20), decisions)
@THOROUGH
def test_the_version_changes_exactly_if_a_decision_does(given_decisions: list[Decision], further: Decision) -> None:
    table = DecisionTable().merge(given_decisions)
    merged = table.merge([further])
    assert (merged.version == table.version) == (list_latest(merged) == list_latest(table))
    assert (merged is table) == (merged.version == table.version)


@given(st.lists(decisions, max_size=10))
@THOROUGH
def test_decisions_survive_their_json(given_decisions: list[Decision]) -> None:
    assert parse_decisions(write_decisions(given_decisions)) == given_decisions


def test_a_decision_applies_only_to_the_image_that_it_is_about() -> None:
    table = DecisionTable().merge([REJECTED])
    assert table.find("item-1", SHA) == REJECTED
    assert table.find("item-1", OTHER_SHA) is None
    assert table.find("item-2", SHA) is None


def test_a_withdrawn_decision_is_none_even_if_the_earlier_one_is_read_later() -> None:
    withdrawn = Decision("item-1", Verdict.UNDECIDED, SHA, None, None, NOON + timedelta(seconds=1))
    table = DecisionTable().merge([withdrawn]).merge([REJECTED])
    assert table.find("item-1", SHA) is None
    assert table.find_latest("item-1", SHA) == withdrawn


def test_a_later_decision_about_another_image_does_not_replace_a_rejection() -> None:
    about_other = Decision("item-1", Verdict.APPROVED, OTHER_SHA, None, None, NOON + timedelta(seconds=1))
    for pair in ([REJECTED, about_other], [about_other, REJECTED]):
        assert DecisionTable().merge(pair).find("item-1", SHA) == REJECTED


def test_of_two_decisions_at_one_time_the_rejection_counts() -> None:
    approved = Decision("item-1", Verdict.APPROVED, SHA, "Good.", None, NOON)
    for pair in ([approved, REJECTED], [REJECTED, approved]):
        assert DecisionTable().merge(pair).find("item-1", SHA) == REJECTED


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "maybe"},
        {"sha256": None},
        {"itemId": 7},
        {"at": "2026-11-30T12:00:00"},
        {"at": "yesterday"},
        {"note": ["x"]},
        {"reviewer": 1},
    ],
)
def test_a_file_that_this_app_did_not_write_is_refused(change: dict[str, object]) -> None:
    [row] = write_decisions([REJECTED])["decisions"]
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_decisions({"decisions": [row | change]})
