"""Catalogs, items and images over HTTP, as the review page reads them."""

from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from tests.support.running_app import RunningApp, run_app

pytestmark = pytest.mark.slow

PROBLEM = "urn:catalog-seeder:problem:"
SOURCE_IDS = ("sku/1 50% #2", "ผลิตภัณฑ์ 1", "🚀", "plain-4")


async def fetch(app: RunningApp, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with app.session.get(app.host.url + path, headers=headers) as response:
        return response, await response.read()


async def test_a_finished_run_can_be_browsed_to_the_bytes_of_its_images(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await app.run(targetCount=6, categoryCount=2)
        listed = await app.call("GET", "/api/catalogs")
        catalog = await app.call("GET", "/api/catalogs/toys")
        page = await app.call("GET", "/api/catalogs/toys/items?limit=4")
        following = await app.call("GET", f"/api/catalogs/toys/items?limit=4&continuation={page.body['continuation']}")
        row = page.body["items"][0]
        detail = await app.call("GET", f"/api/catalogs/toys/items/{row['productId']}")
        image_path = f"/api/catalogs/toys/images/{row['filename']}"
        image, data = await fetch(app, image_path)
        versioned, _ = await fetch(app, f"{image_path}?sha256={row['image']['sha256']}")
        unchanged, nothing = await fetch(app, image_path, **{"If-None-Match": image.headers["ETag"]})
        thumbnail, small = await fetch(app, f"/api/catalogs/toys/thumbnails/{row['filename']}")
        round_, same = await fetch(
            app, f"/api/catalogs/toys/items/{row['itemId']}/rounds/{run['runId']}/{row['image']['round']}"
        )
        published = app.read("catalogs/toys/catalog.json")
    assert [one["catalog"] for one in listed.body["catalogs"]] == ["toys"]
    assert listed.body["continuation"] is None
    summary = {
        name: value
        for name, value in catalog.body.items()
        if name not in {"categories", "version", "hasStyleDistances"}
    }
    assert summary == listed.body["catalogs"][0]
    assert catalog.body["counts"] == {
        "items": 6,
        "images": 6,
        "failed": 0,
        "placeholders": 0,
        "approved": 0,
        "rejected": 0,
        "undecided": 6,
    }
    assert catalog.body["lastRun"]["runId"] == run["runId"]
    assert catalog.body["lastRun"]["status"] == "Completed"
    assert catalog.body["publishedAt"] is not None
    assert sum(category["items"] for category in catalog.body["categories"]) == 6
    assert len(catalog.body["covers"]) == 4
    rows = page.body["items"] + following.body["items"]
    assert (page.body["total"], following.body["offset"], following.body["continuation"]) == (6, 4, None)
    names = {"productId": "productId", "name": "name", "imagePrompt": "imagePrompt", "filename": "filename"}
    assert [{key: one[key] for key in names} for one in rows] == [{key: one[key] for key in names} for one in published]
    assert detail.body | {"rounds": None} == row | {"rounds": None}
    assert [one["isCurrent"] for one in detail.body["rounds"]] == [True]
    assert image.headers["Content-Type"] == "image/png"
    assert image.headers["ETag"] == f'"{row["image"]["sha256"]}"'
    assert image.headers["Cache-Control"] == "private, no-cache"
    assert image.headers["X-Content-Type-Options"] == "nosniff"
    assert image.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert versioned.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert (unchanged.status, nothing) == (304, b"")
    assert (len(data), same, round_.status) == (row["image"]["bytes"], data, 200)
    assert (thumbnail.headers["Content-Type"], small[:4]) == ("image/webp", b"RIFF")


async def test_an_item_is_found_by_any_id_that_an_input_can_give_it(tmp_path: Path) -> None:
    lines = ["id,title,description"] + [f'"{one}",Name of {one},Something nice.' for one in SOURCE_IDS]
    async with run_app(tmp_path) as app:
        await app.call("PUT", "/api/inputs/rows.csv", "\n".join(lines).encode(), **{"Content-Type": "text/csv"})
        await app.run(source="products", input="inputs/rows.csv", targetCount=4)
        page = await app.call("GET", "/api/catalogs/toys/items")
        rows = {row["productId"]: row for row in page.body["items"]}
        by_item_id = [await app.call("GET", f"/api/catalogs/toys/items/{row['itemId']}") for row in rows.values()]
        by_product_id = [await app.call("GET", f"/api/catalogs/toys/items/{quote(one, safe='')}") for one in SOURCE_IDS]
    assert set(rows) == set(SOURCE_IDS)
    assert [answer.body["productId"] for answer in by_item_id] == list(rows)
    assert [answer.body["productId"] for answer in by_product_id] == list(SOURCE_IDS)


async def test_what_cannot_be_answered_is_explained(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=2, dryRun=True)
        answers = {
            path: await app.call("GET", f"/api/catalogs/{path}")
            for path in (
                "unknown",
                "unknown/items",
                "Not A Name",
                "toys/items/unknown",
                "toys/images/missing.png",
                "toys/images/..%2Fcatalog.json",
                "toys/images/%2e%2e%2fcatalog.json",
                "toys/thumbnails/missing.png",
                "toys/items?limit=0",
                "toys/items?maxScore=101",
                "toys/items?sort=loudest",
                "toys/items?decision=maybe",
                "toys/items?duplicates=perhaps",
                "toys/items?continuation=abc",
                "toys/items?offset=-1",
            )
        }
        unlisted = await app.call("GET", "/api/catalogs?continuation=abc")
    assert {path: answer.status for path, answer in answers.items() if answer.status != 422} == {
        "unknown": 404,
        "unknown/items": 404,
        "toys/items/unknown": 404,
        "toys/images/missing.png": 404,
        "toys/images/..%2Fcatalog.json": 404,
        "toys/images/%2e%2e%2fcatalog.json": 404,
        "toys/thumbnails/missing.png": 404,
    }
    fields = {
        path.partition("?")[2]: answer.body["errors"][0]["field"]
        for path, answer in answers.items()
        if answer.status == 422 and "?" in path
    }
    assert fields == {text: text.partition("=")[0] for text in fields}
    assert unlisted.status == 422
    assert answers["toys/items/unknown"].body["type"] == PROBLEM + "unknown-item"


async def test_a_catalog_whose_first_run_is_still_planning_is_there_and_empty(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"latencySeconds": {"text": 3600}}) as app:
        await app.start(targetCount=2)
        catalog = await app.call("GET", "/api/catalogs/toys")
    assert catalog.status == 200
    assert catalog.body["counts"]["items"] == 0
