"""One run is one trace, with a span for every attempt; read from the in-memory exporter."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from cli.main import run_command_line
from durable_emulator.engine import EngineStoppedError
from durable_emulator.engine.fault_injection import FaultInjector, SimulatedKillError
from shared.telemetry.names import Attribute
from tests.support.running_app import RunningApp, run_app
from tests.telemetry.conftest import Telemetry, run_to_end

QUICK_RETRY = {"retryAfterSeconds": 0}
CALLERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class KilledAfterAImage(FaultInjector):
    """Kills the engine when an image was made and before its result is recorded."""

    def loses_result(self, activity: str) -> bool:
        if activity == "generate_image":
            raise SimulatedKillError
        return False


class DeliveredTwice(FaultInjector):
    def count_deliveries(self, activity: str) -> int:
        return 2 if activity == "generate_image" else 1


def find_traces(spans: list[ReadableSpan]) -> set[int]:
    return {span.context.trace_id for span in spans if span.context is not None}


def look_up(span: ReadableSpan, attribute: Attribute) -> Any:
    return (span.attributes or {}).get(attribute)


def list_texts(span: ReadableSpan) -> Iterator[str]:
    """Yield everything of a span that a person could read."""
    yield span.name
    yield span.status.description or ""
    for metadata in (span.attributes, *(event.attributes for event in span.events)):
        for name, value in (metadata or {}).items():
            yield name
            yield str(value)


def read_private_texts(app: RunningApp) -> set[str]:
    """Return what the items say, those without an image too: names, descriptions, prompts, categories."""
    batches = (app.folder / "catalogs/toys/state/batches").iterdir()
    items = [item for batch in batches for item in json.loads(batch.read_text(encoding="utf-8"))["items"]]
    return {item[field] for item in items for field in ("name", "description", "imagePrompt", "category")}


async def test_a_run_is_one_trace_below_the_call_that_started_it(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_to_end(app, targetCount=5, categoryCount=2)

    spans = telemetry.spans()
    (start,) = telemetry.spans("post_run")
    assert len(find_traces(spans)) == 1
    assert start.context is not None
    others = [span for span in spans if span is not start]
    assert {span.parent.span_id for span in others if span.parent is not None} == {start.context.span_id}
    assert all(span.parent is not None for span in others)
    assert {span.name for span in others} == {
        "prepare_run",
        "write_categories",
        "write_batch",
        "close_items",
        "claim_work_page",
        "generate_image",
        "publish_catalog",
        "render_contact_sheet",
        "close_run",
    }


async def test_every_span_names_run_and_catalog(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, targetCount=3, categoryCount=1)

    for span in telemetry.spans():
        assert look_up(span, Attribute.RUN_ID) == run["runId"], span.name
        assert look_up(span, Attribute.CATALOG) == "toys", span.name


@pytest.mark.parametrize(("call", "function"), [("cancel", "cancel_run"), ("resume", "resume_paused_run")])
async def test_the_span_of_a_refused_call_names_run_and_catalog(
    telemetry: Telemetry, tmp_path: Path, call: str, function: str
) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, targetCount=1, categoryCount=1)
        refused = await app.call("POST", f"/api/runs/{run['runId']}/{call}")

    (span,) = telemetry.spans(function)
    assert refused.status == 409
    assert (look_up(span, Attribute.RUN_ID), look_up(span, Attribute.CATALOG)) == (run["runId"], "toys")


async def test_the_callers_trace_is_continued(telemetry: Telemetry, tmp_path: Path) -> None:
    request = {"catalog": "toys", "targetCount": 2, "categoryCount": 1, "imageSize": "64x64"}
    async with run_app(tmp_path) as app:
        caller = f"00-{CALLERS_TRACE}-00f067aa0ba902b7-01"
        answer = await app.call("POST", "/api/runs", request, traceparent=caller)
        await app.host.engine.wait_for_completion(answer.body["runId"])

    assert {f"{trace:032x}" for trace in find_traces(telemetry.spans())} == {CALLERS_TRACE}


async def test_a_trace_that_cannot_be_read_does_not_tear_the_run_apart(telemetry: Telemetry, tmp_path: Path) -> None:
    request = {"catalog": "toys", "targetCount": 2, "categoryCount": 1, "imageSize": "64x64"}
    async with run_app(tmp_path) as app:
        answer = await app.call("POST", "/api/runs", request, traceparent="no trace")
        await app.host.engine.wait_for_completion(answer.body["runId"])

    assert len(find_traces(telemetry.spans())) == 1


async def test_two_runs_are_two_traces(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        first = await run_to_end(app, targetCount=2, categoryCount=1)
        second = await run_to_end(app, targetCount=3, categoryCount=1)

    by_run = {
        run["runId"]: find_traces([s for s in telemetry.spans() if look_up(s, Attribute.RUN_ID) == run["runId"]])
        for run in (first, second)
    }
    assert [len(traces) for traces in by_run.values()] == [1, 1]
    assert not by_run[first["runId"]] & by_run[second["runId"]]


async def test_a_run_stays_in_its_trace_when_its_host_dies_and_another_one_takes_it_up(
    telemetry: Telemetry, tmp_path: Path
) -> None:
    async with run_app(tmp_path, engine_faults=KilledAfterAImage()) as app:
        run_id = await app.start(targetCount=4, categoryCount=1)
        with pytest.raises(EngineStoppedError):
            await app.host.engine.wait_for_completion(run_id)
    made_before = len(telemetry.spans("generate_image"))
    assert telemetry.spans("close_run") == []

    async with run_app(tmp_path) as again:
        await again.host.engine.wait_for_completion(run_id)

    assert len(telemetry.spans("generate_image")) > made_before > 0
    assert len(find_traces(telemetry.spans())) == 1


@pytest.mark.slow
async def test_each_attempt_for_an_image_has_a_span_with_its_reason_and_is_no_error(
    telemetry: Telemetry, tmp_path: Path
) -> None:
    async with run_app(tmp_path, faults=QUICK_RETRY | {"rates": {"rate_limited": 0.4}}) as app:
        run = await run_to_end(app, targetCount=8, categoryCount=1)
        stats = app.simulator.stats()

    assert run["status"] == "Completed"
    spans = telemetry.spans("generate_image")
    assert len(spans) == sum(stats["requests"]["images"].values())
    by_item: dict[str, list[ReadableSpan]] = {}
    for span in spans:
        by_item.setdefault(look_up(span, Attribute.PRODUCT_ID), []).append(span)
    assert len(by_item) == 8
    assert any(len(attempts) > 1 for attempts in by_item.values())
    for attempts in by_item.values():
        assert [look_up(span, Attribute.ATTEMPT) for span in attempts] == list(range(len(attempts)))
        *failed, made = attempts
        assert {look_up(span, Attribute.REASON) for span in failed} <= {"rate_limited"}
        assert all(look_up(span, Attribute.RETRY_AFTER_SECONDS) == 0 for span in failed)
        assert (look_up(made, Attribute.OUTCOME), look_up(made, Attribute.REASON)) == ("made", None)
        assert look_up(made, Attribute.COST_USD) > 0
        assert look_up(made, Attribute.OUTPUT_TOKENS) > 0
    assert {span.status.status_code for span in telemetry.spans()} == {StatusCode.UNSET}


async def test_an_image_that_is_refused_permanently_is_an_error_with_its_reason(
    telemetry: Telemetry, tmp_path: Path
) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.5}}) as app:
        run = await run_to_end(app, targetCount=16, categoryCount=1)

    refused = run["failures"]["content_policy"]
    for name in ("generate_image", "record_failed_image"):
        errors = [span for span in telemetry.spans(name) if span.status.status_code is StatusCode.ERROR]
        assert [(look_up(span, Attribute.REASON), span.status.description) for span in errors] == [
            ("content_policy", "content_policy")
        ] * refused


async def test_a_run_that_failed_ends_in_an_error(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"apiKey": "another-key"}) as app:
        run = await run_to_end(app, targetCount=3, categoryCount=1)

    (end,) = telemetry.spans("close_run")
    assert (run["status"], look_up(end, Attribute.STATUS)) == ("Failed", "Failed")
    assert (end.status.status_code, end.status.description) == (StatusCode.ERROR, "authentication")


@pytest.mark.slow
async def test_no_secret_no_prompt_and_no_text_of_an_item_is_reported(
    telemetry: Telemetry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faults = QUICK_RETRY | {
        "rates": {"rate_limited": 0.2, "content_policy": 0.2, "bad_image": 0.2, "server_error": 0.1}
    }
    async with run_app(tmp_path, faults=faults, functions_key="a-functions-key") as app:
        caplog.set_level("DEBUG", logger="catalog_seeder")
        keyed = {"x-functions-key": "a-functions-key"}
        request = {"catalog": "toys", "targetCount": 6, "categoryCount": 2, "imageSize": "64x64", "maxRetries": 2}
        answer = await app.call("POST", "/api/runs?code=a-functions-key", request, **keyed)
        await app.host.engine.wait_for_completion(answer.body["runId"])
        private = read_private_texts(app) | {"a-test-key", "a-functions-key", app.simulator.url}

    reported = [text for span in telemetry.spans() for text in list_texts(span)]
    logged = [record.getMessage() for record in caplog.records if record.name == "catalog_seeder"]
    assert len(private) > 20
    assert any("outcome=made" in line for line in logged)
    for secret in private:
        assert not [text for text in (*reported, *logged) if secret in text], secret


@pytest.mark.processes
def test_the_command_line_makes_one_trace_a_run(telemetry: Telemetry, tmp_path: Path) -> None:
    small = ("--target-count", "4", "--category-count", "2", "--image-size", "64x64")
    assert run_command_line(["run", "--offline", "--json", "--output-dir", str(tmp_path), *small]) == 0

    spans = telemetry.spans()
    assert len(find_traces(spans)) == 1
    assert [look_up(span, Attribute.ATTEMPT) for span in spans if span.name == "generate_image"] == [0] * 4


async def test_reading_a_status_makes_no_span(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.call("GET", "/api/runs")
        await app.call("GET", "/api/health")
        await app.call("GET", "/api/runs/nothing")

    assert telemetry.spans() == []


async def test_a_refused_change_reports_its_http_status(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.call("POST", "/api/catalogs/nothing/prune")

    (span,) = telemetry.spans()
    assert (span.name, look_up(span, Attribute.HTTP_STATUS)) == ("prune", 404)
    assert span.status.status_code is StatusCode.UNSET


async def test_an_activity_that_is_delivered_twice_counts_its_cost_once(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path, engine_faults=DeliveredTwice()) as app:
        run = await run_to_end(app, targetCount=4, categoryCount=1)

    assert len(telemetry.spans("generate_image")) == 8
    assert telemetry.total("catalog_seeder.cost_usd") == pytest.approx(run["cost"]["usd"], abs=0.0001)
