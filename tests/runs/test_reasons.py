"""The closed list of reason codes."""

import re
from pathlib import Path

import pytest

from shared.reasons import FATAL_REASONS, RETIRED_REASONS, Reason

ROOT = Path(__file__).parents[2]
SOURCES = {
    source.relative_to(ROOT).as_posix(): source.read_text(encoding="utf-8")
    for folder in ("activities", "orchestrators", "shared", "triggers")
    for source in sorted((ROOT / folder).rglob("*.py"))
    if source.name != "reasons.py"
}


def test_codes_are_unique_snake_case_and_spelled_as_their_names() -> None:
    codes = [str(reason) for reason in Reason.__members__.values()]
    assert len(set(codes)) == len(codes) == len(Reason)
    for name, reason in Reason.__members__.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason)
        assert name == reason.upper()


SPELLED_OUT = re.compile(r'\breason"?[=:] ?"(\w+)"')


@pytest.mark.parametrize("reason", sorted(set(Reason) - RETIRED_REASONS))
def test_every_reason_is_given_somewhere(reason: Reason) -> None:
    by_name = re.compile(rf"\bReason\.{reason.name}\b")
    assert any(by_name.search(source) or reason in SPELLED_OUT.findall(source) for source in SOURCES.values())


def test_no_module_spells_a_reason_code_that_is_not_on_the_list() -> None:
    spelled = {code for source in SOURCES.values() for code in SPELLED_OUT.findall(source)}
    assert spelled <= set(Reason)


def test_the_codes_that_the_design_names_are_there() -> None:
    named = {
        "rate_limited", "timeout_ambiguous", "no_new_items", "content_policy", "bad_image", "duplicate_name",
        "authentication", "account_blocked", "quota_exhausted",
    }  # fmt: skip
    assert named <= set(Reason)


def test_what_stops_a_run_is_what_no_retry_can_heal() -> None:
    assert FATAL_REASONS.isdisjoint({Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.CONTENT_POLICY, Reason.CANCELLED})
    assert {Reason.AUTHENTICATION, Reason.ACCOUNT_BLOCKED, Reason.QUOTA_EXHAUSTED} <= FATAL_REASONS
