"""A model service that answers each request with the next scripted answer, and records every request."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. ``body`` is JSON to encode, or bytes as they are."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection without an answer, after or before the request is read."""

    after_reading: bool = True


@dataclass(frozen=True, slots=True)
class Hold:
    """Send no answer until the service stops; with ``beginning``, send the start of one first."""

    beginning: bytes = b""


@dataclass(frozen=True, slots=True)
class CutOff:
    """Announce more bytes than are sent, then close the connection."""

    beginning: bytes


Script = Answer | HangUp | Hold | CutOff


@dataclass(frozen=True, slots=True)
class Request:
    """A request: path with query, headers, and the decoded JSON body (None if it had none, bytes of a form)."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class ScriptedService:
    """Answer with ``script`` in order; a request beyond it gets status 500 and is recorded too."""

    def __init__(self) -> None:
        self.script: list[Script] = []
        self.requests: list[Request] = []
        self.endpoint = ""
        self._stopping = asyncio.Event()

    def plan(self, *script: Script) -> None:
        self.script.extend(script)

    def stop(self) -> None:
        self._stopping.set()

    async def stopped(self) -> None:
        """Wait until the service stops."""
        await self._stopping.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        step = self.script.pop(0) if self.script else Answer(status=500)
        read = await request.read() if not (isinstance(step, HangUp) and not step.after_reading) else b""
        is_form = request.content_type.startswith("multipart/")
        body = read if is_form else json.loads(read) if read else None
        self.requests.append(Request(request.method, request.path_qs, dict(request.headers), body))
        if isinstance(step, Answer):
            data = step.body if isinstance(step.body, bytes) else json.dumps(step.body).encode()
            return web.Response(status=step.status, body=data, headers=step.headers, content_type=step.content_type)
        return await self._misbehave(request, step)

    async def _misbehave(self, request: web.Request, step: HangUp | Hold | CutOff) -> web.StreamResponse:
        response = web.StreamResponse()
        if not isinstance(step, HangUp) and step.beginning:
            response.content_length = len(step.beginning) + 1000
            await response.prepare(request)
            await response.write(step.beginning)
        if isinstance(step, Hold):
            await self.stopped()
        if request.transport is not None:
            request.transport.close()
        return response


@asynccontextmanager
async def run_scripted_service() -> AsyncIterator[ScriptedService]:
    """Serve on a free loopback port."""
    service = ScriptedService()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        service.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield service
    finally:
        service.stop()
        await runner.cleanup()
