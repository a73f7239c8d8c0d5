"""An index that several writers share: it reads each batch once, and knows which number is free."""

import asyncio

import pytest

from shared.catalog.catalog_files import Batch, CatalogIndex, IndexCache, create_batch
from shared.errors import StoreUnavailableError
from shared.storage import paths
from tests.support.catalogs import CATALOG, make_item, read_data, write_batches
from tests.support.memory_store import MemoryStore, RecordingStore


def make_batch(number: int, *names: str, run_id: str = "run-1", writer: str | None = None) -> Batch:
    return Batch(number, run_id, tuple(map(make_item, names)), writer=writer)


async def test_a_batch_says_who_wrote_it_and_one_of_version_1_does_not(store: RecordingStore) -> None:
    await create_batch(store, CATALOG, make_batch(1, "Ann", writer="0.4.1/7"))
    await create_batch(store, CATALOG, make_batch(2, "Bob"))
    assert (await read_data(store, paths.batch_file(CATALOG, 1)))["writer"] == "0.4.1/7"
    assert "writer" not in await read_data(store, paths.batch_file(CATALOG, 2))


async def test_a_batch_is_known_by_its_run_and_its_writer(store: RecordingStore) -> None:
    await create_batch(store, CATALOG, make_batch(1, "Ann", writer="0.1.0/1"))
    await create_batch(store, CATALOG, make_batch(2, "Bob", run_id="run-2", writer="0.1.0/1"))
    await create_batch(store, CATALOG, make_batch(3, "Cem"))
    index = CatalogIndex()
    await index.read_new_batches(store, CATALOG)
    assert index.find_batch_number("run-1", "0.1.0/1") == 1
    assert index.find_batch_number("run-2", "0.1.0/1") == 2
    assert index.find_batch_number("run-2", "0.1.0/3") is None


async def test_the_end_is_found_behind_gaps_and_followed_as_batches_come(store: RecordingStore) -> None:
    await write_batches(store, ["Ann"])
    await write_batches(store, ["Bob"], first=4)
    index = CatalogIndex()
    await index.read_new_batches(store, CATALOG)
    assert (index.last_batch, index.count_items()) == (4, 2)
    await write_batches(store, ["Cem"], ["Dan"], first=5)
    await index.read_new_batches(store, CATALOG)
    assert (index.last_batch, index.count_items()) == (6, 4)


async def test_an_index_continues_from_its_last_batch(store: RecordingStore) -> None:
    await write_batches(store, ["Ann"], ["Bob"])
    await write_batches(store, ["Cem"], first=5)
    index = CatalogIndex()
    await index.catch_up(store, CATALOG, before=3)
    await index.read_new_batches(store, CATALOG)
    assert (index.last_batch, index.count_items()) == (5, 3)
    assert {store.reads[paths.batch_file(CATALOG, number)] for number in (1, 2, 5)} == {1}


async def test_a_batch_that_was_counted_in_is_not_read_and_not_counted_again(store: RecordingStore) -> None:
    await write_batches(store, ["Ann"], ["Bob"])
    index = CatalogIndex()
    await index.read_new_batches(store, CATALOG)
    batch = make_batch(3, "Cem")
    await create_batch(store, CATALOG, batch)
    for _ in range(2):
        index.add_batch(3, batch)
        await index.read_new_batches(store, CATALOG)
    assert index.count_items() == 3
    assert store.reads[paths.batch_file(CATALOG, 3)] == 1  # when it was not there yet


async def test_a_number_that_is_taken_while_it_is_evaluated_is_not_free() -> None:
    class LateStore(MemoryStore):
        """Tells what was there before a writer of this process wrote."""

        async def read(self, path: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as in the base
            content = await super().read(path)
            if path == paths.batch_file(CATALOG, 1) and content is None:
                assert await create_batch(self, CATALOG, batch)
                index.add_batch(1, batch)
            return content

    batch, index = make_batch(1, "Ann"), CatalogIndex()
    await index.read_new_batches(LateStore(), CATALOG)
    assert (index.last_batch, index.count_items()) == (1, 1)


async def test_writers_that_start_at_once_read_each_batch_once_together(store: RecordingStore) -> None:
    await write_batches(store, *([f"Item {number}"] for number in range(20)))
    cache = IndexCache()
    loaded = await asyncio.gather(*(cache.load_all(store, CATALOG, "run-1") for _ in range(4)))
    assert all(index is loaded[0] for index in loaded)
    assert loaded[0].count_items() == 20
    assert {store.reads[paths.batch_file(CATALOG, number)] for number in range(1, 21)} == {1}


async def test_an_index_that_could_not_be_read_to_the_end_is_not_taken_for_whole() -> None:
    class AwayStore(MemoryStore):
        """Does not answer once, in the middle."""

        is_away = True

        async def read(self, path: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as in the base
            if path == paths.batch_file(CATALOG, 30) and self.is_away:
                self.is_away = False
                raise StoreUnavailableError("away")
            return await super().read(path)

    store, cache = AwayStore(), IndexCache()
    await write_batches(store, *([f"Item {number}"] for number in range(18)))
    await write_batches(store, *([f"Late item {number}"] for number in range(20)), first=20)  # behind a gap
    with pytest.raises(StoreUnavailableError):
        await cache.load_all(store, CATALOG, "run-1")
    index = await cache.load_all(store, CATALOG, "run-1")
    assert (index.last_batch, index.count_items()) == (39, 38)


async def test_the_index_that_the_run_was_prepared_with_is_the_one_that_writers_share(store: RecordingStore) -> None:
    await write_batches(store, ["Ann"], ["Bob"])
    cache = IndexCache()
    prepared = await cache.load(store, CATALOG, "run-1", before=3)
    assert await cache.load_all(store, CATALOG, "run-1") is prepared
    assert store.reads[paths.batch_file(CATALOG, 1)] == 1
