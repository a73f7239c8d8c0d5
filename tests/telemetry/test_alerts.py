"""Which alert fires for which run: the rules' own queries, over what the app's exporter sent of real runs.

The durable host's rows are made here, in the form in which extension 3.19 sent them.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter, AzureMonitorTraceExporter

from shared.config import TelemetrySettings, silence_exporter
from shared.telemetry.exporting import build_resource
from tests.support.alert_rules import APP_NAME, fill_in, load_rules
from tests.support.ingestion import Ingestion, serve_ingestion
from tests.support.kql import Row, run_query
from tests.support.markdown_documents import read
from tests.support.running_app import RunningApp, run_app
from tests.telemetry.conftest import Telemetry, run_to_end
from tests.telemetry.test_the_trace_of_a_run import read_private_texts

RULES = load_rules()
RUN = {"catalog": "toys", "targetCount": 6, "categoryCount": 2, "imageSize": "64x64"}
Tables = dict[str, list[Row]]


class Recorder:
    """Sends what a test's runs tell through the app's exporters, and reads what arrived."""

    def __init__(self, telemetry: Telemetry, ingestion: Ingestion) -> None:
        self._telemetry, self._ingestion = telemetry, ingestion
        silence_exporter()
        options: dict[str, Any] = {
            "connection_string": ingestion.connection_string,
            "credential": None,
            "disable_offline_storage": True,
        }
        self._spans, self._metrics = AzureMonitorTraceExporter(**options), AzureMonitorMetricExporter(**options)

    def read_tables(self) -> Tables:
        self.read_envelopes()
        return self._ingestion.read_tables()

    def read_envelopes(self) -> list[dict[str, Any]]:
        self._spans.export(self._telemetry.spans())
        counted = self._telemetry.reader.get_metrics_data()
        if counted is not None:
            self._metrics.export(counted)
        return self._ingestion.envelopes


@pytest.fixture
def recorder(telemetry: Telemetry) -> Iterator[Recorder]:
    with serve_ingestion() as ingestion:
        yield Recorder(telemetry, ingestion)


def find_fired(tables: Tables) -> set[str]:
    return {name for name, rule in RULES.items() if rule.find_fired(tables)}


def make_root_row(run_id: str, status: str, *, minute: int = 0) -> Row:
    """Return the span of a run's orchestrator as the durable host sends it when the orchestrator has ended."""
    return {
        "TimeGenerated": datetime(2026, 12, 1, 12, minute, tzinfo=UTC),
        "Name": "orchestration:seed_catalog@(1.0)",
        "Success": status == "Completed",
        "DurationMs": 6405.9,
        "Properties": {
            "durabletask.type": "orchestration",
            "durabletask.task.name": "seed_catalog",
            "durabletask.task.instance_id": run_id,
            "durabletask.task.status": status,
        },
    }


def stretch(tables: Tables, over: timedelta) -> None:
    """Let recorded spans take place over a longer time, in the same order."""
    rows = tables["AppDependencies"]
    first = min(row["TimeGenerated"] for row in rows)
    longest = max(row["TimeGenerated"] for row in rows) - first
    for row in rows:
        row["TimeGenerated"] = first + (row["TimeGenerated"] - first) * (over / longest)


async def cancel_once_called(app: RunningApp, kind: str, status: str, count: int, **changes: Any) -> None:
    """Cancel a run, of a request with some changes, when so many calls of a kind were answered with a status."""
    run_id = await app.start(**RUN | changes)
    async with asyncio.timeout(300):
        while app.simulator.stats()["requests"][kind].get(status, 0) < count:  # noqa: ASYNC110 - it does not tell
            await asyncio.sleep(0.05)
    await app.call("POST", f"/api/runs/{run_id}/cancel")
    await app.host.engine.wait_for_completion(run_id)


async def test_a_clean_run_fires_nothing(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, **RUN)

    tables = recorder.read_tables()
    tables["AppRequests"].append(make_root_row(run["runId"], "Completed"))
    assert run["status"] == "Completed"
    assert find_fired(tables) == set()
    stretch(tables, timedelta(minutes=55))
    assert find_fired(tables) == set()


async def test_a_failed_run_fires_with_its_catalog_and_reason(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"apiKey": "another-key"}) as app:
        run = await run_to_end(app, **RUN)

    tables = recorder.read_tables()
    tables["AppRequests"].append(make_root_row(run["runId"], "Completed"))
    assert find_fired(tables) == {"failed-runs"}
    assert RULES["failed-runs"].find_fired(tables) == [
        {"run": run["runId"], "catalog": "toys", "reason": "authentication"}
    ]


@pytest.mark.parametrize("status", ["Failed", "Terminated"])
async def test_a_run_whose_end_the_app_could_not_count_fires_with_its_catalog(
    recorder: Recorder, tmp_path: Path, status: str
) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, **RUN)

    tables = recorder.read_tables()
    tables["AppMetrics"] = [row for row in tables["AppMetrics"] if row["Name"] != "catalog_seeder.runs"]
    tables["AppRequests"].append(make_root_row(run["runId"], status))
    assert find_fired(tables) == {"broken-runs"}
    assert RULES["broken-runs"].find_fired(tables) == [{"run": run["runId"], "catalog": "toys", "status": status}]
    tables["AppDependencies"] = []
    assert RULES["broken-runs"].find_fired(tables) == [{"run": run["runId"], "catalog": None, "status": status}]


async def test_a_broken_run_that_was_resumed_to_its_end_fires_nothing(recorder: Recorder) -> None:
    tables = recorder.read_tables()
    ends = [make_root_row("run-1", "Failed", minute=1), make_root_row("run-1", "Completed", minute=2)]
    tables["AppRequests"] += ends
    assert find_fired(tables) == set()


async def test_a_paused_run_fires_with_the_reason_of_the_pause(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"accountBlockAfter": 2}) as app:
        run_id = await app.start(**RUN, pauseOnBlock=True)
        run = await app.wait(run_id)
        tables = recorder.read_tables()

    assert run["status"] == "Paused"
    assert find_fired(tables) == {"paused-runs"}
    assert RULES["paused-runs"].find_fired(tables) == [
        {"run": run_id, "catalog": "toys", "reason": run["error"]["reason"]}
    ]


async def test_a_run_that_waits_for_an_approval_fires_nothing(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await app.run(**RUN, styleReference={"firstApproved": 1})
        tables = recorder.read_tables()

    assert (run["status"], run["error"]["reason"]) == ("Paused", "awaiting_approval")
    assert find_fired(tables) == set()


@pytest.mark.slow
async def test_a_run_that_only_waits_for_its_quota_fires_although_it_makes_few_calls(
    recorder: Recorder, tmp_path: Path
) -> None:
    async with run_app(tmp_path) as app:
        await run_to_end(app, **RUN, dryRun=True)
        app.simulator.set_faults({"retryAfterSeconds": 0, "rates": {"rate_limited": 1}})
        await cancel_once_called(app, "images", "429", 4)

    tables = recorder.read_tables()
    failures = [
        row
        for row in tables["AppDependencies"]
        if row["Name"] == "generate_image" and row["Properties"]["catalog_seeder.outcome"] == "failed"
    ]
    tables["AppDependencies"] = failures[:3]
    tables["AppMetrics"] = []  # too few calls for a share of refused ones, as in a run that waits between its calls
    assert len(tables["AppDependencies"]) > 1
    assert find_fired(tables) == set()
    stretch(tables, timedelta(minutes=30))
    fired = RULES["no-progress"].find_fired(tables)
    assert find_fired(tables) == {"no-progress"}
    assert [(row["catalog"], row["work"]) for row in fired] == [("toys", "images")]


async def test_a_run_that_is_resumed_after_a_long_pause_does_not_count_the_pause(recorder: Recorder) -> None:
    def at(minutes: float, name: str, outcome: str) -> Row:
        properties = {"run_id": "run-1", "catalog": "toys", "outcome": outcome}
        moment = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        named = {f"catalog_seeder.{key}": value for key, value in properties.items()}
        return {"Name": name, "TimeGenerated": moment, "Properties": named, "AppRoleName": "another"}

    tables = recorder.read_tables()
    paused = [at(0, "generate_image", "made"), at(1, "read_stop", "paused")]
    tables["AppDependencies"] = [*paused, at(45, "resume_run", "done"), at(46, "generate_image", "failed")]
    assert find_fired(tables) == set()
    tables["AppDependencies"] = [*paused, at(2, "resume_run", "done"), at(30, "generate_image", "failed")]
    assert find_fired(tables) == {"no-progress"}


@pytest.mark.slow
async def test_a_run_whose_texts_are_refused_for_half_an_hour_fires(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"retryAfterSeconds": 0, "rates": {"rate_limited": 1}}) as app:
        await cancel_once_called(app, "responses", "429", 2)

    tables = recorder.read_tables()
    tables["AppDependencies"] = [row for row in tables["AppDependencies"] if row["Name"] == "write_categories"]
    stretch(tables, timedelta(minutes=30))
    assert find_fired(tables) == {"no-progress"}
    assert [row["work"] for row in RULES["no-progress"].find_fired(tables)] == ["texts"]


@pytest.mark.slow
async def test_a_run_that_is_throttled_and_moves_fires_nothing(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"retryAfterSeconds": 0, "rates": {"rate_limited": 0.3}}) as app:
        run = await run_to_end(app, **RUN | {"targetCount": 12})
        refused = app.simulator.stats()["requests"]["images"].get("429", 0)

    tables = recorder.read_tables()
    tables["AppRequests"].append(make_root_row(run["runId"], "Completed"))
    stretch(tables, timedelta(minutes=50))
    assert refused
    assert find_fired(tables) == set()


async def test_calls_that_are_mostly_refused_fire(recorder: Recorder) -> None:
    tables = recorder.read_tables()
    for outcome, calls in (("ok", 9.0), ("rate_limited", 11.0)):
        properties = {"kind": "image", "outcome": outcome}
        row = {"Name": "catalog_seeder.model_calls", "Sum": calls, "Properties": properties, "AppRoleName": "another"}
        tables["AppMetrics"].append(row)
    assert find_fired(tables) == {"rate-limited-calls"}


async def test_a_cancelled_run_fires_nothing(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"latencySeconds": {"text": 0.05, "image": 0.2}}) as app:
        await cancel_once_called(app, "images", "200", 1, targetCount=40, parallelImageRequests=1)

    tables = recorder.read_tables()
    stretch(tables, timedelta(minutes=20))
    statuses = [row["Properties"]["status"] for row in tables["AppMetrics"] if row["Name"] == "catalog_seeder.runs"]
    assert statuses == ["Cancelled"]
    assert find_fired(tables) == set()


async def test_a_run_over_its_budget_fires_nothing(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await run_to_end(app, **RUN | {"imageSize": "1024x1024"}, maxCostUsd=0.02, acceptEstimate=True)

    tables = recorder.read_tables()
    tables["AppRequests"].append(make_root_row(run["runId"], "Completed"))
    assert (run["status"], run["error"]["reason"]) == ("CompletedWithFailures", "budget")
    assert find_fired(tables) == set()


def test_the_daily_cap_of_the_workspace_fires() -> None:
    tables: Tables = {name: [] for name in ("AppMetrics", "AppDependencies", "AppRequests")}
    detail = "The daily limit of 1 GB is reached: OverQuota, data collection stopped"
    other = {"Category": "Ingestion", "Detail": "Data of type AppTraces was delayed"}
    assert find_fired(tables | {"_LogOperation": [other]}) == set()
    assert find_fired(tables | {"_LogOperation": [{"Category": "Ingestion", "Detail": detail}]}) == {"daily-cap"}


def test_instances_are_counted_once_however_many_senders_each_has() -> None:
    def send(name: str, instance: int, **properties: str) -> Row:
        row = {"AppRoleName": APP_NAME, "AppRoleInstance": f"machine-{instance}", "Name": name}
        return row | {"TimeGenerated": datetime(2026, 12, 1, tzinfo=UTC), "Properties": properties}

    def count(instances: int) -> float:
        workers = [send("catalog_seeder.images", number) for number in range(instances)]
        hosts = [send("process.cpu.time", 100 + number) for number in range(instances)]
        (row,) = run_query(RULES["many-instances"].query, {"AppMetrics": workers + hosts, "AppDependencies": []})
        return float(row["value"])

    assert (count(6), count(11)) == (6, 11)
    assert RULES["many-instances"].threshold == 10


def test_worker_and_host_are_the_same_instance_by_name() -> None:
    attributes = [build_resource(TelemetrySettings()).attributes for _process in range(2)]
    assert attributes[0]["service.instance.id"] == attributes[1]["service.instance.id"]


def test_each_query_of_the_workbook_runs_over_what_the_app_sends(recorder: Recorder, tmp_path: Path) -> None:
    async def run() -> None:
        async with run_app(tmp_path, faults={"rates": {"content_policy": 0.3}}) as app:
            await run_to_end(app, **RUN)

    asyncio.run(run())
    tables = recorder.read_tables()
    workbook = json.loads((Path(__file__).parents[2] / "infra/modules/workbook.json").read_text(encoding="utf-8"))
    charts = {item["name"]: item["content"]["query"] for item in workbook["items"] if item["type"] == 3}
    rows = {name: run_query(fill_in(query).replace("{Period:grain}", "1h"), tables) for name, query in charts.items()}
    assert [row["status"] for row in rows["runs"]] == ["CompletedWithFailures"]
    assert sum(row["images"] for row in rows["images"]) > 0
    assert {(row["service"], row["reason"]) for row in rows["failures"]} == {("image", "content_policy")}
    assert {row["service"] for row in rows["cost"]} == {"text", "image"}
    assert rows["attention"] == []


@pytest.mark.slow
async def test_no_text_of_an_item_and_no_words_of_others_are_in_any_envelope(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: object, **__: object) -> None:
        raise LookupError("words of a library, a prompt among them")

    monkeypatch.setattr("activities.publish_catalog.run_publish_catalog", break_down)
    monkeypatch.setattr("shared.limits.retry_policy.LOST_WORKER_WAITS_SECONDS", (0.02, 0.02))
    faults = {"retryAfterSeconds": 0, "rates": {"rate_limited": 0.2, "content_policy": 0.2, "bad_image": 0.2}}
    async with run_app(tmp_path, faults=faults) as app:
        await run_to_end(app, **RUN)
        private = read_private_texts(app) | {"words of a library"}

    sent = json.dumps(recorder.read_envelopes(), ensure_ascii=False)
    assert "LookupError" in sent
    assert [text for text in private if text in sent] == []


async def test_the_queries_of_the_docs_answer_what_they_promise(recorder: Recorder, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"retryAfterSeconds": 0, "rates": {"content_policy": 0.4}}) as app:
        run = await run_to_end(app, **RUN | {"targetCount": 8})

    tables = recorder.read_tables()
    made = next(row for row in tables["AppDependencies"] if row["Properties"].get("catalog_seeder.outcome") == "made")
    texts = re.findall(r"^```kusto\n(.*?)^```$", read("docs/reference/telemetry.md"), flags=re.MULTILINE | re.DOTALL)
    cost, percentiles, slowest, failures, _restarts = (run_query(text, tables) for text in texts)
    tables["AppDependencies"].append(
        made
    )  # as if a worker had died after this image, and another one had made it again
    restarts = run_query(texts[-1], tables)

    assert sum(row["usd"] for row in cost) == pytest.approx(run["cost"]["usd"], abs=0.0001)
    assert {row["Name"] for row in percentiles} >= {"generate_image", "write_batch"}
    assert all(0 < row["p50"] <= row["p95"] <= row["slowest"] for row in percentiles)
    assert slowest[0]["seconds"] == max(row["slowest"] for row in percentiles)
    refused = {row["Name"]: row["executions"] for row in failures if row["reason"] == "content_policy"}
    assert refused["generate_image"] == run["progress"]["images"]["failed"] > 0
    assert [(row["run"], row["paidAgain"]) for row in restarts] == [(run["runId"], 1)]
    assert restarts[0]["usdAgain"] == pytest.approx(float(made["Properties"]["catalog_seeder.cost_usd"]))
