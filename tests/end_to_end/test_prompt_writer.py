"""Prompts that the text model writes for rows: reported prompts and costs match what was used and billed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit_queries import query_audit, sum_calls
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import FAST, RunningApp, run_app

NOTE = "image prompts from the template, because the text model wrote no usable one: "
FAULTY = {"rates": {"rate_limited": 0.1, "truncated_json": 0.3, "refusal": 0.2}, "retryAfterSeconds": 1}


async def run_rows(app: RunningApp, rows: object, **request: object) -> dict[str, Any]:
    assert (await app.call("PUT", "/api/inputs/rows.json", dump_rows(rows))).status == 201
    body = {"source": "products", "input": "inputs/rows.json", "promptWriter": "model", "maxRetries": 8}
    return await app.run(**body | request)


def count_fallbacks(status: dict[str, Any]) -> int:
    """Return how many prompts the run reports as made from the template."""
    return sum(int(note.removeprefix(NOTE)) for note in status["notes"] if note.startswith(NOTE))


def read_prompts(app: RunningApp) -> list[str]:
    return [row["imagePrompt"] for row in app.read("catalogs/toys/importer-catalog.json")]


@pytest.mark.slow
async def test_files_and_audit_name_the_prompts_that_were_sent(tmp_path: Path) -> None:
    rows = make_products(45)
    async with run_app(tmp_path) as app:
        status = await run_rows(app, rows, parallelTextRequests=2)
        stats = app.simulator.stats()
        prompts = read_prompts(app)
        published = app.read("catalogs/toys/catalog.json")
    assert (status["status"], status["cost"]["textCalls"], count_fallbacks(status)) == ("Completed", 3, 0)
    assert stats["billedImagesByPrompt"] == dict.fromkeys(prompts, 1)
    assert all(prompt.startswith("Product photo of Trail Boot ") and "Daybird" not in prompt for prompt in prompts)
    assert [{name: row[name] for name in rows[0]} for row in published] == rows
    file = tmp_path / status["outputs"]["audit"]
    assert {row["prompt"] for row in query_audit(file, "SELECT prompt FROM prompts")} == set(prompts)
    batches = query_audit(file, "SELECT batch FROM api_calls WHERE kind = 'text' ORDER BY batch")
    assert [row["batch"] for row in batches] == ["prompts/1", "prompts/2", "prompts/3"]


@pytest.mark.slow
async def test_costs_match_the_bill_although_answers_are_unusable(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=FAULTY) as app:
        status = await run_rows(app, make_products(90), parallelTextRequests=3)
        stats = app.simulator.stats()
        prompts = read_prompts(app)
    assert status["status"] == "Completed"
    assert set(stats["billedImagesByPrompt"]) == set(prompts)
    both = sum_calls(tmp_path / status["outputs"]["audit"])
    assert (both["input"], both["output"]) == (stats["inputTokens"], stats["outputTokens"])
    assert both["nano"] / 1e9 == pytest.approx(stats["costUsd"], abs=1e-7)
    assert round(both["nano"] / 1e9, 4) == status["cost"]["usd"]
    assert both["billed"] == status["cost"]["calls"]


async def test_prompts_with_a_forbidden_word_are_the_templates(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"forbidden_words": 1}}) as app:
        status = await run_rows(app, make_products(10))
        prompts = read_prompts(app)
    assert (status["status"], status["imagesMade"], count_fallbacks(status)) == ("Completed", 10, 5)
    assert sum("sturdy boot" in prompt for prompt in prompts) == 5
    assert not any(" sign, " in prompt for prompt in prompts)


@pytest.mark.slow
async def test_without_any_answer_every_prompt_is_from_the_template_and_a_later_run_tries_again(tmp_path: Path) -> None:
    faults = {"rates": {"refusal": 1, "content_policy": 0.3}}
    async with run_app(tmp_path, faults=faults) as app:
        first = await run_rows(app, make_products(30))
        made = set(read_prompts(app))
        app.simulator.set_faults({"latencySeconds": FAST})
        second = await run_rows(app, make_products(30))
        prompts = read_prompts(app)
    assert (first["status"], first["cost"]["textCalls"], count_fallbacks(first)) == ("CompletedWithFailures", 4, 30)
    assert (second["status"], second["cost"]["textCalls"], count_fallbacks(second)) == ("Completed", 2, 0)
    assert made < set(prompts)
    assert len([prompt for prompt in prompts if prompt not in made]) == 30 - first["imagesMade"] > 0


@pytest.mark.slow
async def test_a_repair_and_a_later_run_reuse_the_written_prompts(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.3}}) as app:
        first = await run_rows(app, make_products(20))
        app.simulator.set_faults({"latencySeconds": FAST})
        (tmp_path / "catalogs/toys/images/PROD-000001.jpg").unlink(missing_ok=True)
        repair = await app.call("POST", "/api/catalogs/toys/repair")
        repaired = await app.wait(repair.body["runId"])
        again = await run_rows(app, make_products(20), forceImages=True)
        prompts = read_prompts(app)
        billed = app.simulator.stats()["billedImagesByPrompt"]
    assert 0 < first["imagesMade"] < 20
    assert (repaired["status"], repaired["cost"]["textCalls"]) == ("Completed", 0)
    assert (again["status"], again["cost"]["textCalls"], again["imagesMade"]) == ("Completed", 0, 20)
    assert set(billed) == set(prompts)


async def test_scenes_get_prompts_and_given_prompts_stay(tmp_path: Path) -> None:
    rows: list[Any] = ["A red bridge", {"title": "Bay", "mood": "calm"}, {"id": "x", "scene": "a harbour"}]
    async with run_app(tmp_path) as app:
        status = await run_rows(app, rows, source="prompts")
        prompts = read_prompts(app)
    assert (status["status"], status["cost"]["textCalls"]) == ("Completed", 1)
    assert [prompt.split(",")[0] for prompt in prompts] == ["A red bridge", "Bay", "a harbour"]
    assert "calm mood" in prompts[1]


@pytest.mark.slow
async def test_rows_that_all_have_prompts_take_no_text_call(tmp_path: Path) -> None:
    rows = [row | {"imagePrompt": f"A boot, number {row['id']}"} for row in make_products(25)]
    async with run_app(tmp_path) as app:
        status = await run_rows(app, rows)
    assert (status["status"], status["cost"]["textCalls"], status["imagesMade"]) == ("Completed", 0, 25)


@pytest.mark.slow
async def test_an_estimate_matches_the_calls_of_the_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.call("PUT", "/api/inputs/rows.json", dump_rows(make_products(60)))
        body = {"catalog": "toys", "source": "products", "input": "inputs/rows.json", "promptWriter": "model"}
        reported = (await app.call("POST", "/api/runs?estimate=true", body)).body
        status = await run_rows(app, make_products(60), imageSize="1024x1024")
        later = (await app.call("POST", "/api/runs?estimate=true", body)).body
    assert (reported["textCalls"], reported["imageCalls"]) == (3, 60)
    assert (status["cost"]["textCalls"], status["cost"]["imageCalls"]) == (3, 60)
    assert reported["costUsd"] == pytest.approx(status["cost"]["usd"], rel=0.1)
    assert (later["textCalls"], later["imageCalls"]) == (0, 0)


@pytest.mark.slow
async def test_a_dry_run_writes_the_prompts_for_the_run_that_generates_the_images(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        dry = await run_rows(app, make_products(12), dryRun=True)
        prompts = read_prompts(app)
        body = {"catalog": "toys", "source": "products", "input": "inputs/rows.json", "promptWriter": "model"}
        reported = (await app.call("POST", "/api/runs?estimate=true", body)).body
        status = await run_rows(app, make_products(12))
        assert read_prompts(app) == prompts
    assert (dry["cost"]["textCalls"], dry["cost"]["imageCalls"]) == (1, 0)
    assert (status["cost"]["textCalls"], status["cost"]["imageCalls"]) == (0, 12)
    assert reported["textCalls"] == 0


async def test_a_budget_holds_over_prompts_and_images(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await run_rows(app, make_products(60), maxCostUsd=0.05, acceptEstimate=True)
        billed = app.simulator.stats()["costUsd"]
    assert status["error"]["reason"] == "budget"
    assert billed <= 0.05


@pytest.mark.slow
async def test_a_blocked_run_continues_with_its_prompts_after_a_resume(tmp_path: Path) -> None:
    faults = {"accountBlockAfter": 6, "latencySeconds": {"text": 0.05, "image": 0.01}}
    async with run_app(tmp_path, faults=faults) as app:
        await app.call("PUT", "/api/inputs/rows.json", dump_rows(make_products(70)))
        body = {"source": "products", "input": "inputs/rows.json", "promptWriter": "model", "pauseOnBlock": True}
        paused = await app.run(**body)
        app.simulator.set_faults({"latencySeconds": FAST})
        await app.call("POST", f"/api/runs/{paused['runId']}/resume")
        status = await app.wait(paused["runId"])
        prompts = read_prompts(app)
        billed = app.simulator.stats()["billedImagesByPrompt"]
    assert (paused["status"], status["status"], count_fallbacks(status)) == ("Paused", "Completed", 0)
    assert status["cost"]["textCalls"] == 4
    assert set(billed) == set(prompts)


async def test_a_run_that_generates_items_rejects_a_prompt_writer(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        refused = await app.call("POST", "/api/runs", {"catalog": "toys", "promptWriter": "model"})
    assert refused.status == 422
    assert "promptWriter is 'model', and source is 'generate'" in refused.body["detail"]


@pytest.mark.slow
async def test_images_that_are_evaluated_begin_with_the_written_prompt(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await run_rows(app, make_products(6), refine={"iterations": 2, "acceptScore": 100})
        stats = app.simulator.stats()
        kept = app.read("catalogs/toys/state/prompts/00001.json")["prompts"]
        summary = app.read(f"runs/{status['runId']}/results/PROD-000001/summary.json")
    assert status["status"] == "Completed"
    assert kept["PROD-000001"]["prompt"] in json.dumps(summary)
    assert {written["prompt"] for written in kept.values()} <= set(stats["billedImagesByPrompt"])
    both = sum_calls(tmp_path / status["outputs"]["audit"])
    assert (both["input"], both["output"]) == (stats["inputTokens"], stats["outputTokens"])
