"""Route templates of Azure Functions, served by aiohttp's router."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from azure.functions import HttpRequest, HttpResponse

from durable_emulator.host.app_definition import AppFunction, HttpFunction
from durable_emulator.host.http_triggers import HttpTriggers
from durable_emulator.host.invocation import Invoker

Fetch = Callable[[str, str], Awaitable[tuple[int, object]]]


def make_function(name: str, route: str, *methods: str) -> HttpFunction:
    async def answer(req: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{name} {dict(req.route_params)}")

    function = AppFunction(name, answer, "req", (), takes_context=False, is_async=True)
    return HttpFunction(function, route, methods or ("GET",), needs_key=False)


FUNCTIONS = [
    make_function("any", "runs/{id}"),
    make_function("post", "runs/{id}", "POST"),
    make_function("keys", "runs/keys"),
    make_function("number", "items/{n:int}"),
    make_function("word", "items/{w}"),
    make_function("page", "pages/{page?}"),
    make_function("rest", "files/{*path}"),
    make_function("guid", "guids/{id:guid}"),
    make_function("letters", "letters/{text:alpha}"),
]


@pytest.fixture
async def fetch() -> AsyncIterator[Fetch]:
    app = web.Application()
    HttpTriggers(FUNCTIONS, "api", Invoker(lambda: "")).register(app.router)
    async with TestClient(TestServer(app)) as client:

        async def request(method: str, path: str) -> tuple[int, object]:
            async with client.request(method, path) as response:
                if response.status == 200:
                    return 200, await response.text()
                return response.status, {name.strip() for name in response.headers.get("Allow", "").split(",")}

        yield request


@pytest.mark.parametrize(
    ("path", "name", "parameters"),
    [
        ("/api/runs/7", "any", {"id": "7"}),
        ("/api/runs/7/", "any", {"id": "7"}),
        ("/API/Runs/Seven", "any", {"id": "Seven"}),
        ("/api/runs/keys", "keys", {}),
        ("/api/items/12", "number", {"n": "12"}),
        ("/api/items/twelve", "word", {"w": "twelve"}),
        ("/api/pages", "page", {}),
        ("/api/pages/3", "page", {"page": "3"}),
        ("/api/files/a/b%20c", "rest", {"path": "a/b c"}),
        ("/api/files", "rest", {}),
        ("/api/guids/0123abcd-0123-abcd-0123-0123456789AB", "guid", {"id": "0123abcd-0123-abcd-0123-0123456789AB"}),
        ("/api/letters/abc", "letters", {"text": "abc"}),
    ],
)
async def test_the_most_literal_route_wins(fetch: Fetch, path: str, name: str, parameters: dict[str, str]) -> None:
    assert await fetch("GET", path) == (200, f"{name} {parameters}")


async def test_functions_that_share_a_route_are_selected_by_method(fetch: Fetch) -> None:
    assert await fetch("POST", "/api/runs/7") == (200, "post {'id': '7'}")
    assert await fetch("DELETE", "/api/runs/7") == (405, {"GET", "POST"})


@pytest.mark.parametrize("path", ["/runs/7", "/api/runs", "/api/runs/7/8", "/api", "/api/guids/7", "/api/letters/a1"])
async def test_other_paths_are_unknown(fetch: Fetch, path: str) -> None:
    status, _ = await fetch("GET", path)
    assert status == 404
