"""Images with style references: they look alike, cost what was estimated, and a changed reference re-buys nothing."""

import io
from dataclasses import replace
from pathlib import Path
from statistics import mean

import fal_client.client
import pytest
from PIL import Image

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.config import ModelSettings
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.list_images import iterate_image_files
from shared.models.provider_names import Provider, ProviderAccess
from shared.rendering.color_histogram import calculate_distance, measure_colors
from shared.services.container import get_services
from tests.support.azurite import Azurite
from tests.support.running_app import FAST, MODEL_KEY, RunningApp, run_app

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


async def test_a_changed_reference_re_buys_nothing_and_repair_and_regenerate_keep_the_recorded_one(
    tmp_path: Path,
) -> None:
    body = {"targetCount": 4, "categoryCount": 2}
    async with run_app(tmp_path) as app:
        await upload(app, draw_reference((20, 90, 230)))
        await app.run(**body, **STYLE)
        first = await read_metadata()
        await upload(app, draw_reference((240, 40, 20)))
        again = await app.run(**body, **STYLE)
        kept = await read_metadata()

        more = await app.run(targetCount=5, categoryCount=2, **STYLE)
        grown = await read_metadata()
        (added,) = set(grown) - set(first)

        await upload(app, draw_reference((20, 240, 20)))
        chosen = added.removesuffix(".png")
        started = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [chosen]})
        regenerated = await app.wait(started.body["runId"])
        after = await read_metadata()
        (app.folder / "catalogs/toys/images" / added).unlink()
        repair = await app.wait((await app.call("POST", "/api/catalogs/toys/repair", {})).body["runId"])
        repaired = await read_metadata()
        stored = list((app.folder / "catalogs/toys/state/style_references").iterdir())

    assert (again["imagesMade"], again["cost"]["imageCalls"]) == (0, 0)
    assert kept == first
    assert more["imagesMade"] == 1
    assert {name: grown[name] for name in first} == first
    assert grown[added].style not in {one.style for one in first.values()}
    assert (regenerated["imagesMade"], repair["imagesMade"]) == (1, 1)
    assert after[added].sha256 != grown[added].sha256
    assert after[added].style == repaired[added].style == grown[added].style
    assert len(stored) == 2  # the third one was never used


async def test_what_cannot_be_used_is_refused_before_anything_is_billed(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await upload(app, b"not an image", "text.png")
        await upload(app, draw_reference((20, 90, 230))[:500], "cut.png")
        answers = [
            await app.call("POST", f"/api/runs{query}", {"catalog": "toys", "styleReference": {"images": images}})
            for query in ("", "?estimate=true")
            for images in (["inputs/text.png"], ["inputs/cut.png"], ["inputs/none.png"], [], ["inputs/a.png"] * 5)
        ]
        files = sorted(path.name for path in app.folder.iterdir())
        stats = app.simulator.stats()
    assert [answer.status for answer in answers] == [answers[0].status] * 10
    assert answers[0].status in {400, 422}
    assert all(answer.body["errors"][0]["field"].startswith("styleReference.images") for answer in answers)
    assert "runs" not in files
    assert "catalogs" not in files
    assert (stats["billedImageCount"], stats["costUsd"]) == (0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_other_formats_are_sent_as_jpeg_of_at_most_1024_pixels(tmp_path: Path, kind: str) -> None:
    async with run_app(tmp_path) as app:
        await upload(app, draw_reference((20, 90, 230), side=1500, kind=kind))
        run = await app.run(targetCount=1, categoryCount=1, **STYLE)
        (image,) = app.read(f"runs/{run['runId']}/style_reference.json")["images"]
        stats = app.simulator.stats()
    assert run["status"] == "Completed"
    assert (image["width"], image["height"]) == (1024, 1024)
    assert run["cost"]["usd"] == round(stats["costUsd"], 4)
    assert run["cost"]["inputTokens"] == stats["inputTokens"]


async def test_the_budget_counts_the_references(tmp_path: Path) -> None:
    body = {"targetCount": 3, "categoryCount": 1}
    async with run_app(tmp_path) as app:
        await upload(app, draw_reference((20, 90, 230), side=1024))
        request = {"catalog": "toys", "imageSize": "64x64"} | body
        without, estimated = [
            (await app.call("POST", "/api/runs?estimate=true", request | more)).body["costUsd"] for more in ({}, STYLE)
        ]
        assert estimated - without == pytest.approx(3 * 1024 * 8 / 1e6, abs=1e-4)
        budget = (without + estimated) / 2
        refused = await app.call("POST", "/api/runs", request | STYLE | {"maxCostUsd": budget})
        run = await app.run(**body, **STYLE, maxCostUsd=budget, acceptEstimate=True)
        stats = app.simulator.stats()
    assert refused.body["type"].endswith("estimate-above-budget")
    assert stats["costUsd"] <= budget
    assert 0 < run["imagesMade"] < 3


async def test_the_sheet_by_likeness_and_the_order_of_items_show_outliers_last_and_first(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await upload(app, draw_reference((20, 90, 230)))
        run = await app.run(targetCount=6, categoryCount=2, **STYLE)
        sheet = tmp_path / run["outputs"]["contactSheetByLikeness"]
        with Image.open(app.folder / run["outputs"]["contactSheetByLikeness"]) as opened:
            sheet_format = opened.format
        rows = (await app.call("GET", "/api/catalogs/toys/items?sort=style")).body["items"]
        detail = (await app.call("GET", "/api/catalogs/toys")).body
        plain = await app.run(catalog="plain", targetCount=1, categoryCount=1)
        without = (await app.call("GET", "/api/catalogs/plain")).body
    assert sheet_format == "JPEG"
    assert sheet.name == "contact-sheet-by-likeness.jpg"
    distances = [row["image"]["styleDistance"] for row in rows]
    assert len(distances) == 6
    assert distances == sorted(distances, reverse=True)
    assert (detail["hasStyleDistances"], without["hasStyleDistances"]) == (True, False)
    assert "contactSheetByLikeness" not in plain["outputs"]


@pytest.mark.azurite
async def test_blob_storage_keeps_references_digests_and_distances(tmp_path: Path, azurite: Azurite) -> None:
    async with run_app(tmp_path, store=azurite.make_settings()) as app:
        await upload(app, draw_reference((20, 90, 230)))
        run = await app.run(targetCount=3, categoryCount=1, **STYLE)
        metadata = await read_metadata()
        (app_row, *_) = (await app.call("GET", "/api/catalogs/toys/items?sort=style")).body["items"]
        started = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [app_row["productId"]]})
        regenerated = await app.wait(started.body["runId"])
        after = await read_metadata()
    assert (run["status"], regenerated["imagesMade"]) == ("Completed", 1)
    assert "contactSheetByLikeness" in run["outputs"]
    assert app_row["image"]["styleDistance"] == max(one.style_distance or 0 for one in metadata.values())
    assert len({one.style for one in (*metadata.values(), *after.values())}) == 1


async def test_refined_images_carry_references_and_the_style_of_the_theme_is_in_every_prompt(tmp_path: Path) -> None:
    style = {"light": "soft daylight from the left", "palette": "muted earth tones"}
    async with run_app(tmp_path, faults={"secondRoundBest": 1.0}) as app:
        await upload(app, draw_reference((20, 90, 230)))
        run = await app.run(targetCount=3, categoryCount=1, theme={"style": style}, refine={"iterations": 2}, **STYLE)
        prompts = [row["imagePrompt"] for row in app.read("catalogs/toys/catalog.json")]
        metadata = await read_metadata()
        stats = app.simulator.stats()
    assert (run["status"], len(prompts)) == ("Completed", 3)
    assert all(f"{style['light']}, {style['palette']}, clean background" in prompt for prompt in prompts)
    assert all(one.style is not None and one.style_distance is not None for one in metadata.values())
    assert run["cost"]["usd"] == round(stats["costUsd"], 4)


async def test_a_provider_without_references_is_refused_before_anything_is_billed(tmp_path: Path) -> None:
    async with (
        running_simulator(faults={"latencySeconds": FAST}) as simulator,
        run_app(tmp_path, simulator=simulator, model=make_mai_settings(simulator, "MAI-Image-2e")) as app,
    ):
        await upload(app, draw_reference((20, 90, 230)))
        answers = [
            await app.call("POST", f"/api/runs{query}", {"catalog": "toys"} | STYLE) for query in ("", "?estimate=true")
        ]
        stats = simulator.stats()
    assert {answer.body["errors"][0]["field"] for answer in answers} == {"styleReference"}
    assert all("'mai-image-2e'" in answer.body["errors"][0]["message"] for answer in answers)
    assert stats["costUsd"] == 0


def make_mai_settings(simulator: RunningSimulator, deployment: str = "MAI-Image-2.6") -> ModelSettings:
    text = ModelSettings(endpoint=simulator.url, api_key=MODEL_KEY)
    access = ProviderAccess(simulator.url, MODEL_KEY)
    return replace(text, image_provider=Provider.MAI, image_deployment=deployment, mai=access)


async def test_mai_takes_one_reference_that_is_in_the_estimate_and_the_cost(tmp_path: Path) -> None:
    reference = draw_reference((20, 90, 230))
    body = {"targetCount": 4, "categoryCount": 2, "imageSize": "768x768"}
    async with running_simulator(faults={"latencySeconds": FAST}) as simulator:
        async with run_app(tmp_path, simulator=simulator, model=make_mai_settings(simulator)) as app:
            await upload(app, reference)
            await upload(app, draw_reference((230, 90, 20)), "other.png")
            two = {"styleReference": {"images": ["inputs/look.png", "inputs/other.png"]}}
            refused = await app.call("POST", "/api/runs", {"catalog": "toys"} | body | two)
            estimated = (await app.call("POST", "/api/runs?estimate=true", {"catalog": "toys"} | body | STYLE)).body
            run = await app.run(**body, **STYLE)
            metadata = await read_metadata()
            stats = simulator.stats()
        distance = measure_distance(app, "toys", reference)
    assert refused.body["errors"][0]["field"] == "styleReference"
    assert (run["status"], len(metadata)) == ("Completed", 4)
    assert {(one.width, one.height) for one in metadata.values()} == {(768, 768)}
    assert distance < 0.1
    assert run["cost"]["usd"] == round(stats["costUsd"], 4)
    assert run["cost"]["inputTokens"] == stats["inputTokens"]
    assert estimated["costUsd"] == pytest.approx(stats["costUsd"], rel=0.05)


async def test_the_budget_counts_the_reference_of_mai(tmp_path: Path) -> None:
    budget = 0.12
    async with (
        running_simulator(faults={"latencySeconds": FAST}) as simulator,
        run_app(tmp_path, simulator=simulator, model=make_mai_settings(simulator)) as app,
    ):
        await upload(app, draw_reference((20, 90, 230)))
        body = {"targetCount": 6, "categoryCount": 2, "imageSize": "768x768", "parallelImageRequests": 4}
        run = await app.run(**body, **STYLE, maxCostUsd=budget, acceptEstimate=True)
        stats = simulator.stats()
    assert 0 < run["imagesMade"] < 6
    assert stats["costUsd"] <= budget
    assert run["cost"]["usd"] == round(stats["costUsd"], 4)


async def test_fal_takes_references_by_the_edit_route_of_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = draw_reference((20, 90, 230))
    body = {"targetCount": 3, "categoryCount": 1, "imageSize": "1024x1024"}
    model = "fal-ai/bytedance/seedream/v4/text-to-image"
    async with running_simulator(faults={"latencySeconds": FAST}) as simulator:
        for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
            monkeypatch.setattr(fal_client.client, name, f"{simulator.url}/fal/")
        text = ModelSettings(endpoint=simulator.url, api_key=MODEL_KEY)
        settings = replace(text, image_provider=Provider.FAL, image_deployment=model, fal_key=MODEL_KEY)
        async with run_app(tmp_path, simulator=simulator, model=settings) as app:
            await upload(app, reference)
            estimated = (await app.call("POST", "/api/runs?estimate=true", {"catalog": "toys"} | body | STYLE)).body
            run = await app.run(**body, **STYLE)
            metadata = await read_metadata()
            stats = simulator.stats()
        distance = measure_distance(app, "toys", reference)
    assert (run["status"], len(metadata)) == ("Completed", 3)
    assert len({one.style for one in metadata.values()} - {None}) == 1
    assert distance < 0.1
    assert run["cost"]["usd"] == round(stats["costUsd"], 4)
    assert {one.cost.nano_usd for one in metadata.values()} == {30_000_000}
    assert estimated["costUsd"] == pytest.approx(stats["costUsd"], rel=0.05)
