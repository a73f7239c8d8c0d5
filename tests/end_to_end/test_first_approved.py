"""A person approves some of the first images of a run; the others are generated with these as style references."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

import aiohttp
import fal_client.client
import pytest
from PIL import Image

from durable_emulator.engine.clock import ManualClock
from model_simulator.in_process import running_simulator
from shared.config import ModelSettings
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.list_images import iterate_image_files
from shared.models.provider_names import Provider
from shared.rendering.color_histogram import calculate_distance, measure_colors
from shared.services.container import get_services
from tests.end_to_end.test_delivery import Both
from tests.end_to_end.test_kill import read_url
from tests.end_to_end.test_recovery import lose_root
from tests.end_to_end.test_sources import put
from tests.support.azurite import Azurite
from tests.support.batch_lab import IMAGES_PER_BATCH, ITEMS, lab
from tests.support.fault_injection import FaultInjection
from tests.support.image_gate import ImageGate
from tests.support.input_rows import make_products
from tests.support.running_app import FAST, MODEL_KEY, SMALL, Answer, RunningApp, run_app
from tests.support.seeder_process import start_seeder

FIRST: dict[str, Any] = {"styleReference": {"firstApproved": 4}}
BODY: dict[str, Any] = {"targetCount": 12, "categoryCount": 3}

Rows = Sequence[dict[str, Any]]


async def list_items(app: RunningApp, catalog: str = "toys") -> list[dict[str, Any]]:
    """Return the rows of a catalog in acceptance order."""
    return list((await app.call("GET", f"/api/catalogs/{catalog}/items?sort=accepted&limit=500")).body["items"])


async def decide(app: RunningApp, rows: Rows, decision: str = "approved", catalog: str = "toys") -> None:
    decisions = [{"productId": row["itemId"], "decision": decision, "sha256": row["image"]["sha256"]} for row in rows]
    answer = await app.call("PUT", f"/api/catalogs/{catalog}/decisions", {"decisions": decisions})
    assert answer.body["recorded"] == len(rows), answer


async def pause(app: RunningApp, **request: Any) -> tuple[str, list[dict[str, Any]]]:
    """Start a run, wait until it awaits an approval, and return its id and the rows of its catalog."""
    status = await app.run(**BODY | FIRST | request)
    assert (status["status"], (status["error"] or {}).get("reason")) == ("Paused", "awaiting_approval"), status
    return status["runId"], await list_items(app)


async def estimate_images(app: RunningApp, **request: Any) -> int:
    """Return the number of image calls in the estimate of a run."""
    body = {"catalog": "toys"} | SMALL | BODY | FIRST | request
    return int((await app.call("POST", "/api/runs?estimate=true", body)).body["imageCalls"])


async def post_resume(app: RunningApp, run_id: str) -> Answer:
    return await app.call("POST", f"/api/runs/{run_id}/resume")


async def resume(app: RunningApp, run_id: str) -> dict[str, Any]:
    answer = await post_resume(app, run_id)
    assert answer.status == 202, answer
    return await app.wait(run_id)


async def read_metadata(catalog: str = "toys") -> dict[str, ImageMetadata]:
    found = {}
    async for name, info in iterate_image_files(get_services().store, catalog):
        metadata = read_image_metadata(info)
        assert metadata is not None
        found[name] = metadata
    return found


def assert_billed(app: RunningApp, *runs: dict[str, Any]) -> None:
    """Fail unless the runs report what the simulator has billed."""
    bill = app.simulator.stats()
    assert sum(run["cost"]["imageCalls"] for run in runs) == bill["billedImageCount"]
    assert sum(run["cost"]["usd"] for run in runs) == pytest.approx(bill["costUsd"], abs=1e-4 * len(runs))


async def test_the_run_waits_and_takes_the_approved_images_as_references(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        paused = await app.run(**BODY, **FIRST)
        run_id = paused["runId"]
        rows = await list_items(app)
        refused = await post_resume(app, run_id)
        await decide(app, rows[1:3])
        await decide(app, rows[3:4], "rejected")
        ended = await resume(app, run_id)
        record = app.read(f"runs/{run_id}/style_reference.json")
        metadata = await read_metadata()
        after = await list_items(app)
        detail = (await app.call("GET", f"/api/catalogs/toys/items/{rows[3]['itemId']}")).body
        assert_billed(app, ended)

    assert (paused["status"], paused["error"]["reason"]) == ("Paused", "awaiting_approval")
    until, since = (datetime.fromisoformat(paused[name]) for name in ("pausedUntil", "createdAt"))
    assert timedelta(days=1) <= until - since < timedelta(days=1, minutes=5)
    assert (paused["awaitedImages"], "awaitedImages" in ended) == (4, False)
    assert (paused["progress"]["items"]["accepted"], paused["imagesMade"]) == (4, 4)
    assert (refused.status, refused.body["type"].rpartition(":")[2]) == (409, "no-approved-image")
    assert ended["status"] == "Completed", ended
    assert [image["itemId"] for image in record["images"]] == [row["itemId"] for row in rows[1:3]]
    assert [image["inputSha256"] for image in record["images"]] == [row["image"]["sha256"] for row in rows[1:3]]
    assert ended["progress"]["images"] == {"done": 12, "failed": 0, "total": 12}
    assert (ended["imagesMade"], ended["imagesKept"], ended["cost"]["imageCalls"]) == (12, 0, 13)
    styles = [metadata[row["filename"]].style for row in after]
    assert (styles[:3], None in styles[3:], len(set(styles[3:]))) == ([None] * 3, False, 1)
    assert [row["image"]["sha256"] for row in after[:3]] == [row["image"]["sha256"] for row in rows[:3]]
    assert after[3]["decision"] is None
    assert [one["isCurrent"] for one in detail["rounds"]] == [True, False]
    assert detail["rounds"][1]["sha256"] == rows[3]["image"]["sha256"]


async def test_the_other_images_resemble_the_approved_ones(tmp_path: Path) -> None:
    many = {"targetCount": 24, "categoryCount": 4}

    def measure(catalog: str, names: Rows, references: Rows) -> float:
        images = {}
        for row in (*names, *references):
            with Image.open(
                io.BytesIO((tmp_path / f"catalogs/{catalog}/images" / row["filename"]).read_bytes())
            ) as one:
                images[row["filename"]] = measure_colors(one)
        wanted = [images[row["filename"]] for row in references]
        return mean(min(calculate_distance(images[row["filename"]], one) for one in wanted) for row in names)

    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app, **many)
        await decide(app, rows[:1])
        await resume(app, run_id)
        styled = await list_items(app)
        await app.run(catalog="plain", **many)
        plain = await list_items(app, "plain")
    distance = measure("toys", styled[4:], styled[:1])
    without = measure("plain", plain[4:], plain[:1])
    assert distance <= without / 2, (distance, without)


async def test_a_larger_number_than_the_catalog_has_still_asks_and_generates_the_rejected_again(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app, targetCount=3, styleReference={"firstApproved": 20})
        await decide(app, rows[:1])
        await decide(app, rows[1:2], "rejected")
        ended = await resume(app, run_id)
        after = await list_items(app)
        assert_billed(app, ended)
    changed = [old["image"]["sha256"] != new["image"]["sha256"] for old, new in zip(rows, after, strict=True)]
    assert changed == [False, True, False]
    assert (ended["status"], ended["imagesMade"], ended["progress"]["images"]["done"]) == ("Completed", 3, 3)


async def test_a_run_whose_first_images_all_fail_ends_with_their_reason(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 1}}) as app:
        ended = await app.run(**BODY, **FIRST)
        failed = app.read(f"runs/{ended['runId']}/failed_images.json")
    assert (ended["status"], ended["error"]["reason"]) == ("CompletedWithFailures", "content_policy")
    assert ended["progress"]["items"]["accepted"] == len(failed) == 4


async def test_images_that_were_decided_about_before_the_run_are_references_at_once(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        first = await app.run(**BODY | {"targetCount": 5})
        rows = await list_items(app)
        await decide(app, rows[:3])
        await decide(app, rows[3:4], "rejected")
        estimated = [await estimate_images(app, **changes) for changes in ({}, {"targetCount": 5})]
        ended = await app.run(**BODY, **FIRST)
        record = app.read(f"runs/{ended['runId']}/style_reference.json")
        after = await list_items(app)
        again = await app.run(**BODY, **FIRST)
        extended = await app.run(**BODY | {"targetCount": 13}, **FIRST)
        named = (await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [after[4]["itemId"]]})).body
        renewed = await app.wait(named["runId"])
        metadata = await read_metadata()
        assert_billed(app, first, ended, again, extended, renewed)
    assert (extended["status"], extended["imagesMade"]) == ("Completed", 1), extended
    assert metadata[after[4]["filename"]].style is not None
    assert (ended["status"], ended["imagesMade"], ended["imagesKept"]) == ("Completed", 8, 4)
    assert estimated == [8, 0]
    assert [image["itemId"] for image in record["images"]] == [row["itemId"] for row in rows[:3]]
    assert after[3]["image"]["sha256"] != rows[3]["image"]["sha256"]
    assert (again["status"], again["cost"]["imageCalls"]) == ("Completed", 0)


async def test_undecided_images_that_exist_are_not_generated_again_but_waited_for(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(**BODY | {"targetCount": 3})
        run_id, rows = await pause(app)
        calls = (await app.call("GET", f"/api/runs/{run_id}")).body["cost"]["imageCalls"]
        await decide(app, rows[:1])
        ended = await resume(app, run_id)
    assert calls == 1
    assert (ended["status"], ended["imagesMade"], ended["imagesKept"]) == ("Completed", 9, 3)


async def test_later_runs_keep_the_approved_references(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await decide(app, rows[:2])
        await resume(app, run_id)
        digest = (await read_metadata())[(await list_items(app))[-1]["filename"]].style

        grown = await app.run(**BODY | FIRST | {"targetCount": 14})
        added = (await list_items(app))[-1]
        started = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [rows[2]["itemId"]]})
        regenerated = await app.wait(started.body["runId"])
        (tmp_path / "catalogs/toys/images" / added["filename"]).unlink()
        repair = await app.wait((await app.call("POST", "/api/catalogs/toys/repair", {})).body["runId"])
        metadata = await read_metadata()

        await decide(app, rows[:2], "undecided")
        asks, _ = await pause(app, targetCount=16)
        await app.call("POST", f"/api/runs/{asks}/cancel")
        await app.wait(asks)
    assert [run["status"] for run in (grown, regenerated, repair)] == ["Completed"] * 3
    assert [run["imagesMade"] for run in (grown, regenerated, repair)] == [2, 1, 1]
    assert metadata[added["filename"]].style == metadata[rows[2]["filename"]].style == digest is not None


async def test_before_an_approval_a_repair_asks_again_and_regenerate_uses_no_references(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        await app.wait(run_id)
        started = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [rows[0]["itemId"]]})
        regenerated = await app.wait(started.body["runId"])
        (tmp_path / "catalogs/toys/images" / rows[1]["filename"]).unlink()
        repair = await app.wait((await app.call("POST", "/api/catalogs/toys/repair", {})).body["runId"])
        await decide(app, (await list_items(app))[2:3])
        ended = await resume(app, repair["runId"])
        metadata = await read_metadata()
    assert (regenerated["status"], regenerated["imagesMade"]) == ("Completed", 1)
    assert (repair["status"], ended["status"], ended["imagesMade"]) == ("Paused", "Completed", 1)
    assert {one.style for one in metadata.values()} == {None}


@pytest.mark.parametrize("way", ["repair", "run"])
async def test_rejected_images_that_a_run_leaves_are_generated_by_the_next_one(tmp_path: Path, way: str) -> None:
    small = BODY | FIRST | {"catalog": "toys", "targetCount": 6, "imageSize": "64x64"}
    async with run_app(tmp_path) as app:

        async def continue_catalog() -> dict[str, Any]:
            path, body = ("/api/catalogs/toys/repair", {}) if way == "repair" else ("/api/runs", small)
            return await app.wait((await app.call("POST", path, body)).body["runId"])

        run_id, rows = await pause(app, **small)
        await decide(app, rows[:1])
        await decide(app, rows[1:4], "rejected")
        app.simulator.set_faults({"blockedPrompts": [row["imagePrompt"] for row in rows[1:4]]})
        left = await resume(app, run_id)
        await decide(app, rows[3:4], "undecided")
        app.simulator.set_faults({"blockedPrompts": []})
        started = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [rows[0]["itemId"]]})
        named = await app.wait(started.body["runId"])
        estimate = (await app.call("POST", "/api/runs?estimate=true", small)).body
        ended = await continue_catalog()
        again = await continue_catalog()
        after = await list_items(app)
        rounds = [
            (await app.call("GET", f"/api/catalogs/toys/items/{row['itemId']}")).body["rounds"] for row in rows[1:4]
        ]
        metadata = await read_metadata()
        assert_billed(app, left, named, ended, again)
    assert (left["imagesMade"], left["cost"]["imageCalls"]) == (3, 6)
    assert (named["status"], named["imagesMade"], estimate["imageCalls"]) == ("Completed", 1, 2)
    assert (ended["status"], ended["imagesMade"], ended["imagesKept"]) == ("Completed", 2, 4)
    assert ended["progress"]["images"] == {"done": 6, "failed": 0, "total": 6}
    assert (again["status"], again["cost"]["imageCalls"]) == ("Completed", 0)
    assert [len(one) for one in rounds] == [2, 2, 1]
    assert [one[-1]["sha256"] for one in rounds] == [row["image"]["sha256"] for row in rows[1:4]]
    assert [metadata[row["filename"]].style is not None for row in after] == [True, True, True, False, True, True]


async def test_the_estimate_of_a_rejected_image_of_a_row_has_no_text_call_as_its_prompt_is_written(
    tmp_path: Path,
) -> None:
    async with run_app(tmp_path) as app:
        await put(app, make_products(3))
        body = {"catalog": "toys", "source": "products", "input": "inputs/rows.json", "promptWriter": "model"} | FIRST
        paused = await app.run(**body)
        rows = await list_items(app)
        await decide(app, rows[:2])
        await decide(app, rows[2:], "rejected")
        app.simulator.set_faults({"blockedPrompts": [rows[2]["imagePrompt"]]})
        await resume(app, paused["runId"])
        app.simulator.set_faults({"blockedPrompts": []})
        estimate = (await app.call("POST", "/api/runs?estimate=true", body | SMALL)).body
        ended = await app.run(**body)
    assert (estimate["textCalls"], estimate["imageCalls"]) == (0, 1)
    assert (ended["cost"]["textCalls"], ended["cost"]["imageCalls"]) == (0, 1)


async def test_forced_images_are_approved_anew(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app, targetCount=5)
        await decide(app, rows[:1])
        await resume(app, run_id)
        again, fresh = await pause(app, targetCount=5, forceImages=True)
        await decide(app, fresh[:1])
        ended = await resume(app, again)
        after = await list_items(app)
    assert [old["image"]["sha256"] == new["image"]["sha256"] for old, new in zip(rows, fresh, strict=False)] == [
        False
    ] * 4
    assert [old["image"]["sha256"] == new["image"]["sha256"] for old, new in zip(fresh, after, strict=False)][:4] == [
        True
    ] * 4
    assert (ended["status"], ended["cost"]["imageCalls"]) == ("Completed", 5)


async def test_a_withdrawn_approval_does_not_count(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await decide(app, rows[:1])
        await decide(app, rows[:1], "undecided")
        refused = await post_resume(app, run_id)
        status = (await app.call("GET", f"/api/runs/{run_id}")).body["status"]
        await decide(app, rows[1:2])
        await resume(app, run_id)
        record = app.read(f"runs/{run_id}/style_reference.json")
    assert (refused.status, status) == (409, "Paused")
    assert [image["itemId"] for image in record["images"]] == [rows[1]["itemId"]]


async def test_two_resumes_at_once_are_one_and_a_late_one_is_refused(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await decide(app, rows[:1])
        answers = await asyncio.gather(*(post_resume(app, run_id) for _ in range(2)))
        ended = await app.wait(run_id)
        late = await post_resume(app, run_id)
        assert_billed(app, ended)
    assert 202 in {answer.status for answer in answers} <= {202, 409}
    assert (ended["status"], late.status) == ("Completed", 409)


async def test_a_cancel_at_the_same_time_as_a_resume_ends_the_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await decide(app, rows[:1])
        gate = ImageGate(app.simulator)
        resumed, cancelled = await asyncio.gather(
            post_resume(app, run_id), app.call("POST", f"/api/runs/{run_id}/cancel")
        )
        gate.open()
        ended = await app.wait(run_id)
    assert (resumed.status in {202, 409}, cancelled.status) == (True, 202)
    assert (ended["status"], ended["error"]["reason"]) == ("Cancelled", "cancelled")


async def test_a_run_that_waits_is_cancelled_and_the_next_one_continues_with_what_was_decided(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        cancelled = await app.wait(run_id)
        await decide(app, rows)
        ended = await app.run(**BODY, **FIRST)
        assert_billed(app, cancelled, ended)
    assert (cancelled["status"], cancelled["imagesMade"]) == ("Cancelled", 4)
    assert (ended["status"], ended["imagesMade"], ended["imagesKept"]) == ("Completed", 8, 4)


async def test_rejected_first_images_are_replaced_by_cancelling_regenerating_and_starting_again(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        await decide(app, rows, "rejected")
        refused = await post_resume(app, run_id)
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        cancelled = await app.wait(run_id)
        body = {"productIds": [row["itemId"] for row in rows]}
        started = await app.call("POST", "/api/catalogs/toys/regenerate", body)
        regenerated = await app.wait(started.body["runId"])
        again, replaced = await pause(app)
        await decide(app, replaced[:2])
        ended = await resume(app, again)
        assert_billed(app, cancelled, regenerated, ended)
    assert refused.body["type"].endswith("no-approved-image")
    assert not {row["image"]["sha256"] for row in rows} & {row["image"]["sha256"] for row in replaced}
    assert [run["imagesMade"] for run in (cancelled, regenerated, ended)] == [4, 4, 8]
    assert ended["status"] == "Completed"


async def test_a_run_that_is_not_resumed_fails_at_the_pause_limit(tmp_path: Path) -> None:
    clock = ManualClock()

    async def look_until(*statuses: str) -> dict[str, Any]:
        async with asyncio.timeout(300):
            while True:
                status = (await app.call("GET", f"/api/runs/{run_id}")).body
                if status["status"] in statuses:
                    return dict(status)
                clock.advance(1)

    async with run_app(tmp_path, clock=clock) as app:
        run_id = await app.start(**BODY | FIRST | {"pauseLimitMinutes": 60})
        paused = await look_until("Paused")
        clock.jump_to(datetime.fromisoformat(paused["pausedUntil"]) - timedelta(seconds=1))
        waiting = (await app.call("GET", f"/api/runs/{run_id}")).body
        clock.advance(1)
        ended = await look_until("Failed", "Completed")
    assert waiting["status"] == "Paused"
    assert (ended["status"], ended["error"]["reason"]) == ("Failed", "awaiting_approval")
    assert ended["progress"]["images"]["done"] == 4


async def test_a_dry_run_waits_for_nobody(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        ended = await app.run(**BODY, **FIRST, dryRun=True)
        assert app.simulator.stats()["billedImageCount"] == 0
    assert (ended["status"], ended["progress"]["items"]["accepted"]) == ("Completed", 12)


async def test_few_prompts_of_rows_are_written_before_the_approval(tmp_path: Path) -> None:
    rows = make_products(50)
    async with run_app(tmp_path) as app:
        assert (await put(app, rows)).status == 201
        source = {"source": "products", "input": "inputs/rows.json", "promptWriter": "model"}
        run_id, _ = await pause(app, **source)
        paused = (await app.call("GET", f"/api/runs/{run_id}")).body
        items = await list_items(app)
        await decide(app, items[:1])
        ended = await resume(app, run_id)
        assert_billed(app, ended)
        prompts = [row["imagePrompt"] for row in await list_items(app)]
    assert (paused["cost"]["textCalls"], paused["cost"]["imageCalls"]) == (1, 4)
    assert (ended["status"], ended["imagesMade"], ended["cost"]["imageCalls"]) == ("Completed", 50, 50)
    assert ended["cost"]["textCalls"] == 3
    assert len(prompts) == 50


async def test_several_writers_and_workers_write_no_item_before_the_approval_that_is_not_of_the_first(
    tmp_path: Path,
) -> None:
    wide = {"targetCount": 40, "parallelTextRequests": 4, "parallelImageRequests": 16, "batchSize": 3}
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app, **wide)
        await decide(app, rows[3:4])
        ended = await resume(app, run_id)
        assert_billed(app, ended)
    assert len(rows) == 4
    assert (ended["status"], ended["imagesMade"], ended["progress"]["items"]["accepted"]) == ("Completed", 40, 40)


async def test_estimate_and_budget_count_both_parts(tmp_path: Path) -> None:
    body = BODY | FIRST | {"catalog": "toys", "imageSize": "64x64"}
    async with run_app(tmp_path) as app:
        without = (await app.call("POST", "/api/runs?estimate=true", body | {"styleReference": None})).body
        estimate = (await app.call("POST", "/api/runs?estimate=true", body)).body
        run_id, rows = await pause(app)
        await decide(app, rows)
        ended = await resume(app, run_id)
        bill = app.simulator.stats()
        known = (await app.call("POST", "/api/runs?estimate=true", body | {"targetCount": 13})).body
    references = 4 * 4  # four of them, 2x2 patches each
    assert estimate["imageCalls"] == without["imageCalls"] == 12
    assert estimate["textCalls"] == without["textCalls"] + 1 == ended["cost"]["textCalls"]
    assert estimate["costUsd"] == pytest.approx(bill["costUsd"], rel=0.1)
    assert ended["cost"]["inputTokens"] == bill["inputTokens"]
    assert known["inputTokens"] > references

    plain = (tmp_path / "second").resolve()
    async with run_app(plain) as app:
        budget = estimate["costUsd"] * 0.6
        refused = await app.call("POST", "/api/runs", body | {"maxCostUsd": budget})
        run_id, rows = await pause(app, maxCostUsd=budget, acceptEstimate=True)
        await decide(app, rows[:1])
        await decide(app, rows[1:], "rejected")
        ended = await resume(app, run_id)
        assert app.simulator.stats()["costUsd"] <= budget
        assert_billed(app, ended)
    assert refused.body["type"].endswith("estimate-above-budget")
    assert ended["status"] == "CompletedWithFailures"


async def test_refined_first_images_can_be_references_and_rejected_ones_stay(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"secondRoundBest": 1.0}) as app:
        run_id, rows = await pause(app, targetCount=6, refine={"iterations": 2})
        await decide(app, rows[:1])
        await decide(app, rows[1:2], "rejected")
        ended = await resume(app, run_id)
        metadata = await read_metadata()
        after = await list_items(app)
        assert_billed(app, ended)
    assert (ended["status"], ended["imagesMade"]) == ("Completed", 6)
    assert after[1]["image"]["sha256"] == rows[1]["image"]["sha256"]
    assert [metadata[row["filename"]].style is None for row in after] == [True] * 4 + [False] * 2


async def test_a_root_that_is_lost_while_the_run_waits_waits_again(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        lose_root(app)
        await app.call("POST", f"/api/runs/{run_id}/resume")  # refused, but it wakes nothing
        await decide(app, rows[:1])
        ended = await resume(app, run_id)
        while ended["status"] == "Paused":
            ended = await resume(app, run_id)
        assert_billed(app, ended)
    assert (ended["status"], ended["imagesMade"], ended["cost"]["imageCalls"]) == ("Completed", 12, 12)


@pytest.mark.slow
async def test_everything_twice_and_results_lost_changes_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path, engine_faults=Both()) as app:
        run_id, rows = await pause(app)
        await decide(app, rows[:2])
        await decide(app, rows[2:3], "rejected")
        ended = await resume(app, run_id)
        assert_billed(app, ended)
    assert (ended["status"], ended["imagesMade"], ended["cost"]["imageCalls"]) == ("Completed", 12, 13)


@pytest.mark.processes
async def test_a_run_that_waits_survives_kills_of_its_host_while_it_waits_and_while_it_resumes(tmp_path: Path) -> None:
    serve = ("serve", "--port=0", "--output-dir=out")
    async with running_simulator(faults={"latencySeconds": FAST}) as simulator, aiohttp.ClientSession() as session:

        async def ask(method: str, path: str, body: object = None) -> Any:
            async with session.request(method, f"{url}{path}", json=body) as response:
                return await response.json()

        async def wait_until(*statuses: str) -> dict[str, Any]:
            async with asyncio.timeout(300):
                while (run := await ask("GET", f"/api/runs/{run_id}"))["status"] not in statuses:
                    assert run["status"] in {"Pending", "Running", "Paused"}, run
                    await asyncio.sleep(0.02)
            return dict(run)

        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as first:
            url = await read_url(first.process)
            body = {"catalog": "toys", "imageSize": "64x64"} | BODY | FIRST
            run_id = (await ask("POST", "/api/runs", body))["runId"]
            paused = await wait_until("Paused")
            await first.kill()
        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as second:
            url = await read_url(second.process)
            waiting = await wait_until("Paused")
            rows = (await ask("GET", "/api/catalogs/toys/items?sort=accepted"))["items"]
            decisions = [
                {"productId": row["itemId"], "decision": decision, "sha256": row["image"]["sha256"]}
                for row, decision in zip(rows, ("approved", "rejected"), strict=False)
            ]
            await ask("PUT", "/api/catalogs/toys/decisions", {"decisions": decisions})
            await ask("POST", f"/api/runs/{run_id}/resume")
            await second.kill()
        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as third:
            url = await read_url(third.process)
            ended = await wait_until("Completed", "CompletedWithFailures", "Failed")
        bill = simulator.stats()
    assert waiting["pausedUntil"] == paused["pausedUntil"]
    assert (ended["status"], ended["progress"]["images"]["done"]) == ("Completed", 12)
    assert 13 <= bill["billedImageCount"] <= 13 + 4  # calls in flight at the second kill may be repeated


@pytest.mark.azurite
async def test_blob_storage_keeps_the_references_and_the_rejected_image(tmp_path: Path, azurite: Azurite) -> None:
    async with run_app(tmp_path, store=azurite.make_settings()) as app:
        run_id, rows = await pause(app)
        refused = await post_resume(app, run_id)
        await decide(app, rows[:1])
        await decide(app, rows[1:2], "rejected")
        ended = await resume(app, run_id)
        after = await list_items(app)
        detail = (await app.call("GET", f"/api/catalogs/toys/items/{rows[1]['itemId']}")).body
        metadata = await read_metadata()
        assert_billed(app, ended)
    assert refused.status == 409
    assert (ended["status"], ended["imagesMade"], ended["cost"]["imageCalls"]) == ("Completed", 12, 13)
    assert [one["sha256"] for one in detail["rounds"]] == [after[1]["image"]["sha256"], rows[1]["image"]["sha256"]]
    assert sum(one.style is not None for one in metadata.values()) == 9


async def test_the_first_images_are_generated_by_normal_calls_and_the_others_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", IMAGES_PER_BATCH)
    async with lab(tmp_path, request=FIRST) as here, here.host(FaultInjection()) as host:
        await here.start(host)
        async with aiohttp.ClientSession(host.url) as session:

            async def ask(method: str, path: str, body: object = None) -> Any:
                async with session.request(method, path, json=body) as response:
                    return await response.json()

            async with asyncio.timeout(300):
                while (run := await ask("GET", f"/api/runs/{here.run_id}"))["status"] != "Paused":
                    assert run["status"] in {"Pending", "Running"}, run
                    await asyncio.sleep(0.02)
            rows = (await ask("GET", "/api/catalogs/toys/items?sort=accepted"))["items"]
            decisions = [
                {"productId": row["itemId"], "decision": decision, "sha256": row["image"]["sha256"]}
                for row, decision in zip(rows, ("approved", "rejected"), strict=False)
            ]
            await ask("PUT", "/api/catalogs/toys/decisions", {"decisions": decisions})
            await ask("POST", f"/api/runs/{here.run_id}/resume")
            await host.engine.wait_for_completion(here.run_id)
        metadata = await read_metadata()
        summary, bill = await here.read_summary(), here.simulator.stats()
    assert (summary["status"], summary["imagesMade"]) == ("Completed", ITEMS)
    assert summary["cost"]["imageCalls"] == bill["billedImageCount"] == ITEMS + 1
    assert summary["cost"]["usd"] == pytest.approx(bill["costUsd"], abs=0.0001)
    assert sum(one.cost.saved_nano_usd > 0 for one in metadata.values()) == ITEMS - 4 + 1
    assert {one.cost.saved_nano_usd > 0 for one in metadata.values() if one.style is not None} == {True}


async def test_fal_generates_a_rejected_image_again_by_a_new_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_simulator(faults={"latencySeconds": FAST}) as simulator:
        for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
            monkeypatch.setattr(fal_client.client, name, f"{simulator.url}/fal/")
        text = ModelSettings(endpoint=simulator.url, api_key=MODEL_KEY)
        model = "fal-ai/bytedance/seedream/v4/text-to-image"
        settings = replace(text, image_provider=Provider.FAL, image_deployment=model, fal_key=MODEL_KEY)
        async with run_app(tmp_path, simulator=simulator, model=settings) as app:
            size = {"targetCount": 3, "categoryCount": 1, "imageSize": "1024x1024"}
            run_id, rows = await pause(app, **size | {"styleReference": {"firstApproved": 2}})
            await decide(app, rows[:1])
            await decide(app, rows[1:2], "rejected")
            ended = await resume(app, run_id)
            metadata = await read_metadata()
            audit = app.read(f"runs/{run_id}/summary.json")["cost"]
            assert_billed(app, ended)
    assert (ended["status"], ended["imagesMade"], ended["cost"]["imageCalls"]) == ("Completed", 3, 4)
    assert audit["imageCalls"] == 4
    assert sum(one.style is not None for one in metadata.values()) == 2


async def test_a_lost_root_and_a_rejected_image_count_each_image_once(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id, rows = await pause(app)
        lose_root(app)
        await app.call("POST", f"/api/runs/{run_id}/resume")  # refused, but it wakes nothing
        await decide(app, rows[:1])
        await decide(app, rows[1:3], "rejected")
        ended = await resume(app, run_id)
        while ended["status"] == "Paused":
            ended = await resume(app, run_id)
        assert_billed(app, ended)
    assert (ended["status"], ended["imagesMade"], ended["cost"]["imageCalls"]) == ("Completed", 12, 14)
    assert ended["progress"]["images"]["done"] == 12
