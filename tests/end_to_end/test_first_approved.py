"""A person approves some of the first images of a run; the others are generated with these as style references."""

from pathlib import Path
from typing import Any

import pytest

from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.list_images import iterate_image_files
from shared.services.container import get_services
from tests.support.running_app import RunningApp, run_app

FIRST = {"styleReference": {"firstApproved": 4}}
BODY: dict[str, Any] = {"targetCount": 12, "categoryCount": 3}


async def list_items(app: RunningApp, catalog: str = "toys") -> list[dict[str, Any]]:
    """Return the rows of a catalog in acceptance order."""
    return list((await app.call("GET", f"/api/catalogs/{catalog}/items?sort=accepted&limit=500")).body["items"])


async def decide(app: RunningApp, rows: list[dict[str, Any]], decision: str = "approved") -> None:
    decisions = [
        {"productId": row["itemId"], "decision": decision, "sha256": row["image"]["sha256"]} for row in rows
    ]
    answer = await app.call("PUT", f"/api/catalogs/{rows[0].get('catalog', 'toys')}/decisions", {"decisions": decisions})
    assert answer.body["recorded"] == len(rows), answer


async def resume(app: RunningApp, run_id: str) -> dict[str, Any]:
    answer = await app.call("POST", f"/api/runs/{run_id}/resume")
    assert answer.status == 202, answer
    return await app.wait(run_id)


async def read_metadata(catalog: str = "toys") -> dict[str, ImageMetadata]:
    found = {}
    async for name, info in iterate_image_files(get_services().store, catalog):
        metadata = read_image_metadata(info)
        assert metadata is not None
        found[name] = metadata
    return found


async def test_the_run_waits_for_an_approval_and_takes_the_approved_as_references(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        paused = await app.run(**BODY, **FIRST)
        run_id = paused["runId"]
        rows = await list_items(app)
        refused = await app.call("POST", f"/api/runs/{run_id}/resume")
        await decide(app, rows[1:3])
        await decide(app, rows[3:4], "rejected")
        ended = await resume(app, run_id)
        record = app.read(f"runs/{run_id}/style_reference.json")
        metadata = await read_metadata()
        after = await list_items(app)
        stats = app.simulator.stats()

    assert (paused["status"], paused["error"]["reason"]) == ("Paused", "awaiting_approval")
    assert paused["pausedUntil"] is not None
    assert (paused["progress"]["items"]["accepted"], paused["imagesMade"]) == (4, 4)
    assert (refused.status, refused.body["type"].rpartition(":")[2]) == (409, "no-approved-image")
    assert ended["status"] == "Completed", ended
    assert [image["itemId"] for image in record["images"]] == [row["itemId"] for row in rows[1:3]]
    assert len(after) == 12
    assert ended["progress"]["images"] == {"done": 12, "failed": 0, "total": 12}
    assert (ended["imagesMade"], ended["cost"]["imageCalls"]) == (12, 13)
    assert ended["cost"]["usd"] == round(stats["costUsd"], 4)
    styles = [metadata[row["filename"]].style for row in after]
    assert styles[:3] == [None] * 3
    assert len(set(styles[3:])) == 1
    assert [row["image"]["sha256"] for row in after[:3]] == [row["image"]["sha256"] for row in rows[:3]]
    assert after[3]["image"]["sha256"] != rows[3]["image"]["sha256"]
