"""A root that was lost is started again within bounds; any other end of a root ends its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrators.patience import RunStoppedError
from shared.domain.children import list_children, list_lost_children, sum_tallies
from shared.domain.messages import Failure, Tally
from shared.domain.paths import name_lane, name_probe, name_writer
from shared.domain.recovery import LostRoot, Remedy, decide_recovery
from shared.domain.retries import LOSS_WAITS_SECONDS
from shared.reasons import Reason

NOW = datetime(2026, 12, 1, tzinfo=UTC)
RUN = "8204736755521-af1e9c55"
LOST = LostRoot(is_terminated=False, output="python exited with code 137 (0x89)")


def test_a_lost_root_is_started_again_at_once() -> None:
    assert decide_recovery(LOST, NOW).remedy is Remedy.RESTART


def test_restarts_wait_longer_each_time_and_end_with_the_run() -> None:
    now, restarts = NOW, [NOW]
    for wait in LOSS_WAITS_SECONDS:
        due = now + timedelta(seconds=wait)
        assert decide_recovery(replace(LOST, restarts=restarts), due - timedelta(seconds=1)).remedy is Remedy.WAIT
        assert decide_recovery(replace(LOST, restarts=restarts), due).remedy is Remedy.RESTART
        now, restarts = due, [*restarts, due]
    recovery = decide_recovery(replace(LOST, restarts=restarts), now + timedelta(days=1))
    assert recovery == decide_recovery(replace(LOST, restarts=restarts), now)
    assert (recovery.remedy, recovery.failure.reason) == (Remedy.END, Reason.WORKER_LOST)
    assert "exited with code 137" in recovery.failure.message


@given(restarts=st.integers(0, 1000))
def test_a_success_since_the_last_restart_begins_the_count_again(restarts: int) -> None:
    earlier = [NOW - timedelta(minutes=number + 1) for number in range(restarts)]
    root = replace(LOST, restarts=earlier, last_success_at=NOW - timedelta(seconds=30))
    assert decide_recovery(root, NOW).remedy is Remedy.RESTART


@pytest.mark.parametrize("output", ["python exited with code 137 (0x89)", "because a person said so"])
def test_a_root_that_was_terminated_ends_its_run_as_cancelled(output: str) -> None:
    recovery = decide_recovery(LostRoot(is_terminated=True, output=output), NOW)
    assert (recovery.remedy, recovery.failure.reason) == (Remedy.END, Reason.CANCELLED)


def test_what_our_own_code_raised_ends_the_run_with_its_words() -> None:
    recovery = decide_recovery(LostRoot(is_terminated=False, output="failed: KeyError: 'made'"), NOW)
    assert recovery.remedy is Remedy.END
    assert recovery.failure == Failure(Reason.INTERNAL_ERROR, "failed: KeyError: 'made'")


def test_a_root_that_could_not_write_its_end_is_started_again_once_the_store_may_answer() -> None:
    stop = RunStoppedError(Failure(Reason.STORE_UNAVAILABLE, "the store does not answer"))
    root = LostRoot(is_terminated=False, output=f"Orchestrator function 'seed_catalog' failed: {stop}")
    assert decide_recovery(root, NOW).remedy is Remedy.RESTART
    restarts = [NOW] * (1 + len(LOSS_WAITS_SECONDS))
    recovery = decide_recovery(replace(root, restarts=restarts), NOW + timedelta(days=1))
    assert (recovery.remedy, recovery.failure.reason) == (Remedy.END, Reason.STORE_UNAVAILABLE)


def test_a_cancelled_run_is_not_started_again() -> None:
    cancelled = Failure(Reason.CANCELLED, "cancelled by a caller")
    recovery = decide_recovery(replace(LOST, stop=cancelled), NOW)
    assert (recovery.remedy, recovery.failure) == (Remedy.END, cancelled)


def test_children_are_found_by_what_the_root_publishes() -> None:
    custom = {"lanes": 2, "writers": 2, "leg": 3, "restarts": {":lane-1:leg-3": 2}}
    assert list_children(RUN, custom) == [
        *(name_writer(RUN, lane, 3) for lane in range(3)),
        name_lane(RUN, 0, 3),
        f"{name_lane(RUN, 1, 3)}:restart-2",
    ]
    assert list_children(RUN, {"leg": 2, "probe": 1}) == [f"{name_probe(RUN, 2)}:restart-1"]
    assert list_children(RUN, {"stage": "planning", "leg": 0}) == []


def test_a_child_that_was_started_again_counts_at_least_what_the_lost_instance_had() -> None:
    custom = {"lanes": 2, "writers": 0, "leg": 0, "restarts": {":lane-1": 1}, "tally": Tally(made=1).to_json()}
    lost = list_lost_children(RUN, custom)
    published = {
        name_lane(RUN, 0): {"tally": Tally(made=5).to_json()},
        name_lane(RUN, 1): {"tally": Tally(made=7, rate_limited=1).to_json()},
        f"{name_lane(RUN, 1)}:restart-1": {"tally": Tally(made=2, kept=3).to_json()},
    }
    assert lost == {f"{name_lane(RUN, 1)}:restart-1": name_lane(RUN, 1)}
    assert sum_tallies(custom, published, lost) == Tally(made=1 + 5 + 7, kept=3, rate_limited=1)
    assert sum_tallies(custom, {}, lost) == Tally(made=1)
