"""Publishing takes memory for the table of images and a few batches, however many items there are."""

import gc
import hashlib
import tracemalloc
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from shared.catalog.items import Item
from shared.catalog.near_duplicates_file import write_near_duplicates
from shared.catalog.publish import publish, read_catalog_view
from shared.runs.result_lists import find_failed_images, write_run_lists
from shared.storage import paths
from shared.storage.json_files import dump_json
from shared.storage.protocol import Content, FileInfo
from shared.storage.read_in_order import MAX_CONCURRENT_READS
from tests.support.memory_store import MemoryStore

CATALOG = "lego"
RUN = "8203891199999-0a1b2c3d"
BATCH_SIZE = 20
BYTES_AN_ITEM = 400
"""What an item may add: its entry in the table takes 260, with the search for near-duplicates 430 for a moment. Held as
an object it would take 3,000."""


class MadeUpCatalog(MemoryStore):
    """A catalog that is generated while it is read; writes are counted and dropped.

    Every tenth item has no image.

    Attributes:
        reads: how often each kind of file was read, by folder.
        sizes: bytes written, by path.
        largest_chunk: bytes of the longest piece that a write was given.
    """

    def __init__(self, items: int) -> None:
        super().__init__()
        self._batches = items // BATCH_SIZE
        self.reads: Counter[str] = Counter()
        self.sizes: dict[str, int] = {}
        self.largest_chunk = 0

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        for batch in range(1, self._batches + 1):
            if prefix == paths.batch_folder(CATALOG):
                yield describe(paths.batch_file(CATALOG, batch), {})
            elif prefix == paths.image_folder(CATALOG):
                for item in make_items(batch)[1:10] + make_items(batch)[11:]:
                    digest = hashlib.sha256(item.name.encode()).hexdigest()
                    metadata = {"sha256": digest, "width": "64", "height": "64", "dhash": digest[:16]}
                    yield describe(paths.image_file(CATALOG, item.filename), metadata)

    async def read(self, path: str) -> Content | None:
        folder, _, name = path.rpartition("/")
        self.reads[folder] += 1
        if not path.startswith(paths.batch_folder(CATALOG)):
            return None
        batch = int(name.removesuffix(".json"))
        items = [item.to_json() for item in make_items(batch)]
        return Content(dump_json({"batch": batch, "runId": RUN, "items": items}), "1")

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        assert content_type
        self.sizes[path] = 0
        async for chunk in chunks:
            self.sizes[path] += len(chunk)
            self.largest_chunk = max(self.largest_chunk, len(chunk))


class CollectingCatalog(MadeUpCatalog):
    """Collects garbage before each read: else the peak of memory depends on when that happens."""

    async def read(self, path: str) -> Content | None:
        gc.collect()
        return await super().read(path)


def describe(path: str, metadata: dict[str, str]) -> FileInfo:
    return FileInfo(path, 1_500_000, "1", datetime.now(UTC), metadata)


def make_items(batch: int) -> list[Item]:
    items = []
    for number in range(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE):
        product_id = str(uuid.UUID(int=number, version=4))
        items.append(
            Item(
                product_id=product_id,
                name=f"Figure {number}",
                description="A figure with a hat. " * 30,
                category="Space Crew",
                filename=f"{product_id}.png",
                image_prompt="Photo of a figure. " * 10,
            )
        )
    return items


async def publish_all(store: MadeUpCatalog) -> dict[str, int]:
    view = await read_catalog_view(store, CATALOG, with_images=True)
    _, failed = await write_run_lists(store, RUN, find_failed_images(store, RUN, view, None, forced=False))
    assert (await write_near_duplicates(store, RUN, view))[1] == 0
    await publish(store, view)
    return failed


async def measure_peak(items: int) -> int:
    """Return the most bytes that were allocated at any moment of a publication."""
    store = CollectingCatalog(items)
    gc.collect()
    gc.freeze()  # what other tests left takes no time in the collections of this one
    tracemalloc.start()
    try:
        failed = await publish_all(store)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()
        assert failed == {"not_tried": items // 10}


@pytest.mark.slow
async def test_memory_grows_by_the_table_of_images_alone() -> None:
    few, many = 20 * MAX_CONCURRENT_READS, 100 * MAX_CONCURRENT_READS
    await measure_peak(few)  # what is made once: validators, caches
    growth = await measure_peak(many) - await measure_peak(few)
    assert growth < (many - few) * BYTES_AN_ITEM


async def test_a_write_gets_a_row_at_a_time_however_long_the_file() -> None:
    store = MadeUpCatalog(2_000)
    await publish_all(store)
    assert store.sizes[paths.catalog_file(CATALOG, "catalog.json")] > 1_000_000
    assert store.largest_chunk < 2_000


async def test_twice_the_items_take_twice_the_reads() -> None:
    reads = []
    for items in (1_000, 2_000):
        store = MadeUpCatalog(items)
        await publish_all(store)
        reads.append(store.reads["catalogs/lego/state/batches"])
    assert reads == [200, 400]
