"""Translates between the HTTP server's requests and answers and those of Azure Functions."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from azure.functions import HttpRequest
from multidict import CIMultiDict, MultiMapping

from durable_emulator.host.invocation import TraceContext

TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""Version, trace, span and flags: https://www.w3.org/TR/trace-context/#traceparent-header"""


async def read_request(request: web.Request, route_parameters: Mapping[str, str]) -> Any:
    """Return the ``azure.functions.HttpRequest`` of a request."""
    return HttpRequest(
        method=request.method,
        url=str(request.url),
        headers=_join(request.headers),
        params=_join(request.query),
        route_params=dict(route_parameters),
        body=await request.read(),
    )


def read_trace(request: web.Request) -> TraceContext:
    """Return a request's W3C trace context; who sends none that can be read begins a trace, as in Azure."""
    trace_parent = request.headers.get("traceparent", "")
    if not TRACE_PARENT.fullmatch(trace_parent):
        return TraceContext(f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
    return TraceContext(trace_parent, request.headers.get("tracestate", ""))


def write_response(result: Any) -> web.Response:
    """Return the server's answer for what an HTTP function returned.

    Raises:
        TypeError: it is neither an ``HttpResponse`` nor text, bytes or None.
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
    """Give a name that comes several times one value, as the Functions host does."""
    return {name: ",".join(values.getall(name)) for name in values}
