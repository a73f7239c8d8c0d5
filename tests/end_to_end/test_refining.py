"""Refinement in whole runs: the best round is promoted, every round is kept, and the bill is right."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_simulator.in_process import running_simulator
from shared.config import ModelSettings
from shared.models.provider_names import Provider, ProviderAccess
from tests.support.image_gate import ImageGate
from tests.support.input_rows import dump_rows
from tests.support.running_app import FAST, MODEL_KEY, RunningApp, run_app

REFINE = {"iterations": 3, "acceptScore": 90}
SWORD = "a knight, holding a sword"


def make_prompts(count: int) -> list[dict[str, str]]:
    return [{"title": f"A lighthouse keeper, number {number}", "mood": "calm"} for number in range(1, count + 1)]


async def start_prompts(app: RunningApp, count: int, **request: object) -> str:
    assert (await app.call("PUT", "/api/inputs/prompts.json", dump_rows(make_prompts(count)))).status == 201
    return await app.start(**{"source": "prompts", "input": "inputs/prompts.json", "refine": REFINE, **request})


async def run_prompts(app: RunningApp, count: int, **request: object) -> dict[str, Any]:
    return await app.wait(await start_prompts(app, count, **request))


def read_summaries(app: RunningApp, run_id: str) -> list[dict[str, Any]]:
    files = sorted((app.folder / "runs" / run_id / "results").glob("*/summary.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def check_item(app: RunningApp, run_id: str, summary: dict[str, Any]) -> None:
    """Check that an item's files match its summary, and that its best round is the item's image."""
    (folder,) = {file.parent for file in (app.folder / "runs" / run_id / "results").glob("*/summary.json")
                 if json.loads(file.read_text(encoding="utf-8"))["productId"] == summary["productId"]}  # fmt: skip
    scores = []
    for row in summary["rounds"]:
        name = f"iteration_{row['iteration']}"
        results = json.loads((folder / f"{name}_results.json").read_text(encoding="utf-8"))
        evaluation = json.loads((folder / f"{name}_evaluation.json").read_text(encoding="utf-8"))
        assert yaml.safe_load((folder / f"{name}_results.yaml").read_text(encoding="utf-8")) == results
        assert (results["prompt"], results["file"]) == (row["prompt"], row["file"])
        assert results["sha256"] == hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest()
        assert evaluation["score"] == row["score"]
        scores.append(row["score"])
    best = scores.index(max(scores)) + 1
    assert (summary["shippedIteration"], summary["score"]) == (best, max(scores))
    shipped = (app.folder / "catalogs/toys/images" / summary["filename"]).read_bytes()
    assert shipped == (folder / summary["rounds"][best - 1]["file"]).read_bytes()


def check_shipped(app: RunningApp, run_id: str, summary: dict[str, Any]) -> None:
    """Check that the item's image is the round that its summary names, with the best score."""
    best = max(summary["rounds"], key=lambda row: (row["score"] or 0, -row["iteration"]))
    assert summary["shippedIteration"] == best["iteration"]
    (generated,) = (app.folder / "runs" / run_id / "results").glob(f"{summary['productId']}*/{best['file']}")
    assert (app.folder / "catalogs/toys/images" / summary["filename"]).read_bytes() == generated.read_bytes()


@pytest.mark.slow
async def test_the_best_image_is_promoted_in_each_case(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 0.34}) as app:
        status = await run_prompts(app, 40)
        summaries = read_summaries(app, status["runId"])
        assert status["status"] == "Completed"
        assert len(summaries) == 40
        for summary in summaries:
            check_item(app, status["runId"], summary)
        shipped = Counter(summary["shippedIteration"] for summary in summaries)
        assert shipped[1] > 0
        assert shipped[2] > 0
        check_lists(app, status, summaries)


def check_lists(app: RunningApp, status: dict[str, Any], summaries: list[dict[str, Any]]) -> None:
    """Check that the run's list, its note and the manifest match the items' summaries."""
    fields = ("productId", "name", "filename", "iterations", "shippedIteration", "score", "stoppedBecause")
    rows = app.read(status["outputs"]["refinements"])
    assert [{name: row[name] for name in fields} for row in rows] == [
        {name: summary[name] for name in fields} for summary in summaries
    ]
    assert [row["firstScore"] for row in rows] == [summary["rounds"][0]["score"] for summary in summaries]
    manifest = app.read("catalogs/toys/manifest.json")
    assert [row["iteration"] for row in manifest] == [summary["shippedIteration"] for summary in summaries]
    shipped = Counter(summary["shippedIteration"] for summary in summaries)
    (note,) = [note for note in status["notes"] if note.startswith("images evaluated: ")]
    assert note.startswith(f"images evaluated: {len(summaries)} (kept the first {shipped[1]}, the second {shipped[2]}")


@pytest.mark.slow
async def test_the_reported_cost_is_the_bill(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 0.5}) as app:
        status = await run_prompts(app, 10)
        bill = app.simulator.stats()
        summaries = read_summaries(app, status["runId"])
    assert status["cost"]["imageCalls"] == bill["billedImageCount"] > 10
    assert status["cost"]["textCalls"] == bill["requests"]["responses"]["200"]
    assert status["cost"]["usd"] == pytest.approx(bill["costUsd"], abs=0.0001)
    assert sum(summary["cost"]["usd"] for summary in summaries) == pytest.approx(bill["costUsd"], abs=0.001)


@pytest.mark.slow
async def test_a_refinement_completes_through_transient_faults_of_all_calls(tmp_path: Path) -> None:
    rates = {"rate_limited": 0.1, "server_error": 0.1, "bad_image": 0.1, "truncated_json": 0.1, "refusal": 0.05}
    async with run_app(tmp_path, faults={"secondRoundBest": 0.5, "rates": rates}) as app:
        status = await run_prompts(app, 16, maxRetries=8)
        assert status["status"] == "Completed"
        for summary in read_summaries(app, status["runId"]):
            assert summary["stoppedBecause"] != "failed" or summary["failure"]
            if all(row["score"] is not None for row in summary["rounds"]):
                check_item(app, status["runId"], summary)


async def test_the_budget_holds_over_all_calls(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 1}) as app:
        status = await run_prompts(app, 12, maxCostUsd=1, acceptEstimate=True, imageQuality="high")
        billed = app.simulator.stats()["costUsd"]
    assert status["status"] == "CompletedWithFailures"
    assert 0 < status["cost"]["usd"] <= 1
    assert status["cost"]["usd"] == pytest.approx(billed, abs=0.0001)


@pytest.mark.slow
async def test_items_that_were_generated_are_refined_too(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 0.5}) as app:
        status = await app.run(targetCount=8, categoryCount=2, refine=REFINE)
        summaries = read_summaries(app, status["runId"])
        assert (status["status"], len(summaries)) == ("Completed", 8)
        for summary in summaries:
            check_item(app, status["runId"], summary)
            for row in summary["rounds"]:
                assert row["prompt"].startswith("Photorealistic LEGO-style")
                assert row["prompt"].endswith("1024x1024")


@pytest.mark.parametrize("rewrites", [0, 1])
async def test_a_refused_prompt_is_rewritten_on_request(rewrites: int, tmp_path: Path) -> None:
    rows = [{"id": "knight", "prompt": SWORD}, {"id": "baker", "prompt": "a baker with a bun"}]
    async with run_app(tmp_path, faults={"blockedPrompts": ["sword"]}) as app:
        await app.call("PUT", "/api/inputs/prompts.json", dump_rows(rows))
        request = {"source": "prompts", "input": "inputs/prompts.json", "policyRewrites": rewrites}
        status = await app.run(**request)
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
    if rewrites:
        assert (status["status"], failed) == ("Completed", [])
        assert (status["cost"]["textCalls"], status["cost"]["imageCalls"]) == (1, 2)
    else:
        assert status["status"] == "CompletedWithFailures"
        assert [(row["productId"], row["reason"], row["attempts"]) for row in failed] == [
            ("knight", "content_policy", 1)
        ]


@pytest.mark.slow
async def test_a_run_that_is_cancelled_in_the_middle_leaves_summaries_and_the_best_images(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 1}) as app:
        assert (await app.call("PUT", "/api/inputs/prompts.json", dump_rows(make_prompts(8)))).status == 201
        request = {"source": "prompts", "input": "inputs/prompts.json", "refine": REFINE}
        gate = ImageGate(app.simulator, answers=7)
        run_id = await app.start(**request, parallelImageRequests=3)
        await app.wait_until_billed(8)
        assert (await app.call("POST", f"/api/runs/{run_id}/cancel")).status == 202
        gate.open()
        cancelled = await app.wait(run_id)
        summaries = read_summaries(app, run_id)
        for summary in summaries:
            check_shipped(app, run_id, summary)
        following = await app.run(**request)
        bill = app.simulator.stats()["billedImageCount"]
    assert cancelled["status"] == "Cancelled"
    assert len(summaries) == cancelled["imagesMade"] == following["imagesKept"] > 0
    left = [summary for summary in summaries if summary["stoppedBecause"] == "run_ended"]
    assert {summary["failure"]["reason"] for summary in left} == {"cancelled"}
    assert following["status"] == "Completed"
    assert cancelled["cost"]["imageCalls"] + following["cost"]["imageCalls"] == bill


async def test_a_budget_that_is_exhausted_keeps_the_images_so_far(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 1}) as app:
        gate = ImageGate(app.simulator)
        run_id = await start_prompts(app, 6, maxCostUsd=0.25, acceptEstimate=True, parallelImageRequests=6)
        await app.wait_until_billed(6)  # else a fast item may use up the budget before a slow one has an image
        gate.open()
        status = await app.wait(run_id)
        summaries, failed = read_summaries(app, run_id), app.read(f"runs/{run_id}/failed_images.json")
        for summary in summaries:
            check_shipped(app, run_id, summary)
    assert len(summaries) == status["progress"]["images"]["done"] == 6
    assert {summary["failure"]["reason"] for summary in summaries if summary["failure"]} == {"budget"}
    assert {summary["stoppedBecause"] for summary in summaries} & {"failed", "run_ended"}
    assert failed == []
    assert (status["status"], status["error"]["reason"]) == ("CompletedWithFailures", "budget")


async def test_a_model_without_vision_is_reported_and_bills_no_image(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"refusal": 1}}) as app:
        status = await run_prompts(app, 6)
        bill = app.simulator.stats()
    assert status["status"] == "Completed"
    assert status["progress"]["images"] == {"done": 6, "failed": 0, "total": 6, "refined": 0}
    assert any(note.startswith("refinements that failed: 6 x refusal; for example: ") for note in status["notes"])
    assert bill["billedImageCount"] == 6
    assert bill["requests"]["responses"]["200"] == 12


async def test_a_missing_vision_model_bills_at_most_one_window_of_images(tmp_path: Path) -> None:
    async with running_simulator(faults={"latencySeconds": FAST}) as simulator:
        nowhere = ProviderAccess(f"{simulator.url}/nowhere", MODEL_KEY)
        model = ModelSettings(
            endpoint=simulator.url,
            api_key=MODEL_KEY,
            vision_provider=Provider.GEMINI,
            vision_deployment="no-such-model",
            gemini=nowhere,
        )
        async with run_app(tmp_path, simulator=simulator, model=model) as app:
            status = await run_prompts(app, 30, parallelImageRequests=4)
            summaries = read_summaries(app, status["runId"])
        assert simulator.stats()["billedImageCount"] == len(summaries) <= 4
    assert (status["status"], status["error"]["reason"]) == ("Failed", "model_not_found")
    assert "'no-such-model'" in status["error"]["message"]
    assert "VISION_MODEL" in status["error"]["message"]
    assert {summary["shippedIteration"] for summary in summaries} == {1}
