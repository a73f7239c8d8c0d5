"""A root that was lost is started again within bounds; any other end of a root ends its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrators.activity_retry import RunStoppedError
from shared.limits.retry_policy import LOST_WORKER_WAITS_SECONDS
from shared.messages.runs import Counters, Failure
from shared.reasons import Reason
from shared.runs.child_ids import list_children, list_lost_children, sum_counters
from shared.runs.recovery_policy import LostRoot, RecoveryAction, decide_recovery
from shared.storage.paths import make_image_worker_id, make_probe_id, make_writer_id

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


def test_children_are_found_by_what_the_root_publishes() -> None:
    custom = {"workers": 2, "writers": 2, "resume_count": 3, "restarts": {":lane-1:leg-3": 2}}
    assert list_children(RUN, custom) == [
        *(make_writer_id(RUN, worker, 3) for worker in range(3)),
        make_image_worker_id(RUN, 0, 3),
        f"{make_image_worker_id(RUN, 1, 3)}:restart-2",
    ]
    assert list_children(RUN, {"resume_count": 2, "probe": 1}) == [f"{make_probe_id(RUN, 2)}:restart-1"]
    assert list_children(RUN, {"stage": "planning", "resume_count": 0}) == []


def test_a_child_that_was_started_again_counts_at_least_what_the_lost_instance_had() -> None:
    custom = {
        "workers": 2,
        "writers": 0,
        "resume_count": 0,
        "restarts": {":lane-1": 1},
        "counters": Counters(made=1).to_json(),
    }
    lost = list_lost_children(RUN, custom)
    published = {
        make_image_worker_id(RUN, 0): {"counters": Counters(made=5).to_json()},
        make_image_worker_id(RUN, 1): {"counters": Counters(made=7, rate_limited=1).to_json()},
        f"{make_image_worker_id(RUN, 1)}:restart-1": {"counters": Counters(made=2, kept=3).to_json()},
    }
    assert lost == {f"{make_image_worker_id(RUN, 1)}:restart-1": make_image_worker_id(RUN, 1)}
    assert sum_counters(custom, published, lost) == Counters(made=1 + 5 + 7, kept=3, rate_limited=1)
    assert sum_counters(custom, {}, lost) == Counters(made=1)
