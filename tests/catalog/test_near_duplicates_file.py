"""Images that look nearly alike are listed, and the run does not act on it."""

from typing import Any

from shared.catalog.catalog_files import Batch, create_batch
from shared.catalog.items import Item
from shared.catalog.near_duplicates_file import write_near_duplicates
from shared.catalog.publish import read_catalog_view
from shared.storage import paths
from tests.support.catalogs import (
    CATALOG,
    IMAGE_METADATA,
    list_paths,
    make_source_item,
    read_data,
    write_batches,
    write_images,
)
from tests.support.memory_store import RecordingStore

RUN = "8203891199999-0a1b2c3d"
FAR = 0xFFFF << 16


async def write_image(store: RecordingStore, item: Item, dhash: int) -> None:
    path = paths.image_file(CATALOG, item.filename)
    await store.write(path, b"picture", content_type="image/png", metadata=IMAGE_METADATA | {"dhash": f"{dhash:016x}"})


async def find(store: RecordingStore, *, with_images: bool = True) -> tuple[list[dict[str, Any]], int]:
    view = await read_catalog_view(store, CATALOG, with_images=with_images)
    output, count = await write_near_duplicates(store, RUN, view)
    assert output == {"nearDuplicates": f"runs/{RUN}/near_duplicates.json"}
    return await read_data(store, output["nearDuplicates"]), count


def name(item: Item) -> dict[str, str]:
    return {"productId": item.product_id, "name": item.name, "filename": item.filename}


async def test_an_item_is_reported_with_the_earlier_one_that_its_image_is_near_to(store: RecordingStore) -> None:
    items = await write_batches(store, ["Ann", "Bob"], ["Cid", "Dan", "Eve"])
    for item, dhash in zip(items, (0b0, FAR, 0b11, FAR, 0b111 << 60), strict=True):
        await write_image(store, item, dhash)
    ann, bob, cid, dan, eve = items
    assert await find(store) == (
        [
            name(cid) | {"near": name(ann), "distance": 2},
            name(dan) | {"near": name(bob), "distance": 0},
            name(eve) | {"near": name(ann), "distance": 3},
        ],
        3,
    )


async def test_items_without_an_image_or_whose_image_has_no_hash_do_not_shift_the_names(store: RecordingStore) -> None:
    ann, bob, cid, dan, eve = await write_batches(store, ["Ann", "Bob", "Cid"], ["Dan", "Eve"])
    await write_images(store, [bob])
    for item, dhash in ((cid, FAR), (dan, 1), (eve, 0)):
        await write_image(store, item, dhash)
    expected = ([name(eve) | {"near": name(dan), "distance": 1}], 1)
    assert await find(store) == expected
    assert await find(store, with_images=False) == expected
    assert ann.name not in str(expected)


async def test_rows_of_an_input_are_reported_by_the_ids_that_they_were_given(store: RecordingStore) -> None:
    items = (make_source_item("Ann"), make_source_item("Bob"))
    await create_batch(store, CATALOG, Batch(1, "run-1", items, asked=2))
    for item in items:
        await write_image(store, item, 5)
    (row,), _ = await find(store)
    assert (row["productId"], row["near"]["productId"]) == ("sku Bob", "sku Ann")


async def test_without_any_the_list_is_there_and_empty(store: RecordingStore) -> None:
    await write_batches(store, ["Ann"])
    assert await find(store) == ([], 0)


async def test_images_without_an_item_are_not_reported(store: RecordingStore) -> None:
    (ann,) = await write_batches(store, ["Ann"])
    await write_image(store, ann, 5)
    path = paths.image_file(CATALOG, "by-hand.png")
    await store.write(path, b"picture", content_type="image/png", metadata=IMAGE_METADATA | {"dhash": f"{5:016x}"})
    assert await find(store) == ([], 0)


async def test_it_changes_nothing_of_the_catalog(store: RecordingStore) -> None:
    items = await write_batches(store, ["Ann", "Bob"])
    for item in items:
        await write_image(store, item, 5)
    before = await list_paths(store, "catalogs/")
    store.changes.clear()
    assert (await find(store))[1] == 1
    assert store.changes == [f"runs/{RUN}/near_duplicates.json"]
    assert await list_paths(store, "catalogs/") == before
