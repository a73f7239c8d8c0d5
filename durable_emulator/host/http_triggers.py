"""Serve HTTP triggers: route templates, access, and requests and responses of Azure Functions.

aiohttp's router matches paths and methods. This module translates the route templates of Azure Functions for it:
``{name}``, ``{name?}`` (last segment), ``{*name}`` (the rest of the path) and the constraints ``int``, ``guid`` and
``alpha``. Azure Functions ignores letter case in paths, and prefers the more literal route.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from azure.functions import HttpRequest
from multidict import CIMultiDict, MultiMapping

from durable_emulator.errors import RouteError
from durable_emulator.host.app_definition import HttpFunction
from durable_emulator.host.invocation import EmulatedTraceContext, Invoker

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

CONSTRAINTS = {
    "": r"[^/]+",
    "int": r"-?\d+",
    "alpha": r"[A-Za-z]+",
    "guid": r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}",
}
PLACEHOLDER = re.compile(r"\{(?P<rest>\*)?(?P<name>[A-Za-z_]\w*)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")

TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""Version, trace, span and flags: https://www.w3.org/TR/trace-context/#traceparent-header"""

logger = logging.getLogger("durable_emulator.host")


@dataclass(frozen=True, slots=True)
class Route:
    """A translated route template.

    Attributes:
        function: the HTTP trigger.
        path: prefix and template, as written in the app.
        patterns: paths for aiohttp's router; an optional last segment gives two.
        parameters: names of the placeholders.
        rank: one number a segment; the more literal route has the lower rank.
    """

    function: HttpFunction
    path: str
    patterns: tuple[str, ...]
    parameters: frozenset[str]
    rank: tuple[int, ...]


class HttpTriggers:
    """Handles the requests for an app's HTTP triggers.

    Args:
        functions: the HTTP triggers.
        prefix: first segments of every path, such as ``api``; may be empty.
        invoker: calls the functions.
        functions_key: key that callers of non-anonymous functions must send; None = no key.

    Attributes:
        routes: all routes, the more literal ones first.
        is_stopping: whether requests are refused with 503.

    Raises:
        RouteError: a route template is not supported.
    """

    def __init__(
        self, functions: Iterable[HttpFunction], prefix: str, invoker: Invoker, *, functions_key: str | None = None
    ) -> None:
        self.routes = sorted((_translate(function, prefix) for function in functions), key=lambda route: route.rank)
        self.is_stopping = False
        self._invoker = invoker
        self._functions_key = functions_key
        self._running = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def register(self, router: web.UrlDispatcher) -> None:
        """Add all routes to a router; it tries them in this order."""
        for route in self.routes:
            for pattern in route.patterns:
                for method in route.function.methods:
                    router.add_route(method, pattern, partial(self._serve, route))

    async def wait_until_idle(self, max_seconds: float) -> None:
        """Wait until no function runs, at most ``max_seconds``."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_idle.wait(), max_seconds)

    async def _serve(self, route: Route, request: web.Request) -> web.Response:
        if self.is_stopping:
            return web.Response(status=503, headers={"Retry-After": "5"})
        if route.function.needs_key and self._functions_key and not _has_key(request, self._functions_key):
            return web.Response(status=401)
        function = route.function.function
        self._running += 1
        self._is_idle.clear()
        try:
            value = await _read_request(request, route)
            return _write_response(await self._invoker.invoke(function, value, _read_trace(request)))
        except web.HTTPException:  # aiohttp's own answer, such as 413 for a body that is too large
            raise
        except Exception:
            logger.exception("Function %s failed", function.name)
            return web.Response(status=500)
        finally:
            self._running -= 1
            if not self._running:
                self._is_idle.set()


@web.middleware
async def reject_foreign_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 to requests that a foreign web page can make a browser send: DNS rebinding, or another origin."""
    origin = request.headers.get("Origin")
    if _get_hostname(f"//{request.host}") not in LOOPBACK_NAMES or (
        origin and _get_hostname(origin) not in LOOPBACK_NAMES
    ):
        return web.Response(status=403)
    return await handler(request)


@web.middleware
async def reject_undecodable_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 400 to requests with a header that is not UTF-8: no function could read it as text."""
    try:
        "".join(request.headers.values()).encode()
    except UnicodeEncodeError:
        return web.Response(status=400)
    return await handler(request)


@web.middleware
async def empty_routing_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer unknown paths and methods as the Functions host does: 404 and 405 without a body."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return web.Response(status=404)
    except web.HTTPMethodNotAllowed as error:
        return web.Response(status=405, headers={"Allow": ", ".join(sorted(error.allowed_methods))})


def _get_hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _has_key(request: web.Request, key: str) -> bool:
    """Return whether a request sends the functions key, as header ``x-functions-key`` or query parameter ``code``."""
    sent = request.headers.get("x-functions-key") or request.query.get("code", "")
    return secrets.compare_digest(sent.encode(), key.encode())


def _translate(function: HttpFunction, prefix: str) -> Route:
    segments = [segment for segment in f"{prefix}/{function.route}".split("/") if segment]
    pattern, shorter, parameters, rank = "", None, set(), []
    for number, segment in enumerate(segments):
        if "{" not in segment and "}" not in segment:
            pattern += f"/{{_{number}:(?i:{re.escape(segment)})}}"  # a regular expression, to ignore letter case
            rank.append(0)
            continue
        placeholder = PLACEHOLDER.fullmatch(segment)
        constraint = CONSTRAINTS.get(placeholder["constraint"] or "") if placeholder else None
        if placeholder is None or constraint is None:
            raise RouteError(
                f"function {function.function.name}: route segment {segment!r} is not supported; expected {{name}}, "
                "{name?}, {*name} or one of the constraints int, guid, alpha",
            )
        parameters.add(placeholder["name"])
        if placeholder["rest"] or placeholder["optional"]:
            shorter = pattern
        pattern += f"/{{{placeholder['name']}:{'.*' if placeholder['rest'] else constraint}}}"
        rank.append(3 if placeholder["rest"] else 1 if placeholder["constraint"] and shorter is None else 2)
    patterns = [pattern] if shorter is None else [pattern, shorter]
    return Route(
        function=function,
        path="/" + "/".join(segments),
        patterns=tuple((part or "/") + "{_slash:/?}" for part in patterns),
        parameters=frozenset(parameters),
        rank=tuple(rank),
    )


async def _read_request(request: web.Request, route: Route) -> Any:
    return HttpRequest(
        method=request.method,
        url=str(request.url),
        headers=_join(request.headers),
        params=_join(request.query),
        route_params={name: value for name, value in request.match_info.items() if name in route.parameters},
        body=await request.read(),
    )


def _read_trace(request: web.Request) -> EmulatedTraceContext:
    """Return a request's W3C trace context. As in Azure, a request without a valid one starts a trace."""
    trace_parent = request.headers.get("traceparent", "")
    if not TRACE_PARENT.fullmatch(trace_parent):
        return EmulatedTraceContext(f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
    return EmulatedTraceContext(trace_parent, request.headers.get("tracestate", ""))


def _write_response(result: Any) -> web.Response:
    """Return the response for the return value of an HTTP function.

    Raises:
        TypeError: the value is neither an ``HttpResponse`` nor text, bytes or None.
    """
    if result is None:
        return web.Response(status=204)
    if isinstance(result, str):
        return web.Response(text=result)
    if isinstance(result, bytes):
        return web.Response(body=result)
    if not hasattr(result, "get_body"):
        raise TypeError(f"an HTTP function returned {type(result).__name__}; expected azure.functions.HttpResponse")
    headers: CIMultiDict[str] = CIMultiDict(result.headers.items())
    headers.popall("Content-Length", None)
    if "Content-Type" not in headers:
        is_text = result.mimetype.startswith("text/")
        headers["Content-Type"] = f"{result.mimetype}; charset={result.charset}" if is_text else result.mimetype
    return web.Response(body=result.get_body(), status=result.status_code, headers=headers)


def _join(values: MultiMapping[str]) -> dict[str, str]:
    """Return one value for each name; as in the Functions host, repeated values are joined by commas."""
    return {name: ",".join(values.getall(name)) for name in values}
