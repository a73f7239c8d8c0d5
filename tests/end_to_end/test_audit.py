"""A run's audit matches the service's bill and the summary, with and without failures."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.audit.write_audit import audit_path
from shared.config import StoreSettings
from shared.runs.request import SeedRequest
from shared.storage.blob import BlobStore
from tests.support.audit_queries import fetch, query_audit, sum_calls
from tests.support.azurite import Azurite
from tests.support.image_gate import ImageGate
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import RunningApp, run_app
from tests.support.seeder_process import start_seeder

ANSWERED = {"rate_limited": 0.2, "server_error": 0.1, "bad_image": 0.1, "truncated_json": 0.2, "content_policy": 0.1}
"""Faults after which both sides know whether the call was billed."""

UNANSWERED = {"dropped": 0.1, "timeout": 0.1}
EVERY_FAULT = {"rates": ANSWERED | UNANSWERED, "retryAfterSeconds": 1, "timeoutSeconds": 0.1}
REQUEST = {"targetCount": 24, "categoryCount": 4, "batchSize": 8}


async def fetch_over_http(app: RunningApp, run_id: str) -> Path:
    """Download a run's audit over HTTP."""
    async with app.session.get(f"{app.host.url}/api/runs/{run_id}/audit") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "application/vnd.sqlite3"
        assert f"{run_id}-audit.sqlite" in response.headers["Content-Disposition"]
        file = app.folder / "fetched.sqlite"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(await response.read())
        return file


def check_sums(file: Path, status: dict[str, Any]) -> None:
    """Compare an audit with the status of its run."""
    texts, images, both = sum_calls(file, "kind <> 'image'"), sum_calls(file, "kind = 'image'"), sum_calls(file)
    cost = status["cost"]
    assert (texts["billed"], images["billed"]) == (cost["textCalls"], cost["imageCalls"])
    assert (both["input"], both["output"]) == (cost["inputTokens"], cost["outputTokens"])
    assert round(both["nano"] / 1e9, 4) == cost["usd"]
    assert sum_calls(file, "reason = 'rate_limited'")["calls"] == status["throttle"]["rateLimited"]
    given_up = query_audit(file, "SELECT reason, COUNT(*) AS images FROM errors WHERE scope = 'image' GROUP BY reason")
    assert {row["reason"]: row["images"] for row in given_up} == status["failures"]


@pytest.mark.slow
async def test_an_audit_matches_the_bill_and_the_summary(tmp_path: Path) -> None:
    faults = {"rates": ANSWERED, "retryAfterSeconds": 1}
    async with run_app(tmp_path, faults=faults) as app:
        status = await app.run(**REQUEST)
        stats = app.simulator.stats()
        file = await fetch_over_http(app, status["runId"])
    assert file.read_bytes() == (tmp_path / status["outputs"]["audit"]).read_bytes()
    check_sums(file, status)
    check_bill(file, stats)
    assert query_audit(file, "SELECT COUNT(*) AS items FROM refinements") == [{"items": 0}]


@pytest.mark.slow
async def test_an_audit_of_a_refined_run_matches_the_bill_and_the_results(tmp_path: Path) -> None:
    faults = {"rates": ANSWERED | {"truncated_json": 0.1}, "retryAfterSeconds": 1, "secondRoundBest": 0.5}
    refine = {"iterations": 3, "acceptScore": 90}
    async with run_app(tmp_path, faults=faults) as app:
        status = await app.run(**REQUEST | {"targetCount": 12}, refine=refine, policyRewrites=1)
        stats = app.simulator.stats()
        file = await fetch_over_http(app, status["runId"])
    check_sums(file, status)
    check_bill(file, stats)
    check_results(file, tmp_path / "runs" / status["runId"] / "results")
    assert query_audit(
        file, "SELECT COUNT(*) AS calls FROM api_calls WHERE kind = 'vision' AND status = 'ok'"
    ) == query_audit(file, "SELECT COUNT(*) AS calls FROM evaluations")


@pytest.mark.slow
async def test_an_audit_of_a_cancelled_run_names_the_promoted_images_of_unfinished_items(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 1}) as app:
        gate = ImageGate(app.simulator, answers=11)
        run_id = await app.start(**REQUEST, refine={"iterations": 3, "acceptScore": 100})
        await app.wait_until_billed(12)
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        gate.open()
        status = await app.wait(run_id)
        rows = app.read(status["outputs"]["refinements"])
    file = tmp_path / status["outputs"]["audit"]
    assert sum_calls(file)["billed"] == status["cost"]["calls"]
    assert ("run_ended", "cancelled") in {(row["stoppedBecause"], row["reason"]) for row in rows}
    shipped = query_audit(file, "SELECT product_id, iteration, sha256 FROM iterations WHERE is_shipped")
    assert {row["product_id"]: row["iteration"] for row in shipped} == {
        row["productId"]: row["shippedIteration"] for row in rows
    }
    images = tmp_path / "catalogs/toys/images"
    for row in shipped:
        assert hashlib.sha256((images / f"{row['product_id']}.png").read_bytes()).hexdigest() == row["sha256"]


def check_bill(file: Path, stats: dict[str, Any]) -> None:
    """Compare an audit with the service's bill."""
    both = sum_calls(file)
    assert sum_calls(file, "kind = 'image'")["billed"] == stats["billedImageCount"]
    assert (both["input"], both["output"]) == (stats["inputTokens"], stats["outputTokens"])
    assert both["nano"] / 1e9 == pytest.approx(stats["costUsd"], abs=1e-7)
    for kinds, endpoint in (("kind = 'image'", "images"), ("kind <> 'image'", "responses")):
        assert sum_calls(file, kinds)["calls"] == sum(stats["requests"][endpoint].values())


def check_results(file: Path, folder: Path) -> None:
    """Compare an audit with the stored results of each item."""
    summaries = {path.parent.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*/summary.json")}
    reported = {row["product_id"]: row for row in query_audit(file, "SELECT * FROM refinements")}
    assert reported.keys() == summaries.keys()
    assert max(row["iterations"] for row in reported.values()) > 1
    for product_id, summary in summaries.items():
        row = reported[product_id]
        assert (row["iterations"], row["shipped_iteration"], row["best_score"], row["stopped_because"]) == (
            summary["iterations"],
            summary["shippedIteration"],
            summary["score"],
            summary["stoppedBecause"],
        )
        assert round(row["nano_usd"] / 1e9, 4) == summary["cost"]["usd"]
        images = query_audit(
            file,
            "SELECT iteration, iterations.prompt, rewrites, file, score FROM iterations LEFT JOIN evaluations"
            f" USING (product_id, iteration) WHERE product_id = '{product_id}' ORDER BY iteration",
        )
        assert images == [{name: round_[name] for name in images[0]} for round_ in summary["rounds"]]
    shipped = "SELECT product_id, iterations.prompt FROM iterations WHERE is_shipped ORDER BY product_id"
    of_prompts = "SELECT product_id, prompt FROM prompts WHERE iteration IS NOT NULL ORDER BY product_id"
    assert query_audit(file, shipped) == query_audit(file, of_prompts)


@pytest.mark.slow
async def test_calls_whose_answer_was_lost_count_as_in_the_summary(tmp_path: Path) -> None:
    rates = {name: rate / 2 for name, rate in (ANSWERED | UNANSWERED).items()}  # too few to stop the run
    async with run_app(tmp_path, faults={**EVERY_FAULT, "rates": rates}) as app:
        status = await app.run(**REQUEST, parallelTextRequests=2)
        file = await fetch_over_http(app, status["runId"])
    check_sums(file, status)
    assert sum_calls(file, "status = 'lost'")["calls"] > 0


@pytest.mark.slow
async def test_images_whose_answers_were_lost_count_as_billed(tmp_path: Path) -> None:
    faults = {"rates": {"rate_limited": 0.3, "content_policy": 0.2, "timeout": 0.2}, "timeoutSeconds": 0.05}
    async with run_app(tmp_path, faults=faults) as app:
        await app.call("PUT", "/api/inputs/rows.json", dump_rows(make_products(40)))
        status = await app.run(source="products", input="inputs/rows.json", maxRetries=8)
        stats = app.simulator.stats()
        file = await fetch_over_http(app, status["runId"])
    check_sums(file, status)
    assert sum_calls(file, "status = 'lost'")["billed"] == stats["ambiguousBilled"] > 0
    both = sum_calls(file)
    assert both["billed"] == stats["billedImageCount"]
    assert (both["input"], both["output"]) == (stats["inputTokens"], stats["outputTokens"])
    assert both["nano"] / 1e9 == pytest.approx(stats["costUsd"], abs=1e-7)


@pytest.mark.azurite
async def test_blob_storage_holds_the_same_audit(tmp_path: Path, azurite: Azurite) -> None:
    store = azurite.make_settings()
    async with run_app(tmp_path, faults={"rates": ANSWERED, "retryAfterSeconds": 1}, store=store) as app:
        status = await app.run(**REQUEST)
        file = await fetch_over_http(app, status["runId"])
    check_sums(file, status)
    assert (await fetch_from_blob(store, status["runId"], tmp_path)).read_bytes() == file.read_bytes()


async def fetch_from_blob(settings: StoreSettings, run_id: str, folder: Path) -> Path:
    """Return a run's audit, copied out of Blob Storage."""
    store = BlobStore.from_settings(settings)
    try:
        return await fetch(store, run_id, folder)
    finally:
        await store.close()


async def test_an_audit_of_a_run_with_a_budget_has_only_the_calls_that_were_sent(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(**REQUEST, maxCostUsd=0.0003, acceptEstimate=True, imageQuality="high")
        stats = app.simulator.stats()
    file = tmp_path / status["outputs"]["audit"]
    assert status["error"]["reason"] == "budget"
    check_sums(file, status)
    assert sum_calls(file, "kind = 'image'")["calls"] == stats["billedImageCount"]
    assert sum_calls(file)["nano"] <= 0.0003 * 1e9
    assert [row["reason"] for row in query_audit(file, "SELECT reason FROM errors WHERE scope = 'run'")] == ["budget"]


@pytest.mark.slow
async def test_cancelled_and_failed_runs_have_an_audit(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        gate = ImageGate(app.simulator, answers=2)
        run_id = await app.start(**REQUEST)
        await app.wait_until_billed(3)
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        gate.open()
        cancelled = await app.wait(run_id)
        app.simulator.set_faults({"apiKey": "another-key"})
        failed = await app.run(**REQUEST)
    for status, expected in ((cancelled, "Cancelled"), (failed, "Failed")):
        file = tmp_path / status["outputs"]["audit"]
        assert query_audit(file, "SELECT status FROM run_info") == [{"status": expected}]
        assert sum_calls(file)["billed"] == status["cost"]["calls"]
    assert query_audit(tmp_path / failed["outputs"]["audit"], "SELECT DISTINCT reason FROM api_calls") == [
        {"reason": "authentication"}
    ]


COMMAND = ("run", "--target-count=16", "--category-count=2", "--batch-size=8", "--image-size=64x64", "--output-dir=out")


async def kill_a_run(simulator: RunningSimulator, folder: Path) -> None:
    """Start a run and kill it while it generates images."""
    async with start_seeder(*COMMAND, "--json", cwd=folder, endpoint=simulator.url) as victim:
        async with asyncio.timeout(300):
            while simulator.stats()["requests"]["images"].get("200", 0) < 6:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.005)
        await victim.kill()


@pytest.mark.processes
async def test_an_audit_of_a_killed_run_has_each_call_before_and_after_the_kill_once(tmp_path: Path) -> None:
    async with running_simulator(faults={"latencySeconds": {"text": 0.02, "image": 0.1}}) as simulator:
        await kill_a_run(simulator, tmp_path)
        async with start_seeder(*COMMAND, "--json", cwd=tmp_path, endpoint=simulator.url) as second:
            exit_status, reported, _ = await second.finish()
        billed = simulator.stats()["billedImageCount"]
    assert (exit_status, reported["status"]) == (0, "Completed")
    file = Path(reported["outputs"]["audit"])
    images = sum_calls(file, "kind = 'image'")["billed"]
    # A call in flight at the kill is on record before the simulator counts it, or without having reached it.
    assert reported["billedCalls"]["image"] == images
    assert billed <= images <= billed + SeedRequest.model_fields["parallel_image_requests"].default
    (row,) = query_audit(file, "SELECT COUNT(DISTINCT product_id) AS products FROM api_calls WHERE status = 'ok'")
    assert row["products"] == 16


@pytest.mark.processes
async def test_a_run_that_was_never_resumed_is_audited_at_the_end_of_the_next_one(tmp_path: Path) -> None:
    async with running_simulator(faults={"latencySeconds": {"text": 0.02, "image": 0.1}}) as simulator:
        await kill_a_run(simulator, tmp_path)
        billed = simulator.stats()["billedImageCount"]
        (left,) = [path.parent.name for path in (tmp_path / "out/runs").glob("*/request.json")]
        for journal in (tmp_path / "out/.seeder").glob("journal.db*"):  # its host is gone for good
            journal.unlink()
        async with start_seeder(*COMMAND, "--json", cwd=tmp_path, endpoint=simulator.url) as second:
            exit_status, reported, _ = await second.finish()
    assert (exit_status, reported["status"]) == (0, "Completed")
    assert reported["runId"] != left
    file = tmp_path / "out" / audit_path(left)
    assert query_audit(file, "SELECT status FROM run_info") == [{"status": "Interrupted"}]
    assert 1 <= sum_calls(file, "kind = 'image' AND status = 'ok'")["calls"] <= billed
    # A call in flight at the kill is on record before the simulator counts it, or without having reached it.
    assert (
        sum_calls(file, "kind = 'image' AND status = 'lost'")["calls"]
        <= SeedRequest.model_fields["parallel_image_requests"].default
    )
    assert sum_calls(file, "kind = 'image' AND status NOT IN ('ok', 'lost')")["calls"] == 0
