# mypy: disable-error-code="untyped-decorator"
# The SDK's decorators carry no types.
"""HTTP triggers as the durable emulator serves them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import azure.functions as func
import pytest
from azure.durable_functions import Blueprint, DFApp

from durable_emulator.host import DurableEmulator, HostPortError, RouteError


def make_app() -> Any:
    app, blueprint = DFApp(http_auth_level=func.AuthLevel.FUNCTION), Blueprint()

    @blueprint.route(route="echo/{name}", methods=["POST", "PUT"])
    async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        seen = {
            "method": req.method,
            "url": req.url,
            "name": req.route_params["name"],
            "params": dict(req.params),
            "header": req.headers.get("X-Colour"),
            "body": req.get_body().decode(),
            "function": context.function_name,
            "trace": context.trace_context.trace_parent,
        }
        response = func.HttpResponse(json.dumps(seen), status_code=201, mimetype="application/json")
        response.headers.add("Set-Cookie", "a=1")
        response.headers.add("Set-Cookie", "b=2")
        return response

    @blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001
        return func.HttpResponse("grün")

    @blueprint.route(route="broken", methods=["GET"])
    async def broken(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001
        raise ValueError("secret detail")

    @blueprint.route(methods=["GET"])
    async def unnamed(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001
        return func.HttpResponse(status_code=204)

    @blueprint.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
    async def nightly(timer: func.TimerRequest) -> None:  # noqa: ARG001
        raise AssertionError("timer triggers are not run")

    app.register_functions(blueprint)
    return app


TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@asynccontextmanager
async def serve(folder: Path, **options: Any) -> AsyncIterator[tuple[DurableEmulator, aiohttp.ClientSession]]:
    async with DurableEmulator(make_app(), folder, **options) as host, aiohttp.ClientSession(host.url) as session:
        yield host, session


async def test_a_function_receives_the_request_and_its_response_arrives_complete(tmp_path: Path) -> None:
    headers = {"X-Colour": "red", "traceparent": TRACE_PARENT}
    path = "/api/echo/b%C3%A4r%2Ftwo?q=1&q=2"
    async with serve(tmp_path) as (host, session), session.post(path, data="hello", headers=headers) as answer:
        seen = await answer.json()
        status, cookies = answer.status, answer.headers.getall("Set-Cookie")

    assert status == 201
    assert cookies == ["a=1", "b=2"]
    assert seen.pop("url").startswith(f"{host.url}/api/echo/")
    assert seen == {
        "method": "POST",
        "name": "bär/two",
        "params": {"q": "1,2"},
        "header": "red",
        "body": "hello",
        "function": "echo",
        "trace": TRACE_PARENT,
    }


async def test_text_responses_name_their_charset(tmp_path: Path) -> None:
    async with serve(tmp_path) as (_, session), session.get("/api/health") as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert await answer.text() == "grün"


async def test_unknown_paths_are_404_and_other_methods_405(tmp_path: Path) -> None:
    async with serve(tmp_path) as (_, session):
        async with session.get("/api/nothing") as unknown:
            assert unknown.status == 404
            assert await unknown.read() == b""
        async with session.get("/health") as unprefixed:
            assert unprefixed.status == 404
        async with session.delete("/api/echo/x") as other:
            assert other.status == 405
            assert other.headers["Allow"] == "POST, PUT"
            assert await other.read() == b""


async def test_a_function_that_raises_answers_500_without_details(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serve(tmp_path) as (_, session), session.get("/api/broken") as answer:
        assert answer.status == 500
        assert await answer.read() == b""

    assert "secret detail" in caplog.text


async def test_a_function_without_a_route_is_served_under_its_name(tmp_path: Path) -> None:
    async with serve(tmp_path) as (_, session), session.get("/api/UNNAMED/") as answer:
        assert answer.status == 204


async def test_the_route_prefix_can_be_empty(tmp_path: Path) -> None:
    async with serve(tmp_path, route_prefix="") as (_, session), session.get("/health") as answer:
        assert answer.status == 200


async def test_functions_require_the_key_unless_they_are_anonymous(tmp_path: Path) -> None:
    async with serve(tmp_path, functions_key="s3cret") as (_, session):
        statuses = {}
        for what, path, headers in [
            ("no key", "/api/unnamed", {}),
            ("wrong key", "/api/unnamed", {"x-functions-key": "s3cre"}),
            ("header", "/api/unnamed", {"x-functions-key": "s3cret"}),
            ("query", "/api/unnamed?code=s3cret", {}),
            ("anonymous", "/api/health", {}),
        ]:
            async with session.get(path, headers=headers) as answer:
                statuses[what] = answer.status

    assert statuses == {"no key": 401, "wrong key": 401, "header": 204, "query": 204, "anonymous": 200}


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_requests_that_a_foreign_web_page_can_send_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    async with serve(tmp_path) as (_, session), session.get("/api/health", headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("name", [b"x-functions-key", b"X-Colour"])
async def test_headers_that_are_not_utf_8_are_refused(tmp_path: Path, name: bytes) -> None:
    async with serve(tmp_path, functions_key="s3cret") as (host, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(host.url.rsplit(":", 1)[1]))
        writer.write(
            b"GET /api/unnamed HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + name + b": gr\xfcn\r\n\r\n"
        )
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "unknown"])
async def test_compressed_bodies_reach_the_function_as_they_are(tmp_path: Path, encoding: str) -> None:
    async with (
        serve(tmp_path) as (_, session),
        session.put("/api/echo/a", data=b"not compressed", headers={"Content-Encoding": encoding}) as answer,
    ):
        assert answer.status == 201
        assert (await answer.json())["body"] == "not compressed"


async def test_pages_of_this_machine_may_call(tmp_path: Path) -> None:
    headers = {"Origin": "http://localhost:3000"}
    async with serve(tmp_path) as (_, session), session.get("/api/health", headers=headers) as answer:
        assert answer.status == 200


async def test_routes_and_timers_are_listed(tmp_path: Path) -> None:
    async with serve(tmp_path) as (host, _):
        routes = {name: (methods, url) for name, methods, url in host.routes()}

        assert routes["echo"] == (("POST", "PUT"), f"{host.url}/api/echo/{{name}}")
        assert set(routes) == {"echo", "health", "broken", "unnamed"}
        assert [(timer.function.name, timer.schedule) for timer in host.timers] == [("nightly", "0 0 3 * * *")]


async def test_one_app_can_be_hosted_repeatedly(tmp_path: Path) -> None:
    app = make_app()
    for _ in range(2):
        async with DurableEmulator(app, tmp_path) as host:
            assert host.routes()


async def test_a_port_that_is_taken_is_named_and_the_folder_is_free_again(tmp_path: Path) -> None:
    async with serve(tmp_path / "one") as (host, _):
        port = int(host.url.rsplit(":", 1)[1])
        with pytest.raises(HostPortError, match=f"port {port} cannot be listened on"):
            await DurableEmulator(make_app(), tmp_path / "two", port=port).start()
    async with DurableEmulator(make_app(), tmp_path / "two"):
        pass


def test_a_route_that_cannot_be_served_is_refused_with_its_function() -> None:
    app = DFApp()

    @app.route(route="x/{name:regex(^a$)}")
    async def odd(req: func.HttpRequest) -> func.HttpResponse: ...

    with pytest.raises(RouteError, match="function odd: route segment"):
        DurableEmulator(app, Path("unused"))


async def test_background_jobs_run_beside_the_app_and_end_with_it(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def watch() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail() -> None:
        raise ValueError("no disk")

    host = DurableEmulator(make_app(), tmp_path)
    host.add_background_task(watch)
    async with host:
        host.add_background_task(fail)
        await started.wait()

    assert ended.is_set()
    assert "no disk" in caplog.text
