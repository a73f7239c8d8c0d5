"""New images for named items: billed once each, the earlier images stay as rounds, and one of them comes back."""

import asyncio
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine.fault_injection import FaultInjector
from model_simulator.in_process import running_simulator
from shared.images.rounds import Round, list_rounds
from shared.services.container import get_services
from shared.storage import paths
from tests.support.audit_queries import sum_calls
from tests.support.azurite import Azurite
from tests.support.catalog_check import list_prompted_items
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import SMALL, RunningApp, run_app
from tests.support.seeder_process import start_seeder

TAIL = "clean background, high detail, vibrant, evenly lit, 1024x1024"
OPENING = "Photorealistic LEGO-style minifigure"


def read_images(app: RunningApp) -> dict[str, str]:
    """Return the SHA-256 of each image by item."""
    files = (app.folder / "catalogs/toys/images").iterdir()
    return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def read_prompts(app: RunningApp) -> dict[str, str]:
    """Return the published image prompt of each item."""
    return {row["productId"]: row["imagePrompt"] for row in app.read("catalogs/toys/catalog.json")}


async def regenerate(app: RunningApp, product_ids: list[str], **body: object) -> dict[str, Any]:
    """Start a run over named items, wait for its end, and return its status."""
    answer = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": product_ids} | body)
    assert answer.status == 202, answer
    return await app.wait(answer.body["runId"])


async def read_rounds(item_id: str) -> list[Round]:
    store = get_services().store
    (item,) = [one for one in await list_prompted_items(store, "toys") if one.product_id == item_id]
    return await list_rounds(store, "toys", item)


async def test_three_edited_items_are_billed_once_each_and_one_comes_back(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        first = await app.run(targetCount=8, categoryCount=2)
        before, prompts = read_images(app), read_prompts(app)
        chosen = list(before)[:3]
        edits = {product_id: f"a figure with a red hat number {index}" for index, product_id in enumerate(chosen)}
        billed = app.simulator.stats()
        estimate = await app.call(
            "POST", "/api/catalogs/toys/regenerate?estimate=true", {"productIds": chosen, "imagePrompts": edits}
        )
        run = await regenerate(app, chosen, imagePrompts=edits)
        stats = app.simulator.stats()
        after, now = read_images(app), read_prompts(app)
        rounds = await read_rounds(chosen[0])
        back = await app.call(
            "POST", f"/api/catalogs/toys/items/{chosen[0]}/promote", {"runId": first["runId"], "round": 1}
        )
        promoted, still = read_images(app), read_prompts(app)
        await app.call("POST", "/api/catalogs/toys/publish")
        published = read_prompts(app)
        repair = await app.wait((await app.call("POST", "/api/catalogs/toys/repair", {})).body["runId"])
        again = await app.run(targetCount=8, categoryCount=2)
        end = app.simulator.stats()

    assert (estimate.status, estimate.body["imageCalls"], estimate.body["textCalls"]) == (200, 3, 0)
    assert (run["status"], run["imagesMade"], run["imagesKept"]) == ("Completed", 3, 0)
    assert run["progress"]["images"] == {"done": 3, "failed": 0, "total": 3}
    assert run["progress"]["items"] == {"accepted": 8, "target": 8, "rejected": 0}
    assert stats["billedImageCount"] - billed["billedImageCount"] == 3
    assert stats["requests"].get("responses") == billed["requests"].get("responses")
    assert run["cost"]["usd"] == round(stats["costUsd"] - billed["costUsd"], 4) > 0
    totals = sum_calls(tmp_path / "runs" / run["runId"] / "audit.sqlite")
    assert (totals["billed"], round(totals["nano"] / 1e9, 4)) == (3, run["cost"]["usd"])
    changed = {item_id for item_id in before if before[item_id] != after[item_id]}
    assert changed == set(chosen)
    assert {item_id: now[item_id] for item_id in chosen} == {
        item_id: f"{OPENING}, {text}, {TAIL}" for item_id, text in edits.items()
    }
    assert {item_id: prompts[item_id] for item_id in before if item_id not in chosen} == {
        item_id: now[item_id] for item_id in before if item_id not in chosen
    }
    assert [(one.run_id, one.is_current, one.prompt) for one in rounds] == [
        (run["runId"], True, now[chosen[0]]),
        (first["runId"], False, prompts[chosen[0]]),
    ]
    assert back.body == {
        "productId": chosen[0],
        "itemId": chosen[0],
        "runId": first["runId"],
        "round": 1,
        "sha256": before[chosen[0]],
    }
    assert promoted[chosen[0]] == before[chosen[0]]
    assert still == now, "published files wait for the next publish"
    assert published == now | {chosen[0]: prompts[chosen[0]]}
    assert {repair["status"], again["status"]} == {"Completed"}
    assert repair["cost"]["calls"] == again["cost"]["calls"] == 0
    assert end["billedImageCount"] == stats["billedImageCount"]


async def test_the_last_request_of_a_catalog_stays_what_it_was(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2, publish=False, placeholder=True)
        before = app.read("catalogs/toys/state/request.json")
        run = await regenerate(app, list(read_images(app))[:1], parallelImageRequests=1)
        after = app.read("catalogs/toys/state/request.json")
        shown = (await app.call("GET", f"/api/runs/{run['runId']}/request")).body
        stored = app.read(f"runs/{run['runId']}/request.json")
    assert after == before
    assert run["status"] == "Completed"
    assert "catalog" not in run["outputs"], "the last request wants a review first"
    assert (stored["parallelImageRequests"], stored["placeholder"], stored["forceImages"]) == (1, True, False)
    assert len(stored["selection"]) == 1
    assert set(stored) - set(shown) == {"selection", "bodySha256"}, "a caller can send what it is shown"


async def test_an_idempotency_key_starts_one_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2)
        body = {"productIds": list(read_images(app))[:2]}
        path, key = "/api/catalogs/toys/regenerate", {"Idempotency-Key": "once"}
        runs = [await app.call("POST", path, body, **key)]
        await app.wait(runs[0].body["runId"])
        runs.append(await app.call("POST", path, body, **key))
        other = await app.call("POST", path, {"productIds": body["productIds"][:1]}, **key)
        billed = app.simulator.stats()["billedImageCount"]
    assert len({run.body["runId"] for run in runs}) == 1
    assert (other.status, other.body["type"].rpartition(":")[2]) == (422, "idempotency-key-reused")
    assert billed == 6


async def test_a_selection_cannot_be_sent_to_runs(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        body = {"catalog": "toys", "selection": [{"productId": "x", "batch": 1}]} | SMALL
        answer = await app.call("POST", "/api/runs", body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "selection")


async def test_a_run_over_rows_that_the_text_model_described_asks_it_for_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.call("PUT", "/api/inputs/mugs.json", dump_rows(make_products(4)))
        request = {"source": "products", "input": "inputs/mugs.json", "promptWriter": "model"}
        await app.run(**request)
        rows = app.read("catalogs/toys/importer-catalog.json")
        texts = app.simulator.stats()["requests"]["responses"]
        product_id = app.read("catalogs/toys/manifest.json")[0]["productId"]
        run = await regenerate(app, [product_id], imagePrompts={product_id: "a cup on a shelf"})
        again = await app.run(**request)
        end = app.simulator.stats()
        after = app.read("catalogs/toys/importer-catalog.json")
    assert (run["status"], run["imagesMade"], run["cost"]["textCalls"]) == ("Completed", 1, 0)
    assert end["requests"]["responses"] == texts
    assert (again["status"], again["cost"]["calls"]) == ("Completed", 0)
    assert [row["imagePrompt"] for row in after] == ["a cup on a shelf", *(row["imagePrompt"] for row in rows[1:])]


async def test_named_items_of_a_catalog_with_refinement_are_refined(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2, refine={"iterations": 2, "acceptScore": 100})
        before, item_id = app.simulator.stats(), next(iter(read_images(app)))
        run = await regenerate(app, [item_id])
        rounds = await read_rounds(item_id)
        stats = app.simulator.stats()
    assert (run["status"], run["progress"]["images"]) == (
        "Completed",
        {"done": 1, "failed": 0, "total": 1, "refined": 1},
    )
    assert stats["billedImageCount"] - before["billedImageCount"] == run["cost"]["imageCalls"]
    own = [one for one in rounds if one.run_id == run["runId"]]
    assert [one.score is not None for one in own] == [True] * run["cost"]["imageCalls"]
    assert sum(one.is_current for one in rounds) == 1
    assert len(rounds) > len(own)


async def test_refused_images_fail_and_the_earlier_ones_stay(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2, placeholder=True)
        before = read_images(app)
        app.simulator.set_faults({"rates": {"content_policy": 1}})
        chosen = list(before)[:2]
        run = await regenerate(app, chosen, imagePrompts={chosen[0]: "another text"})
        after, prompts = read_images(app), read_prompts(app)
        rows = app.read(f"runs/{run['runId']}/failed_images.json")
    assert (run["status"], run["failures"]) == ("CompletedWithFailures", {"content_policy": 2})
    assert run["progress"]["images"] == {"done": 0, "failed": 2, "total": 2}
    assert {row["productId"] for row in rows} == set(chosen)
    assert (after, run["placeholders"]) == (before, 0)
    assert "another text" not in prompts[chosen[0]], "its image is from the earlier prompt"


async def test_a_budget_ends_a_run_over_named_items(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        first = await app.run(targetCount=4, categoryCount=2)
        price = first["cost"]["usd"] / 4
        refused = await app.call(
            "POST", "/api/catalogs/toys/regenerate", {"productIds": list(read_images(app)), "maxCostUsd": 2.5 * price}
        )
        run = await regenerate(app, list(read_images(app)), maxCostUsd=2.5 * price, acceptEstimate=True)
    assert (refused.status, refused.body["type"].rpartition(":")[2]) == (409, "estimate-above-budget")
    assert run["status"] == "CompletedWithFailures"
    assert run["cost"]["usd"] <= 2.5 * price
    assert run["progress"]["images"]["done"] + run["progress"]["images"]["failed"] == 4


class EveryActivityAgain(FaultInjector):
    """Deliver every activity twice at the same time, and lose every second result."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()

    def count_deliveries(self, activity: str) -> int:  # noqa: ARG002 - as overridden
        return 2

    def loses_result(self, activity: str) -> bool:
        self.results[activity] += 1
        return self.results[activity] % 2 == 1


async def test_activities_that_are_delivered_again_bill_and_archive_nothing_twice(tmp_path: Path) -> None:
    async with run_app(tmp_path, engine_faults=EveryActivityAgain()) as app:
        await app.run(targetCount=6, categoryCount=2)
        before = {
            item_id: (app.folder / f"catalogs/toys/images/{item_id}.png").read_bytes() for item_id in read_images(app)
        }
        edits = {item_id: f"a figure of number {index}" for index, item_id in enumerate(before)}
        run = await regenerate(app, list(edits), imagePrompts=edits)
        stats = app.simulator.stats()
    assert (run["status"], run["imagesMade"], run["cost"]["imageCalls"]) == ("Completed", 6, 6)
    assert (stats["billedImageCount"], set(stats["billedImagesByPrompt"].values())) == (12, {1})
    kept = {path.parent.name: path.read_bytes() for path in (tmp_path / "catalogs/toys/state/rounds").glob("*/*.png")}
    assert kept == before


@pytest.mark.azurite
async def test_blob_storage_keeps_earlier_images_as_a_folder_does(tmp_path: Path, azurite: Azurite) -> None:
    async with run_app(tmp_path, store=azurite.make_settings()) as app:
        first = await app.run(targetCount=4, categoryCount=2)
        items = await list_prompted_items(get_services().store, "toys")
        item_id = items[0].product_id
        path = paths.image_file("toys", items[0].filename)
        before = await get_services().store.read(path)
        run = await regenerate(app, [item_id], imagePrompts={item_id: "a figure with a blue hat"})
        rounds = await read_rounds(item_id)
        body = {"runId": first["runId"], "round": 1}
        promoted = await app.call("POST", f"/api/catalogs/toys/items/{item_id}/promote", body)
        after = await get_services().store.read(path)
        info = await get_services().store.describe(path)
        billed = app.simulator.stats()["billedImageCount"]
    assert before is not None
    assert after is not None
    assert info is not None
    assert (run["status"], billed, promoted.status) == ("Completed", 5, 200)
    assert [(one.run_id, one.prompt == items[0].image_prompt) for one in rounds] == [
        (run["runId"], False),
        (first["runId"], True),
    ]
    assert (after.data, info.metadata["run_id"]) == (before.data, first["runId"])


@pytest.mark.processes
async def test_a_killed_run_over_named_items_is_completed_by_the_same_command_and_by_no_second_run(
    tmp_path: Path,
) -> None:
    flags = ("--output-dir=out", "--json")
    make = ("run", "--target-count=16", "--category-count=2", "--batch-size=8", "--image-size=64x64", *flags)
    async with running_simulator(faults={"latencySeconds": {"text": 0.01, "image": 0.1}}) as simulator:
        async with start_seeder(*make, cwd=tmp_path, endpoint=simulator.url) as first:
            assert (await first.finish())[0] == 0
        catalog = tmp_path / "out/catalogs/lego"
        items = json.loads((catalog / "catalog.json").read_text())[:12]
        before = {item["productId"]: (catalog / "images" / item["filename"]).read_bytes() for item in items}
        named = [f"--product-id={item['productId']}" for item in items]
        edits = [f"--prompt={item['productId']}=a figure of number {index}" for index, item in enumerate(items)]
        command = ("regenerate", *named, *edits, "--parallel-image-requests=3", *flags)
        billed = simulator.stats()["billedImageCount"]
        async with start_seeder(*command, cwd=tmp_path, endpoint=simulator.url) as victim:
            async with asyncio.timeout(300):
                while simulator.stats()["billedImageCount"] < billed + 5:  # noqa: ASYNC110 - the simulator tells nobody
                    await asyncio.sleep(0.005)
            await victim.kill()
        async with start_seeder(*command, cwd=tmp_path, endpoint=simulator.url) as second:
            status, reported, _ = await second.finish()
        stats = simulator.stats()
    assert (status, reported["status"], reported["images"]["failed"]) == (0, "Completed", 0)
    runs = [path for path in (tmp_path / "out/runs").iterdir() if (path / "request.json").exists()]
    assert len(runs) == 2, "the second command resumed the first one's run"
    made = {prompt: count for prompt, count in stats["billedImagesByPrompt"].items() if "number" in prompt}
    assert len(made) == 12
    assert sum(made.values()) <= 12 + 3
    for item in items:
        folder = catalog / "state/rounds" / item["productId"]
        assert [file.read_bytes() for file in folder.glob("*.png")] == [before[item["productId"]]]
        assert (catalog / "images" / item["filename"]).read_bytes() != before[item["productId"]]
