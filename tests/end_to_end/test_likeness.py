"""Refined images with style references: their likeness decides, is billed as estimated, and shows everywhere."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from shared.audit.write_audit import audit_path
from tests.end_to_end.test_refining import run_prompts
from tests.end_to_end.test_style_references import STYLE, draw_reference, read_metadata, upload
from tests.support.audit_queries import query_audit, sum_calls
from tests.support.azurite import Azurite
from tests.support.running_app import RunningApp, run_app

REFINE = {"refine": {"iterations": 2, "acceptScore": 80}}
ITEMS = {"targetCount": 8, "categoryCount": 2}


def read_summaries(app: RunningApp, run_id: str) -> list[dict[str, Any]]:
    files = sorted((app.folder / "runs" / run_id / "results").glob("*/summary.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


async def test_an_image_of_another_look_is_generated_again_and_the_better_one_is_published(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"referencesIgnored": 0.5}) as app:
        await upload(app, draw_reference((20, 90, 230)))
        run = await run_prompts(app, 8, **REFINE, **STYLE)
        summaries = read_summaries(app, run["runId"])
        rows = app.read(run["outputs"]["refinements"])
        items = (await app.call("GET", "/api/catalogs/toys/items?sort=style")).body["items"]
        detail = (await app.call("GET", f"/api/catalogs/toys/items/{items[0]['itemId']}")).body
        metadata = await read_metadata()
        bill = app.simulator.stats()
        audit = tmp_path / audit_path(run["runId"])
        evaluated = query_audit(audit, "SELECT product_id, iteration, score, likeness FROM evaluations")

    assert (run["status"], len(summaries)) == ("Completed", 8)
    first = [summary["rounds"][0]["likeness"] for summary in summaries]
    assert min(first) < 80 <= max(first), "some images ignore the references, and some do not"
    for summary in summaries:
        ratings = [min(row["score"], row["likeness"]) for row in summary["rounds"]]
        assert summary["shippedIteration"] == ratings.index(max(ratings)) + 1
        assert (len(ratings) == 1) == (ratings[0] >= 80)
        shipped = summary["rounds"][summary["shippedIteration"] - 1]
        assert (summary["score"], summary["likeness"]) == (shipped["score"], shipped["likeness"])
    assert {row["filename"]: row["likeness"] for row in rows} == {row["filename"]: row["likeness"] for row in summaries}
    assert {row["filename"]: row["image"]["likeness"] for row in items} == {
        row["filename"]: row["likeness"] for row in summaries
    }
    assert [(one["score"], one["likeness"]) for one in detail["rounds"] if one["isCurrent"]] == [
        (items[0]["image"]["score"], items[0]["image"]["likeness"])
    ]
    by_item = defaultdict(list)
    for row in evaluated:
        by_item[row["product_id"]].append((row["score"], row["likeness"]))
    expected = {row["productId"]: [(one["score"], one["likeness"]) for one in row["rounds"]] for row in summaries}
    assert by_item == expected
    distances = {name: one.style_distance for name, one in metadata.items()}
    far = [distances[row["filename"]] or 0 for row in summaries if row["likeness"] < 80]
    near = [distances[row["filename"]] or 0 for row in summaries if row["likeness"] >= 80]
    assert max(near) < min([*far, 1])
    assert run["cost"]["usd"] == round(bill["costUsd"], 4)
    assert sum_calls(audit)["input"] == run["cost"]["inputTokens"] == bill["inputTokens"]


async def test_the_rewrite_gets_what_was_unlike_and_the_note_has_the_mean_likeness(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"referencesIgnored": 1}) as app:
        await upload(app, draw_reference((240, 240, 240)))
        run = await app.run(targetCount=2, categoryCount=1, **REFINE, **STYLE)
        summaries = read_summaries(app, run["runId"])
    first = [summary["rounds"][0] for summary in summaries]
    assert all(row["likeness"] < 80 and row["unlike"] for row in first)
    second = [summary["rounds"][1]["prompt"] for summary in summaries]
    assert any(row["unlike"][0] in prompt for row, prompt in zip(first, second, strict=True))
    assert any("mean likeness" in note for note in run["notes"])


async def test_estimate_and_budget_count_the_references_of_evaluations(tmp_path: Path) -> None:
    images = ["inputs/look.png", "inputs/other.png"]
    body = ITEMS | {"refine": {"iterations": 1}, "styleReference": {"images": images}}
    async with run_app(tmp_path) as app:
        await upload(app, draw_reference((20, 90, 230), side=1024))
        await upload(app, draw_reference((230, 90, 20), side=700), "other.png")
        estimated = (
            await app.call("POST", "/api/runs?estimate=true", {"catalog": "toys", "imageSize": "64x64"} | body)
        ).body
        run = await app.run(**body)
        billed = app.simulator.stats()
    assert run["status"] == "Completed"
    assert run["cost"]["usd"] == round(billed["costUsd"], 4)
    assert estimated["costUsd"] == pytest.approx(billed["costUsd"], rel=0.05)
    assert estimated["inputTokens"] == pytest.approx(billed["inputTokens"], rel=0.05)


async def test_no_call_is_sent_that_could_pass_the_budget(tmp_path: Path) -> None:
    body = ITEMS | {"refine": {"iterations": 3, "acceptScore": 100}} | STYLE
    async with run_app(tmp_path, faults={"referencesIgnored": 1}) as app:
        await upload(app, draw_reference((20, 90, 230), side=1024))
        budget = 0.35
        run = await app.run(**body, maxCostUsd=budget, acceptEstimate=True)
        bill = app.simulator.stats()
    assert run["status"] == "CompletedWithFailures"
    assert bill["costUsd"] <= budget
    assert run["cost"]["usd"] == round(bill["costUsd"], 4)


async def test_the_theme_near_duplicates_and_both_sheets_work_together_with_refinement(tmp_path: Path) -> None:
    style = {"light": "soft daylight from the left", "palette": "muted earth tones"}
    async with run_app(tmp_path, faults={"referencesIgnored": 0.5}) as app:
        await upload(app, draw_reference((20, 90, 230)))
        run = await app.run(**ITEMS, **REFINE, **STYLE, theme={"style": style})
        summaries = read_summaries(app, run["runId"])
        files = {name: (app.folder / path).is_file() for name, path in run["outputs"].items()}
        duplicates = app.read(run["outputs"]["nearDuplicates"])
        manifest = app.read("catalogs/toys/manifest.json")
        metadata = await read_metadata()
    text = ", ".join(style.values())
    assert all(text in row["prompt"] for summary in summaries for row in summary["rounds"])
    assert files["contactSheet"]
    assert files["contactSheetByLikeness"]
    assert {row["filename"] for row in duplicates} <= {row["filename"] for row in manifest}
    assert len({row["styleReference"] for row in manifest}) == 1
    shipped = {row["filename"]: row["rounds"][row["shippedIteration"] - 1] for row in summaries}
    assert {name: one.round for name, one in metadata.items()} == {n: row["iteration"] for n, row in shipped.items()}


async def test_without_references_nothing_is_compared(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await app.run(targetCount=2, categoryCount=1, **REFINE)
        summaries = read_summaries(app, run["runId"])
        items = (await app.call("GET", "/api/catalogs/toys/items")).body["items"]
    assert {summary["likeness"] for summary in summaries} == {None}
    assert all(row["image"]["score"] is not None and row["image"]["likeness"] is None for row in items)
    assert not any("likeness" in note for note in run["notes"])


@pytest.mark.azurite
async def test_blob_storage_keeps_the_likeness(tmp_path: Path, azurite: Azurite) -> None:
    async with run_app(tmp_path, store=azurite.make_settings(), faults={"referencesIgnored": 0.5}) as app:
        await upload(app, draw_reference((20, 90, 230)))
        run = await app.run(targetCount=4, categoryCount=1, **REFINE, **STYLE)
        items = (await app.call("GET", "/api/catalogs/toys/items")).body["items"]
        bill = app.simulator.stats()
    assert run["status"] == "Completed"
    assert all(row["image"]["likeness"] is not None for row in items)
    assert run["cost"]["usd"] == round(bill["costUsd"], 4)
