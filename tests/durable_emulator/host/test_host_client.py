# mypy: disable-error-code="untyped-decorator"
# The SDK's decorators carry no types.
"""The SDK's durable client against the durable emulator."""

import json
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.durable_functions import DFApp, DurableOrchestrationClient, OrchestrationRuntimeStatus

from durable_emulator.engine import ManualClock
from durable_emulator.host import DurableEmulator
from durable_emulator.host.management_api import make_client_binding

Steps = Generator[Any, Any, Any]


def make_app() -> Any:
    app = DFApp()

    @app.orchestration_trigger(context_name="context")
    def echo(context: Any) -> Steps:
        value = context.get_input()
        context.set_custom_status({"stage": "echoing"})
        doubled = yield context.call_activity("double", value["n"])
        return {"doubled": doubled, "text": "ö"}

    @app.orchestration_trigger(context_name="context")
    def wait(context: Any) -> Steps:
        return (yield context.wait_for_external_event("go"))

    @app.orchestration_trigger(context_name="context")
    def fail(context: Any) -> Steps:
        yield context.call_activity("double", 1)
        raise ValueError("no luck")

    @app.activity_trigger(input_name="number")
    def double(number: int) -> int:
        return 2 * number

    @app.activity_trigger(input_name="name")
    @app.durable_client_input(client_name="client")
    async def start_another(name: str, client: Any) -> str:
        return str(await client.start_new("wait", name, None))

    @app.orchestration_trigger(context_name="context")
    def delegate(context: Any) -> Steps:
        return (yield context.call_activity("start_another", "another"))

    return app


@asynccontextmanager
async def connect(folder: Path) -> AsyncIterator[tuple[Any, DurableEmulator]]:
    async with DurableEmulator(make_app(), folder, clock=ManualClock()) as host:
        yield DurableOrchestrationClient(make_client_binding(host.management_url)), host


async def test_a_client_starts_an_instance_and_reads_its_status(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        instance_id = await client.start_new("echo", None, {"n": 21})
        await host.engine.wait_for_completion(instance_id)
        status = await client.get_status(instance_id, show_input=True)

    assert status.runtime_status is OrchestrationRuntimeStatus.Completed
    assert status.name == "echo"
    assert status.instance_id == instance_id
    assert json.loads(status.input_) == {"n": 21}  # a JSON text, as in Azure
    assert status.output == {"doubled": 42, "text": "ö"}
    assert status.custom_status == {"stage": "echoing"}
    assert status.created_time == datetime(2030, 1, 1, tzinfo=UTC)
    assert status.last_updated_time > status.created_time


async def test_an_unknown_id_has_no_runtime_status(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, _):
        status = await client.get_status("missing")

    assert status.runtime_status is None
    assert not status


@pytest.mark.parametrize("instance_id", ["waiting", "ended", "missing"])
async def test_a_client_of_this_process_reads_the_same_instance_without_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instance_id: str
) -> None:
    async with connect(tmp_path) as (client, host):
        local = host.open_client()
        await local.start_new("wait", "waiting", None)
        await host.engine.wait_for_completion(await local.start_new("echo", "ended", {"n": 21}))
        await host.engine.wait_until_idle()
        expected = await client.get_status(instance_id)

        async def refuse(*_: Any, **__: Any) -> None:
            raise AssertionError

        monkeypatch.setattr(local, "_get_async_request", refuse)
        status = await local.get_status(instance_id)

    assert bool(status) == bool(expected) == (instance_id != "missing")
    names = "name", "instance_id", "runtime_status", "custom_status", "output", "created_time", "last_updated_time"
    for name in names:
        assert getattr(status, name) == getattr(expected, name), name


async def test_a_failed_instance_reports_its_message(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        await host.engine.wait_for_completion(await client.start_new("fail", "one", None))
        status = await client.get_status("one")

    assert status.runtime_status is OrchestrationRuntimeStatus.Failed
    assert status.output == "Orchestrator function 'fail' failed: no luck"


async def test_an_unfinished_id_is_refused_and_a_finished_one_replaced(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        await client.start_new("wait", "one", None)
        with pytest.raises(Exception, match="'one' already exists"):
            await client.start_new("wait", "one", None)
        await client.raise_event("one", "go", None)
        await host.engine.wait_for_completion("one")

        assert await client.start_new("wait", "one", None) == "one"


async def test_an_unknown_orchestrator_and_a_bad_id_are_refused(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, _):
        with pytest.raises(Exception, match="no orchestrator function 'missing'"):
            await client.start_new("missing", None, None)
        with pytest.raises(Exception, match="expected at most 100 characters"):
            await client.start_new("wait", "x" * 101, None)


async def test_event_data_reaches_the_orchestrator_as_the_same_json_text_as_in_azure(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        await client.start_new("wait", "one", None)
        await client.raise_event("one", "go", {"colour": "red"})
        instance = await host.engine.wait_for_completion("one")

    assert json.loads(json.loads(instance.output or "")) == {"colour": "red"}


async def test_events_for_unknown_and_finished_instances_are_refused(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, _):
        with pytest.raises(Exception, match="No instance with ID missing"):
            await client.raise_event("missing", "go", 1)
        await client.start_new("wait", "one", None)
        await client.terminate("one", "enough")
        with pytest.raises(Exception, match="is gone"):
            await client.raise_event("one", "go", 1)


async def test_a_client_terminates_an_instance_with_a_reason(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, _):
        await client.start_new("wait", "one", None)
        await client.terminate("one", "cost & time")
        status = await client.get_status("one")
        await client.terminate("one", "twice does no harm")

    assert status.runtime_status is OrchestrationRuntimeStatus.Terminated
    assert status.output == "cost & time"


async def test_a_client_suspends_and_resumes(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        await client.start_new("wait", "one", None)
        await client.suspend("one", "lunch")
        suspended = await client.get_status("one")
        await client.raise_event("one", "go", 1)
        await client.resume("one", "back")
        await host.engine.wait_for_completion("one")

    assert suspended.runtime_status is OrchestrationRuntimeStatus.Suspended


async def test_a_client_purges_one_or_by_filter(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, _):
        for name in ("a", "b", "c"):
            await client.start_new("wait", name, None)
        assert (await client.purge_instance_history("a")).instances_deleted == 0  # it runs
        for name in ("a", "b"):
            await client.terminate(name, "")
        assert (await client.purge_instance_history("a")).instances_deleted == 1
        purged = await client.purge_instance_history_by(datetime(2029, 1, 1, tzinfo=UTC))
        left = await client.get_status_all()

    assert purged.instances_deleted == 1
    assert [status.instance_id for status in left] == ["c"]


async def test_a_client_lists_by_status_time_and_prefix(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, _):
        for name in ("run-1", "run-2", "other"):
            await client.start_new("wait", name, None)
        await client.terminate("run-1", "")

        async def ids(**wanted: Any) -> list[str]:
            return [status.instance_id for status in await client.get_status_by(**wanted)]

        assert await ids(runtime_status=[OrchestrationRuntimeStatus.Terminated]) == ["run-1"]
        assert await ids(instance_id_prefix="run-") == ["run-1", "run-2"]
        assert await ids(created_time_from=datetime(2031, 1, 1, tzinfo=UTC)) == []
        assert await ids(created_time_to=datetime(2031, 1, 1, tzinfo=UTC)) == ["other", "run-1", "run-2"]


async def test_a_long_listing_comes_in_pages(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host), aiohttp.ClientSession() as session:
        for n in range(5):
            await client.start_new("wait", f"run-{n}", None)
        seen: list[str] = []
        headers: dict[str, str] = {}
        while True:
            url = f"{host.management_url}instances/?top=2&instanceIdPrefix=run-"
            async with session.get(url, headers=headers) as answer:
                seen += [status["instanceId"] for status in await answer.json()]
                token = answer.headers.get("x-ms-continuation-token")
            if token is None:
                break
            headers = {"x-ms-continuation-token": token}

    assert seen == [f"run-{n}" for n in range(5)]


async def test_activities_may_use_a_client(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        instance = await host.engine.wait_for_completion(await client.start_new("delegate"))
        status = await client.get_status("another")

    assert instance.output == '"another"'
    assert status.runtime_status is not None


@pytest.mark.parametrize(
    ("expected", "send"),
    [
        (202, lambda s, url: s.get(f"{url}instances/one")),
        (404, lambda s, url: s.get(f"{url}instances/missing")),
        (400, lambda s, url: s.get(f"{url}instances/?runtimeStatus=Sleeping")),
        (400, lambda s, url: s.get(f"{url}instances/?createdTimeFrom=soon")),
        (400, lambda s, url: s.get(f"{url}instances/?top=0")),
        (400, lambda s, url: s.get(f"{url}instances/", headers={"x-ms-continuation-token": "?"})),
        (400, lambda s, url: s.post(f"{url}orchestrators/wait", data=b"\xff")),
        (400, lambda s, url: s.post(f"{url}orchestrators/wait", data="{")),
        (202, lambda s, url: s.post(f"{url}orchestrators/echo", data='{"n": 1}')),
        (400, lambda s, url: s.post(f"{url}instances/one/raiseEvent/go", data="{")),
        (404, lambda s, url: s.post(f"{url}instances/missing/suspend")),
        (501, lambda s, url: s.post(f"{url}instances/one/rewind")),
        (501, lambda s, url: s.get(f"{url}entities/counter/one")),
    ],
)
async def test_management_answers_with_the_status_codes_of_the_azure_host(
    tmp_path: Path,
    expected: int,
    send: Callable[[aiohttp.ClientSession, str], Any],
) -> None:
    async with connect(tmp_path) as (client, host), aiohttp.ClientSession() as session:
        await client.start_new("wait", "one", None)
        async with send(session, host.management_url) as answer:
            assert answer.status == expected


async def test_a_stopped_engine_is_reported_with_503(tmp_path: Path) -> None:
    async with connect(tmp_path) as (_, host), aiohttp.ClientSession() as session:
        await host.engine.stop()
        async with session.post(f"{host.management_url}orchestrators/wait") as answer:
            assert answer.status == 503


async def test_management_requires_the_secret_path(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host), aiohttp.ClientSession() as session:
        await client.start_new("wait", "one", None)
        for secret in ("", "guess/"):
            async with session.get(f"{host.url}/runtime/webhooks/durabletask/{secret}instances/one") as answer:
                assert answer.status == 404


async def test_the_history_of_a_running_instance_can_be_read(tmp_path: Path) -> None:
    async with connect(tmp_path) as (client, host):
        await client.start_new("wait", "one", None)
        await host.engine.wait_until_idle()
        status = await client.get_status("one", show_history=True)

    assert [event["EventType"] for event in status.historyEvents] == [12, 0, 13]
