"""A gallery of a catalog in a folder and in Blob Storage: what is in the file, and how it is written."""

import base64
import re
import tracemalloc
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cli.app_client import open_client
from cli.errors import CliError, WrongUsageError
from cli.gallery.sources import AppSource, StoreSource
from cli.gallery.write import WrittenGallery, write_gallery
from shared.browse.item_query import ItemQuery
from shared.browse.item_rows import ItemState
from shared.browse.views import ImageView, ItemList, ItemRow, SectionView
from shared.catalog.items import Item
from shared.errors import RequestError, StoreUnavailableError
from shared.images.image_metadata import ImageMetadata
from shared.reviews.decisions import Decision, Verdict
from shared.services.container import Services
from shared.storage import paths
from tests.support.browsed_catalogs import store_image, store_thumbnail_of
from tests.support.catalogs import CATALOG, write_batches
from tests.support.running_app import run_app
from tests.support.sample_images import draw

THUMBNAIL = base64.b64encode(b"thumbnail").decode()


async def store_real_image(services: Services, item: Item) -> None:
    """Store an image that can be decoded, without a thumbnail."""
    sha256 = await store_image(services.store, item)
    path = paths.image_file(CATALOG, item.filename)
    info = await services.store.describe(path)
    metadata = None if info is None else ImageMetadata.from_json(info.metadata)
    assert metadata is not None
    assert metadata.sha256 == sha256
    await services.store.write(path, draw(size=(640, 480)), content_type="image/png", metadata=metadata.to_json())


async def approve(services: Services, item: Item, sha256: str, verdict: Verdict = Verdict.APPROVED) -> None:
    decision = Decision(item.product_id, verdict, sha256, None, "ann", datetime.now(UTC))
    await services.decisions.append(CATALOG, [decision])


async def write(services: Services, file: Path, **options: bool | int | None) -> WrittenGallery:
    return await write_gallery(
        StoreSource(services, CATALOG),
        CATALOG,
        file,
        only_approved=options.get("only_approved") is True,
        max_images=options.get("max_images"),
    )


def list_names(page: str) -> list[str]:
    return re.findall(r"<h3 [^>]*>(.*?)</h3>", page)


def list_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("gallery*"))


async def test_thumbnails_are_inside_and_missing_ones_are_made(services: Services, tmp_path: Path) -> None:
    ann, bob, cid, dan = await write_batches(services.store, ["Ann", "Bob", "Cid", "Dan"])
    await store_thumbnail_of(services.store, ann, await store_image(services.store, ann))
    await store_real_image(services, bob)
    await store_image(services.store, cid, "no image at all")
    file = tmp_path / "gallery.html"
    written = await write(services, file)
    page = file.read_text(encoding="utf-8")
    assert list_names(page) == ["Ann", "Bob", "Cid", "Dan"]
    first, second = re.findall(r'src="data:image/webp;base64,([^"]*)"', page)
    assert first == THUMBNAIL
    assert Image.open(BytesIO(base64.b64decode(second))).size == (256, 192)
    assert written == WrittenGallery(items=4, images=2, bytes=file.stat().st_size)
    stored = await services.store.describe(paths.thumbnail_file(CATALOG, bob.filename))
    assert stored is None
    assert dan.name in page


async def test_approved_items_alone_can_be_shown(services: Services, tmp_path: Path) -> None:
    ann, bob, cid = await write_batches(services.store, ["Ann", "Bob", "Cid"])
    for item, verdict in ((ann, Verdict.APPROVED), (bob, Verdict.REJECTED), (cid, None)):
        sha256 = await store_image(services.store, item)
        await store_thumbnail_of(services.store, item, sha256)
        if verdict is not None:
            await approve(services, item, sha256, verdict)
    file = tmp_path / "gallery.html"
    assert (await write(services, file, only_approved=True)).items == 1
    assert list_names(file.read_text(encoding="utf-8")) == ["Ann"]
    await write(services, file)
    page = file.read_text(encoding="utf-8")
    assert re.findall(r'data-state="(\w+)"', page) == ["approved", "rejected", "undecided"]
    assert "1 approved, 1 rejected" in page


async def test_items_beyond_the_maximum_are_listed_without_an_image(services: Services, tmp_path: Path) -> None:
    items = await write_batches(services.store, [f"Item {number}" for number in range(20)])
    for item in items:
        await store_thumbnail_of(services.store, item, await store_image(services.store, item))
    file = tmp_path / "gallery.html"
    written = await write(services, file, max_images=3)
    assert (written.items, written.images) == (20, 3)
    assert file.read_text(encoding="utf-8").count("<img ") == 3


async def test_items_are_grouped_by_category(services: Services, tmp_path: Path) -> None:
    await write_batches(services.store, [f"Item {number}" for number in range(3)])
    file = tmp_path / "gallery.html"
    await write(services, file)
    page = file.read_text(encoding="utf-8")
    assert re.findall(r'<section id="(c\d+)" aria-labelledby="(h\d+)">', page) == [("c1", "h1")]
    assert re.findall(r'<h2 id="h1"><bdi>(.*?)</bdi> <span>(\d+)</span>', page) == [("Space Crew", "3")]


async def test_nothing_to_show_writes_nothing(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "gallery.html"
    with pytest.raises(RequestError):
        await write(services, file)
    await write_batches(services.store, ["Ann"])
    with pytest.raises(CliError):
        await write(services, file, only_approved=True)
    assert list_files(tmp_path) == []


class AwaySource(StoreSource):
    """A source whose store goes away after the first page."""

    async def read_thumbnail(self, row: ItemRow) -> bytes | None:
        raise StoreUnavailableError(f"no answer for {row.name}")


async def test_a_failure_leaves_the_earlier_file(services: Services, tmp_path: Path) -> None:
    await write_batches(services.store, ["Ann"])
    file = tmp_path / "gallery.html"
    file.write_text("the earlier one")
    with pytest.raises(StoreUnavailableError):
        await write_gallery(AwaySource(services, CATALOG), CATALOG, file)
    assert list_files(tmp_path) == ["gallery.html"]
    assert file.read_text() == "the earlier one"


async def test_a_file_that_cannot_be_written_is_reported(services: Services, tmp_path: Path) -> None:
    await write_batches(services.store, ["Ann"])
    with pytest.raises(WrongUsageError):
        await write(services, tmp_path / "nowhere" / "gallery.html")


@pytest.mark.slow
async def test_a_deployed_app_gives_the_same_gallery(tmp_path: Path) -> None:
    async with run_app(tmp_path / "data", functions_key="the-key") as app:
        key = {"x-functions-key": "the-key"}
        answer = await app.call(
            "POST", "/api/runs", {"catalog": "toys", "targetCount": 3, "categoryCount": 1, "imageSize": "64x64"}, **key
        )
        await app.wait(str(answer.body["runId"]), **key)
        image = next((tmp_path / "data/catalogs/toys/thumbnails").iterdir())
        image.unlink()
        async with open_client(app.host.url, "the-key") as client:
            remote = await write_gallery(AppSource(client, "toys"), "toys", tmp_path / "remote.html")
            with pytest.raises(CliError):
                await write_gallery(AppSource(client, "nothing"), "nothing", tmp_path / "nothing.html")
    assert (remote.items, remote.images) == (3, 3)
    page = (tmp_path / "remote.html").read_text(encoding="utf-8")
    assert page.count('src="data:image/webp;base64,') == 3
    assert "the-key" not in page


class LargeSource:
    """5,000 items with a thumbnail of 14 kB each."""

    total = 5_000

    async def list_items(self, query: ItemQuery) -> ItemList:
        offset = int(query.continuation or 0)
        items = [self._make_row(number) for number in range(offset, min(offset + query.limit, self.total))]
        end = offset + len(items)
        sections = [SectionView(key=f"Category {number}", items=500) for number in range(10)]
        continuation = None if end == self.total else str(end)
        return ItemList(
            items=items, total=self.total, offset=offset, version="1", continuation=continuation, sections=sections
        )

    async def read_thumbnail(self, row: ItemRow) -> bytes | None:
        return row.item_id.encode().ljust(14_000, b"x")

    def _make_row(self, number: int) -> ItemRow:
        image = ImageView(
            sha256=f"{number:064x}",
            bytes=1_400_000,
            width=1024,
            height=1024,
            has_thumbnail=True,
            is_placeholder=False,
            score=None,
            run_id=None,
            round=None,
            cost_usd=None,
        )
        return ItemRow(
            product_id=str(number),
            item_id=str(number),
            name=f"Item {number}",
            category=f"Category {number // 500}",
            description="A figure. " * 20,
            image_prompt="Photo " * 30,
            filename=f"{number}.png",
            state=ItemState.COMPLETE,
            image=image,
            failure=None,
            duplicate_group=None,
            decision=None,
        )


@pytest.mark.slow
async def test_a_large_catalog_takes_no_more_memory_than_a_page_of_it(tmp_path: Path) -> None:
    file = tmp_path / "gallery.html"
    tracemalloc.start()
    try:
        written = await write_gallery(LargeSource(), CATALOG, file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (written.items, written.images) == (5_000, 5_000)
    assert file.stat().st_size > 90_000_000
    assert peak < 5_000_000
