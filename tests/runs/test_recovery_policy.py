"""A root that was lost is started again within bounds; any other end of a root ends its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrators.activity_retry import RunStoppedError
from shared.limits.retry_policy import LOST_WORKER_WAITS_SECONDS
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs.recovery_policy import LostRoot, RecoveryAction, decide_recovery

NOW = datetime(2026, 12, 1, tzinfo=UTC)
RUN = "8204736755521-af1e9c55"
LOST = LostRoot(is_terminated=False, output="python exited with code 137 (0x89)")


def test_a_lost_root_is_started_again_at_once() -> None:
    assert decide_recovery(LOST, NOW).action is RecoveryAction.RESTART


def test_restarts_wait_longer_each_time_and_end_with_the_run() -> None:
    now, restarts = NOW, [NOW]
    for wait in LOST_WORKER_WAITS_SECONDS:
        due = now + timedelta(seconds=wait)
        assert (
            decide_recovery(replace(LOST, restarts=restarts), due - timedelta(seconds=1)).action is RecoveryAction.WAIT
        )
        assert decide_recovery(replace(LOST, restarts=restarts), due).action is RecoveryAction.RESTART
        now, restarts = due, [*restarts, due]
    recovery = decide_recovery(replace(LOST, restarts=restarts), now + timedelta(days=1))
    assert recovery == decide_recovery(replace(LOST, restarts=restarts), now)
    assert (recovery.action, recovery.failure.reason) == (RecoveryAction.END, Reason.WORKER_LOST)
    assert "exited with code 137" in recovery.failure.message


@given(restarts=st.integers(0, 1000))
def test_a_success_since_the_last_restart_begins_the_count_again(restarts: int) -> None:
    earlier = [NOW - timedelta(minutes=number + 1) for number in range(restarts)]
    root = replace(LOST, restarts=earlier, last_success_at=NOW - timedelta(seconds=30))
    assert decide_recovery(root, NOW).action is RecoveryAction.RESTART


@pytest.mark.parametrize("output", ["python exited with code 137 (0x89)", "because a person said so"])
def test_a_root_that_was_terminated_ends_its_run_as_cancelled(output: str) -> None:
    recovery = decide_recovery(LostRoot(is_terminated=True, output=output), NOW)
    assert (recovery.action, recovery.failure.reason) == (RecoveryAction.END, Reason.CANCELLED)


def test_what_our_own_code_raised_ends_the_run_with_its_words() -> None:
    recovery = decide_recovery(LostRoot(is_terminated=False, output="failed: KeyError: 'made'"), NOW)
    assert recovery.action is RecoveryAction.END
    assert recovery.failure == Failure(Reason.INTERNAL_ERROR, "failed: KeyError: 'made'")


def test_a_root_that_could_not_write_its_end_is_started_again_once_the_store_may_answer() -> None:
    stop = RunStoppedError(Failure(Reason.STORE_UNAVAILABLE, "the store does not answer"))
    root = LostRoot(is_terminated=False, output=f"Orchestrator function 'seed_catalog' failed: {stop}")
    assert decide_recovery(root, NOW).action is RecoveryAction.RESTART
    restarts = [NOW] * (1 + len(LOST_WORKER_WAITS_SECONDS))
    recovery = decide_recovery(replace(root, restarts=restarts), NOW + timedelta(days=1))
    assert (recovery.action, recovery.failure.reason) == (RecoveryAction.END, Reason.STORE_UNAVAILABLE)


def test_a_cancelled_run_is_not_started_again() -> None:
    cancelled = Failure(Reason.CANCELLED, "cancelled by a caller")
    recovery = decide_recovery(replace(LOST, stop=cancelled), NOW)
    assert (recovery.action, recovery.failure) == (RecoveryAction.END, cancelled)
