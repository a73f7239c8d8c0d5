"""Wrappers of HTTP functions and timers: spans for calls that change something, and redacted errors for the host."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import azure.functions as func

from shared.telemetry.names import Attribute
from shared.telemetry.tracing import add_context_parameter, join_trace, mark_failed, set_attributes, start_span
from shared.telemetry.unexpected_errors import redact_error

FIRST_SERVER_ERROR = 500

HttpFunction = Callable[..., Awaitable[func.HttpResponse]]
TimerFunction = Callable[..., Awaitable[None]]


def observe_request(function: HttpFunction) -> HttpFunction:
    """Wrap an HTTP function whose request is its first parameter, ``req``, so that it joins the caller's trace.

    GET gets no span: the host records every request, and a client that follows a run sends one every two seconds.
    """

    async def observed(*, context: func.Context, **arguments: Any) -> func.HttpResponse:
        try:
            return await execute(context, arguments)
        except Exception as error:  # noqa: BLE001 - raised again below, without its message
            redacted = redact_error(error)
        raise redacted

    async def execute(context: func.Context, arguments: dict[str, Any]) -> func.HttpResponse:
        with join_trace(context):
            method = str(arguments["req"].method).upper()
            if method == "GET":
                return await function(**arguments)
            with start_span(function.__name__) as span:
                set_attributes(span, {Attribute.HTTP_METHOD: method})
                response = await function(**arguments)
                set_attributes(span, {Attribute.HTTP_STATUS: response.status_code})
                if response.status_code >= FIRST_SERVER_ERROR:
                    mark_failed(span, f"HTTP {response.status_code}")
                return response

    add_context_parameter(observed, function)
    return observed


def observe_timer(function: TimerFunction) -> TimerFunction:
    """Wrap a timer function; an error that is not ours is replaced by its type and place."""

    @wraps(function)
    async def observed(**arguments: Any) -> None:
        try:
            await function(**arguments)
        except Exception as error:  # noqa: BLE001 - raised again below, without its message
            redacted = redact_error(error)
        else:
            return
        raise redacted

    return observed
