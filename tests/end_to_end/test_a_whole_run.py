import io
from pathlib import Path

import pytest
from PIL import Image

from tests.support.importer import import_catalog
from tests.support.running_app import run_app


def read_tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.slow
async def test_one_call_makes_a_complete_catalog_that_the_importer_takes_in_full(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=30, categoryCount=5, batchSize=8)
        stats = app.simulator.stats()

    assert status["status"] == "Completed", status["error"]
    assert status["progress"]["items"] == {
        "accepted": 30,
        "target": 30,
        "rejected": status["progress"]["items"]["rejected"],
    }
    assert status["progress"]["images"] == {"done": 30, "failed": 0, "total": 30}
    products = import_catalog(tmp_path / "catalogs/toys")
    assert len(products) == 30
    for product in products:
        with Image.open(io.BytesIO((tmp_path / "catalogs/toys/images" / product["filename"]).read_bytes())) as image:
            image.load()
            assert (image.format, image.size) == ("PNG", (64, 64))
    assert stats["billedImageCount"] == 30
    assert set(stats["billedImagesByPrompt"].values()) == {1}
    assert stats["maxConcurrentImages"] <= 8
    assert status["cost"]["usd"] == round(stats["costUsd"], 4)


async def test_the_same_request_again_bills_nothing_and_records_only_itself(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=12, categoryCount=3)
        calls = app.simulator.stats()["requests"]
        tree = read_tree(tmp_path / "catalogs")
        again = await app.run(targetCount=12, categoryCount=3)
        assert app.simulator.stats()["requests"] == calls
    assert again["status"] == "Completed"
    assert again["imagesKept"] == 12
    assert again["cost"]["calls"] == 0
    after = read_tree(tmp_path / "catalogs")
    record = "toys/state/last_run.json"
    assert app.read(f"catalogs/{record}") == {"runId": again["runId"]}
    assert after | {record: None} == tree | {record: None}


@pytest.mark.slow
async def test_a_larger_target_adds_items_and_keeps_those_there(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=6, categoryCount=2)
        first = app.read("catalogs/toys/catalog.json")
        status = await app.run(targetCount=10, categoryCount=2)
        rows = app.read("catalogs/toys/catalog.json")
        assert app.simulator.stats()["billedImageCount"] == 10
    assert status["status"] == "Completed"
    assert rows[:6] == first
    assert len(rows) == 10


async def test_a_target_below_the_existing_items_keeps_all_and_adds_a_note(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=8, categoryCount=2)
        status = await app.run(targetCount=3, categoryCount=2)
        assert len(app.read("catalogs/toys/catalog.json")) == 8
    assert status["status"] == "Completed"
    assert status["notes"] == ["the catalog already held 8 items, more than targetCount 3: all kept"]


async def test_a_dry_run_makes_items_and_no_images_and_a_later_run_makes_only_the_images(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        dry = await app.run(targetCount=6, categoryCount=2, dryRun=True)
        assert len(app.read("catalogs/toys/catalog.json")) == 6
        texts = app.simulator.stats()["requests"]["responses"]["200"]
        wet = await app.run(targetCount=6, categoryCount=2)
        stats = app.simulator.stats()
    assert (dry["status"], dry["progress"]["images"]["total"]) == ("Completed", 0)
    assert wet["status"] == "Completed"
    assert stats["requests"]["responses"]["200"] == texts
    assert stats["billedImageCount"] == 6


async def test_forced_images_are_each_billed_once_more(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=5, categoryCount=2)
        status = await app.run(targetCount=5, categoryCount=2, forceImages=True)
        assert set(app.simulator.stats()["billedImagesByPrompt"].values()) == {2}
    assert (status["status"], status["imagesMade"]) == ("Completed", 5)


async def test_forced_categories_keep_those_that_items_belong_to(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2)
        before = {row["category"] for row in app.read("catalogs/toys/catalog.json")}
        status = await app.run(targetCount=8, categoryCount=4, forceCategories=True)
        names = {category["name"] for category in app.read("catalogs/toys/categories.json")}
    assert status["status"] == "Completed"
    assert before <= names
    assert len(names) == 4


async def test_a_damaged_image_is_generated_again(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2)
        victim = next((tmp_path / "catalogs/toys/images").iterdir())
        victim.write_bytes(victim.read_bytes()[:100])
        status = await app.run(targetCount=4, categoryCount=2)
        assert app.simulator.stats()["billedImageCount"] == 5
    assert (status["status"], status["imagesMade"], status["imagesKept"]) == ("Completed", 1, 3)


async def test_jpeg_images_on_request(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=3, categoryCount=2, imageFormat="jpeg")
        manifest = app.read("catalogs/toys/manifest.json")
    assert status["status"] == "Completed"
    assert {row["contentType"] for row in manifest} == {"image/jpeg"}
    assert all(row["filename"].endswith(".jpg") for row in manifest)


async def test_every_image_has_a_thumbnail_that_the_manifest_names_and_a_repair_makes_a_lost_one_again(
    tmp_path: Path,
) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2)
        manifest = app.read("catalogs/toys/manifest.json")
        lost = tmp_path / manifest[0]["thumbnail"]
        lost.unlink()
        repair = await app.call("POST", "/api/catalogs/toys/repair")
        repaired = await app.wait(repair.body["runId"])
        assert app.simulator.stats()["billedImageCount"] == 4
        assert app.read("catalogs/toys/manifest.json") == manifest
        assert isinstance(app.read(repaired["outputs"]["nearDuplicates"]), list)
    assert (repaired["status"], repaired["imagesMade"]) == ("Completed", 0)
    assert len({row["dhash"] for row in manifest}) > 1
    for row in manifest:
        with Image.open(tmp_path / row["thumbnail"]) as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("WEBP", (64, 64))


async def test_a_catalog_without_thumbnails_gets_them_in_the_next_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2, thumbnails=False)
        assert {row["thumbnail"] for row in app.read("catalogs/toys/manifest.json")} == {None}
        assert not (tmp_path / "catalogs/toys/thumbnails").exists()
        status = await app.run(targetCount=4, categoryCount=2)
        manifest = app.read("catalogs/toys/manifest.json")
    assert (status["status"], status["imagesMade"]) == ("Completed", 0)
    assert all((tmp_path / row["thumbnail"]).is_file() for row in manifest)


async def test_a_theme_is_data_in_the_request(tmp_path: Path) -> None:
    theme = {
        "subject": "garden tools",
        "openings": ["Studio photo of"],
        "tail": "white background",
        "forbiddenWords": ["laser"],
    }
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=6, categoryCount=2, theme=theme)
        rows = app.read("catalogs/toys/catalog.json")
    assert status["status"] == "Completed"
    assert all(row["imagePrompt"].startswith("Studio photo of") for row in rows)
    assert all(row["imagePrompt"].endswith("white background") for row in rows)
