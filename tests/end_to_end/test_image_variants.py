"""Variants of a whole run: right files, no call for them, and new ones for images that are there."""

import io
import json
from pathlib import Path

from PIL import Image

from tests.support.running_app import run_app

VARIANTS = [
    {"width": 96, "format": "webp"},
    {"width": 64, "format": "avif", "quality": 50},
    {"width": 4000, "format": "jpeg"},
]
SIZES = {"96w-webp": (96, "WEBP"), "64w-avif": (64, "AVIF"), "4000w-jpeg": (128, "JPEG")}


def check_variants(folder: Path, expected: set[str]) -> None:
    """Check format and width of every variant that the manifest lists."""
    rows = json.loads((folder / "catalogs/toys/manifest.json").read_text(encoding="utf-8"))
    assert rows
    for row in rows:
        assert {Path(variant["path"]).parent.name for variant in row["variants"]} == expected
        for variant in row["variants"]:
            data = (folder / variant["path"]).read_bytes()
            width, image_format = SIZES[Path(variant["path"]).parent.name]
            with Image.open(io.BytesIO(data)) as image:
                assert (image.width, image.format) == (width, image_format)
                assert (image.width, image.height, len(data)) == (variant["width"], variant["height"], variant["bytes"])


async def test_variants_are_made_with_images_and_for_images_that_are_there(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        first = await app.run(targetCount=6, categoryCount=2, imageSize="128x128", imageVariants=VARIANTS[:2])
        check_variants(app.folder, {"96w-webp", "64w-avif"})
        billed = app.simulator.stats()["billedImageCount"]
        second = await app.run(targetCount=6, categoryCount=2, imageSize="128x128", imageVariants=VARIANTS[1:])
        check_variants(app.folder, {"64w-avif", "4000w-jpeg"})
        assert app.simulator.stats()["billedImageCount"] == billed == 6
        assert not (app.folder / "catalogs/toys/variants/96w-webp").exists() or not list(
            (app.folder / "catalogs/toys/variants/96w-webp").glob("*.webp")
        )
    assert first["status"] == second["status"] == "Completed"
    assert second["cost"]["calls"] == 0


async def test_the_best_image_of_a_refined_item_has_the_variants(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run = await app.run(
            targetCount=3,
            categoryCount=1,
            imageSize="128x128",
            imageVariants=VARIANTS[:1],
            refine={"iterations": 2, "acceptScore": 100},
        )
        check_variants(app.folder, {"96w-webp"})
    assert run["status"] == "Completed"


async def test_a_regenerated_image_has_variants_of_its_own(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=3, categoryCount=1, imageSize="128x128", imageVariants=VARIANTS[:1])
        chosen = json.loads((app.folder / "catalogs/toys/catalog.json").read_text(encoding="utf-8"))[0]["productId"]
        path = app.folder / f"catalogs/toys/variants/96w-webp/{chosen}.webp"
        before = path.read_bytes()
        body = {"productIds": [chosen], "imagePrompts": {chosen: "a figure in a yellow raincoat"}}
        answer = await app.call("POST", "/api/catalogs/toys/regenerate", body)
        await app.wait(answer.body["runId"])
        assert path.read_bytes() != before
        check_variants(app.folder, {"96w-webp"})
