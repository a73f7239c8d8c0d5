"""The binding of the durable client, and the HTTP endpoints of the Durable extension that the client calls.

Status codes, bodies and encodings are those of the Azure host. The client sends inputs and event data as JSON text
inside a JSON string. An input is decoded once, and the status returns it in that form; event data is passed on
unchanged, so that an orchestrator receives the same text as in Azure.
"""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from durable_emulator.engine import (
    Engine,
    EngineStoppedError,
    Instance,
    InstanceExistsError,
    InstanceFilter,
    RuntimeStatus,
    UnknownOrchestratorError,
)
from durable_emulator.engine.events import format_time, parse_time

DEFAULT_PAGE_INSTANCES = 100
"""Instances per page of a listing without ``top``."""
CONTINUATION_HEADER = "x-ms-continuation-token"
FORBIDDEN_IN_IDS = frozenset("/\\#?")
MAX_ID_CHARACTERS = 100
ID_PLACEHOLDER = "INSTANCEID"
TASK_HUB = "DurableEmulator"


def make_client_binding(management_url: str) -> str:
    """Return the JSON text that the Azure host passes to a ``durableClient`` binding.

    Args:
        management_url: base of the management endpoints, with a final slash. Its path holds a secret, so the binding
            needs no key.
    """
    return json.dumps(
        {
            "taskHubName": TASK_HUB,
            "creationUrls": {
                "createNewInstancePostUri": f"{management_url}orchestrators/{{functionName}}[/{{instanceId}}]",
            },
            "managementUrls": make_management_urls(management_url, ID_PLACEHOLDER),
            "baseUrl": management_url,
            "requiredQueryStringParameters": "",
            "rpcBaseUrl": management_url,
        },
    )


def make_management_urls(management_url: str, instance_id: str) -> dict[str, str]:
    """Return the management URLs of an instance, under the Azure host's names."""
    instance = f"{management_url}instances/{instance_id}"
    return {
        "id": instance_id,
        "statusQueryGetUri": instance,
        "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}",
        "terminatePostUri": f"{instance}/terminate?reason={{text}}",
        "suspendPostUri": f"{instance}/suspend?reason={{text}}",
        "resumePostUri": f"{instance}/resume?reason={{text}}",
        "purgeHistoryDeleteUri": instance,
    }


class ManagementApi:
    """Serves the endpoints for one engine.

    Args:
        engine: the managed engine.
        get_url: returns the base of the endpoints as clients see it, with a final slash.
    """

    def __init__(self, engine: Engine, get_url: Callable[[], str]) -> None:
        self._engine = engine
        self._get_url = get_url

    def list_routes(self, base: str) -> list[web.RouteDef]:
        """Return the routes below a path with a final slash."""
        instance = base + "instances/{id}"
        return [
            web.post(base + "orchestrators/{function}", self.start),
            web.post(base + "orchestrators/{function}/{id}", self.start),
            web.get(base + "instances", self.list_instances),
            web.get(base + "instances/", self.list_instances),
            web.delete(base + "instances", self.purge_by_filter),
            web.delete(base + "instances/", self.purge_by_filter),
            web.get(instance, self.get_status),
            web.delete(instance, self.purge),
            web.post(instance + "/raiseEvent/{event}", self.raise_event),
            web.post(instance + "/terminate", self.terminate),
            web.post(instance + "/suspend", self.suspend),
            web.post(instance + "/resume", self.resume),
            web.route("*", base + "{operation:.*}", _reject_unknown),
        ]

    async def start(self, request: web.Request) -> web.Response:
        """Start an instance: 202; 400 unknown function or bad id; 409 the id belongs to an unfinished instance."""
        instance_id = request.match_info.get("id")
        if instance_id and (len(instance_id) > MAX_ID_CHARACTERS or FORBIDDEN_IN_IDS & set(instance_id)):
            return _make_error_response(
                400,
                f"instance id {instance_id!r} is invalid; expected at most {MAX_ID_CHARACTERS} characters, no / \\ # ?",
            )
        try:
            body = _parse(await request.text())
            input_ = body if body is None or isinstance(body, str) else json.dumps(body)
            started = self._engine.start_instance(
                request.match_info["function"],
                input_,
                instance_id,
                trace_parent=request.headers.get("traceparent"),
            )
        except (UnknownOrchestratorError, ValueError) as error:
            return _make_error_response(400, str(error))
        except InstanceExistsError as error:
            return web.json_response(str(error), status=409)
        urls = make_management_urls(self._get_url(), started)
        return web.json_response(urls, status=202, headers={"Location": urls["statusQueryGetUri"]})

    async def get_status(self, request: web.Request) -> web.Response:
        """Return an instance: 200 finished, 202 unfinished, 404 (empty) unknown."""
        instance = self._engine.find_instance(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        status = describe_instance(instance, with_input=_is_requested(request, "showInput", default=True))
        if _is_requested(request, "showHistory", default=False):
            status["historyEvents"] = self._engine.read_history(instance.id)
        return web.json_response(status, status=200 if instance.status.is_finished else 202)

    async def list_instances(self, request: web.Request) -> web.Response:
        """Return a page of instances: 200; 400 for an invalid parameter."""
        try:
            top = _read_top(request)
            after = _read_token(request.headers.get(CONTINUATION_HEADER))
            wanted = replace(_read_filter(request), after_id=after, limit=top + 1)
        except ValueError as error:
            return _make_error_response(400, str(error))
        found = self._engine.list_instances(wanted)
        with_input = _is_requested(request, "showInput", default=True)
        page = [describe_instance(instance, with_input=with_input) for instance in found[:top]]
        headers = {CONTINUATION_HEADER: _write_token(found[top - 1].id)} if len(found) > top else {}
        return web.json_response(page, headers=headers)

    async def raise_event(self, request: web.Request) -> web.Response:
        """Send an event: 202; 404 unknown, 410 finished, 400 invalid JSON."""
        try:
            data = _parse(await request.text())
        except ValueError as error:
            return _make_error_response(400, str(error))
        name = request.match_info["event"]
        return self._change_instance(request, lambda id_: self._engine.raise_event(id_, name, json.dumps(data)))

    async def terminate(self, request: web.Request) -> web.Response:
        """Terminate an instance: 202; 404 unknown, 410 finished."""
        reason = request.query.get("reason", "")
        return self._change_instance(request, lambda id_: self._engine.terminate(id_, reason))

    async def suspend(self, request: web.Request) -> web.Response:
        """Suspend an instance: 202; 404 unknown, 410 finished."""
        return self._change_instance(request, self._engine.suspend)

    async def resume(self, request: web.Request) -> web.Response:
        """Resume an instance: 202; 404 unknown, 410 finished."""
        return self._change_instance(request, self._engine.resume)

    async def purge(self, request: web.Request) -> web.Response:
        """Purge a finished instance: 200; 404 unknown or unfinished."""
        if self._engine.purge_instance(request.match_info["id"]):
            return web.json_response({"instancesDeleted": 1})
        return web.Response(status=404)

    async def purge_by_filter(self, request: web.Request) -> web.Response:
        """Purge the finished instances that match a filter: 200; 404 without matches."""
        try:
            deleted = self._engine.purge(_read_filter(request))
        except ValueError as error:
            return _make_error_response(400, str(error))
        return web.json_response({"instancesDeleted": deleted}) if deleted else web.Response(status=404)

    def _change_instance(self, request: web.Request, act: Callable[[str], bool]) -> web.Response:
        instance_id = request.match_info["id"]
        if self._engine.find_instance(instance_id) is None:
            return web.Response(status=404)
        return web.Response(status=202 if act(instance_id) else 410)


def describe_instance(instance: Instance, *, with_input: bool) -> dict[str, Any]:
    """Return an instance as the JSON object of the Azure host."""
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status.value,
        "input": instance.input if with_input else None,
        "customStatus": _parse(instance.custom_status or ""),
        "output": _parse(instance.output or ""),
        "createdTime": format_time(instance.created),
        "lastUpdatedTime": format_time(instance.updated),
    }


@web.middleware
async def respond_when_stopped(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 503 when the engine has stopped or failed."""
    try:
        return await handler(request)
    except EngineStoppedError as error:
        return _make_error_response(503, str(error))


async def _reject_unknown(request: web.Request) -> web.Response:
    return _make_error_response(
        501, f"the durable emulator does not support {request.method} {request.match_info['operation']}"
    )


def _make_error_response(status: int, message: str) -> web.Response:
    return web.json_response({"Message": message, "ExceptionMessage": message}, status=status)


def _parse(text: str) -> Any:
    return json.loads(text) if text.strip() else None


def _is_requested(request: web.Request, name: str, *, default: bool) -> bool:
    return request.query.get(name, str(default)).lower() == "true"


def _read_filter(request: web.Request) -> InstanceFilter:
    names = [name for value in request.query.getall("runtimeStatus", []) for name in value.split(",") if name]
    known = {status.value: status for status in RuntimeStatus}
    statuses = frozenset(known[name] for name in names if name in known)
    if names and not statuses:
        raise ValueError(f"runtimeStatus is {names!r}; expected one or more of {', '.join(known)}")
    created_from = request.query.get("createdTimeFrom")
    created_to = request.query.get("createdTimeTo")
    return InstanceFilter(
        statuses=statuses,
        created_from=parse_time(created_from) if created_from else None,
        created_to=parse_time(created_to) if created_to else None,
        id_prefix=request.query.get("instanceIdPrefix", ""),
    )


def _read_top(request: web.Request) -> int:
    top = request.query.get("top", str(DEFAULT_PAGE_INSTANCES))
    if not top.isdecimal() or int(top) < 1:
        raise ValueError(f"top is {top!r}; expected a positive whole number")
    return int(top)


def _write_token(last_id: str) -> str:
    return urlsafe_b64encode(last_id.encode()).decode()


def _read_token(token: str | None) -> str:
    return b64decode(token, altchars=b"-_", validate=True).decode() if token else ""
