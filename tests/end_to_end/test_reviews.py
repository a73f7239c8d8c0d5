"""A catalog is generated, reviewed and published: exactly what reviewers approved, whichever operation publishes."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.config import StoreSettings
from shared.storage.blob import BlobStore
from tests.support.azurite import Azurite
from tests.support.image_gate import ImageGate
from tests.support.importer import import_catalog
from tests.support.importer_rules import import_rows
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import RunningApp, run_app

ITEMS = 12
SMALL_CATALOG = {"targetCount": ITEMS, "categoryCount": 2, "batchSize": 6}


async def list_items(app: RunningApp, query: str = "") -> list[dict[str, Any]]:
    answer = await app.call("GET", f"/api/catalogs/toys/items?{query}")
    assert answer.status == 200, answer
    return list(answer.body["items"])


async def decide(app: RunningApp, rows: list[dict[str, Any]], decision: str) -> Mapping[str, Any]:
    """Decide about the images that the rows show."""
    decisions = [
        {"productId": row["productId"], "decision": decision, "sha256": row["image"]["sha256"]} for row in rows
    ]
    answer = await app.call("PUT", "/api/catalogs/toys/decisions", {"decisions": decisions})
    assert answer.status == 200, answer
    return dict(answer.body)


async def publish(app: RunningApp, query: str = "", **body: str) -> dict[str, Any]:
    answer = await app.call("POST", f"/api/catalogs/toys/publish{query}", body)
    assert answer.status == 200, answer
    return dict(answer.body)


def count_reasons(body: Mapping[str, Any]) -> dict[str, int]:
    return {group["reason"]: group["count"] for group in body["leftOut"]}


def list_ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["productId"] for row in rows]


async def test_after_a_review_the_catalog_holds_exactly_the_approved_items(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await app.run(**SMALL_CATALOG, review="required")
        assert (run["status"], run["leftOut"]) == ("Completed", {"undecided": ITEMS})
        assert "catalog" not in run["outputs"]
        assert len(app.read(run["outputs"]["partialCatalog"])) == ITEMS
        refused = await app.call("POST", "/api/catalogs/toys/publish")
        assert (refused.status, refused.body["type"].rpartition(":")[2]) == (409, "nothing-to-publish")
        assert not (tmp_path / "catalogs/toys/catalog.json").exists()

        rows = await list_items(app)
        approved, rejected = rows[:7], rows[7:10]
        assert (await decide(app, approved, "approved"))["recorded"] == 7
        assert (await decide(app, rejected, "rejected"))["recorded"] == 3
        preview = await publish(app, "?preview=true", only="approved")
        assert (preview["items"], preview["publish"]) == (ITEMS, 7)
        assert count_reasons(preview) == {"rejected": 3, "undecided": 2}
        assert not (tmp_path / "catalogs/toys/catalog.json").exists()

        published = await publish(app, only="approved")
        assert (published["items"], count_reasons(published)) == (7, {"rejected": 3, "undecided": 2})
        assert list_ids(app.read("catalogs/toys/catalog.json")) == list_ids(approved)
        assert list_ids(app.read("catalogs/toys/manifest.json")) == list_ids(approved)
        assert len(import_catalog(tmp_path / "catalogs/toys")) == 7
        assert await list_items(app, "decision=rejected") == [
            row for row in await list_items(app) if row["productId"] in list_ids(rejected)
        ]

        billed = app.simulator.stats()["billedImageCount"]
        again = await app.run(**SMALL_CATALOG, review="required")
        assert (again["status"], again["leftOut"]) == ("Completed", {"rejected": 3, "undecided": 2})
        assert app.simulator.stats()["billedImageCount"] == billed
        assert list_ids(app.read("catalogs/toys/catalog.json")) == list_ids(approved)


async def test_a_regenerated_image_has_to_be_decided_again(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(**SMALL_CATALOG)
        rows = await list_items(app)
        await decide(app, rows[1:], "approved")
        await decide(app, rows[:1], "rejected")
        await publish(app)
        assert list_ids(app.read("catalogs/toys/catalog.json")) == list_ids(rows[1:])

        ids = list_ids(rows[:2])
        # With the same prompt, the simulator would return the same image, and the decisions would still be about it.
        prompts = {row["productId"]: f"{row['imagePrompt']}, at night" for row in rows[:2]}
        body = {"productIds": ids, "imagePrompts": prompts}
        started = await app.call("POST", "/api/catalogs/toys/regenerate", body)
        run = await app.wait(started.body["runId"])
        assert (run["status"], run["leftOut"]) == ("Completed", {})
        assert list_ids(await list_items(app, "decision=undecided")) == ids
        late = await decide(app, rows[:2], "approved")
        assert late["recorded"] == 0
        assert [refused["reason"] for refused in late["refused"]] == ["image_changed"] * 2
        assert count_reasons(await publish(app, only="approved")) == {"undecided": 2}

        await decide(app, await list_items(app, "decision=undecided"), "approved")
        assert (await publish(app, only="approved"))["items"] == ITEMS
        assert list_ids(app.read("catalogs/toys/catalog.json")) == list_ids(rows)


async def test_rejected_products_are_in_none_of_the_four_published_files(tmp_path: Path) -> None:
    products = make_products(6)
    async with run_app(tmp_path) as app:
        await app.call("PUT", "/api/inputs/rows.json", dump_rows(products))
        await app.run(source="products", input="inputs/rows.json")
        rows = await list_items(app)
        await decide(app, rows[:2], "rejected")
        await publish(app)
        rest = list_ids(rows[2:])
        assert [row["id"] for row in app.read("catalogs/toys/catalog.json")] == rest
        for name in ("manifest.json", "upload-manifest.json"):
            assert list_ids(app.read(f"catalogs/toys/{name}")) == rest
        assert len(import_rows(app.read("catalogs/toys/importer-catalog.json"))) == len(rest)
        pruned = await app.call("POST", "/api/catalogs/toys/prune")
        assert (pruned.body["items"], pruned.body["pruned"]) == (len(rest), [])
        assert [row["id"] for row in app.read("catalogs/toys/catalog.json")] == rest


async def test_twenty_simultaneous_reviewers_lose_no_decision_and_no_decision_waits_for_a_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(**SMALL_CATALOG)
        rows = await list_items(app)
        gate = ImageGate(app.simulator)
        run_id = await app.start(**(SMALL_CATALOG | {"targetCount": ITEMS + 6}))
        results = await asyncio.gather(
            *(decide(app, [rows[number % ITEMS]], ("approved", "rejected")[number % 2]) for number in range(20))
        )
        assert [result["recorded"] for result in results] == [1] * 20
        decided = await list_items(app, "decision=approved") + await list_items(app, "decision=rejected")
        assert sorted(list_ids(decided)) == sorted(list_ids(rows))
        busy = await app.call("POST", "/api/catalogs/toys/publish", {"only": "approved"})
        assert busy.status == 409
        assert (await publish(app, "?preview=true", only="approved"))["publish"] == 6
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        gate.open()
        await app.wait(run_id)


@pytest.mark.azurite
async def test_a_review_on_blob_storage_publishes_the_same(tmp_path: Path, azurite: Azurite) -> None:
    settings = azurite.make_settings()
    async with run_app(tmp_path, store=settings) as app:
        await app.run(**SMALL_CATALOG, review="required")
        rows = await list_items(app)
        await decide(app, rows[:5], "approved")
        await decide(app, rows[5:6], "rejected")
        published = await publish(app)
        assert (published["items"], count_reasons(published)) == (5, {"rejected": 1, "undecided": ITEMS - 6})
        assert list_ids(await read_blob(settings, "catalogs/toys/catalog.json")) == list_ids(rows[:5])


async def read_blob(settings: StoreSettings, path: str) -> list[dict[str, Any]]:
    store = BlobStore.from_settings(settings)
    try:
        content = await store.read(path)
    finally:
        await store.close()
    assert content is not None
    return list(json.loads(content.data))
