"""``GET /api/runs/{runId}/costs`` and ``POST /api/inputs/{name}/inspect``."""

from pathlib import Path

import pytest

from tests.support.running_app import run_app

UNKNOWN_RUN = "8204736755521-af1e9c55"
PROBLEM = "urn:catalog-seeder:problem:"
SHOP = [{"sku": "PROD-1", "title": "Enamel mug", "shelf": "Kitchen"}, {"sku": "PROD-1", "title": "Oak tray"}]


@pytest.mark.slow
async def test_the_costs_of_a_run_are_those_of_its_status_and_of_the_simulator(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await app.run(targetCount=3, categoryCount=2, refine={"iterations": 1, "acceptScore": 1})
        answer = await app.call("GET", f"/api/runs/{run['runId']}/costs")
        billed = app.simulator.stats()
    costs = answer.body
    assert answer.status == 200
    assert (costs["runId"], costs["usd"], costs["calls"]) == (run["runId"], run["cost"]["usd"], run["cost"]["calls"])
    by_kind = {row["kind"]: row["calls"] for row in costs["models"]}
    assert by_kind == {"text": run["cost"]["textCalls"], "image": run["cost"]["imageCalls"]}
    assert by_kind["image"] == billed["billedImageCount"]
    assert round(sum(row["usd"] for row in costs["models"]), 4) == round(billed["costUsd"], 4) == costs["usd"]
    assert sum(row["inputTokens"] for row in costs["models"]) == billed["inputTokens"]


async def test_the_costs_of_an_unknown_run_are_a_problem(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("GET", f"/api/runs/{UNKNOWN_RUN}/costs")
    assert (answer.status, answer.body["type"]) == (404, f"{PROBLEM}unknown-run")


async def test_an_uploaded_input_is_reported_before_a_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.call("PUT", "/api/inputs/shop.json", SHOP)
        answer = await app.call("POST", "/api/inputs/shop.json/inspect")
        mapped = await app.call("POST", "/api/inputs/shop.json/inspect", {"fieldMapping": {"category": "shelf"}})
    assert (answer.status, answer.body["rows"], answer.body["problemCount"]) == (200, 1, 1)
    assert answer.body["problems"][0]["reasons"] == ["duplicate_id"]
    assert mapped.body["samples"][0]["category"] == "Kitchen"
    assert not (tmp_path / "runs").exists()


async def test_what_cannot_be_inspected_is_a_problem(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.call("PUT", "/api/inputs/shop.json", SHOP)
        unknown = await app.call("POST", "/api/inputs/other.json/inspect")
        wrong = await app.call("POST", "/api/inputs/shop.json/inspect", {"source": "generate"})
        unread = await app.call("POST", "/api/inputs/shop.json/inspect", {"fieldMapping": {"name": "titel"}})
    assert (unknown.status, unknown.body["type"]) == (404, f"{PROBLEM}unknown-input")
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "source")
    assert (unread.status, unread.body["type"]) == (422, f"{PROBLEM}invalid-request")
