"""A run that would cost more than it may is refused before anything is claimed or paid."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.running_app import SMALL, RunningApp, run_app

PROBLEM = "urn:catalog-seeder:problem:"
BODY = {"catalog": "toys", "targetCount": 6, "categoryCount": 2} | SMALL
TIGHT = BODY | {"maxCostUsd": 0.001}
FIGURES = {
    "catalog",
    "items",
    "textCalls",
    "imageCalls",
    "inputTokens",
    "outputTokens",
    "costUsd",
    "minimumSeconds",
    "windowSeconds",
}


def list_files(app: RunningApp) -> set[Path]:
    """Return the files of the store; the host's own journal is none."""
    return {path for path in app.folder.rglob("*") if path.is_file() and ".seeder" not in path.parts}


async def test_an_estimate_above_the_budget_is_a_problem_with_its_figures_and_leaves_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        refused = await app.call("POST", "/api/runs", TIGHT, **{"Idempotency-Key": "k"})
        assert app.simulator.stats()["requests"] == {"images": {}, "responses": {}}
        assert list_files(app) == set()
    assert (refused.status, refused.body["type"]) == (409, PROBLEM + "estimate-above-budget")
    assert set(refused.body) >= FIGURES
    assert refused.body["costUsd"] > refused.body["maxCostUsd"] == 0.001
    assert f"${refused.body['costUsd']:.4f}" in refused.body["detail"]


async def test_a_budget_holds_against_every_round_of_every_image(tmp_path: Path) -> None:
    refined = BODY | {"refine": {"iterations": 3}}
    async with run_app(tmp_path) as app:
        reported = (await app.call("POST", "/api/runs?estimate=true", refined)).body
        between = (reported["costUsd"] + reported["typical"]["costUsd"]) / 2
        refused = await app.call("POST", "/api/runs", refined | {"maxCostUsd": between})
        assert list_files(app) == set()
        accepted = await app.call("POST", "/api/runs", refined | {"maxCostUsd": between, "acceptEstimate": True})
        status = await app.wait(accepted.body["runId"])
    assert set(reported) == FIGURES | {"typical"}
    assert (refused.status, refused.body["typical"]) == (409, reported["typical"])
    assert f"typically ${reported['typical']['costUsd']:.4f}" in refused.body["detail"]
    assert status["cost"]["usd"] <= between


async def test_who_accepts_the_estimate_or_gives_more_starts_the_run_with_the_same_key(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        key = {"Idempotency-Key": "k"}
        refused = await app.call("POST", "/api/runs", TIGHT, **key)
        accepted = await app.call("POST", "/api/runs", TIGHT | {"acceptEstimate": True}, **key)
        await app.wait(accepted.body["runId"])
    assert (refused.status, accepted.status) == (409, 202)


async def test_a_key_whose_run_is_there_is_answered_although_the_estimate_is_another_by_now(tmp_path: Path) -> None:
    body = BODY | {"maxCostUsd": 1.0, "forceImages": True}
    async with run_app(tmp_path) as app:
        first = await app.call("POST", "/api/runs", body, **{"Idempotency-Key": "k"})
        await app.wait(first.body["runId"])
        # Another run made the catalog larger: generating all its images would exceed the budget.
        await app.run(targetCount=60, categoryCount=2, dryRun=True)
        app.write(f"runs/{first.body['runId']}/progress.json", {})
        again = await app.call("POST", "/api/runs", body, **{"Idempotency-Key": "k"})
        other = await app.call("POST", "/api/runs", body | {"targetCount": 7}, **{"Idempotency-Key": "k"})
    assert (first.status, again.status, again.body["runId"]) == (202, 202, first.body["runId"])
    assert (other.status, other.body["type"]) == (422, PROBLEM + "idempotency-key-reused")


async def test_a_budget_that_is_enough_is_no_problem(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=6, categoryCount=2, maxCostUsd=1)
    assert status["status"] == "Completed"


async def test_an_estimate_can_be_requested_alone(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        reported = await app.call("POST", "/api/runs?estimate=true", TIGHT | {"imageRequestsPerMinute": 60})
        assert list_files(app) == set()
        assert app.simulator.stats()["requests"] == {"images": {}, "responses": {}}
    assert (reported.status, set(reported.body)) == (200, FIGURES)
    assert (reported.body["items"], reported.body["textCalls"], reported.body["imageCalls"]) == (6, 2, 6)
    assert reported.body["minimumSeconds"] == 6


@pytest.mark.parametrize("value", ["yes", "1", ""])
async def test_a_question_that_is_not_understood_starts_nothing(value: str, tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("POST", f"/api/runs?estimate={value}", BODY)
        assert list_files(app) == set()
    assert (answer.status, answer.body["type"]) == (422, PROBLEM + "invalid-request")


async def test_estimate_false_is_a_start(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("POST", "/api/runs?estimate=False", BODY | {"dryRun": True})
        await app.wait(answer.body["runId"])
    assert answer.status == 202


async def read_request(app: RunningApp, **reported: Any) -> dict[str, Any]:
    """Repair with a body, and return the request of its run."""
    answer = await app.call("POST", "/api/catalogs/toys/repair", reported)
    assert answer.status == 202, answer
    await app.wait(answer.body["runId"])
    request: dict[str, Any] = app.read(f"runs/{answer.body['runId']}/request.json")
    return request


async def test_a_repair_has_a_budget_of_its_own(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=6, categoryCount=2, maxCostUsd=1, acceptEstimate=True, imageRequestsPerMinute=6000)
        inherited = await read_request(app)
        reported = await read_request(
            app, maxCostUsd=2, imageRequestsPerMinute=600, pauseOnBlock=True, pauseLimitMinutes=5
        )
    names = ("maxCostUsd", "acceptEstimate", "imageRequestsPerMinute", "pauseOnBlock", "pauseLimitMinutes")
    assert [inherited[name] for name in names] == [None, False, 6000, False, 1440]
    assert [reported[name] for name in names] == [2, False, 600, True, 5]


async def test_a_repair_is_refused_as_a_run_is(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 1}}) as app:
        await app.run(targetCount=6, categoryCount=2)
        refused = await app.call("POST", "/api/catalogs/toys/repair", {"maxCostUsd": 0.00001})
    assert (refused.status, refused.body["type"]) == (409, PROBLEM + "estimate-above-budget")
    assert (refused.body["textCalls"], refused.body["imageCalls"]) == (0, 6)
