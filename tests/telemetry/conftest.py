"""Telemetry in memory, and small runs that make some."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cli.log_output import NOISY_LIBRARIES
from shared.telemetry.run_log import APP_LOGGERS, VERBOSE_LIBRARIES
from tests.support.running_app import RunningApp


@dataclass(frozen=True, slots=True)
class Point:
    """What a metric came to for one set of dimensions: a sum, or the count of a histogram."""

    name: str
    dimensions: dict[str, Any]
    value: float


@dataclass(slots=True)
class Telemetry:
    """Telemetry since the test began."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    _points: list[Point] = field(default_factory=list)

    def clear(self) -> None:
        self.exporter.clear()
        self.reader.get_metrics_data()
        self._points.clear()

    def spans(self, name: str | None = None) -> list[ReadableSpan]:
        """Return the ended spans of a name, or all, in the order of their starts."""
        ended = [span for span in self.exporter.get_finished_spans() if name in (None, span.name)]
        return sorted(ended, key=lambda span: span.start_time or 0)

    def points(self, name: str) -> list[Point]:
        """Return what a metric came to."""
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for row in metric.data.data_points:
                        value = getattr(row, "value", None)
                        amount = row.count if value is None else value  # type: ignore[union-attr]
                        self._points.append(Point(metric.name, dict(row.attributes or {}), amount))
        return [point for point in self._points if point.name == name]

    def total(self, name: str, **dimensions: str) -> float:
        """Return the sum of a metric over all points that have these dimensions."""
        found = [point for point in self.points(name) if dimensions.items() <= point.dimensions.items()]
        return sum(point.value for point in found)


@pytest.fixture(autouse=True)
def _leave_the_log_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *NOISY_LIBRARIES, *APP_LOGGERS, *VERBOSE_LIBRARIES)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


async def run_to_end(app: RunningApp, **request: object) -> dict[str, Any]:
    """Start a run and return its status once its last activity has returned, which is after its summary is there."""
    run_id = await app.start(**request)
    await app.host.engine.wait_for_completion(run_id)
    return await app.wait(run_id)


@pytest.fixture(scope="session")
def process_telemetry() -> Telemetry:
    """Give the process its providers; OpenTelemetry allows it once."""
    exporter = InMemorySpanExporter()
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(tracer_provider)
    delta = AggregationTemporality.DELTA
    reader = InMemoryMetricReader(preferred_temporality={Counter: delta, Histogram: delta})
    metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
    return Telemetry(exporter, reader)


@pytest.fixture
def telemetry(process_telemetry: Telemetry) -> Iterator[Telemetry]:
    """What the test's own run tells."""
    process_telemetry.clear()
    yield process_telemetry
    process_telemetry.clear()
