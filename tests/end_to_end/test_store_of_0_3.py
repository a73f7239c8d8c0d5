"""A store that version 0.3 wrote: its catalogs are read, repaired, extended and published, and its runs audited.

``tests/data/store_0_3.tar.xz`` holds two finished runs of 0.3.0 with a simulated model, images reduced to six colours:

- ``figures``: 6 items in 2 categories, refined in up to 2 rounds; the content policy refused one image.
- ``shop``: 3 products of a CSV file.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from shared.audit.write_audit import audit_path, write_audit
from shared.images.image_metadata import read_image_metadata
from shared.runs.run_files import read_request, read_status_file
from shared.storage.folder import FolderStore
from tests.support.audit_queries import query_audit, sum_calls
from tests.support.running_app import SMALL, run_app

ARCHIVE = Path(__file__).parents[1] / "data" / "store_0_3.tar.xz"
FIGURES_RUN, SHOP_RUN = "8203987119656-ba28fb2c", "8203987113335-2ac9e695"
FIGURES_CALLS = {"imageCalls": 8, "textCalls": 15}
"""Billed calls of the first run, by its ``summary.json``; textCalls includes evaluations and rewrites."""

FIGURES = {"catalog": "figures", "categoryCount": 2, "batchSize": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The store of 0.3, on another disk than it was written on: modification times and file numbers differ."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "store", filter="data")
    return tmp_path / "store"


def read_batches(folder: Path, catalog: str) -> list[dict[str, Any]]:
    files = sorted((folder / "catalogs" / catalog / "state" / "batches").glob("*.json"))
    return [item for file in files for item in json.loads(file.read_bytes())["items"]]


def read_files(folder: Path, pattern: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob(pattern)}


async def test_finished_runs_are_reported(folder: Path) -> None:
    async with run_app(folder) as app:
        listed = (await app.call("GET", "/api/runs")).body["runs"]
        assert [(run["runId"], run["catalog"], run["status"]) for run in listed] == [
            (SHOP_RUN, "shop", "Completed"),
            (FIGURES_RUN, "figures", "CompletedWithFailures"),
        ]
        status = (await app.call("GET", f"/api/runs/{FIGURES_RUN}")).body
        assert status["progress"]["images"] == {"done": 5, "failed": 1, "total": 6, "refined": 5}
        assert status["failures"] == {"content_policy": 1}
        assert {kind: status["cost"][kind] for kind in FIGURES_CALLS} == FIGURES_CALLS
        assert (await app.call("GET", f"/api/runs/{SHOP_RUN}")).body["progress"]["images"]["done"] == 3


async def test_image_metadata_is_read_from_the_sidecars(folder: Path) -> None:
    infos = [info async for info in FolderStore(folder).list_files("catalogs/figures/images/")]
    metadata = [read_image_metadata(info) for info in infos]
    assert [(image.width, image.height, image.run_id) for image in metadata if image] == [(64, 64, FIGURES_RUN)] * 5


async def test_a_repair_bills_the_missing_image_alone(folder: Path) -> None:
    before = read_files(folder, "catalogs/figures/images/*.png")
    async with run_app(folder) as app:
        started = await app.call("POST", "/api/catalogs/figures/repair")
        assert started.status == 202
        ended = await app.wait(started.body["runId"])
        assert ended["status"] == "Completed"
        assert ended["progress"]["images"] == {"done": 6, "failed": 0, "total": 6, "refined": 1}
        assert app.simulator.stats()["billedImageCount"] == ended["cost"]["imageCalls"]
        assert len(app.simulator.stats()["billedImagesByPrompt"]) <= 2  # the item's prompt, and that of a second round
    after = read_files(folder, "catalogs/figures/images/*.png")
    assert before.items() <= after.items()
    assert len(after) == 6
    assert len(json.loads((folder / "catalogs/figures/catalog.json").read_bytes())) == 6


async def test_an_extension_keeps_what_is_there(folder: Path) -> None:
    images, items = read_files(folder, "catalogs/figures/images/*.png"), read_batches(folder, "figures")
    async with run_app(folder) as app:
        ended = await app.run(**FIGURES, **SMALL, targetCount=8)
        assert ended["status"] == "Completed"
        assert app.simulator.stats()["billedImageCount"] == 3  # two new items, and the one that was refused
    assert images.items() <= read_files(folder, "catalogs/figures/images/*.png").items()
    extended = read_batches(folder, "figures")
    assert extended[: len(items)] == items
    assert len(extended) == 8
    published = json.loads((folder / "catalogs/figures/catalog.json").read_bytes())
    assert {item["productId"] for item in items} < {item["productId"] for item in published}


async def test_products_that_have_an_image_are_not_billed_again(folder: Path) -> None:
    source = next((folder / "inputs").glob("*.csv")).name
    async with run_app(folder) as app:
        ended = await app.run(catalog="shop", source="products", input=f"inputs/{source}", **SMALL)
        assert ended["status"] == "Completed"
        assert ended["cost"]["calls"] == 0
        assert app.simulator.stats()["billedImageCount"] == 0
    assert len(json.loads((folder / "catalogs/shop/catalog.json").read_bytes())) == 3


async def test_a_catalog_is_published_again_unchanged(folder: Path) -> None:
    before = (folder / "catalogs/shop/catalog.json").read_bytes()
    (folder / "catalogs/shop/catalog.json").unlink()
    async with run_app(folder) as app:
        assert (await app.call("POST", "/api/catalogs/shop/publish")).status == 200
    assert (folder / "catalogs/shop/catalog.json").read_bytes() == before


async def test_an_audit_is_written_over_its_call_records(folder: Path) -> None:
    store = FolderStore(folder)
    status, request = await read_status_file(store, FIGURES_RUN, "summary.json"), await read_request(store, FIGURES_RUN)
    assert status is not None
    await write_audit(store, status, request)
    file = folder / audit_path(FIGURES_RUN)
    assert sum_calls(file)["calls"] == 25
    assert sum_calls(file, "kind = 'image'")["billed"] == FIGURES_CALLS["imageCalls"]
    assert sum_calls(file, "kind <> 'image'")["billed"] == FIGURES_CALLS["textCalls"]
    assert round(sum_calls(file)["nano"] / 1e9, 4) == status.cost.usd
    assert query_audit(file, "SELECT count(*) AS rounds FROM iterations") == [{"rounds": 8}]
