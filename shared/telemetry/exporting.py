"""Sends spans and metrics to Application Insights. Loaded only where that is asked for: it costs half a second.

Built on the exporter alone, without the ``azure-monitor-opentelemetry`` distribution on top of it: that one adds 22
packages with instrumentations of web frameworks and HTTP clients which this app does not use, and which would put
addresses of model and store into telemetry.

Logs are not exported here. What the app logs goes to the Functions host, which sends it on with the invocation's ids; a
second way would double it. So the worker's own switches (``PYTHON_ENABLE_OPENTELEMETRY`` and its like) stay unset.
"""

import logging
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter, AzureMonitorTraceExporter
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from shared.config import silence_exporter
from shared.telemetry.flushing import register_flush
from shared.version import __version__

if TYPE_CHECKING:
    from shared.config import IdentitySettings, TelemetrySettings

METRIC_INTERVAL_MILLISECONDS = 30_000
"""What an instance that is taken away may lose of its counts; the SDK's own choice is a minute."""

RESEND_INTERVAL_SECONDS = 20.0
"""How often what could not be sent is tried again. The exporter itself does so after its next success only, and an app
whose run has ended sends nothing any more."""

MIN_RETRY_SECONDS = 10
"""How long at least a record that could not be sent is left alone; the exporter's own choice is a minute."""

logger = logging.getLogger(__name__)


def export_telemetry(settings: "TelemetrySettings", identity: "IdentitySettings") -> None:
    """Give this process providers that export; where it has some already, they stay.

    Telemetry that cannot be set up is logged, and the app goes on without it.

    Args:
        settings: where telemetry goes.
        identity: who signs in there, if the settings ask for that.
    """
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    try:
        span_exporter, metric_exporter = build_exporters(settings, identity)
    except ValueError as error:
        logger.warning("telemetry is off: %s", error)
        return
    resource = build_resource(settings)
    # Always on, whatever the host decided for the trace: it keeps five traces a second, and a run is a single one.
    tracer_provider = TracerProvider(resource=resource, sampler=ALWAYS_ON)
    tracer_provider.add_span_processor(BatchSpanProcessor(span_exporter))
    trace.set_tracer_provider(tracer_provider)
    reader = PeriodicExportingMetricReader(metric_exporter, export_interval_millis=METRIC_INTERVAL_MILLISECONDS)
    meter_provider = MeterProvider(metric_readers=[reader], resource=resource)
    metrics.set_meter_provider(meter_provider)
    register_flush(meter_provider.force_flush)
    register_flush(tracer_provider.force_flush)
    start_resending(span_exporter, RESEND_INTERVAL_SECONDS)


def start_resending(exporter: AzureMonitorTraceExporter, seconds: float) -> threading.Event:
    """Send again and again what is stored for another try, metrics too: both exporters store in the same folder.

    Returns:
        Set it to end the thread.
    """
    stop = threading.Event()

    def resend() -> None:
        while not stop.wait(seconds):
            exporter.export([])  # nothing new, and so a success, after which it empties its storage

    threading.Thread(target=resend, name="resend-telemetry", daemon=True).start()
    return stop


def build_exporters(
    settings: "TelemetrySettings", identity: "IdentitySettings"
) -> tuple[AzureMonitorTraceExporter, AzureMonitorMetricExporter]:
    """Return the exporters, signed in with the identity if the settings say so. Nothing is sent yet.

    Raises:
        ValueError: the connection string is none.
    """
    silence_exporter()
    # Both are given, even as None: the exporter would read the environment itself. What is refused for a while waits in
    # the instance's temporary folder; the end of a run is worth it.
    options: dict[str, Any] = {
        "connection_string": settings.connection_string,
        "credential": _build_credential(settings, identity),
        "storage_min_retry_interval": MIN_RETRY_SECONDS,
    }
    return AzureMonitorTraceExporter(**options), AzureMonitorMetricExporter(**options)


def build_resource(settings: "TelemetrySettings") -> Resource:
    """Return who sends: Application Insights shows the name as role and the instance as role instance."""
    instance = settings.role_instance or socket.gethostname()
    return Resource.create(
        {"service.name": settings.role, "service.version": __version__, "service.instance.id": instance}
    )


def _build_credential(settings: "TelemetrySettings", identity: "IdentitySettings") -> object | None:
    if not settings.uses_identity:
        return None
    from shared.identity.credentials import open_sync_credential  # noqa: PLC0415 - not loaded for a key

    return open_sync_credential(replace(identity, client_id=settings.client_id))
