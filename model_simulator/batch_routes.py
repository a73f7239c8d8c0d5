"""OpenAI's files and batches over HTTP, for batches of images and text."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from model_simulator.batches import Batches
from model_simulator.replies import BadRequestError, Reply, json_reply
from model_simulator.request_body import read_body
from model_simulator.service import SimulatedService
from model_simulator.stored_files import StoredFiles

DEFAULT_PAGE, MAX_PAGE = 20, 100
MAX_BATCH_FILE_BYTES = 200 * 2**20

Handler = Callable[[web.Request], Awaitable[Reply]]


class BatchRoutes:
    """Serves ``/v1/files`` and ``/v1/batches``.

    Args:
        service: bills the lines of batches.
        check_key: returns the refusal of a request's key, or None.
    """

    def __init__(self, service: SimulatedService, check_key: Callable[[web.Request], Reply | None]) -> None:
        self._check_key = check_key
        self._files = StoredFiles(service.clock, lambda: service.faults.batches.visible_after_seconds)
        self._batches = Batches(service, self._files)

    def list_routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/v1/files", self._guard(self._upload)),
            web.get("/v1/files", self._guard(self._list_files)),
            web.get("/v1/files/{file_id}", self._guard(self._describe_file)),
            web.delete("/v1/files/{file_id}", self._guard(self._delete_file)),
            web.get("/v1/files/{file_id}/content", self._stream_file),
            web.post("/v1/batches", self._guard(self._create)),
            web.get("/v1/batches", self._guard(self._list)),
            web.get("/v1/batches/{batch_id}", self._guard(self._retrieve)),
            web.post("/v1/batches/{batch_id}/cancel", self._guard(self._cancel)),
        ]

    def advance(self) -> None:
        """Run the lines that are due by the clock."""
        self._batches.advance()

    def _guard(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                reply = self._check_key(request) or await handler(request)
            except BadRequestError as error:
                reply = error.to_reply()
            return _respond(reply)

        return guarded

    async def _upload(self, request: web.Request) -> Reply:
        fields: dict[str, str] = {}
        name, data = "", b""
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.name == "file":
                name, data = part.filename or "file", bytes(await part.read())
            else:
                fields[part.name] = await part.text()
        if len(data) > MAX_BATCH_FILE_BYTES:
            raise BadRequestError(f"The file has {len(data)} bytes. Expected at most {MAX_BATCH_FILE_BYTES}.")
        stored = self._files.add(name, fields.get("purpose", ""), data, round(time.time()))
        return json_reply(stored.describe())

    async def _list_files(self, request: web.Request) -> Reply:
        purpose = request.query.get("purpose")
        files = [one for one in self._files.list_newest() if purpose is None or one.purpose == purpose]
        return _make_page(request, [one.describe() for one in files])

    async def _describe_file(self, request: web.Request) -> Reply:
        stored = self._files.find(request.match_info["file_id"])
        return _unknown_file(request) if stored is None else json_reply(stored.describe())

    async def _delete_file(self, request: web.Request) -> Reply:
        file_id = request.match_info["file_id"]
        if not self._files.remove(file_id):
            return _unknown_file(request)
        return json_reply({"id": file_id, "object": "file", "deleted": True})

    async def _stream_file(self, request: web.Request) -> web.StreamResponse:
        refusal = self._check_key(request)
        if refusal is not None:
            return _respond(refusal)
        lines = self._batches.iterate_results(request.match_info["file_id"])
        if lines is None:
            stored = self._files.find(request.match_info["file_id"])
            return _respond(_unknown_file(request)) if stored is None else web.Response(body=stored.data)
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):  # the client is gone
            while (line := await asyncio.to_thread(next, lines, None)) is not None:
                await response.write(line)
            await response.write_eof()
        return response

    async def _create(self, request: web.Request) -> Reply:
        batch = self._batches.create(read_body(await request.read()), round(time.time()))
        return json_reply(batch.describe(batch.created))

    async def _list(self, request: web.Request) -> Reply:
        return _make_page(request, [batch.describe(batch.created) for batch in self._batches.list_newest()])

    async def _retrieve(self, request: web.Request) -> Reply:
        batch = self._batches.find(request.match_info["batch_id"])
        return _not_found(request.path) if batch is None else json_reply(batch.describe(batch.created))

    async def _cancel(self, request: web.Request) -> Reply:
        batch = self._batches.find(request.match_info["batch_id"])
        if batch is None:
            return _not_found(request.path)
        self._batches.cancel(batch)
        return json_reply(batch.describe(batch.created) | {"status": "cancelling"})


def _make_page(request: web.Request, rows: list[dict[str, Any]]) -> Reply:
    """Return the page of rows that the query of a request asks for."""
    limit = min(int(request.query.get("limit", DEFAULT_PAGE)), MAX_PAGE)
    after = request.query.get("after")
    start = next((place + 1 for place, row in enumerate(rows) if row["id"] == after), 0)
    page = rows[start : start + limit]
    document: dict[str, Any] = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": start + limit < len(rows),
    }
    return json_reply(document)


def _unknown_file(request: web.Request) -> Reply:
    message = f"No such File object: {request.match_info['file_id']}"
    return json_reply({"error": {"message": message, "type": "invalid_request_error", "param": "id"}}, status=404)


def _not_found(path: str) -> Reply:
    return json_reply({"error": {"message": f"Not found: {path}", "type": "invalid_request_error"}}, status=404)


def _respond(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type, headers=reply.headers)
