"""No run exceeds its budget, and a run costs what was estimated."""

from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine.fault_injection import FaultInjector as EngineFaults
from model_simulator.in_process import running_simulator
from shared.models.price_files import load_prices
from tests.support.running_app import FAST, SMALL, RunningApp, run_app

HIGH = {"imageQuality": "high", "imageSize": "256x256"}
"""Settings with which images cause most of the cost."""

PRICES = load_prices()
AN_IMAGE = float(
    PRICES.calculate_image_cost("gpt-image-2", PRICES.estimate_image_usage("gpt-image-2", "256x256", "high"))
)
A_TEXT_CALL = 0.035
"""Upper bound of a batch of 20, the most expensive single call of these runs."""

FAULTS = {
    "rates": {"rate_limited": 0.1, "server_error": 0.1, "dropped": 0.1, "bad_image": 0.1, "truncated_json": 0.1},
    "retryAfterSeconds": 1,
}


class EverythingTwice(EngineFaults):
    """Deliver every activity twice at the same time."""

    def count_deliveries(self, activity: str) -> int:  # noqa: ARG002 - the seam's signature
        return 2


async def estimate(app: RunningApp, **request: object) -> float:
    """Return the estimated cost of a request."""
    answer = await app.call("POST", "/api/runs?estimate=true", {"catalog": "toys"} | SMALL | request)
    assert answer.status == 200, answer
    return float(answer.body["costUsd"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "request_",
    [
        {"targetCount": 60, "imageQuality": "low", "imageSize": "512x512"},
        {"targetCount": 60, "imageQuality": "medium", "imageSize": "256x256"},
        {"targetCount": 30, "imageQuality": "high", "imageSize": "256x256"},
        {"targetCount": 200, "dryRun": True},
        {"targetCount": 200, "dryRun": True, "parallelTextRequests": 4},
        {"targetCount": 500, "batchSize": 50, "dryRun": True},
    ],
    ids=["low", "medium", "high", "dry", "dry by four writers", "large batches"],
)
async def test_a_run_without_faults_costs_what_was_estimated(request_: dict[str, Any], tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        expected = await estimate(app, **request_)
        status = await app.run(**request_)
        billed = app.simulator.stats()["costUsd"]
    assert status["status"] == "Completed"
    assert expected == pytest.approx(billed, rel=0.1)
    assert status["cost"]["usd"] == pytest.approx(billed, abs=0.0001)


@pytest.mark.slow
async def test_completing_a_catalog_costs_what_was_estimated(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=60, dryRun=True)
        spent = app.simulator.stats()["costUsd"]
        half = await app.run(targetCount=60, maxCostUsd=30 * AN_IMAGE, acceptEstimate=True, **HIGH)
        expected = await estimate(app, targetCount=60, **HIGH)
        rest = await app.run(targetCount=60, **HIGH)
        billed = app.simulator.stats()["costUsd"] - spent - half["cost"]["usd"]
    assert half["imagesMade"] == 30
    assert (rest["status"], rest["imagesMade"]) == ("Completed", 30)
    assert expected == pytest.approx(billed, rel=0.1)


@pytest.mark.slow
async def test_a_budget_for_a_number_of_images_generates_exactly_these(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=40, dryRun=True)
        before = app.simulator.stats()["costUsd"]
        status = await app.run(targetCount=40, maxCostUsd=12 * AN_IMAGE, acceptEstimate=True, **HIGH)
        spent = app.simulator.stats()["costUsd"] - before
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
    assert (status["status"], status["error"]["reason"]) == ("CompletedWithFailures", "budget")
    assert status["imagesMade"] == 12
    assert spent <= 12 * AN_IMAGE
    assert [row["reason"] for row in failed] == ["budget"] * 28


async def test_a_budget_below_one_call_bills_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=6, categoryCount=2, maxCostUsd=0.0001, acceptEstimate=True)
        stats = app.simulator.stats()
    assert (status["status"], status["error"]["reason"]) == ("Failed", "budget")
    assert "maxCostUsd is $0.0001" in status["error"]["message"]
    assert (stats["requests"], stats["costUsd"]) == ({"images": {}, "responses": {}}, 0)


@pytest.mark.slow
async def test_images_that_are_generated_again_stay_within_the_budget(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=20, categoryCount=4)
        before = app.simulator.stats()["costUsd"]
        forced = await app.run(targetCount=20, forceImages=True, maxCostUsd=8 * AN_IMAGE, acceptEstimate=True, **HIGH)
        spent = app.simulator.stats()["costUsd"] - before
    assert (forced["status"], forced["imagesMade"]) == ("CompletedWithFailures", 8)
    assert spent <= 8 * AN_IMAGE


@pytest.mark.slow
async def test_a_repair_with_a_new_budget_finishes_what_the_old_one_could_not(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        first = await app.run(targetCount=20, categoryCount=4, maxCostUsd=0.15, acceptEstimate=True, **HIGH)
        repair = await app.call("POST", "/api/catalogs/toys/repair", {"maxCostUsd": 5})
        repaired = await app.wait(repair.body["runId"])
        stats = app.simulator.stats()
        rows = app.read("catalogs/toys/catalog.json")
    assert (first["status"], repair.status, repaired["status"]) == ("CompletedWithFailures", 202, "Completed")
    assert len(rows) == repaired["progress"]["images"]["done"] == 20
    assert set(stats["billedImagesByPrompt"].values()) == {1}


@pytest.mark.parametrize("maximum", [0.05, 0.15])
async def test_with_failures_a_run_spends_at_most_one_call_above_its_budget(maximum: float, tmp_path: Path) -> None:
    request = {"targetCount": 20, "categoryCount": 4}
    async with run_app(tmp_path) as app:
        await app.run(**request, dryRun=True)  # so that no fault ends the run before its images
        before = app.simulator.stats()["costUsd"]
        app.simulator.set_faults(FAULTS | {"latencySeconds": FAST})
        status = await app.run(**request, maxCostUsd=maximum, acceptEstimate=True, maxRetries=1, **HIGH)
        spent = app.simulator.stats()["costUsd"] - before
    assert status["status"] == "CompletedWithFailures"
    assert status["error"]["reason"] == "budget"
    assert spent <= maximum + A_TEXT_CALL


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["dropped", "timeout"])
async def test_text_calls_without_an_answer_count_against_the_budget(fault: str, tmp_path: Path) -> None:
    maximum = 0.006  # a call may cost 0.004
    async with run_app(tmp_path) as app:
        await app.run(targetCount=2, categoryCount=2, dryRun=True)
        before = app.simulator.stats()["costUsd"]
        app.simulator.set_faults({"rates": {fault: 1}, "timeoutSeconds": 0.01, "latencySeconds": FAST})
        status = await app.run(targetCount=22, dryRun=True, maxCostUsd=maximum, acceptEstimate=True, maxRetries=10)
        stats = app.simulator.stats()
    assert (status["status"], status["error"]["reason"]) == ("CompletedWithFailures", "budget")
    assert stats["requests"]["responses"][fault] == status["cost"]["textCalls"] > 1
    assert stats["costUsd"] - before <= maximum
    assert 0 < status["cost"]["usd"] <= maximum


@pytest.mark.slow
async def test_a_message_that_is_delivered_twice_is_reserved_once(tmp_path: Path) -> None:
    async with run_app(tmp_path, engine_faults=EverythingTwice()) as app:
        status = await app.run(targetCount=20, categoryCount=4, maxCostUsd=1)
        billed = app.simulator.stats()["costUsd"]
        ledger = app.read(f"runs/{status['runId']}/ledger.json")
    assert status["status"] == "Completed"
    assert (ledger["lostNanoUsd"], ledger["reservations"]) == (0, {})
    assert ledger["spentNanoUsd"] == pytest.approx(billed * 1e9)


@pytest.mark.slow
async def test_a_host_that_is_killed_repeatedly_stays_within_the_budget(tmp_path: Path) -> None:
    """Calls in flight at a kill may have been billed, so they count as billed."""
    maximum = 40 * AN_IMAGE  # at most 8 images in flight are lost each time
    async with running_simulator(faults={"latencySeconds": FAST | {"image": 0.1}}) as simulator:
        run_id = None
        for billed in (3, 7):
            async with run_app(tmp_path, simulator=simulator) as app:
                run_id = run_id or await app.start(
                    targetCount=60, categoryCount=4, maxCostUsd=maximum, acceptEstimate=True, **HIGH
                )
                await app.wait_until_billed(billed)
        async with run_app(tmp_path, simulator=simulator) as app:
            status = await app.wait(str(run_id))
            spent = app.simulator.stats()["costUsd"]
    assert (status["status"], status["error"]["reason"]) == ("CompletedWithFailures", "budget")
    assert spent <= maximum + A_TEXT_CALL
