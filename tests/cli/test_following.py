import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from azure.durable_functions import OrchestrationRuntimeStatus

from cli import local_app
from cli.command_context import CommandContext
from cli.follow_run import Polling, follow_run
from cli.local_app import LocalApp
from durable_emulator.engine import EngineStoppedError
from shared.config import Settings
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.run_files import create_request, record_stop, replace_stop
from shared.runs.status import RunStatus
from shared.services.container import Services
from shared.storage.paths import stop_file
from shared.storage.protocol import Content
from tests.cli.deployed_app import RUN_ID, describe_run
from tests.support.durable_client import UnexpectedDurableClient
from tests.support.memory_store import MemoryStore, RecordingStore

WAITING = {"imageBatches": {"batches": 1, "images": 6, "done": 0}}


class Reader:
    """Returns each status in turn."""

    def __init__(self, *runs: dict[str, Any]) -> None:
        self.runs = list(runs)

    async def get_run(self, run_id: str) -> RunStatus:
        assert run_id == RUN_ID
        return RunStatus.model_validate(self.runs.pop(0))

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was not expected to be used")


async def test_a_run_that_waits_for_batches_is_read_again_after_a_change_only() -> None:
    waits: list[int] = []
    reader = Reader(describe_run("Running", **WAITING), describe_run("Running", **WAITING), describe_run("Completed"))

    async def wait_for_change(seconds: float) -> None:
        assert seconds > 0
        waits.append(len(reader.runs))

    polling = Polling(poll_interval_seconds=1e6, max_unreachable_seconds=0)
    run = await follow_run(reader, RUN_ID, CommandContext(), polling, wait_for_change=wait_for_change)
    assert (run.status, waits) == ("Completed", [2, 1])


async def test_a_run_of_an_app_of_this_process_is_read_without_http() -> None:
    class Client(UnexpectedDurableClient):
        async def get_status(self, instance_id: str) -> Any:
            assert instance_id == RUN_ID
            return SimpleNamespace(runtime_status=OrchestrationRuntimeStatus.Running, custom_status=None)

    class Host:
        def open_client(self) -> Client:
            return Client()

    services = Services(Settings(), store=MemoryStore())
    await create_request(services.store, RUN_ID, SeedRequest(catalog="toys"))
    app = LocalApp(cast("Any", Reader()), cast("Any", Host()), services)
    assert (await app.get_run(RUN_ID)).status == "Running"


async def test_an_app_of_this_process_that_cannot_read_a_run_is_asked_over_http() -> None:
    class Host:
        def open_client(self) -> Any:
            raise EngineStoppedError("the durable engine is stopped")

    host, services, client = Host(), object(), Reader(describe_run("Running"))
    app = LocalApp(cast("Any", client), cast("Any", host), cast("Any", services))
    assert (await app.get_run(RUN_ID)).status == "Running"
    assert client.runs == []


async def never(_: float) -> None:
    await asyncio.Event().wait()


class CancellingStore(RecordingStore):
    """A store in which the run is cancelled before its third read."""

    async def read(self, path: str) -> Content | None:
        if self.reads[path] == 2:
            await replace_stop(self.inner, RUN_ID, Failure(Reason.CANCELLED))
        return await super().read(path)


async def test_a_host_with_a_paused_run_reads_its_stop_record_until_it_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = CancellingStore(MemoryStore())
    await record_stop(store.inner, RUN_ID, Failure(Reason.ACCOUNT_BLOCKED))
    monkeypatch.setattr(local_app, "PAUSED_CHECK_SECONDS", 0.0)
    await local_app.wait_for_news(store, [RUN_ID], never)
    assert store.reads == {stop_file(RUN_ID): 3}
    assert store.changes == []


async def test_a_change_of_the_host_is_news_without_a_read() -> None:
    async def change(seconds: float) -> None:
        assert seconds > 0

    store = RecordingStore(MemoryStore())
    await local_app.wait_for_news(store, [RUN_ID], change)
    await local_app.wait_for_news(store, [], change)
    assert not store.reads


async def test_another_run_is_polled() -> None:
    async def wait_for_change(_: float) -> None:
        raise AssertionError

    reader = Reader(describe_run("Running"), describe_run("Completed"))
    polling = Polling(poll_interval_seconds=0, max_unreachable_seconds=0)
    run = await follow_run(reader, RUN_ID, CommandContext(), polling, wait_for_change=wait_for_change)
    assert run.status == "Completed"
