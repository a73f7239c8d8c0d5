"""Telemetry is exported where a connection string is set, signed in with the managed identity, and nowhere else."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from shared.config import (
    IdentitySettings,
    SettingError,
    Settings,
    TelemetrySettings,
    load_settings,
    silence_exporter,
)
from shared.identity.credentials import CachedSyncCredential
from shared.telemetry.exporting import build_exporters, build_resource, export_telemetry, start_resending
from tests.support.identity_endpoint import CLIENT_ID, run_identity_endpoint
from tests.support.ingestion import serve_ingestion

ROOT = Path(__file__).resolve().parents[2]
CONNECTION_STRING = (
    "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://127.0.0.1:9/;"
    "LiveEndpoint=http://127.0.0.1:9/"
)
IN_AZURE = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": CONNECTION_STRING,
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "ClientId=" + CLIENT_ID + ";Authorization=AAD",
    "WEBSITE_SITE_NAME": "func-seeder",
    "WEBSITE_INSTANCE_ID": "instance-7",
}
QUIET = {"APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "True", "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "True"}
"""The exporter's own statistics and remote control, which would call out."""

STATISTICS = (*QUIET, "APPLICATIONINSIGHTS_SDKSTATS_DISABLED")

SCRIPT = """
import asyncio, json, sys, threading
from shared.services.container import get_services, use_settings
from opentelemetry import metrics, trace
get_services()
get_services()
asyncio.run(use_settings(None))
get_services()
print(json.dumps({
    "sampler": getattr(getattr(trace.get_tracer_provider(), "sampler", None), "get_description", str)(),
    "tracer": type(trace.get_tracer_provider()).__name__,
    "meter": type(metrics.get_meter_provider()).__name__,
    "exporter": "azure.monitor.opentelemetry.exporter" in sys.modules,
    "threads": sum("BatchSpan" in thread.name for thread in threading.enumerate()),
}), flush=True)
import os
os._exit(0)
"""


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


def run_script(script: str, environment: dict[str, str]) -> str:
    """Return what a new process prints."""
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": "/usr/bin"} | QUIET | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout


def run_process(environment: dict[str, str]) -> dict[str, object]:
    """Return what a new process has set up once it got its services."""
    reported: dict[str, object] = json.loads(run_script(SCRIPT, environment))
    return reported


@pytest.mark.processes
def test_without_a_connection_string_nothing_is_set_up_and_nothing_loaded() -> None:
    reported = run_process({})
    assert (reported["tracer"], reported["meter"]) == ("ProxyTracerProvider", "_ProxyMeterProvider")
    assert (reported["exporter"], reported["threads"]) == (False, 0)


@pytest.mark.processes
def test_with_a_connection_string_the_process_gets_its_providers_once() -> None:
    reported = run_process(IN_AZURE)
    assert (reported["tracer"], reported["meter"], reported["exporter"]) == ("TracerProvider", "MeterProvider", True)
    assert reported["threads"] == 1
    assert reported["sampler"] == "AlwaysOnSampler"


@pytest.mark.processes
def test_telemetry_is_there_as_soon_as_the_app_is_loaded() -> None:
    script = """
import function_app, os
from opentelemetry import trace
print(type(trace.get_tracer_provider()).__name__, flush=True)
os._exit(0)
"""
    assert run_script(script, IN_AZURE).split() == ["TracerProvider"]


def test_what_is_refused_during_an_outage_arrives_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("shared.telemetry.exporting.MIN_RETRY_SECONDS", 0.1)
    with serve_ingestion() as ingestion:
        ingestion.status = 403  # taken for an outage, too, and not tried again by the client below the exporter
        settings = TelemetrySettings(connection_string=ingestion.connection_string)
        spans, metrics = build_exporters(settings, IdentitySettings())
        reader = InMemoryMetricReader()
        MeterProvider(metric_readers=[reader]).get_meter("test").create_counter("catalog_seeder.runs").add(1)
        counted = reader.get_metrics_data()
        assert counted is not None
        metrics.export(counted)
        refused, arrived = ingestion.refused, list(ingestion.envelopes)
        ingestion.status = 200
        stop = start_resending(spans, 0.1)
        deadline = time.monotonic() + 300
        while not ingestion.envelopes and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        for exporter in (spans, metrics):
            exporter.shutdown()

    assert (refused, arrived) == (1, [])
    assert [row["Name"] for row in ingestion.read_tables()["AppMetrics"]] == ["catalog_seeder.runs"]


def test_the_exporter_reports_nothing_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in STATISTICS:
        monkeypatch.delenv(name, raising=False)
    silence_exporter()
    assert {name: os.environ[name] for name in STATISTICS} == dict.fromkeys(STATISTICS, "True")


def test_the_exporters_sign_in_with_the_managed_identity_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with run_identity_endpoint() as endpoint:
        for name, value in endpoint.environment.items():
            monkeypatch.setenv(name, value)
        settings = load_settings(IN_AZURE | endpoint.environment)
        sign_in(settings)
    assert {client_id for _, client_id in endpoint.asked} == {CLIENT_ID}


def sign_in(settings: Settings) -> None:
    for exporter in build_exporters(settings.telemetry, settings.identity):
        credential: object = exporter._credential
        assert isinstance(credential, CachedSyncCredential)
        assert credential.get_token("https://monitor.azure.com//.default").token.startswith("token-")
        assert exporter._endpoint == "http://127.0.0.1:9/"
        exporter.shutdown()
        credential.close()


def test_the_identity_of_the_app_is_used_where_the_sign_in_names_none() -> None:
    settings = load_settings(
        IN_AZURE | {"APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=AAD", "AZURE_CLIENT_ID": "of-the-app"}
    )
    assert (settings.telemetry.uses_identity, settings.telemetry.client_id) == (True, "of-the-app")


def test_without_a_sign_in_the_connection_string_is_enough() -> None:
    settings = load_settings({"APPLICATIONINSIGHTS_CONNECTION_STRING": CONNECTION_STRING})
    for exporter in build_exporters(settings.telemetry, settings.identity):
        assert exporter._credential is None
        exporter.shutdown()


def test_app_and_instance_are_named_as_the_alerts_expect_it() -> None:
    attributes = build_resource(load_settings(IN_AZURE).telemetry).attributes
    assert attributes["service.name"] == "func-seeder"
    assert attributes["service.instance.id"] == "instance-7"


def test_a_sign_in_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(SettingError, match="expected Authorization=AAD") as refused:
        load_settings({"APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=Key;Key=secret"})
    assert refused.value.setting == "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"
    assert "secret" not in str(refused.value)


def test_a_connection_string_that_is_none_turns_telemetry_off_and_not_the_app(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: None)
    with caplog.at_level(logging.WARNING, logger="shared"):
        export_telemetry(TelemetrySettings(connection_string="what is this"), IdentitySettings())
    assert "telemetry is off" in caplog.text
    assert "what is this" not in caplog.text


def test_the_connection_string_is_not_shown_with_the_settings() -> None:
    assert CONNECTION_STRING not in repr(load_settings(IN_AZURE))
