"""A fake deployed app: returns scripted answers and records the requests."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

RUN_ID = "8204735747064-ab9481ff"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    key: str | None
    body: Any


@dataclass(slots=True)
class DeployedApp:
    """The app.

    Attributes:
        url: its address.
        answers: what it answers, by method and path; several answers are given in turn, the last one for ever.
        asked: all requests so far.
    """

    url: str = ""
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, call: str, *answers: tuple[int, Any]) -> None:
        """Set the answers to a call, such as ``GET /api/health``; text is sent as HTML, bytes as a SQLite file."""
        self.answers[call] = list(answers)

    def started_body(self) -> Any:
        """Return the body of the request that started a run."""
        return next(asked.body for asked in self.asked if asked.method == "POST")

    async def handle(self, request: web.Request) -> web.Response:
        is_image = request.path.startswith("/api/inputs/") and not request.path.endswith(".json")
        body = await request.json() if request.can_read_body and not is_image else await request.read() or None
        key = request.headers.get("x-functions-key")
        self.asked.append(Asked(request.method, request.path, dict(request.query), key, body))
        answers = self.answers.get(f"{request.method} {request.path}", [(404, "<html>not here</html>")])
        status, document = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(document, bytes):
            return web.Response(status=status, body=document, content_type="application/vnd.sqlite3")
        if isinstance(document, str):
            return web.Response(status=status, text=document, content_type="text/html")
        return web.json_response(document, status=status)


def describe_run(status: str = "Completed", **changes: Any) -> dict[str, Any]:
    """Return a RunStatus as the app answers it."""
    return {
        "runId": RUN_ID,
        "catalog": "lego",
        "status": status,
        "stage": "ended",
        "progress": {
            "categories": 2,
            "items": {"accepted": 5, "target": 6, "rejected": 1},
            "images": {"done": 4, "failed": 1, "total": 6},
        },
        "throttle": {"limit": 4, "rateLimited": 3},
        "cost": {"usd": 0.25, "calls": 7, "textCalls": 3, "imageCalls": 4, "inputTokens": 10, "outputTokens": 20},
        "failures": {"content_policy": 1},
        "outputs": {"catalog": "catalogs/lego/catalog.json"},
        "createdAt": "2026-11-21T12:00:00Z",
        "updatedAt": "2026-11-21T12:00:09Z",
        "completedAt": "2026-11-21T12:00:08.5Z",
        "error": None,
        "imagesKept": 1,
        "imagesMade": 3,
        "notes": [],
    } | changes


def describe_problem(status: int, kind: str, detail: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return an answer that is a problem document."""
    return status, {"type": f"urn:catalog-seeder:problem:{kind}", "status": status, "detail": detail} | more


@contextmanager
def run_deployed_app() -> Iterator[DeployedApp]:
    """Serve from a thread of its own, so that commands can have this one; by default every run is completed at once."""
    app = DeployedApp()
    app.answer("GET /api/health", (200, {"status": "ok"}))
    app.answer("GET /api/health/details", (200, {"status": "ok"}))
    app.answer("POST /api/runs", (202, {"runId": RUN_ID}))
    app.answer("POST /api/catalogs/lego/repair", (202, {"runId": RUN_ID}))
    app.answer("POST /api/catalogs/lego/regenerate", (202, {"runId": RUN_ID}))
    app.answer(f"GET /api/runs/{RUN_ID}", (200, describe_run()))
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        server = web.Application()
        server.router.add_route("*", "/{path:.*}", app.handle)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        app.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stopped.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(300), "the stand-in did not start"
    try:
        yield app
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(300)
        loop.close()
