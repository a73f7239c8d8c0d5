"""Refused images get placeholders, which importers accept, which count as failed, and which a repair replaces."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest
from PIL import Image

from docs.tools.catalog_schema import make_schema
from shared.rendering.placeholder_card import is_placeholder_file
from tests.support.importer import import_catalog
from tests.support.input_rows import dump_rows, make_products
from tests.support.running_app import FAST, RunningApp, run_app

REFUSING = {"rates": {"content_policy": 0.3}}
IMAGES = Path("catalogs/toys/images")


def count_marks(rows: list[dict[str, Any]]) -> int:
    """Count the marked rows; a mark is true or absent."""
    assert all(row.get("placeholder", True) is True for row in rows)
    return sum("placeholder" in row for row in rows)


def count_cards(folder: Path) -> int:
    return sum(is_placeholder_file(path.read_bytes()) for path in (folder / IMAGES).iterdir())


async def repair(app: RunningApp) -> dict[str, Any]:
    app.simulator.set_faults({"latencySeconds": FAST})
    started = await app.call("POST", "/api/catalogs/toys/repair")
    return await app.wait(started.body["runId"])


@pytest.mark.slow
async def test_refused_images_have_placeholders_until_a_repair_replaces_them(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=REFUSING) as app:
        status = await app.run(targetCount=20, categoryCount=4, placeholder=True)
        failed = app.read(status["outputs"]["failedImages"])
        refused = len(failed)
        assert 0 < refused < 20
        assert (status["status"], status["placeholders"]) == ("CompletedWithFailures", refused)
        assert status["progress"]["images"] == {"done": 20 - refused, "failed": refused, "total": 20}
        assert (status["imagesMade"], status["failures"]) == (20 - refused, {"content_policy": refused})
        assert app.read(status["outputs"]["summary"])["placeholders"] == refused
        rows = app.read("catalogs/toys/catalog.json")
        jsonschema.Draft202012Validator(make_schema()).validate(rows)
        manifest = app.read("catalogs/toys/manifest.json")
        assert [count_marks(found) for found in (failed, rows, manifest)] == [refused, refused, refused]
        assert len(import_catalog(tmp_path / "catalogs/toys")) == len(rows) == len(manifest) == 20
        for row in rows:
            data = (tmp_path / IMAGES / row["filename"]).read_bytes()
            assert is_placeholder_file(data) == ("placeholder" in row)
            with Image.open(io.BytesIO(data)) as image:
                assert (image.format, image.size) == ("PNG", (64, 64))
        assert all((tmp_path / row["thumbnail"]).is_file() for row in manifest)
        paid = app.simulator.stats()["billedImageCount"]

        repaired = await repair(app)
        assert (repaired["status"], repaired["placeholders"]) == ("Completed", 0)
        assert (repaired["imagesMade"], repaired["imagesKept"]) == (refused, 20 - refused)
        assert app.simulator.stats()["billedImageCount"] == paid + refused
        assert count_marks(app.read("catalogs/toys/catalog.json")) == count_cards(tmp_path) == 0


@pytest.mark.slow
async def test_rows_of_a_source_are_unchanged_except_for_the_placeholder_mark(tmp_path: Path) -> None:
    rows = make_products(20)
    names = ("catalog.json", "importer-catalog.json", "manifest.json", "upload-manifest.json")
    async with run_app(tmp_path, faults=REFUSING) as app:
        await app.call("PUT", "/api/inputs/rows.json", dump_rows(rows))
        status = await app.run(source="products", input="inputs/rows.json", placeholder=True)
        refused = status["placeholders"]
        assert 0 < refused < 20
        assert [count_marks(app.read(f"catalogs/toys/{name}")) for name in names] == [refused] * 4
        published = app.read("catalogs/toys/catalog.json")
        added = ("imageFile", "imageUrl", "placeholder")
        assert [{name: value for name, value in row.items() if name not in added} for row in published] == rows
        assert all((tmp_path / IMAGES / row["imageFile"]).is_file() for row in published)
        await repair(app)
        assert [count_marks(app.read(f"catalogs/toys/{name}")) for name in names] == [0] * 4


async def test_a_prompt_that_is_refused_after_its_rewrites_gets_a_placeholder(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 1}}) as app:
        status = await app.run(targetCount=3, categoryCount=2, placeholder=True, policyRewrites=1)
        assert (status["failures"], status["placeholders"]) == ({"content_policy": 3}, 3)
        assert count_cards(tmp_path) == 3


async def test_a_run_without_placeholders_removes_earlier_ones(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 1}}) as app:
        asked = {"targetCount": 3, "categoryCount": 2}
        status = await app.run(**asked, placeholder=True)
        assert (status["placeholders"], status["progress"]["images"]["done"], count_cards(tmp_path)) == (3, 0, 3)
        again = await app.run(**asked)
        assert (again["status"], again["placeholders"]) == ("CompletedWithFailures", 0)
        assert app.read("catalogs/toys/catalog.json") == []
        assert list((tmp_path / IMAGES).iterdir()) == []
        assert count_marks(app.read(again["outputs"]["failedImages"])) == 0


@pytest.mark.slow
async def test_placeholders_are_published_after_a_review_and_pruned_with_their_items(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=REFUSING) as app:
        status = await app.run(targetCount=20, categoryCount=4, placeholder=True, publish=False)
        refused = status["placeholders"]
        assert count_marks(app.read(status["outputs"]["partialCatalog"])) == refused > 0
        published = await app.call("POST", "/api/catalogs/toys/publish")
        counts = {name: published.body[name] for name in ("items", "images", "missing", "placeholders")}
        assert counts == {"items": 20, "images": 20 - refused, "missing": refused, "placeholders": refused}
        pruned = await app.call("POST", "/api/catalogs/toys/prune")
        assert (len(pruned.body["pruned"]), pruned.body["items"]) == (refused, 20 - refused)
        assert count_cards(tmp_path) == 0
        assert len(list((tmp_path / "catalogs/toys/thumbnails").iterdir())) == 20 - refused
        assert json.dumps(app.read("catalogs/toys/catalog.json")).count("placeholder") == 0
