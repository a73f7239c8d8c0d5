"""What lasts of a catalog: batches written once, an index that reads each of them once."""

import asyncio

import pytest

from shared.catalog.catalog_files import (
    MAX_CACHED_CATALOGS,
    Batch,
    CatalogIndex,
    IndexCache,
    count_items,
    create_batch,
    find_used_categories,
    iterate_batches,
    iterate_items,
    list_batch_numbers,
    parse_batch,
    read_batch,
    read_categories,
    replace_batch,
    write_categories,
)
from shared.catalog.items import Category
from shared.errors import StoreConflictError
from shared.messages.base import Cost
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from tests.support.catalogs import CATALOG, CATEGORIES, make_item, read_data, write_batches
from tests.support.memory_store import MemoryStore, RecordingStore

BATCH = Batch(
    3,
    "run-1",
    (make_item("Nova"), make_item("Café Chef")),
    asked=4,
    rejected={"name_words": 2},
    cost=Cost(text_calls=1, input_tokens=10, output_tokens=20, nano_usd=30),
)


# --- batches ---------------------------------------------------------------------------------------------------------


async def test_a_batch_comes_back_as_it_was_written(store: RecordingStore) -> None:
    assert await create_batch(store, CATALOG, BATCH)
    assert await read_batch(store, CATALOG, 3) == BATCH
    data = await read_data(store, "catalogs/lego/state/batches/00003.json")
    assert set(data) == {"batch", "runId", "items", "asked", "rejected", "cost"}
    assert data["cost"]["nanoUsd"] == 30
    assert set(data["items"][0]) == {"productId", "name", "description", "category", "filename", "imagePrompt"}
    assert parse_batch(data) == BATCH


async def test_a_batch_is_written_once_and_the_first_one_stays(store: RecordingStore) -> None:
    assert await create_batch(store, CATALOG, BATCH)
    assert not await create_batch(store, CATALOG, Batch(3, "run-2", (make_item("Other"),)))
    assert await read_batch(store, CATALOG, 3) == BATCH


async def test_a_batch_that_was_not_written_is_none(store: RecordingStore) -> None:
    assert await read_batch(store, CATALOG, 1) is None


async def test_only_the_version_that_was_read_can_be_replaced(store: RecordingStore) -> None:
    await create_batch(store, CATALOG, BATCH)
    content = await store.read(paths.batch_file(CATALOG, 3))
    assert content is not None
    smaller = Batch(3, "run-1", BATCH.items[:1])
    await replace_batch(store, CATALOG, smaller, etag=content.etag)
    assert await read_batch(store, CATALOG, 3) == smaller
    with pytest.raises(StoreConflictError):
        await replace_batch(store, CATALOG, BATCH, etag=content.etag)


async def test_numbers_are_listed_in_order_without_gaps_filled_or_damaged_files(store: RecordingStore) -> None:
    for number in (100_000, 99_999, 10, 2):
        await create_batch(store, CATALOG, Batch(number, "run-1", ()))
    damaged = paths.damaged_file(paths.batch_file(CATALOG, 4), "8203891199999-0a1b2c3d")
    await store.write(damaged, b"{", content_type="application/json")
    assert await list_batch_numbers(store, CATALOG) == [2, 10, 99_999, 100_000]
    assert await list_batch_numbers(store, "another") == []


async def test_items_come_in_acceptance_order_across_gaps(store: RecordingStore) -> None:
    await write_batches(store, ["B", "A"], [], ["D"])
    await write_batches(store, ["C"], first=12)
    assert [item.name async for item in iterate_items(store, CATALOG)] == ["B", "A", "D", "C"]
    assert await count_items(store, CATALOG) == 4
    assert [batch.batch async for batch in iterate_batches(store, CATALOG, [1, 5, 12])] == [1, 12]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"batch": 1}', b'{"batch": 1, "runId": "r", "items": [{}]}'])
async def test_a_damaged_batch_is_reported_by_name(store: RecordingStore, data: bytes) -> None:
    await store.write(paths.batch_file(CATALOG, 1), data, content_type="application/json")
    with pytest.raises(DamagedFileError, match=r"^catalogs/lego/state/batches/00001\.json is damaged: "):
        await read_batch(store, CATALOG, 1)


# --- categories and images -------------------------------------------------------------------------------------------


async def test_categories_come_back_and_are_not_written_twice(store: RecordingStore) -> None:
    assert await read_categories(store, CATALOG) is None
    for _ in range(2):
        await write_categories(store, CATALOG, CATEGORIES)
    assert await read_categories(store, CATALOG) == CATEGORIES
    assert store.changes == ["catalogs/lego/categories.json"]
    assert await read_data(store, "catalogs/lego/categories.json") == [
        {"name": "Space Crew", "slug": "space-crew"},
        {"name": "City Life", "slug": "city-life"},
    ]


# --- the index -------------------------------------------------------------------------------------------------------


async def test_the_index_knows_names_counts_and_files(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"], ["Diver"])
    index = CatalogIndex()
    await index.catch_up(store, CATALOG, before=3)
    assert index.count_items() == 3
    assert index.filenames == [item.filename for item in items]
    assert index.count_by_category(CATEGORIES) == {"Space Crew": 3, "City Life": 0}
    assert index.item_names_by_category == {"Space Crew": ["Nova", "Chef", "Diver"]}
    assert index.names.find_duplicate("NOVA", "City Life") is Reason.DUPLICATE_NAME
    assert find_used_categories(index) == [Category("Space Crew", "space-crew")]


async def test_each_batch_is_read_once_however_often_the_index_catches_up(store: RecordingStore) -> None:
    await write_batches(store, *([f"Item {number}"] for number in range(6)))
    index = CatalogIndex()
    for before in (1, 3, 3, 2, 7, 7):
        await index.catch_up(store, CATALOG, before=before)
    assert index.count_items() == 6
    assert {store.reads[paths.batch_file(CATALOG, number)] for number in range(1, 7)} == {1}


async def test_gaps_are_passed_over(store: RecordingStore) -> None:
    await write_batches(store, ["Nova"])
    await write_batches(store, ["Chef"], first=5)
    index = CatalogIndex()
    await index.catch_up(store, CATALOG, before=6)
    assert index.count_items() == 2


async def test_two_deliveries_that_catch_up_at_once_count_each_item_once() -> None:
    store = MemoryStore()
    await write_batches(store, *([f"Item {number}"] for number in range(20)))
    index = CatalogIndex()
    await asyncio.gather(*(index.catch_up(store, CATALOG, before=21) for _ in range(3)))
    assert index.item_names_by_category["Space Crew"] == [f"Item {number}" for number in range(20)]


async def test_the_cache_reads_only_what_is_new(store: RecordingStore) -> None:
    cache = IndexCache()
    await write_batches(store, ["Nova"], ["Chef"])
    first = await cache.load(store, CATALOG, "run-1", before=3)
    await write_batches(store, ["Diver"], first=3)
    assert await cache.load(store, CATALOG, "run-1", before=4) is first
    assert first.count_items() == 3
    assert store.reads[paths.batch_file(CATALOG, 1)] == 1


async def test_an_index_that_has_seen_too_much_is_read_again(store: RecordingStore) -> None:
    cache = IndexCache()
    await write_batches(store, ["Nova"], ["Chef"])
    await cache.load(store, CATALOG, "run-1", before=3)
    earlier = await cache.load(store, CATALOG, "run-1", before=2)
    assert earlier.count_items() == 1


async def test_another_run_reads_the_store_again_and_so_does_one_that_forgot(store: RecordingStore) -> None:
    cache = IndexCache()
    await write_batches(store, ["Nova"])
    first = await cache.load(store, CATALOG, "run-1", before=2)
    assert await cache.load(store, CATALOG, "run-2", before=2) is not first
    cache.forget(CATALOG, "run-1")
    cache.forget(CATALOG, "run-1")
    assert await cache.load(store, CATALOG, "run-1", before=2) is not first


async def test_the_cache_keeps_the_catalogs_that_were_used_last(store: RecordingStore) -> None:
    cache = IndexCache()
    first = await cache.load(store, CATALOG, "run-0", before=1)
    second = await cache.load(store, CATALOG, "run-1", before=1)
    for number in range(2, MAX_CACHED_CATALOGS + 1):
        assert await cache.load(store, CATALOG, "run-0", before=1) is first
        await cache.load(store, CATALOG, f"run-{number}", before=1)
    assert await cache.load(store, CATALOG, "run-0", before=1) is first
    assert await cache.load(store, CATALOG, "run-1", before=1) is not second
