"""Scores of refined images: one list per ended run, single evaluations otherwise."""

from typing import Any

import pytest

from shared.browse.catalog_indexes import CatalogIndexes
from shared.browse.item_scores import ImageScore
from shared.catalog.items import Item
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError, dump_json
from tests.support.browsed_catalogs import FIRST_RUN, record_score, store_image
from tests.support.catalogs import CATALOG, write_batches
from tests.support.memory_store import MemoryStore, RecordingStore

LIST = paths.run_file(FIRST_RUN, "refinements.json")


def describe(item: Item, score: int | None, round_: int | None) -> dict[str, Any]:
    return {"productId": item.public_id, "filename": item.filename, "score": score, "shippedIteration": round_}


async def test_a_run_that_has_ended_is_read_once_and_from_its_list() -> None:
    store = RecordingStore(MemoryStore())
    items = await write_batches(store, ["Fox", "Owl", "Cat"])
    for item, round_ in zip(items, (1, 2, 3), strict=True):
        await store_image(store, item, round_=round_)
    await record_score(store, items[1], 55, round_=2)  # promoted later, so the list has another round
    rows = [describe(items[0], 90, 1), describe(items[1], 80, 1), describe(items[2], None, 3)]
    await store.write(LIST, dump_json(rows), content_type=JSON_TYPE)
    indexes = CatalogIndexes(store)
    index = await indexes.load(CATALOG)

    assert await indexes.pages.scores.load_all(index) == {0: ImageScore(90), 1: ImageScore(55)}

    reads = store.reads.total()
    assert await indexes.pages.scores.load_all(index) == {0: ImageScore(90), 1: ImageScore(55)}
    assert await indexes.pages.scores.load(index, [0, 1, 2]) == {0: ImageScore(90), 1: ImageScore(55)}
    assert store.reads.total() == reads


async def test_evaluations_of_an_active_run_are_read_as_they_come() -> None:
    store = RecordingStore(MemoryStore())
    items = await write_batches(store, ["Fox", "Owl"])
    for item in items:
        await store_image(store, item, round_=1)
    await record_score(store, items[0], 90)
    indexes = CatalogIndexes(store)
    index = await indexes.load(CATALOG)
    assert await indexes.pages.scores.load_all(index) == {0: ImageScore(90)}
    await record_score(store, items[1], 40)
    assert await indexes.pages.scores.load_all(index) == {0: ImageScore(90), 1: ImageScore(40)}


async def test_the_likeness_to_references_comes_from_the_list_or_the_evaluation() -> None:
    store = RecordingStore(MemoryStore())
    items = await write_batches(store, ["Fox", "Owl"])
    for item in items:
        await store_image(store, item, round_=1)
    await record_score(store, items[1], 40, likeness=70)
    rows = [describe(items[0], 90, 1) | {"likeness": 65}]
    await store.write(LIST, dump_json(rows), content_type=JSON_TYPE)
    indexes = CatalogIndexes(store)
    found = await indexes.pages.scores.load_all(await indexes.load(CATALOG))
    assert found == {0: ImageScore(90, 65), 1: ImageScore(40, 70)}


@pytest.mark.parametrize(
    "rows", [[{}], [7], {"score": 1}, [{"filename": "a.png", "score": "high", "shippedIteration": 1}]]
)
async def test_a_list_that_this_app_did_not_write_is_reported_as_damaged(rows: object) -> None:
    store = MemoryStore()
    [item] = await write_batches(store, ["Fox"])
    await store_image(store, item, round_=1)
    await store.write(LIST, dump_json(rows), content_type=JSON_TYPE)
    indexes = CatalogIndexes(store)
    with pytest.raises(DamagedFileError) as raised:
        await indexes.pages.scores.load_all(await indexes.load(CATALOG))
    assert raised.value.path == LIST
