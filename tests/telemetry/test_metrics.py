"""What runs come to in metrics, and that alerts and workbook know the same names."""

from pathlib import Path

import pytest

from shared.telemetry.names import Metric
from tests.support.batch_lab import lab
from tests.support.bicep import read_bicep
from tests.support.input_rows import make_products
from tests.support.running_app import run_app
from tests.telemetry.conftest import Telemetry, run_to_end

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
async def test_a_run_with_failures_is_counted_by_its_status(telemetry: Telemetry, tmp_path: Path) -> None:
    faults = {"retryAfterSeconds": 0, "rates": {"rate_limited": 0.6, "content_policy": 0.5, "forbidden_words": 1}}
    async with run_app(tmp_path, faults=faults) as app:
        run = await run_to_end(app, targetCount=10, categoryCount=2, batchSize=5)
        requests = app.simulator.stats()["requests"]["images"]

    images, items = run["progress"]["images"], run["progress"]["items"]
    assert telemetry.total(Metric.RUNS, status=run["status"]) == telemetry.total(Metric.RUNS) == 1
    assert telemetry.total(Metric.IMAGES, outcome="made") == images["done"]
    assert telemetry.total(Metric.IMAGES, outcome="failed", reason="content_policy") == images["failed"] > 0
    assert telemetry.total(Metric.ITEMS, outcome="accepted") == items["accepted"] == 10
    assert telemetry.total(Metric.ITEMS, outcome="rejected") == items["rejected"] > 0
    assert telemetry.total(Metric.ITEMS, reason="forbidden_word") == items["rejected"]
    assert telemetry.total(Metric.BATCHES, outcome="done") == len(
        list((tmp_path / "catalogs/toys/state/batches").iterdir())
    )
    assert telemetry.total(Metric.MODEL_CALLS, kind="image", outcome="ok") == requests["200"]
    assert telemetry.total(Metric.MODEL_CALLS, kind="image", outcome="rate_limited") == requests["429"] > 0
    assert telemetry.total(Metric.MODEL_CALLS, kind="image", outcome="content_policy") == requests["400"]
    assert telemetry.total(Metric.RETRIES, activity="generate_image", reason="rate_limited") == requests["429"]
    assert telemetry.total(Metric.RETRIES, reason="content_policy") == 0
    assert telemetry.total(Metric.MODEL_CALL_SECONDS) == telemetry.total(Metric.MODEL_CALLS)
    assert telemetry.total(Metric.COST_USD) == pytest.approx(run["cost"]["usd"], abs=0.0001)
    assert telemetry.total(Metric.COST_USD, kind="text") > 0 < telemetry.total(Metric.COST_USD, kind="image")


async def test_evaluations_are_counted_apart_from_text_and_image_calls(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 1}) as app:
        run = await run_to_end(app, targetCount=3, categoryCount=1, refine={"iterations": 2, "acceptScore": 100})
        requests = app.simulator.stats()["requests"]

    seen, written = (telemetry.total(Metric.MODEL_CALLS, kind=kind, outcome="ok") for kind in ("vision", "text"))
    assert seen == 6
    assert seen + written == requests["responses"]["200"]
    costs = {kind: telemetry.total(Metric.COST_USD, kind=kind) for kind in ("text", "vision", "image")}
    assert min(costs.values()) > 0
    assert sum(costs.values()) == pytest.approx(run["cost"]["usd"], abs=0.0001)


async def test_images_that_are_there_are_counted_as_kept(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await run_to_end(app, targetCount=3, categoryCount=1)
        await run_to_end(app, targetCount=4, categoryCount=1)

    assert telemetry.total(Metric.IMAGES, outcome="made") == 4
    assert telemetry.total(Metric.COST_USD, kind="image") > 0


async def test_why_a_run_failed_is_counted(telemetry: Telemetry, tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"apiKey": "another-key"}) as app:
        await run_to_end(app, targetCount=3, categoryCount=1)

    assert telemetry.total(Metric.RUNS, status="Failed", reason="authentication") == 1
    assert telemetry.total(Metric.RETRIES) == 0


def test_alerts_and_workbook_know_the_metrics_by_these_names() -> None:
    alerts = read_bicep(ROOT / "infra" / "modules" / "alerts.bicep")
    assert alerts.parameters["metrics"].default == {
        "runs": Metric.RUNS,
        "pauses": Metric.PAUSES,
        "images": Metric.IMAGES,
        "modelCalls": Metric.MODEL_CALLS,
        "cost": Metric.COST_USD,
    }


def test_every_metric_is_of_this_app() -> None:
    assert all(metric.startswith("catalog_seeder.") for metric in Metric)


@pytest.mark.slow
async def test_the_cost_of_batches_is_counted_by_kind(telemetry: Telemetry, tmp_path: Path) -> None:
    request = {"source": "products", "promptWriter": "model", "textMode": "batch"}
    async with lab(tmp_path, request=request, rows=make_products(4), items=4, batches={"seconds": 0.5}) as here:
        await here.run()
        summary = await here.check()
    costs = {kind: telemetry.total(Metric.COST_USD, kind=kind) for kind in ("text", "image")}
    assert min(costs.values()) > 0
    assert sum(costs.values()) == pytest.approx(summary["cost"]["usd"], abs=0.0001)
    assert telemetry.total(Metric.MODEL_CALLS, kind="prompt_batch", outcome="ok") == 1
