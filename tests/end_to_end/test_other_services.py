"""A whole run in which one service writes and another one draws."""

from pathlib import Path

import fal_client.client
import pytest

from local.simulator.running import running_simulator
from shared.config import ModelSettings
from shared.providers import Provider, ServiceAccess
from tests.support.running_app import FAST, run_app

KEY = "a-key-of-another-service"
RATES = {"rate_limited": 0.2, "server_error": 0.05, "bad_image": 0.1, "truncated_json": 0.1}


async def test_gemini_writes_and_fal_draws_a_catalog_through_all_transient_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {"latencySeconds": FAST, "rates": RATES, "retryAfterSeconds": 0, "apiKey": KEY}
    async with running_simulator(faults=faults) as simulator:
        monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{simulator.url}/fal/")
        model = ModelSettings(
            text_provider=Provider.GEMINI,
            text_deployment="gemini-3.5-flash",
            vision_provider=Provider.GEMINI,
            vision_deployment="gemini-3.1-flash-lite",
            gemini=ServiceAccess(f"{simulator.url}/v1beta/openai", KEY),
            image_provider=Provider.FAL,
            image_deployment="fal-ai/fast-lightning-sdxl",
            fal_key=KEY,
        )
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
