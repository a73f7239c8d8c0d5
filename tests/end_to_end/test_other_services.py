"""Whole runs with one provider for text and another one for images."""

from pathlib import Path

import fal_client.client
import pytest

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.config import ModelSettings
from shared.models.provider_names import Provider, ProviderAccess
from tests.end_to_end.test_refining import check_item, read_summaries
from tests.support.running_app import FAST, run_app

pytestmark = pytest.mark.slow

KEY = "a-key-of-another-service"
RATES = {"rate_limited": 0.2, "server_error": 0.05, "bad_image": 0.1, "truncated_json": 0.1}


def use_gemini_and_fal(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> ModelSettings:
    """Return settings with one provider for text and vision, and another one for images."""
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{simulator.url}/fal/")
    return ModelSettings(
        text_provider=Provider.GEMINI,
        text_deployment="gemini-3.5-flash",
        vision_provider=Provider.GEMINI,
        vision_deployment="gemini-3.1-flash-lite",
        gemini=ProviderAccess(f"{simulator.url}/v1beta/openai", KEY),
        image_provider=Provider.FAL,
        image_deployment="fal-ai/fast-lightning-sdxl",
        fal_key=KEY,
    )


async def test_gemini_for_text_and_fal_for_images_complete_a_catalog_through_all_transient_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {"latencySeconds": FAST, "rates": RATES, "retryAfterSeconds": 0, "apiKey": KEY}
    async with running_simulator(faults=faults) as simulator:
        model = use_gemini_and_fal(simulator, monkeypatch)
        async with run_app(tmp_path, simulator=simulator, model=model) as app:
            status = await app.run(targetCount=12, categoryCount=3, batchSize=6, imageFormat="jpeg")
            health = await app.call("GET", "/api/health/details")
            catalog = app.read("catalogs/toys/catalog.json")
            orders = sorted(file.stem for file in (tmp_path / "runs" / status["runId"] / "requests").iterdir())
        stats = simulator.stats()
    assert (status["status"], status["failures"]) == ("Completed", {})
    assert orders == sorted(row["productId"] for row in catalog)
    assert stats["billedImageCount"] == status["cost"]["imageCalls"] >= 12
    assert status["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
    assert (health.status, health.body["model"]["probe"]) == (200, "reached")
    assert [health.body["model"][f"{kind}Provider"] for kind in ("text", "vision", "image")] == [
        "gemini",
        "gemini",
        "fal",
    ]
    assert health.body["model"]["visionDeployment"] == "gemini-3.1-flash-lite"


async def test_images_that_fal_generates_again_are_separate_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {"latencySeconds": FAST, "apiKey": KEY, "secondRoundBest": 1}
    async with running_simulator(faults=faults) as simulator:
        model = use_gemini_and_fal(simulator, monkeypatch)
        async with run_app(tmp_path, simulator=simulator, model=model) as app:
            refine = {"iterations": 2, "acceptScore": 100}
            status = await app.run(targetCount=6, categoryCount=2, refine=refine, imageFormat="jpeg")
            summaries = read_summaries(app, status["runId"])
            for summary in summaries:
                check_item(app, status["runId"], summary)
        stats = simulator.stats()
    assert status["status"] == "Completed"
    assert {(summary["iterations"], summary["shippedIteration"]) for summary in summaries} == {(2, 2)}
    assert {row["file"] for row in summaries[0]["rounds"]} == {"iteration_1.jpg", "iteration_2.jpg"}
    assert stats["billedImageCount"] == status["cost"]["imageCalls"] == 12
    assert status["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
