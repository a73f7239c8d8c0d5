"""Spans in the host's trace: join it, start spans, set attributes."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import azure.functions as func
from opentelemetry import context as current_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.errors import CatalogSeederError
from shared.telemetry.names import SCOPE, Attribute

Value = str | int | float | None

_tracer = trace.get_tracer(SCOPE)
_propagator = TraceContextTextMapPropagator()


class TraceContext(Protocol):
    """The W3C trace context of an invocation, from the worker."""

    trace_parent: str
    trace_state: str


class InvocationContext(Protocol):
    """The used part of ``azure.functions.Context``."""

    trace_context: TraceContext


@contextmanager
def join_trace(invocation: InvocationContext) -> Iterator[None]:
    """Make the host's span the current one, so that spans inside the block belong to its trace.

    The Python worker does not do this. It matters without telemetry, too: the durable client passes the current trace
    on, so that a run's activities stay in the trace of the call that started it.
    """
    trace_context = invocation.trace_context
    carrier = {"traceparent": trace_context.trace_parent or "", "tracestate": trace_context.trace_state or ""}
    # On an empty context, so that an invocation without a trace starts its own.
    token = current_context.attach(_propagator.extract(carrier, Context()))
    try:
        yield
    finally:
        current_context.detach(token)


def add_context_parameter(wrapper: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Give a wrapper the function's signature and one more parameter, ``context``, which `join_trace` needs.

    The worker passes the invocation's context to functions that have a parameter of that name and of the type
    ``azure.functions.Context``. It reads signature and annotations, so ``functools.wraps`` alone would hide it.
    """
    signature = inspect.signature(function)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=func.Context)
    wrapper.__module__ = function.__module__
    wrapper.__name__ = function.__name__
    wrapper.__qualname__ = function.__qualname__
    wrapper.__doc__ = function.__doc__
    wrapper.__annotations__ = function.__annotations__ | {"context": func.Context}
    wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]  # inspect's documented way
        parameters=[*signature.parameters.values(), context],
    )


@contextmanager
def start_span(name: str) -> Iterator[Span]:
    """Run a block in a span. It records the type of an error, and the message only if the error is ours.

    Messages of other errors may quote a prompt, a draft or an address. The span is an internal one, because the host's
    span describes the request or the queue.
    """
    with _tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
        try:
            yield span
        except Exception as error:
            attributes: dict[Attribute, Value] = {Attribute.EXCEPTION_TYPE: type(error).__name__}
            if isinstance(error, CatalogSeederError):
                attributes[Attribute.EXCEPTION_MESSAGE] = " ".join(str(error).split())[:300]
            span.add_event("exception", {name: value for name, value in attributes.items() if value is not None})
            mark_failed(span, type(error).__name__)
            raise


def set_attributes(span: Span, attributes: Mapping[Attribute, Value]) -> None:
    """Set attributes; those without a value are omitted."""
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})


def set_run_attributes(run_id: str, catalog: str) -> None:
    """Set the run's id and catalog on the current span."""
    set_attributes(trace.get_current_span(), {Attribute.RUN_ID: run_id, Attribute.CATALOG: catalog})


def mark_failed(span: Span, why: str) -> None:
    """Set a span's status to error: something failed finally, or unexpectedly."""
    span.set_status(Status(StatusCode.ERROR, why))
