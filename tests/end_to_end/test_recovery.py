"""Runs that lose their root, or that a person terminates or suspends through the management of the host."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine.instances import InstanceFilter
from shared.limits import retry_policy
from shared.messages.instance_ids import make_finish_id, make_image_worker_id, make_wake_event
from tests.support.running_app import RunningApp, run_app

SLOW = {"latencySeconds": {"text": 0.01, "image": 0.2}}
LOSS = "Non-Deterministic workflow detected: the worker is gone"
ITEMS, WINDOW = 24, 4
REQUEST: dict[str, Any] = {"targetCount": ITEMS, "categoryCount": 4, "parallelImageRequests": WINDOW}


def lose_root(app: RunningApp, *, times: int = 1, message: str = LOSS) -> None:
    """Let the next episodes of the root fail as after the death of the worker."""
    handlers: Any = app.host.engine._orchestrators
    original, left = handlers["seed_catalog"], times

    def lose(_context: Any) -> str:
        nonlocal left
        left -= 1
        if not left:
            handlers["seed_catalog"] = original
        raise RuntimeError(message)

    handlers["seed_catalog"] = lose


def wake_root(app: RunningApp, run_id: str) -> None:
    """Cause an episode of the root: end one of its children."""
    assert app.host.engine.terminate(make_image_worker_id(run_id, 0, 0), "to wake the root")


def list_unfinished_items(app: RunningApp) -> list[str]:
    """Return the instances that can still bill, without the cleanup of a run that was ended from outside."""
    found = app.host.engine.list_instances(InstanceFilter())
    active = [instance.id for instance in found if not instance.status.is_finished]
    return [name for name in active if name != make_finish_id(name.partition(":")[0])]


def count_images(app: RunningApp) -> int:
    return len(list((app.folder / "catalogs/toys/images").glob("*.png")))


@pytest.mark.slow
async def test_a_run_whose_root_is_lost_is_restarted_by_a_status_request(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(6)
        lose_root(app)
        wake_root(app, run_id)
        status = await app.wait(run_id)
        billed, unfinished = app.simulator.stats()["billedImageCount"], list_unfinished_items(app)
        next_run = await app.run(**REQUEST)
    assert (status["status"], status["progress"]["images"]["done"]) == ("Completed", ITEMS)
    assert set(unfinished) <= {run_id}  # the root itself may be about to end
    assert (status["imagesMade"], status["imagesKept"]) == (ITEMS, 0)
    assert ITEMS <= billed <= ITEMS + WINDOW
    assert status["cost"]["imageCalls"] == billed
    assert (next_run["status"], next_run["cost"]["imageCalls"]) == ("Completed", 0)


async def test_a_root_that_is_lost_each_time_ends_the_run_as_worker_lost_with_the_counts_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "LOST_WORKER_WAITS_SECONDS", (0.0,) * 4)
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(6)
        lose_root(app, times=1000)
        wake_root(app, run_id)
        async with asyncio.timeout(300):
            await app.host.engine.wait_until_idle()  # no image that was in flight is stored after the run has ended
        status = await app.wait(run_id)
        billed, images = app.simulator.stats()["billedImageCount"], count_images(app)
        unfinished = list_unfinished_items(app)
        following = await app.call("POST", "/api/runs", {"catalog": "toys", **REQUEST})
    assert (status["status"], status["error"]["reason"]) == ("Failed", "worker_lost")
    assert LOSS in status["error"]["message"]
    assert status["progress"]["images"]["done"] == images == billed >= 6
    assert status["cost"]["imageCalls"] == billed
    assert unfinished == []
    assert following.status == 202


@pytest.mark.slow
async def test_a_fault_of_the_root_ends_the_run_with_its_message(tmp_path: Path) -> None:
    """The fault is in the first episode: later, an episode without new actions looks like a lost worker."""
    async with run_app(tmp_path, faults=SLOW) as app:
        lose_root(app, message="KeyError: 'a fault of ours'")
        status = await app.run(**REQUEST)
        next_run = await app.run(**REQUEST)
    assert (status["status"], status["error"]["reason"]) == ("Failed", "internal_error")
    assert "a fault of ours" in status["error"]["message"]
    assert next_run["status"] == "Completed"


@pytest.mark.slow
async def test_a_terminated_run_ends_cancelled_and_frees_its_catalog_once_nothing_can_be_billed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runs.root_state.MAX_AGE_SECONDS", 0.0)  # else the bill depends on its age
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(6)
        app.host.engine.terminate(run_id, "by a person")
        busy = await app.call("POST", "/api/runs", {"catalog": "toys", **REQUEST})
        status = await app.wait(run_id)
        billed, images = app.simulator.stats()["billedImageCount"], count_images(app)
        unfinished = list_unfinished_items(app)
        next_run = await app.run(**REQUEST)
        all_billed = app.simulator.stats()["billedImageCount"]
    assert (busy.status, busy.body["runId"]) == (409, run_id)
    assert (status["status"], status["error"]["reason"]) == ("Cancelled", "cancelled")
    assert status["progress"]["images"]["done"] == status["imagesMade"] == images == billed
    assert status["cost"]["imageCalls"] == billed
    assert billed <= 6 + 2 * WINDOW
    assert unfinished == []
    assert (next_run["status"], all_billed) == ("Completed", ITEMS)


async def test_children_of_a_terminated_run_stop_without_a_status_request(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(6)
        app.host.engine.terminate(run_id, "by a person")
        async with asyncio.timeout(300):
            while list_unfinished_items(app):  # noqa: ASYNC110 - the engine has no event for it
                await asyncio.sleep(0.05)
        assert app.simulator.stats()["billedImageCount"] <= 6 + 4 * WINDOW


@pytest.mark.slow
async def test_a_suspended_run_bills_nothing_beyond_what_is_in_flight_and_completes_once_resumed(
    tmp_path: Path,
) -> None:
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(6)
        app.host.engine.suspend(run_id)
        suspended = await app.wait(run_id)
        async with asyncio.timeout(300):
            await app.host.engine.wait_until_idle()  # what was in flight has ended
        billed = app.simulator.stats()["billedImageCount"]
        await asyncio.sleep(0.6)
        later = app.simulator.stats()["billedImageCount"]
        app.host.engine.resume(run_id)
        status = await app.wait(run_id)
    assert suspended["status"] == "Suspended"
    assert later == billed < ITEMS
    assert (status["status"], status["progress"]["images"]["done"]) == ("Completed", ITEMS)


async def test_a_suspended_run_can_be_cancelled(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(3)
        app.host.engine.suspend(run_id)
        cancel = await app.call("POST", f"/api/runs/{run_id}/cancel")
        status = await app.wait(run_id)
    assert cancel.status == 202
    assert status["status"] == "Cancelled"


@pytest.mark.slow
async def test_a_root_that_is_woken_changes_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=SLOW) as app:
        run_id = await app.start(**REQUEST)
        for billed in (3, 6, 9):
            await app.wait_until_billed(billed)
            app.host.engine.raise_event(run_id, make_wake_event(0), "null")
        status = await app.wait(run_id)
        stats = app.simulator.stats()
    assert (status["status"], status["progress"]["images"]["done"]) == ("Completed", ITEMS)
    assert stats["billedImageCount"] == ITEMS
