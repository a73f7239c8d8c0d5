"""Export spans and metrics to Application Insights. Loaded only if telemetry is on: the import takes half a second.

Uses the exporter without the ``azure-monitor-opentelemetry`` distribution, which adds 22 packages with instrumentations
of web frameworks and HTTP clients. The app does not use them, and they would put addresses of model and store into
telemetry.

Logs are not exported here. The Functions host sends the app's log with the invocation's ids; a second export would
duplicate it. So the worker's own switches (such as ``PYTHON_ENABLE_OPENTELEMETRY``) stay unset.
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
"""How much of its counts an instance can lose when it is removed; the SDK's default is a minute."""

RESEND_INTERVAL_SECONDS = 20.0
"""How often stored telemetry is sent again. The exporter alone retries after its next success only, and an app whose
run has ended exports nothing."""

MIN_RETRY_SECONDS = 10
"""Minimum time before a stored record is sent again; the exporter's default is a minute."""

logger = logging.getLogger(__name__)


def export_telemetry(settings: "TelemetrySettings", identity: "IdentitySettings") -> None:
    """Set up this process's providers to export, unless it has providers already.

    If telemetry cannot be set up, log that and continue without it.

    Args:
        settings: the connection string and the role.
        identity: signs in, if the settings ask for sign-in.
    """
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    try:
        span_exporter, metric_exporter = build_exporters(settings, identity)
    except ValueError as error:
        logger.warning("telemetry is off: %s", error)
        return
    resource = build_resource(settings)
    # Always on, independent of the host's sampling: it keeps five traces a second, and a run is one trace.
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
    """Start a thread that sends stored telemetry again. Both exporters store in one folder, so it sends metrics, too.

    Returns:
        An event that ends the thread.
    """
    stop = threading.Event()

    def resend() -> None:
        while not stop.wait(seconds):
            exporter.export([])  # an empty export succeeds, and then the exporter sends its storage

    threading.Thread(target=resend, name="resend-telemetry", daemon=True).start()
    return stop


def build_exporters(
    settings: "TelemetrySettings", identity: "IdentitySettings"
) -> tuple[AzureMonitorTraceExporter, AzureMonitorMetricExporter]:
    """Return the exporters, with the identity's credential if the settings ask for sign-in. Nothing is sent yet.

    Raises:
        ValueError: the connection string is invalid.
    """
    silence_exporter()
    # Both are passed, even as None; otherwise the exporter reads the environment. Refused telemetry waits in the
    # instance's temporary folder, so that the end of a run is not lost.
    options: dict[str, Any] = {
        "connection_string": settings.connection_string,
        "credential": _build_credential(settings, identity),
        "storage_min_retry_interval": MIN_RETRY_SECONDS,
    }
    return AzureMonitorTraceExporter(**options), AzureMonitorMetricExporter(**options)


def build_resource(settings: "TelemetrySettings") -> Resource:
    """Return the sender. Application Insights shows the name as role and the instance as role instance."""
    instance = settings.role_instance or socket.gethostname()
    return Resource.create(
        {"service.name": settings.role, "service.version": __version__, "service.instance.id": instance}
    )


def _build_credential(settings: "TelemetrySettings", identity: "IdentitySettings") -> object | None:
    if not settings.uses_identity:
        return None
    from shared.identity.credentials import open_sync_credential  # noqa: PLC0415 - not loaded for a key

    return open_sync_credential(replace(identity, client_id=settings.client_id))
