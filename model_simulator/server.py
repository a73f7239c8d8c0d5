"""HTTP server: routes in both URL styles of Azure and of other providers, API keys, and closed connections."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from model_simulator import replies
from model_simulator.batch_routes import BatchRoutes
from model_simulator.edit_form import read_edit_form
from model_simulator.fal_queue import FalQueue
from model_simulator.faults import FaultsError, parse_faults
from model_simulator.replies import HangUp, Reply
from model_simulator.service import Plan, SimulatedService
from model_simulator.stats import CallKind
from model_simulator.wire_formats import CHAT, GEMINI, MAI, NATIVE, PLAIN_IMAGES, ConvertEdit, Wire, convert_mai_edit

MAX_REQUEST_BYTES = 64 * 2**20
"""Enough for an input image in base64."""

MODELS = (
    *("gpt-5", "gpt-5-mini", "gpt-5.4", "gpt-6-luna", "gpt-6-sol"),
    *("gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst"),
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _ClosedConnection(web.Response):
    """Closes the connection instead of responding."""

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        if request.transport is not None:
            request.transport.close()
        raise ConnectionResetError("the simulator closed the connection on purpose")


class Server:
    """Serves a simulated service over HTTP."""

    def __init__(self, service: SimulatedService) -> None:
        self._service = service
        self._calls: set[asyncio.Task[Reply | HangUp]] = set()
        self._fal = FalQueue(service, self._check_key, _respond)
        self._batches = BatchRoutes(service, self._check_key)

    def make_app(self) -> web.Application:
        """Return the aiohttp application with all routes."""
        app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[_answer_errors_in_json])
        app.on_response_prepare.append(_add_request_id)
        app.on_shutdown.append(self._abandon_calls)
        app.add_routes(
            [
                web.post("/openai/v1/images/generations", self._answer_image),
                web.post("/openai/v1/images/edits", self._answer_edit),
                web.post("/openai/v1/responses", self._answer_text),
                web.get("/openai/v1/models", self._answer_models),
                web.post(
                    "/openai/deployments/{deployment}/images/generations", _require_api_version(self._answer_image)
                ),
                web.post("/openai/deployments/{deployment}/images/edits", _require_api_version(self._answer_edit)),
                web.post("/openai/responses", _require_api_version(self._answer_text)),
                web.get("/openai/models", _require_api_version(self._answer_models)),
                web.get("/openai/deployments", _require_api_version(self._answer_models)),
                *self._list_other_wires(),
                *self._fal.list_routes(),
                *self._batches.list_routes(),
                web.get("/_stats", self._answer_stats),
                web.put("/_faults", self._replace_faults),
            ]
        )
        return app

    def _list_other_wires(self) -> list[web.RouteDef]:
        """Return the routes of OpenAI, Gemini, MAI and compatible servers."""
        return [
            web.post("/v1/responses", self._answer_text),
            web.post("/v1/images/generations", self._answer_image),
            web.post("/v1/images/edits", self._answer_edit),
            web.get("/v1/models", self._answer_models),
            web.post("/compatible/v1/chat/completions", self._make_wire_handler("responses", CHAT)),
            web.post("/compatible/v1/images/generations", self._make_wire_handler("images", PLAIN_IMAGES)),
            web.get("/compatible/v1/models", self._answer_models),
            web.post("/mai/v1/images/generations", self._make_wire_handler("images", MAI)),
            web.post("/mai/v1/images/edits", self._answer_mai_edit),
            web.post("/v1beta/openai/chat/completions", self._make_wire_handler("responses", GEMINI)),
            web.get("/v1beta/openai/models", self._answer_gemini_models),
        ]

    def _make_wire_handler(self, kind: CallKind, wire: Wire) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer_call(kind, request, wire)

        return answer

    async def _answer_image(self, request: web.Request) -> web.StreamResponse:
        return await self._answer_call("images", request, NATIVE)

    async def _answer_text(self, request: web.Request) -> web.StreamResponse:
        return await self._answer_call("responses", request, NATIVE)

    async def _answer_call(self, kind: CallKind, request: web.Request, wire: Wire) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        data = await request.read()
        decision = self._check_key(request) or self._service.plan_call(kind, data, wire)
        return await self._answer_decision(kind, decision, wire, arrived)

    async def _answer_edit(self, request: web.Request) -> web.StreamResponse:
        return await self._answer_form(request, NATIVE, None)

    async def _answer_mai_edit(self, request: web.Request) -> web.StreamResponse:
        return await self._answer_form(request, MAI, convert_mai_edit)

    async def _answer_form(self, request: web.Request, wire: Wire, convert: ConvertEdit | None) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        refusal = self._check_key(request)
        body, references = ({}, ()) if refusal is not None else await read_edit_form(request)
        body.setdefault("model", request.match_info.get("deployment"))
        decision = refusal or self._service.plan_edit(body, references, convert)
        return await self._answer_decision("images", decision, wire, arrived)

    async def _answer_decision(
        self, kind: CallKind, decision: Reply | Plan, wire: Wire, arrived: float
    ) -> web.StreamResponse:
        if isinstance(decision, Reply):
            self._service.stats.count_answer(kind, decision.outcome)
            return _respond(wire.convert_response(decision))
        if kind == "responses":
            outcome = await self._execute(kind, decision, arrived)
            return _respond(wire.convert_response(outcome) if isinstance(outcome, Reply) else outcome)
        stats = self._service.stats
        stats.start_image(time.time())
        try:
            return _respond(await self._execute(kind, decision, arrived))
        finally:
            stats.finish_image(time.time())

    async def _execute(self, kind: CallKind, plan: Plan, arrived: float) -> Reply | HangUp:
        """Finish an accepted call even if its caller disconnects, as the real service does."""
        task = asyncio.create_task(self._service.execute(plan, arrived))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        task.add_done_callback(lambda done: self._count(kind, done))
        return await asyncio.shield(task)

    def _count(self, kind: CallKind, done: asyncio.Task[Reply | HangUp]) -> None:
        if not done.cancelled():
            self._service.stats.count_answer(kind, "500" if done.exception() else done.result().outcome)

    async def _answer_models(self, request: web.Request) -> web.StreamResponse:
        return _respond(self._list_models(request))

    async def _answer_gemini_models(self, request: web.Request) -> web.StreamResponse:
        return _respond(GEMINI.convert_response(self._list_models(request)))

    def _list_models(self, request: web.Request) -> Reply:
        refusal = self._check_key(request)
        if refusal is not None:
            return refusal
        if self._service.is_account_blocked():
            return replies.account_blocked()
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "system"} for name in MODELS]
        return replies.json_reply({"object": "list", "data": models})

    async def _answer_stats(self, _request: web.Request) -> web.StreamResponse:
        self._batches.advance()
        return _respond(replies.json_reply(self._service.stats.report()))

    async def _replace_faults(self, request: web.Request) -> web.StreamResponse:
        try:
            faults = parse_faults(await request.read())
        except FaultsError as error:
            return _respond(replies.BadRequestError(str(error)).to_reply())
        self._service.set_faults(faults)
        return web.Response(status=204)

    def _check_key(self, request: web.Request) -> Reply | None:
        """Return a 401 for a wrong key. Both Azure styles accept either header; FAL's scheme is ``Key``."""
        expected = self._service.faults.api_key
        signed = request.headers.get("Authorization", "").removeprefix("Bearer ").removeprefix("Key ")
        given = request.headers.get("api-key") or signed
        if expected is None or given == expected:
            return None
        is_dated_style = request.path.startswith("/openai/") and not request.path.startswith("/openai/v1/")
        return replies.invalid_key(given, is_dated_style=is_dated_style)

    async def _abandon_calls(self, _app: web.Application) -> None:
        for task in self._calls:
            task.cancel()
        await self._fal.close()


def _require_api_version(handler: Handler) -> Handler:
    """Answer 404 if the query has no ``api-version``, which dated URLs require."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        return await handler(request) if request.query.get("api-version") else _respond(replies.not_found())

    return guarded


def _respond(outcome: Reply | HangUp) -> web.Response:
    if isinstance(outcome, HangUp):
        return _ClosedConnection()
    return web.Response(
        status=outcome.status, body=outcome.body, content_type=outcome.content_type, headers=outcome.headers
    )


@web.middleware
async def _answer_errors_in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        document = {"error": {"code": str(error.status), "message": error.reason}}
        return _respond(replies.json_reply(document, status=error.status))


async def _add_request_id(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    response.headers["x-request-id"] = str(uuid.uuid4())
