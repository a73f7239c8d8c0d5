"""The durable host forgets finished runs, and nobody misses them."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions import DurableOrchestrationClient, OrchestrationRuntimeStatus

import function_app
from durable_emulator.engine import ManualClock
from durable_emulator.host import DurableEmulator
from durable_emulator.host.management_api import make_client_binding
from shared.config import SettingError, Settings, load_settings
from shared.messages.instance_ids import make_image_worker_id, make_writer_id
from shared.runs.purge import MAX_PURGE_SECONDS, purge_finished_runs
from shared.services.container import use_settings
from tests.support.durable_client import UnexpectedDurableClient
from tests.support.running_app import RunningApp, run_app
from tests.telemetry.conftest import run_to_end
from triggers import timers
from triggers.timers import PURGE_SCHEDULE

SLOW_IMAGES = {"latencySeconds": {"text": 0.005, "image": 30}}


def open_client(host: DurableEmulator) -> Any:
    """Return the SDK's own client, made from the binding that the host hands to functions."""
    return DurableOrchestrationClient(make_client_binding(host.management_url))


def list_ids(host: DurableEmulator) -> set[str]:
    return {instance.id for instance in host.engine.list_instances()}


def soon() -> datetime:
    """Return a limit that everything of today is older than."""
    return datetime.now(UTC) + timedelta(days=1)


async def test_finished_runs_are_forgotten_with_their_children(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, targetCount=2, categoryCount=1)
        before = list_ids(app.host)

        purged = await purge_finished_runs(open_client(app.host), before=soon())

        assert {run["runId"], make_writer_id(run["runId"], 0, 0), make_image_worker_id(run["runId"], 0, 0)} <= before
        assert purged == len(before)
        assert list_ids(app.host) == set()


async def test_a_purged_run_is_still_reported_from_its_summary(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, targetCount=2, categoryCount=1)
        await purge_finished_runs(open_client(app.host), before=soon())

        answer = await app.call("GET", f"/api/runs/{run['runId']}")
        listed = await app.call("GET", "/api/runs")

    assert (answer.status, answer.body) == (200, run)
    assert [row["runId"] for row in listed.body["runs"]] == [run["runId"]]


async def test_runs_that_are_young_enough_stay(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_to_end(app, targetCount=2, categoryCount=1)
        before = list_ids(app.host)

        assert await purge_finished_runs(open_client(app.host), before=datetime.now(UTC) - timedelta(hours=1)) == 0
        assert list_ids(app.host) == before


async def test_a_continuing_run_keeps_its_finished_children(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=SLOW_IMAGES) as app:
        run_id = await app.start(targetCount=2, categoryCount=1)
        await app.host.engine.wait_for_completion(make_writer_id(await wait_for_child(app, run_id), 0, 0))
        before = list_ids(app.host)

        assert await purge_finished_runs(open_client(app.host), before=soon()) == 0
        assert list_ids(app.host) == before


async def wait_for_child(app: RunningApp, run_id: str) -> str:
    """Return the run's id as soon as its item writer is there."""
    writer_id = make_writer_id(run_id, 0, 0)
    await app.host.engine._changes.wait_until(lambda: app.host.engine.find_instance(writer_id) is not None)
    return run_id


@asynccontextmanager
async def run_small_host(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[DurableEmulator]:
    """Run an app of one orchestrator that ends at once, and the timers."""
    app = df.DFApp()
    app.register_functions(timers.blueprint)

    @app.orchestration_trigger(context_name="context")
    def end(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield from ()
        return context.instance_id

    async with DurableEmulator(app, folder, clock=clock or ManualClock(datetime(2026, 1, 1, tzinfo=UTC))) as host:
        yield host


async def end_instances(host: DurableEmulator, count: int) -> None:
    for number in range(count):
        await host.engine.wait_for_completion(host.engine.start_instance("end", None, f"{number:03}"))


async def test_more_instances_than_one_listing_holds_are_all_purged(tmp_path: Path) -> None:
    async with run_small_host(tmp_path) as host:
        await end_instances(host, 130)
        assert await purge_finished_runs(open_client(host), before=datetime(2026, 2, 1, tzinfo=UTC)) == 130
        assert list_ids(host) == set()


async def test_purging_stops_when_its_time_is_over_and_reports_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    moments = iter([0.0, 1.0, 2.0, MAX_PURGE_SECONDS])
    caplog.set_level("INFO", logger="shared")
    async with run_small_host(tmp_path) as host:
        await end_instances(host, 5)
        purged = await purge_finished_runs(
            open_client(host), before=datetime(2026, 2, 1, tzinfo=UTC), read_seconds=lambda: next(moments)
        )
        left = host.engine.list_instances()

    assert (purged, len(left)) == (2, 3)
    assert "purged 2 instances; the time limit was reached" in caplog.text


async def test_how_many_were_purged_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="shared")
    async with run_small_host(tmp_path) as host:
        await end_instances(host, 3)
        await purge_finished_runs(open_client(host), before=datetime(2026, 2, 1, tzinfo=UTC))

    assert "purged 3 instances created before 2026-02-01T00:00:00+00:00" in caplog.text


@pytest.mark.parametrize(("days", "left"), [(30, {"young"}), (10, set()), (50, {"old", "young"})])
async def test_the_timer_purges_what_is_older_than_the_setting(tmp_path: Path, days: int, left: set[str]) -> None:
    clock = ManualClock(datetime.now(UTC) - timedelta(days=40))
    await use_settings(Settings(history_retention_days=days))
    async with run_small_host(tmp_path, clock) as host:
        await host.engine.wait_for_completion(host.engine.start_instance("end", None, "old"))
        clock.jump_to(datetime.now(UTC) - timedelta(days=20))
        await host.engine.wait_for_completion(host.engine.start_instance("end", None, "young"))
        (timer,) = (timer for timer in host.timers if timer.function.name == "purge_history")
        await host._invoker.invoke(timer.function, None)
        assert list_ids(host) == left
    await use_settings(None)


@pytest.mark.parametrize("value", ["0", "366", "a month"])
def test_a_retention_out_of_range_is_refused(value: str) -> None:
    with pytest.raises(SettingError, match="expected a whole number from 1 to 365"):
        load_settings({"HISTORY_RETENTION_DAYS": value})


class StubbornClient(UnexpectedDurableClient):
    """Lists an instance that cannot be purged, for ever."""

    def __init__(self) -> None:
        self.listings = 0

    async def get_status_by(self, _from: datetime, _to: datetime, statuses: list[Any]) -> list[Any]:
        if OrchestrationRuntimeStatus.Completed not in statuses:
            return []
        self.listings += 1
        return [SimpleNamespace(instance_id="one", created_time=datetime(2026, 1, 1, tzinfo=UTC))]

    async def purge_instance_history(self, _instance_id: str) -> Any:
        return SimpleNamespace(instances_deleted=0)


async def test_an_instance_that_cannot_be_purged_does_not_keep_it_busy() -> None:
    client = StubbornClient()
    assert await purge_finished_runs(client, before=datetime(2026, 2, 1, tzinfo=UTC)) == 0
    assert client.listings == 1


async def test_the_timer_is_registered_with_its_schedule(tmp_path: Path) -> None:
    host = DurableEmulator(function_app.app, tmp_path)
    assert ("purge_history", PURGE_SCHEDULE) in [(timer.function.name, timer.schedule) for timer in host.timers]
