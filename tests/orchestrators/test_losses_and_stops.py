"""The store is unavailable, workers and children are lost, a run is stopped: it ends, and reports why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine.clock import ManualClock
from durable_emulator.engine.instances import InstanceFilter
from shared.messages.base import Cost, Failure
from shared.messages.images import ImageCall
from shared.messages.instance_ids import make_image_worker_id, make_writer_id
from shared.messages.text import TextResult
from shared.reasons import Reason
from tests.support.scripted_run import MAX_EVENTS, RUN, ScriptedRun, check_completed, limited, run_to_end

START = ManualClock().now()


def be_away(since: float, seconds: float, *activities: str) -> Callable[[str, datetime], bool]:
    """Return when the store is away, for all activities or some."""

    def is_store_unavailable(activity: str, now: datetime) -> bool:
        return (not activities or activity in activities) and since <= (now - START).total_seconds() < since + seconds

    return is_store_unavailable


@pytest.mark.parametrize("since", [0, 5, 10, 17, 30, 45])
async def test_a_run_survives_30_seconds_without_the_store_at_any_time(tmp_path: Path, since: float) -> None:
    scripted_run = ScriptedRun(is_store_unavailable=be_away(since, 30))
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=30)
    check_completed(scripted_run, ended, images=30)


@pytest.mark.parametrize("since", [0, 5, 20])
async def test_a_store_that_stays_unavailable_ends_the_run_within_minutes(
    tmp_path: Path,
    since: float,
) -> None:
    scripted_run = ScriptedRun(is_store_unavailable=be_away(since, 10**9))
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=20)
    assert ended.instance.status == "Failed"
    assert "store_unavailable: the store does not answer" in str(ended.instance.output)
    assert ended.left_running == []
    assert scripted_run.seconds < since + 15 * 60
    assert ended.max_history_events <= MAX_EVENTS


async def test_image_workers_end_although_the_items_could_not_be_closed(
    tmp_path: Path,
) -> None:
    scripted_run = ScriptedRun(is_store_unavailable=be_away(0, 300, "close_items", "stop_run"))
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=20)
    assert scripted_run.find_failure_reason() is Reason.STORE_UNAVAILABLE
    assert scripted_run.read_counters().accepted == 20
    assert scripted_run.read_counters().cost.text_calls == 2
    assert scripted_run.stop is not None
    assert ended.left_running == []


EXITED = "python exited with code 137 (0x89)"


def break_calls(activity: str, *, first: int = 1, times: int = 1_000_000) -> Callable[[str], None]:
    """Return what makes some calls of an activity fail without deciding so."""
    seen = 0

    def on_activity(name: str) -> None:
        nonlocal seen
        seen += name == activity
        if name == activity and first <= seen < first + times:
            raise RuntimeError(EXITED)

    return on_activity


@pytest.mark.parametrize(
    "activity", ["prepare_run", "write_categories", "claim_work_page", "generate_image", "write_batch"]
)
async def test_a_lost_activity_is_retried_and_the_run_completes(tmp_path: Path, activity: str) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls(activity, times=3))
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=20, parallel_image_requests=8)
    check_completed(scripted_run, ended, images=20)


@pytest.mark.parametrize("activity", ["claim_work_page", "generate_image", "write_batch", "close_items"])
async def test_an_activity_that_is_lost_every_time_ends_the_run_with_its_message(tmp_path: Path, activity: str) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls(activity, first=2 if activity != "close_items" else 1))
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=8)
    assert ended.instance.output == '"Closed"'
    assert scripted_run.find_failure_reason() is Reason.WORKER_LOST
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure is not None
    assert activity in scripted_run.ending.failure.message
    assert EXITED in scripted_run.ending.failure.message
    assert ended.left_running == []
    assert scripted_run.running == 0
    assert scripted_run.read_counters().cost.image_calls == len(scripted_run.generated)
    assert 300 <= scripted_run.seconds <= 900


async def test_a_worker_that_dies_with_the_whole_window_counts_as_one_loss(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls("generate_image", times=7))
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=7)
    check_completed(scripted_run, ended, images=60)
    assert scripted_run.read_counters().lost == 1


async def test_losses_between_successes_never_end_a_run(tmp_path: Path) -> None:
    calls = 0

    def lose_every_third(name: str) -> None:
        nonlocal calls
        calls += name == "generate_image"
        if name == "generate_image" and calls % 3 == 0:
            raise RuntimeError(EXITED)

    scripted_run = ScriptedRun(on_activity=lose_every_third)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=1)
    check_completed(scripted_run, ended, images=40)


async def test_an_image_that_kills_its_worker_every_time_fails_alone(tmp_path: Path) -> None:
    def kill(call: ImageCall) -> Failure | None:
        if call.product_id == "item-1-3":
            raise RuntimeError(EXITED)
        return None

    scripted_run = ScriptedRun(on_image=kill)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=30, parallel_image_requests=4)
    assert ended.left_running == []
    assert {item: failure.reason for item, failure in scripted_run.failed.items()} == {"item-1-3": Reason.WORKER_LOST}
    assert len(scripted_run.generated) == 29
    assert scripted_run.find_failure_reason() is None


async def test_a_run_publishes_although_its_contact_sheet_fails(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls("render_contact_sheet"))
    ended = await run_to_end(scripted_run, tmp_path / "journal")
    check_completed(scripted_run, ended, images=40)
    assert scripted_run.ending is not None
    assert scripted_run.ending.published is not None
    assert scripted_run.ending.published.status == "PublishResult"


async def test_a_run_that_cannot_publish_reports_why(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls("publish_catalog"))
    await run_to_end(scripted_run, tmp_path / "journal")
    assert scripted_run.ending is not None
    assert scripted_run.ending.published is None
    assert scripted_run.find_failure_reason() is Reason.WORKER_LOST
    assert scripted_run.ending.counters.made == 40


@pytest.mark.parametrize(
    "child", [make_image_worker_id(RUN, 0, 0), make_image_worker_id(RUN, 1, 0), make_writer_id(RUN, 0, 0)]
)
@pytest.mark.parametrize("moment", [7, 22, 35])
async def test_a_terminated_child_is_restarted_and_the_run_completes(tmp_path: Path, child: str, moment: float) -> None:
    scripted_run = ScriptedRun()
    engine_at_work: list[Any] = []
    scripted_run.clock.call_at(
        START + timedelta(seconds=moment), lambda: engine_at_work[0].terminate(child, "by a person")
    )
    ended = await run_to_end(
        scripted_run, tmp_path / "journal", target=60, parallel_image_requests=8, watch=engine_at_work
    )
    assert ended.instance.output == '"Closed"'
    assert ended.left_running == []
    assert scripted_run.find_failure_reason() is None
    assert len(scripted_run.generated) == 60


async def test_a_child_that_is_lost_every_time_ends_the_run(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(image_seconds=3000)
    engine_at_work: list[Any] = []

    def terminate_image_workers() -> None:
        for instance in engine_at_work[0].list_instances(InstanceFilter(id_prefix=make_image_worker_id(RUN, 0, 0))):
            engine_at_work[0].terminate(instance.id, EXITED)
        scripted_run.clock.call_at(scripted_run.clock.now() + timedelta(seconds=1), terminate_image_workers)

    scripted_run.clock.call_at(START + timedelta(seconds=12), terminate_image_workers)
    await run_to_end(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=1, watch=engine_at_work)
    assert scripted_run.find_failure_reason() is Reason.WORKER_LOST


@pytest.mark.parametrize("moment", [0, 7, 12, 40])
async def test_a_cancelled_run_ends_as_soon_as_its_calls_in_flight_have(tmp_path: Path, moment: float) -> None:
    scripted_run = ScriptedRun()
    scripted_run.clock.call_at(
        START + timedelta(seconds=moment),
        lambda: setattr(scripted_run, "stop", Failure(Reason.CANCELLED)),
    )
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=200)
    assert ended.left_running == []
    assert scripted_run.seconds <= moment + 10 + 5
    assert scripted_run.read_counters().cost.image_calls == len(scripted_run.generated)
    assert replace(scripted_run.read_counters(), cost=Cost()).made == len(scripted_run.generated)


@pytest.mark.parametrize("kind", ["categories", "batch"])
async def test_a_run_that_is_cancelled_during_an_hour_of_waiting_ends_within_minutes(tmp_path: Path, kind: str) -> None:
    scripted_run = ScriptedRun()
    if kind == "categories":
        scripted_run.on_categories = lambda _: TextResult(failure=limited(3600))
    else:
        scripted_run.on_batch = lambda _: limited(3600)
    scripted_run.clock.call_at(
        START + timedelta(minutes=2), lambda: setattr(scripted_run, "stop", Failure(Reason.CANCELLED))
    )
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=20)
    assert ended.left_running == []
    assert scripted_run.seconds < 600
    assert scripted_run.read_counters().rate_limited == 1


async def test_after_an_account_block_a_run_makes_at_most_a_window_of_calls(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()

    def block(_: ImageCall) -> Failure | None:
        if len(scripted_run.calls_at) < 20:
            return None
        scripted_run.stop = scripted_run.stop or Failure(Reason.ACCOUNT_BLOCKED, "blocked")
        return scripted_run.stop

    scripted_run.on_image = block
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=200, parallel_image_requests=8)
    assert len(scripted_run.calls_at) <= 20 + 8
    assert ended.left_running == []
    assert ended.instance.id == RUN
