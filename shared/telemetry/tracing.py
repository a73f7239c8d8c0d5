"""Spans: one around an HTTP function's change or an activity, in the trace that the host hands in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

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
    """W3C trace context of an invocation, as the worker tells it."""

    trace_parent: str
    trace_state: str


class InvocationContext(Protocol):
    """What of ``azure.functions.Context`` is used."""

    trace_context: TraceContext


@contextmanager
def join_trace(invocation: InvocationContext) -> Iterator[None]:
    """Make the host's span the current one: what is started inside belongs to its trace.

    The Python worker does not do it by itself. Where telemetry is off it still matters: the durable client sends the
    current trace on, and so a run's activities stay in the trace of the call that started it.
    """
    trace_context = invocation.trace_context
    carrier = {"traceparent": trace_context.trace_parent or "", "tracestate": trace_context.trace_state or ""}
    # On an empty context: an invocation without a trace begins one, whatever its host was busy with.
    token = current_context.attach(_propagator.extract(carrier, Context()))
    try:
        yield
    finally:
        current_context.detach(token)


@contextmanager
def start_span(name: str) -> Iterator[Span]:
    """Run a block in a span; what it raises is told by its type, and by its message only if the error is ours.

    Messages of other errors may quote what was read: a prompt, a draft, an address. The span is an internal one, since
    the host's own span tells of the request or the queue.
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
    """Set attributes; those without a value are left out."""
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})


def set_run_attributes(run_id: str, catalog: str) -> None:
    """Tell the current span which run it is about."""
    set_attributes(trace.get_current_span(), {Attribute.RUN_ID: run_id, Attribute.CATALOG: catalog})


def mark_failed(span: Span, why: str) -> None:
    """Give a span the status error: something failed for good, or nobody expected it."""
    span.set_status(Status(StatusCode.ERROR, why))
