"""``observe_request``: puts an HTTP function into its caller's trace, with a span where it changes something."""

from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func

from shared.telemetry.names import Attribute
from shared.telemetry.signatures import take_context
from shared.telemetry.surprises import hide_message
from shared.telemetry.tracing import describe, join_trace, mark_failed, start_span

FIRST_SERVER_ERROR = 500

HttpFunction = Callable[..., Awaitable[func.HttpResponse]]


def observe_request(function: HttpFunction) -> HttpFunction:
    """Wrap an HTTP function whose request is its first parameter, ``req``.

    Reading gets no span of ours: the host records every request anyhow, and whoever follows a run asks every two
    seconds.
    """

    async def observed(*, context: func.Context, **arguments: Any) -> func.HttpResponse:
        try:
            return await execute(context, arguments)
        except Exception as error:  # noqa: BLE001 - raised again below, without its message
            surprise = hide_message(error)
        raise surprise

    async def execute(context: func.Context, arguments: dict[str, Any]) -> func.HttpResponse:
        with join_trace(context):
            method = str(arguments["req"].method).upper()
            if method == "GET":
                return await function(**arguments)
            with start_span(function.__name__) as span:
                describe(span, {Attribute.HTTP_METHOD: method})
                response = await function(**arguments)
                describe(span, {Attribute.HTTP_STATUS: response.status_code})
                if response.status_code >= FIRST_SERVER_ERROR:
                    mark_failed(span, f"HTTP {response.status_code}")
                return response

    take_context(observed, function)
    return observed
