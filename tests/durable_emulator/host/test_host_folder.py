"""One host per folder."""

import asyncio
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.durable_functions import DFApp, DurableOrchestrationClient
from azure.functions import HttpRequest

from durable_emulator.host import DurableEmulator, HostBusyError, HostFolderError, HostSettings, read_host_settings


def make_app() -> Any:
    return DFApp()


async def test_a_second_host_is_refused_and_the_error_names_the_first(tmp_path: Path) -> None:
    expected = f"{tmp_path} is in use by process {os.getpid()}; only one host can use a folder at a time"
    async with DurableEmulator(make_app(), tmp_path):
        for _ in range(2):  # a refused start does not change the answer
            with pytest.raises(HostBusyError) as refused:
                await DurableEmulator(make_app(), tmp_path).start()
            assert str(refused.value) == expected
            assert (refused.value.pid, refused.value.url) == (os.getpid(), None)


async def test_the_error_has_the_url_that_the_first_host_announces(tmp_path: Path) -> None:
    async with DurableEmulator(make_app(), tmp_path) as first:
        first.announce_url()
        with pytest.raises(HostBusyError) as refused:
            await DurableEmulator(make_app(), tmp_path).start()
        assert (refused.value.pid, refused.value.url) == (os.getpid(), first.url)
    async with DurableEmulator(make_app(), tmp_path):
        with pytest.raises(HostBusyError) as refused:
            await DurableEmulator(make_app(), tmp_path).start()
        assert refused.value.url is None


async def test_a_stopped_host_leaves_the_folder_free(tmp_path: Path) -> None:
    for _ in range(2):
        async with DurableEmulator(make_app(), tmp_path):
            pass

    assert not (tmp_path / ".seeder" / "host.pid").exists()


async def test_hosts_on_different_folders_do_not_interfere(tmp_path: Path) -> None:
    async with (
        DurableEmulator(make_app(), tmp_path / "one") as one,
        DurableEmulator(make_app(), tmp_path / "two") as two,
    ):
        assert one.url != two.url


async def test_a_folder_that_cannot_be_created_is_a_clear_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    with pytest.raises(HostFolderError, match=r"file cannot be used \(Not a directory\)") as refused:
        await DurableEmulator(make_app(), blocked).start()
    assert refused.value.folder == blocked


async def test_a_damaged_journal_is_a_clear_error_and_the_folder_is_unlocked(tmp_path: Path) -> None:
    journal = tmp_path / ".seeder" / "journal.db"
    journal.parent.mkdir()
    journal.write_bytes(b"not a journal " * 100)

    with pytest.raises(HostFolderError, match=r"journal\.db cannot be used: file is not a database"):
        await DurableEmulator(make_app(), tmp_path).start()
    journal.unlink()
    async with DurableEmulator(make_app(), tmp_path):
        pass


async def test_a_host_that_was_not_started_can_be_stopped(tmp_path: Path) -> None:
    host = DurableEmulator(make_app(), tmp_path)
    await host.stop()

    with pytest.raises(RuntimeError, match="was not started"):
        _ = host.engine


async def test_stopping_waits_no_longer_than_the_grace_period(tmp_path: Path) -> None:
    app, started = make_app(), asyncio.Event()

    async def hang(value: Any) -> None:  # noqa: ARG001
        started.set()
        await asyncio.Event().wait()

    def run(context: Any) -> Any:
        yield context.call_activity("hang", None)

    app.activity_trigger(input_name="value")(hang)
    app.orchestration_trigger(context_name="context")(run)
    async with DurableEmulator(app, tmp_path, grace_seconds=0.01) as host:
        host.engine.start_instance("run")
        await asyncio.wait_for(started.wait(), timeout=300)


async def test_stopping_lets_a_running_http_function_use_the_client_to_its_end(tmp_path: Path) -> None:
    app, started, may_end = make_app(), asyncio.Event(), asyncio.Event()

    async def list_instances(req: HttpRequest, client: DurableOrchestrationClient) -> str:  # noqa: ARG001
        started.set()
        await may_end.wait()
        return f"{len(await client.get_status_all())} instances"

    app.route(route="instances")(app.durable_client_input(client_name="client")(list_instances))
    host = DurableEmulator(app, tmp_path)
    await host.start()
    async with aiohttp.ClientSession() as session:
        request = asyncio.create_task(session.get(f"{host.url}/api/instances"))
        await asyncio.wait_for(started.wait(), timeout=300)
        stop = asyncio.create_task(host.stop())
        await asyncio.sleep(0)
        may_end.set()
        async with await request as answer:
            assert (answer.status, await answer.text()) == (200, "0 instances")
        await stop


def test_host_json_decides_prefix_and_activities(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text(
        '{"version": "2.0", "extensions": {"http": {"routePrefix": "/v1/"},'
        ' "durableTask": {"maxConcurrentActivityFunctions": 7}}}',
    )

    assert read_host_settings(path) == HostSettings("v1", 7)


def test_an_empty_host_json_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text('{"version": "2.0"}')

    assert read_host_settings(path) == HostSettings("api", None)


def test_a_host_json_that_is_not_an_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text("[]")

    with pytest.raises(ValueError, match="holds list; expected a JSON object"):
        read_host_settings(path)
