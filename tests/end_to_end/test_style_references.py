"""Images with style references: they look alike, cost what was told, and a changed reference re-buys nothing."""

import io
from pathlib import Path
from statistics import mean

import pytest
from PIL import Image

from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.list_images import iterate_image_files
from shared.rendering.color_histogram import calculate_distance, measure_colors
from shared.services.container import get_services
from tests.support.running_app import RunningApp, run_app

STYLE = {"styleReference": {"images": ["inputs/look.png"]}}


def draw_reference(top: tuple[int, int, int], *, side: int = 256, kind: str = "PNG") -> bytes:
    """Return an image with all levels between black and a color."""
    gradient = Image.linear_gradient("L").resize((side, side))
    image = Image.merge("RGB", [gradient.point([level * high // 255 for level in range(256)]) for high in top])
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


async def upload(app: RunningApp, data: bytes, name: str = "look.png") -> None:
    answer = await app.call("PUT", f"/api/inputs/{name}", data)
    assert answer.status in {200, 201}, answer


def measure_distance(app: RunningApp, catalog: str, reference: bytes) -> float:
    """Return the mean distance of a catalog's images from a reference."""
    with Image.open(io.BytesIO(reference)) as opened:
        wanted = measure_colors(opened)
    distances = []
    for file in (app.folder / f"catalogs/{catalog}/images").iterdir():
        with Image.open(file) as image:
            distances.append(calculate_distance(measure_colors(image), wanted))
    return mean(distances)


async def read_metadata(catalog: str = "toys") -> dict[str, ImageMetadata]:
    found = {}
    async for name, info in iterate_image_files(get_services().store, catalog):
        metadata = read_image_metadata(info)
        assert metadata is not None
        found[name] = metadata
    return found


def list_edits(app: RunningApp) -> int:
    """Return how many billed images were edits of references."""
    return int(app.simulator.stats()["billedImageCount"])


async def test_forty_images_have_the_look_of_the_reference_and_cost_what_was_told(tmp_path: Path) -> None:
    reference = draw_reference((20, 90, 230))
    async with run_app(tmp_path) as app:
        await upload(app, reference)
        body = {"targetCount": 40, "categoryCount": 4}
        plain = await app.run(catalog="plain", **body)
        before = app.simulator.stats()["costUsd"]
        request = {"catalog": "styled", "imageSize": "64x64"} | body | STYLE
        estimate = (await app.call("POST", "/api/runs?estimate=true", request)).body
        styled = await app.run(catalog="styled", **body, **STYLE)
        billed = app.simulator.stats()["costUsd"] - before
        without, distance = (measure_distance(app, name, reference) for name in ("plain", "styled"))
        manifest = app.read("catalogs/styled/manifest.json")
        record = app.read(f"runs/{styled['runId']}/style_reference.json")
        metadata = await read_metadata("styled")

    assert (styled["status"], styled["imagesMade"]) == ("Completed", 40)
    assert distance <= without / 2
    assert styled["cost"]["usd"] == round(billed, 4)
    assert estimate["costUsd"] == pytest.approx(billed, rel=0.05)
    assert styled["cost"]["inputTokens"] - plain["cost"]["inputTokens"] == 40 * 64  # 8x8 patches
    digests = {row["styleReference"] for row in manifest}
    assert {one.style for one in metadata.values()} == digests
    assert len(digests) == 1
    assert [image["path"] for image in record["images"]] == ["inputs/look.png"]
    distances = [one.style_distance for one in metadata.values() if one.style_distance is not None]
    assert mean(distances) == pytest.approx(distance, abs=0.01)
