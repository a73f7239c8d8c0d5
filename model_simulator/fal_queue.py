"""FAL's wire format: a request is queued, its status is polled, and the image has a URL of its own."""

import asyncio
import base64
import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from model_simulator import replies
from model_simulator.image_answers import RenderJob
from model_simulator.replies import BadRequestError, HangUp, Reply, json_reply
from model_simulator.request_body import read_body
from model_simulator.service import Plan, SimulatedService
from model_simulator.wire_formats import Wire

POLICY_MESSAGE = "The content could not be processed because it contained material flagged by a content checker."

EDIT_ROUTE = "/edit"
DATA_URL = re.compile(r"data:image/(?:png|jpeg|webp);base64,([\w+/=]+)")

Respond = Callable[[Reply | HangUp], web.Response]


@dataclass(slots=True)
class _QueuedRequest:
    """A queued image request; ``work`` returns the image or a refusal."""

    work: asyncio.Task[Reply]
    image_format: str


class FalQueue:
    """Serves FAL's routes below ``/fal/``.

    Args:
        service: plans and executes the calls; a request is billed when it is queued.
        check_key: returns OpenAI's refusal of a request's key, or None.
        respond: converts a reply into an HTTP response.
    """

    def __init__(
        self, service: SimulatedService, check_key: Callable[[web.Request], Reply | None], respond: Respond
    ) -> None:
        self._service = service
        self._check_key = check_key
        self._respond = respond
        self._requests: dict[str, _QueuedRequest] = {}

    def list_routes(self) -> list[web.RouteDef]:
        """Return the routes of the queue and of the image files."""
        queued = "/fal/{owner}/{alias}/requests/{request_id}"
        return [
            web.get("/fal/files/{request_id}", self._answer_file),
            web.get(f"{queued}/status", self._guard(self._answer_state)),
            web.get(queued, self._guard(self._answer_result)),
            web.post("/fal/{owner}/{model:.+}", self._guard(self._enqueue)),
        ]

    async def close(self) -> None:
        """Cancel unfinished requests."""
        for queued in self._requests.values():
            queued.work.cancel()

    def _guard(self, handler: Callable[[web.Request], Awaitable[Reply | HangUp]]) -> Callable[..., Any]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            return self._respond(_convert_error(self._check_key(request) or await handler(request)))

        return guarded

    async def _enqueue(self, request: web.Request) -> Reply | HangUp:
        arrived = asyncio.get_running_loop().time()
        data = await request.read()
        decision = self._plan(data, f"{request.match_info['owner']}/{request.match_info['model']}")
        if isinstance(decision, Reply) and not _is_policy_refusal(decision):
            self._service.stats.count_answer("images", decision.outcome)
            return decision
        if isinstance(decision, Plan) and not isinstance(decision.outcome, RenderJob):
            outcome = await self._service.execute(decision, arrived)
            self._service.stats.count_answer("images", outcome.outcome)
            return outcome
        request_id = str(uuid.uuid4())
        image_format = json.loads(data).get("format") or json.loads(data).get("output_format") or "jpeg"
        self._requests[request_id] = _QueuedRequest(
            asyncio.create_task(self._run_request(decision, arrived)), image_format
        )
        place = f"{request.url.origin()}/fal/{request.match_info['owner']}/{request.match_info['model']}"
        place = f"{place}/requests/{request_id}"
        links = {"response_url": place, "status_url": f"{place}/status", "cancel_url": f"{place}/cancel"}
        return json_reply({"status": "IN_QUEUE", "queue_position": 0, "request_id": request_id, **links})

    def _plan(self, data: bytes, model: str) -> Reply | Plan:
        if not model.endswith(EDIT_ROUTE):
            wire = Wire(lambda body: _convert_request(body, model), _convert_error)
            return self._service.plan_call("images", data, wire)
        try:
            body = read_body(data)
        except BadRequestError as error:
            return error.to_reply()
        return self._service.plan_edit(body, (), lambda body, _: _convert_edit(body, model))

    async def _run_request(self, decision: Reply | Plan, arrived: float) -> Reply:
        if isinstance(decision, Reply):
            self._service.stats.count_answer("images", decision.outcome)
            return decision
        self._service.stats.start_image(time.time())
        try:
            outcome = await self._service.execute(decision, arrived)
        finally:
            self._service.stats.finish_image(time.time())
        assert isinstance(outcome, Reply)  # noqa: S101 - calls that hang up are not queued
        self._service.stats.count_answer("images", outcome.outcome)
        return outcome

    async def _answer_state(self, request: web.Request) -> Reply:
        queued = self._requests.get(request.match_info["request_id"])
        if queued is None:
            return replies.not_found()
        # Without latency the work may finish right now: let the event loop run it once.
        await asyncio.wait([queued.work], timeout=0)
        return json_reply({"status": "COMPLETED" if queued.work.done() else "IN_PROGRESS", "logs": None, "metrics": {}})

    async def _answer_result(self, request: web.Request) -> Reply:
        queued = self._requests.get(request.match_info["request_id"])
        if queued is None or not queued.work.done():
            return replies.not_found()
        outcome = queued.work.result()
        if outcome.status != web.HTTPOk.status_code:
            return outcome
        url = f"{request.url.origin()}/fal/files/{request.match_info['request_id']}"
        image = {"url": url, "content_type": f"image/{queued.image_format}"}
        return json_reply({"images": [image], "seed": 7, "has_nsfw_concepts": [False], "timings": {}})

    async def _answer_file(self, request: web.Request) -> web.StreamResponse:
        queued = self._requests.get(request.match_info["request_id"])
        if queued is None or not queued.work.done():
            raise web.HTTPNotFound
        encoded = json.loads(queued.work.result().body)["data"][0]["b64_json"]
        return web.Response(body=base64.b64decode(encoded), content_type=f"image/{queued.image_format}")


def _convert_request(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Return the equivalent image request of OpenAI's format."""
    size = body.get("image_size")
    if not isinstance(size, dict) or set(size) != {"width", "height"}:
        raise BadRequestError(f"'image_size' is {size!r}; expected width and height.", param="image_size")
    return {
        "model": model,
        "prompt": body.get("prompt"),
        "size": f"{size['width']}x{size['height']}",
        "output_format": body.get("format") or body.get("output_format") or "jpeg",
    }


def _convert_edit(body: Mapping[str, Any], model: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return the equivalent edit of OpenAI's format, and the images of its data URLs."""
    urls = body.get("image_urls")
    if not isinstance(urls, list) or not urls:
        raise BadRequestError(f"'image_urls' is {urls!r}; expected a list of URLs.", param="image_urls")
    files = []
    for url in urls:
        match = DATA_URL.fullmatch(url) if isinstance(url, str) else None
        if match is None:
            raise BadRequestError("The simulator downloads no files; expected data URLs.", param="image_urls")
        try:
            files.append(base64.b64decode(match[1], validate=True))
        except ValueError as error:
            raise BadRequestError("Invalid data URL.", param="image_urls") from error
    return _convert_request(body, model), files


def _is_policy_refusal(reply: Reply) -> bool:
    return b"moderation_blocked" in reply.body or b"content_policy_violation" in reply.body


def _convert_error(reply: Reply | HangUp) -> Any:
    """Return an error in FAL's format: ``detail`` is a sentence, or a list for invalid input."""
    if isinstance(reply, HangUp) or reply.status < 400 or reply.content_type != replies.JSON_TYPE:  # noqa: PLR2004
        return reply
    if _is_policy_refusal(reply):
        problem = {"loc": ["body", "prompt"], "msg": POLICY_MESSAGE, "type": "content_policy_violation"}
        return json_reply({"detail": [problem]}, status=422)
    message = json.loads(reply.body)["error"]["message"]
    converted = json_reply({"detail": message}, status=reply.status)
    return Reply(converted.status, converted.body, headers=reply.headers)
