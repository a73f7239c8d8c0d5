"""Style references in the provider's batches: uploaded once, billed at half the price, and deleted afterwards."""

import io
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import aiohttp
import pytest
from PIL import Image

from shared.rendering.color_histogram import calculate_distance, measure_colors
from tests.support.azurite import Azurite
from tests.support.batch_lab import IMAGES_PER_BATCH, ITEMS, REQUEST, Lab, Moment, lab
from tests.support.fault_injection import DeliverTwice, FaultInjection, KillAtChange, KillAtReturn, Side

STYLE: Mapping[str, Any] = {"styleReference": {"images": ["inputs/look.png"]}}
TOKENS = 64
"""Of a reference of 256x256: 8x8 patches."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", IMAGES_PER_BATCH)


def draw_reference(top: tuple[int, int, int] = (20, 90, 230)) -> bytes:
    """Return an image with all levels between black and a color."""
    gradient = Image.linear_gradient("L")
    image = Image.merge("RGB", [gradient.point([level * high // 255 for level in range(256)]) for high in top])
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


async def place_reference(here: Lab, data: bytes) -> None:
    async with here.open_store() as store:
        await store.write("inputs/look.png", data, content_type="image/png")


def measure_distance(images: list[bytes], reference: bytes) -> float:
    """Return the mean distance of images from a reference."""
    with Image.open(io.BytesIO(reference)) as opened:
        wanted = measure_colors(opened)
    distances = []
    for data in images:
        with Image.open(io.BytesIO(data)) as image:
            distances.append(calculate_distance(measure_colors(image), wanted))
    return mean(distances)


async def read_images(here: Lab, catalog: str = "toys") -> list[bytes]:
    async with here.open_store() as store:
        paths = [info.path async for info in store.list_files(f"catalogs/{catalog}/images/")]
        contents = [await store.read(path) for path in paths]
    return [content.data for content in contents if content is not None]


async def list_provider_images(here: Lab) -> list[Any]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bearer a-key"}) as session,
        session.get(f"{here.simulator.url}/v1/files?purpose=vision") as response,
    ):
        listed: list[Any] = (await response.json())["data"]
    return listed


async def test_forty_images_have_the_look_and_cost_half_of_what_normal_calls_cost(tmp_path: Path) -> None:
    reference = draw_reference()
    found = {}
    for name, further in {
        "plain": {},
        "styled": STYLE,
        "normal": {**STYLE, "imageMode": "normal"},
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        async with lab(folder, request=further, items=40) as here:
            await place_reference(here, reference)
            await here.run()
            summary = await (here.read_summary() if name == "normal" else here.check())
            assert summary["cost"]["usd"] == pytest.approx(here.simulator.stats()["costUsd"], abs=0.0001)
            distance = measure_distance(await read_images(here), reference)
            found[name] = summary["cost"], distance, await list_provider_images(here)
    (plain, without, _), (styled, distance, left), (normal, _, _) = found.values()
    assert distance <= without / 2
    assert styled["usd"] == pytest.approx(normal["usd"] / 2, abs=0.0001)
    assert styled["normalUsd"] == pytest.approx(normal["usd"], abs=0.0001)
    assert styled["inputTokens"] - plain["inputTokens"] == 40 * TOKENS
    assert left == []  # the uploaded reference is deleted


async def test_the_estimate_has_both_prices_with_the_tokens_of_references(tmp_path: Path) -> None:
    async with lab(tmp_path) as here, here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
        await place_reference(here, draw_reference())
        estimates = []
        for body in (REQUEST, {**REQUEST, **STYLE}, {**REQUEST, **STYLE, "imageMode": "normal"}):
            async with session.post(f"{host.url}/api/runs?estimate=true", json=body) as response:
                estimates.append(await response.json())
    plain, styled, normal = estimates
    assert styled["costUsd"] == styled["batchCostUsd"] == normal["batchCostUsd"]
    assert styled["normalCostUsd"] == normal["costUsd"] == pytest.approx(2 * styled["costUsd"], abs=0.0002)
    assert styled["costUsd"] - plain["costUsd"] == pytest.approx(ITEMS * TOKENS * 8 / 1e6 / 2, abs=0.0001)


async def test_a_reference_is_uploaded_once_for_all_batches(tmp_path: Path) -> None:
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, draw_reference())
        uploads = Counted("upload_image")
        async with here.host(uploads) as host:
            await here.start(host)
            await host.engine.wait_for_completion(here.run_id)
        await here.check()
    assert uploads.calls == 1


class Counted(Moment):
    """Counts a call of the provider."""

    def __init__(self, call: str) -> None:
        super().__init__("none", Side.BEFORE)
        self.counted, self.calls = call, 0

    def reach_call(self, call: str, side: Side) -> None:
        self.calls += (call, side) == (self.counted, Side.BEFORE)


@pytest.mark.parametrize("side", Side)
async def test_a_kill_around_the_upload_of_a_reference_leaves_one_and_bills_no_image_twice(
    tmp_path: Path, side: Side
) -> None:
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, draw_reference())
        assert await here.run(Moment("upload_image", side)) == 1
        await here.check()
        assert await list_provider_images(here) == []


KILLS: Mapping[str, FaultInjection] = {
    "search": Moment("iterate_images", Side.AFTER),
    "look-up": Moment("has_file", Side.AFTER),
    "upload of lines": Moment("upload", Side.AFTER),
    "creation": Moment("create", Side.AFTER),
    "before deletion": Moment("delete_file", Side.BEFORE),
    "after deletion": Moment("delete_file", Side.AFTER),
    "end": KillAtReturn("close_run"),
    **{
        f"change {number} {side}": KillAtChange("submit_image_batch", number, side)
        for number in (6, 7, 8)
        for side in Side
    },
}


@pytest.mark.parametrize("moment", KILLS)
async def test_a_kill_around_other_steps_bills_no_image_twice(tmp_path: Path, moment: str) -> None:
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, draw_reference())
        await here.run(KILLS[moment])
        await here.check()
        assert await list_provider_images(here) == []


async def test_messages_that_are_delivered_twice_bill_no_image_twice(tmp_path: Path) -> None:
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, draw_reference())
        await here.run(DeliverTwice())
        await here.check()


async def test_a_reference_that_vanishes_from_the_provider_is_uploaded_again(tmp_path: Path) -> None:
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, draw_reference())
        assert await here.run_process(Moment("has_file", Side.BEFORE))  # before the second batch
        (listed,) = await list_provider_images(here)
        async with (
            aiohttp.ClientSession(headers={"Authorization": "Bearer a-key"}) as session,
            session.delete(f"{here.simulator.url}/v1/files/{listed['id']}") as response,
        ):
            assert response.status == 200
        await here.run()
        await here.check()
        assert await list_provider_images(here) == []


async def test_lines_whose_reference_is_missing_take_the_fallback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def name_an_unknown_file(*_: object) -> tuple[str, ...]:
        return ("file-unknown",)

    monkeypatch.setattr("shared.images.image_batches.ensure_uploads", name_an_unknown_file)
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, draw_reference())
        await here.run()
        summary = await here.check(is_all_batched=False)
    assert "normalUsd" not in summary["cost"]  # no line was billed


async def test_a_reference_that_changes_meanwhile_changes_no_image_of_the_run_and_re_buys_nothing(
    tmp_path: Path,
) -> None:
    reference = draw_reference()
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, reference)
        assert await here.run_process(Moment("upload", Side.BEFORE))
        await place_reference(here, draw_reference((240, 40, 20)))
        await here.run()
        await here.check()
        images = await read_images(here)
        assert measure_distance(images, reference) < measure_distance(images, draw_reference((240, 40, 20))) / 2

        async with here.host(FaultInjection()) as host:
            again = await here.start_other(host, "two")
            await host.engine.wait_for_completion(again)
        assert here.simulator.stats()["billedImageCount"] == ITEMS
        assert await read_images(here) == images


async def test_a_repair_generates_missing_images_in_batches_with_the_recorded_reference(tmp_path: Path) -> None:
    reference = draw_reference()
    async with lab(tmp_path, request=STYLE) as here:
        await place_reference(here, reference)
        await here.run()
        await place_reference(here, draw_reference((240, 40, 20)))
        names = sorted((tmp_path / "catalogs/toys/images").iterdir())[:3]
        for name in names:
            name.unlink()
        async with here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
            async with session.post(f"{host.url}/api/catalogs/toys/repair", json={}) as response:
                here.run_id = (await response.json())["runId"]
            await host.engine.wait_for_completion(here.run_id)
        summary, stats = await here.read_summary(), here.simulator.stats()
        repaired = [name.read_bytes() for name in names]
        assert await list_provider_images(here) == []
    assert (summary["status"], summary["imagesMade"], stats["billedImageCount"]) == ("Completed", 3, ITEMS + 3)
    assert summary["cost"]["normalUsd"] == pytest.approx(2 * summary["cost"]["usd"], abs=0.0002)
    assert measure_distance(repaired, reference) < measure_distance(repaired, draw_reference((240, 40, 20))) / 2


async def test_a_budget_counts_the_references_at_the_batch_price(tmp_path: Path) -> None:
    budget = 0.02
    async with lab(tmp_path, request={**STYLE, "maxCostUsd": budget, "acceptEstimate": True}) as here:
        await place_reference(here, draw_reference())
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert stats["costUsd"] <= budget
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
    assert 0 < summary["imagesMade"] < ITEMS


@pytest.mark.azurite
async def test_references_in_blob_storage_are_found_again_after_a_kill(tmp_path: Path, azurite: Azurite) -> None:
    async with lab(tmp_path, request=STYLE, store=azurite.make_settings()) as here:
        await place_reference(here, draw_reference())
        assert await here.run(Moment("upload_image", Side.AFTER), Moment("create", Side.AFTER)) == 2
        await here.check()
        assert await list_provider_images(here) == []
