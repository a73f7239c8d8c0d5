"""When a process scans a catalog again, and when it does not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from shared.browse import catalog_indexes, saved_index
from shared.browse.catalog_index import CatalogIndex
from shared.browse.catalog_indexes import CatalogIndexes
from shared.browse.saved_index import read_saved_index, write_saved_index
from shared.errors import StoreUnavailableError, UnknownCatalogError
from shared.runs.last_run import record_last_run
from shared.runs.run_claim import Claim, dump_claim
from shared.storage import paths
from shared.storage.protocol import FileInfo
from tests.support.browsed_catalogs import FIRST_RUN, LATER_RUN, NOW, record_failure, store_image, write_items
from tests.support.catalogs import CATALOG, make_item, make_source_item, write_batches
from tests.support.memory_store import MemoryStore, RecordingStore

IMAGES = paths.image_folder(CATALOG)


@dataclass
class Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True)
class SlowStore(RecordingStore):
    """Holds the listing of images until `release` is set, and can fail it."""

    inner: MemoryStore
    release: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    is_down: bool = False

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        self.listed.append(prefix)
        if prefix == IMAGES:
            self.started.set()
            await self.release.wait()
            if self.is_down:
                raise StoreUnavailableError("the store is down")
        async for info in self.inner.list_files(prefix):
            yield info


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recording() -> RecordingStore:
    return RecordingStore(MemoryStore())


@pytest.fixture
async def indexes(recording: RecordingStore, clock: Clock) -> AsyncIterator[CatalogIndexes]:
    opened = CatalogIndexes(recording, read_seconds=clock)
    yield opened
    await opened.close()


async def claim(store: RecordingStore, run_id: str = LATER_RUN) -> None:
    data = dump_claim(Claim(run_id, "azure:app", NOW))
    await store.write(paths.run_claim_file(CATALOG), data, content_type="application/json")


def count_scans(store: RecordingStore) -> int:
    return store.listed.count(IMAGES)


async def test_pages_share_one_scan_until_the_time_limit(
    recording: RecordingStore, indexes: CatalogIndexes, clock: Clock
) -> None:
    await write_batches(recording, ["Fox"], ["Owl"])
    first = await asyncio.gather(*(indexes.load(CATALOG) for _ in range(5)))
    assert all(index is first[0] for index in first)
    clock.seconds += catalog_indexes.IDLE_MAX_AGE_SECONDS - 1
    await indexes.load(CATALOG)
    assert count_scans(recording) == 1

    clock.seconds += 1
    await indexes.load(CATALOG)
    assert count_scans(recording) == 2
    batches = [paths.batch_file(CATALOG, number) for number in (1, 2)]
    assert [recording.reads[path] for path in batches] == [1, 1]  # they have not changed


async def test_an_active_run_shortens_the_time_limit(
    recording: RecordingStore, indexes: CatalogIndexes, clock: Clock
) -> None:
    await write_batches(recording, ["Fox"])
    await claim(recording)
    await indexes.load(CATALOG)
    clock.seconds += catalog_indexes.ACTIVE_MAX_AGE_SECONDS - 1
    await indexes.load(CATALOG)
    assert count_scans(recording) == 1
    clock.seconds += 1
    await indexes.load(CATALOG)
    assert count_scans(recording) == 2


async def test_a_run_that_starts_or_ends_is_seen_at_once(recording: RecordingStore, indexes: CatalogIndexes) -> None:
    await write_batches(recording, ["Fox"])
    versions = [(await indexes.load(CATALOG)).version]
    for change in (
        claim(recording),
        record_last_run(recording, CATALOG, LATER_RUN),
        recording.delete(paths.run_claim_file(CATALOG)),
    ):
        await change
        versions.append((await indexes.load(CATALOG)).version)
    assert count_scans(recording) == 4
    assert len(set(versions)) == 4


async def test_a_forgotten_catalog_is_scanned_again(recording: RecordingStore, indexes: CatalogIndexes) -> None:
    (item,) = await write_batches(recording, ["Fox"])
    before = await indexes.load(CATALOG)
    await store_image(recording, item)
    assert (await indexes.load(CATALOG)).find_image(0) is None
    indexes.forget(CATALOG)
    after = await indexes.load(CATALOG)
    assert after.find_image(0) is not None
    assert before.version != after.version


async def test_an_image_that_this_process_replaced_is_read_alone(
    recording: RecordingStore, indexes: CatalogIndexes
) -> None:
    items = await write_batches(recording, ["Fox", "Owl"])
    for item in items:
        await store_image(recording, item)
    before = await indexes.load(CATALOG)
    sha256 = await store_image(recording, items[1], "a promoted image", run_id=LATER_RUN)

    await indexes.update_image(CATALOG, items[1].filename)

    after = await indexes.load(CATALOG)
    image = after.find_image(1)
    assert image is not None
    assert (image.sha256, image.run_id) == (sha256, LATER_RUN)
    assert after.find_image(0) == before.find_image(0)
    assert before.version != after.version
    assert count_scans(recording) == 1


async def test_what_another_process_changes_outside_of_a_run_is_seen_at_once(
    recording: RecordingStore, indexes: CatalogIndexes, clock: Clock
) -> None:
    first, second = await write_batches(recording, ["Fox", "Owl"])
    here, there = indexes, CatalogIndexes(recording, read_seconds=clock)
    for process, item in ((there, first), (here, second), (there, first)):
        await asyncio.gather(here.load(CATALOG), there.load(CATALOG))
        sha256 = await store_image(recording, item, f"promoted after {count_scans(recording)} scans")
        await process.update_image(CATALOG, item.filename)
        for index in (await here.load(CATALOG), await there.load(CATALOG)):
            number = index.find_number(item.product_id)
            assert number is not None
            image = index.find_image(number)
            assert image is not None
            assert image.sha256 == sha256
    assert count_scans(recording) == 2 + 3  # each process at first, then the one that had not changed it
    await there.announce_change(CATALOG)
    await asyncio.gather(here.load(CATALOG), there.load(CATALOG))
    assert count_scans(recording) == 5 + 2
    await there.close()


async def test_an_image_that_is_replaced_after_a_change_elsewhere_does_not_hide_it(
    recording: RecordingStore, indexes: CatalogIndexes, clock: Clock
) -> None:
    first, second = await write_batches(recording, ["Fox", "Owl"])
    there = CatalogIndexes(recording, read_seconds=clock)
    await indexes.load(CATALOG)
    for process, item in ((there, first), (indexes, second)):
        await store_image(recording, item)
        await process.update_image(CATALOG, item.filename)
    index = await indexes.load(CATALOG)
    assert index.find_image(0) is not None
    assert index.find_image(1) is not None
    await there.close()


async def test_an_image_that_is_replaced_during_a_scan_is_not_lost(clock: Clock) -> None:
    store = SlowStore(MemoryStore())
    indexes = CatalogIndexes(store, read_seconds=clock)
    (item,) = await write_batches(store, ["Fox"])
    loading = asyncio.create_task(indexes.load(CATALOG))
    await store.started.wait()
    sha256 = await store_image(store, item)
    await indexes.update_image(CATALOG, item.filename)
    store.release.set()
    image = (await loading).find_image(0)
    assert image is not None
    assert image.sha256 == sha256


async def test_a_catalog_that_is_forgotten_during_a_scan_is_scanned_once_more(clock: Clock) -> None:
    store = SlowStore(MemoryStore())
    indexes = CatalogIndexes(store, read_seconds=clock)
    (item,) = await write_batches(store, ["Fox"])
    loading = asyncio.create_task(indexes.load(CATALOG))
    await store.started.wait()
    await store_image(store, item)
    indexes.forget(CATALOG)
    store.release.set()
    assert (await loading).find_image(0) is not None
    assert count_scans(store) == 2


async def test_a_slow_scan_does_not_hold_up_pages_that_have_an_index(clock: Clock) -> None:
    store = SlowStore(MemoryStore())
    store.release.set()
    indexes = CatalogIndexes(store, read_seconds=clock)
    await write_batches(store, ["Fox"])
    before = await indexes.load(CATALOG)
    store.release.clear()
    clock.seconds += catalog_indexes.IDLE_MAX_AGE_SECONDS
    store.started.clear()
    waiting = asyncio.create_task(indexes.load(CATALOG))
    await store.started.wait()
    clock.seconds += catalog_indexes.MAX_WAIT_SECONDS  # the next page finds a scan that has taken this long
    assert await indexes.load(CATALOG) is before
    store.release.set()
    assert await waiting is not before
    await indexes.close()


async def test_a_failed_scan_is_reported_and_tried_again(clock: Clock) -> None:
    store = SlowStore(MemoryStore(), is_down=True)
    store.release.set()
    indexes = CatalogIndexes(store, read_seconds=clock)
    await write_batches(store, ["Fox"])
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            await indexes.load(CATALOG)
    store.is_down = False
    assert len((await indexes.load(CATALOG)).items) == 1


async def test_unknown_catalogs_are_not_remembered(recording: RecordingStore, indexes: CatalogIndexes) -> None:
    await write_batches(recording, ["Fox"])
    known = await indexes.load(CATALOG)
    for number in range(2 * catalog_indexes.MAX_CACHED_CATALOGS):
        with pytest.raises(UnknownCatalogError):
            await indexes.load(f"unknown-{number}")
    assert await indexes.load(CATALOG) is known


async def test_the_catalog_that_was_not_used_for_longest_is_dropped_first(
    recording: RecordingStore, indexes: CatalogIndexes, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_indexes, "MAX_CACHED_ITEMS", 2)
    for name in ("one", "two", "three"):
        path = paths.batch_file(name, 1)
        await write_batches(recording, [name])
        await recording.move(paths.batch_file(CATALOG, 1), path)
    loaded = {}
    for name in ("one", "two", "one", "three"):
        clock.seconds += 1
        loaded[name] = await indexes.load(name)
    assert await indexes.load("one") is loaded["one"]
    assert await indexes.load("three") is loaded["three"]
    assert await indexes.load("two") is not loaded["two"]


async def build_index(store: RecordingStore) -> CatalogIndex:
    """Return the index of a catalog that has something of everything."""
    items = [
        make_item("Fox"),
        make_source_item("Owl", source_id="ünïcode 🚀 / #"),
        make_item("Cat"),
        make_item("Elk"),
    ]
    await write_items(store, items)
    await store_image(store, items[0], dhash=1)
    await store_image(store, items[1], dhash=0, run_id="")
    await store_image(store, items[2], placeholder=True)
    await record_last_run(store, CATALOG, LATER_RUN)
    await record_failure(store, items[3], "bad_image", run_id=LATER_RUN)
    indexes = CatalogIndexes(store)
    index = await indexes.load(CATALOG)
    await indexes.close()
    return index


async def test_a_saved_index_is_read_as_it_was(recording: RecordingStore) -> None:
    index = await build_index(recording)
    await write_saved_index(recording, index)
    assert await read_saved_index(recording, CATALOG) == index


async def test_a_new_process_answers_from_the_saved_index_while_it_scans(clock: Clock) -> None:
    store = SlowStore(MemoryStore())
    store.release.set()
    index = await build_index(store)
    await write_saved_index(store, index)
    await store_image(store, make_item("Elk"))
    store.release.clear()
    store.started.clear()
    indexes = CatalogIndexes(store, read_seconds=clock)

    assert await indexes.load(CATALOG) == index
    assert not store.started.is_set()

    clock.seconds += catalog_indexes.SAVED_MAX_AGE_SECONDS
    assert await indexes.load(CATALOG) == index
    await store.started.wait()
    store.release.set()
    await indexes.save(CATALOG)
    assert (await indexes.load(CATALOG)).find_image(3) is not None
    await indexes.close()


@pytest.mark.parametrize(
    "damage", [b"", b"not compressed", b"{}", None], ids=["empty", "plain", "JSON", "of another format"]
)
async def test_a_damaged_saved_index_is_ignored(
    recording: RecordingStore, indexes: CatalogIndexes, damage: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = await build_index(recording)
    if damage is None:
        await write_saved_index(recording, index)
        monkeypatch.setattr(saved_index, "FORMAT", saved_index.FORMAT + 1)
    else:
        path = paths.state_file(CATALOG, saved_index.FILE_NAME)
        await recording.write(path, damage, content_type="application/octet-stream")
    assert await indexes.load(CATALOG) == index


@pytest.mark.parametrize(("name", "reached"), [("MIN_SAVED_SCAN_SECONDS", 0.0), ("MIN_SAVED_ITEMS", 2)])
async def test_only_an_index_that_takes_long_to_build_or_is_large_is_saved(
    recording: RecordingStore,
    indexes: CatalogIndexes,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    reached: float,
) -> None:
    await write_batches(recording, ["Fox", "Owl"])
    path = paths.state_file(CATALOG, saved_index.FILE_NAME)
    monkeypatch.setattr(catalog_indexes, "MIN_SAVED_SCAN_SECONDS", 3600.0)
    monkeypatch.setattr(catalog_indexes, "MIN_SAVED_ITEMS", 3)
    await indexes.save(CATALOG)
    assert await recording.describe(path) is None

    monkeypatch.setattr(catalog_indexes, name, reached)
    indexes.forget(CATALOG)
    await indexes.save(CATALOG)
    saved = await recording.describe(path)
    assert saved is not None

    indexes.forget(CATALOG)
    await indexes.save(CATALOG)
    assert await recording.describe(path) == saved  # nothing has changed


async def test_the_first_pages_do_not_compete_with_saving_the_index(
    recording: RecordingStore, indexes: CatalogIndexes, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_indexes, "MIN_SAVED_ITEMS", 2)
    await write_batches(recording, ["Fox", "Owl"])
    index = await indexes.load(CATALOG)
    test = asyncio.current_task()
    assert asyncio.all_tasks() == {test}

    clock.seconds += catalog_indexes.SAVE_AFTER_SECONDS
    assert await indexes.load(CATALOG) == index
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not test))
    assert await read_saved_index(recording, CATALOG) == index


async def test_the_index_of_a_catalog_that_a_run_holds_is_not_saved(
    recording: RecordingStore, indexes: CatalogIndexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_indexes, "MIN_SAVED_SCAN_SECONDS", 0.0)
    await write_batches(recording, ["Fox"], run_id=FIRST_RUN)
    await claim(recording)
    await indexes.save(CATALOG)
    assert await recording.describe(paths.state_file(CATALOG, saved_index.FILE_NAME)) is None
