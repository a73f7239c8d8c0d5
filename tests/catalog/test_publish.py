"""Publishing: only what is complete, the catalog last, and nothing rewritten that did not change."""

import itertools
import json
from collections.abc import AsyncIterator

import pytest

from shared.catalog.items import Item
from shared.catalog.publish import (
    iterate_complete_items,
    iterate_missing_items,
    publish,
    read_catalog_view,
    write_partial_catalog,
)
from shared.storage import paths
from shared.storage.json_files import DamagedFileError, dump_json
from tests.support.catalogs import CATALOG, IMAGE_METADATA, make_item, read_data, write_batches, write_images
from tests.support.importer_rules import import_rows
from tests.support.memory_store import KilledError, RecordingStore

CATALOG_FILE = "catalogs/lego/catalog.json"
MANIFEST = "catalogs/lego/manifest.json"
RUN = "8203891199999-0a1b2c3d"


async def names(items: AsyncIterator[Item]) -> list[str]:
    return [item.name async for item in items]


async def publish_catalog(store: RecordingStore, *, with_images: bool = True) -> dict[str, str]:
    return await publish(store, await read_catalog_view(store, CATALOG, with_images=with_images))


# --- the view --------------------------------------------------------------------------------------------------------


async def test_only_items_with_a_validated_image_are_rows_in_acceptance_order(store: RecordingStore) -> None:
    nova, _, diver, baker, ranger = await write_batches(store, ["Nova", "Chef"], ["Diver", "Baker"], ["Ranger"])
    await write_images(store, [baker, nova, ranger])
    await store.write(paths.image_file(CATALOG, diver.filename), b"not looked at yet", content_type="image/png")
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert await names(iterate_complete_items(store, view)) == ["Nova", "Baker", "Ranger"]
    assert await names(iterate_missing_items(store, view)) == ["Chef", "Diver"]
    assert (view.items, view.images, view.rows, view.missing, view.categories) == (5, 3, 3, 2, 2)
    assert (view.batches, view.incomplete_batches) == ((1, 2, 3), (1, 2))


async def test_in_a_dry_run_all_items_are_rows(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    view = await read_catalog_view(store, CATALOG, with_images=False)
    assert await names(iterate_complete_items(store, view)) == ["Nova", "Chef"]
    assert await names(iterate_missing_items(store, view)) == []
    assert (view.rows, view.missing, view.images) == (2, 0, 1)


async def test_images_that_belong_to_no_item_are_left_out(store: RecordingStore) -> None:
    await write_batches(store, ["Nova"])
    await write_images(store, [make_item("Stranger")])
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert (view.images, view.items) == (0, 1)


async def test_an_unknown_catalog_is_an_empty_one(store: RecordingStore) -> None:
    view = await read_catalog_view(store, "nowhere", with_images=True)
    assert (view.items, view.images, view.categories) == (0, 0, 0)


async def test_a_damaged_batch_is_not_passed_over_in_silence(store: RecordingStore) -> None:
    await write_batches(store, ["Nova"])
    await store.write(paths.batch_file(CATALOG, 2), b"{", content_type="application/json")
    with pytest.raises(DamagedFileError):
        await read_catalog_view(store, CATALOG, with_images=True)


# --- publishing ------------------------------------------------------------------------------------------------------


async def test_catalog_and_manifest_are_those_of_the_contract(store: RecordingStore) -> None:
    nova, chef = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, [nova])
    outputs = await publish_catalog(store)
    rows = await read_data(store, CATALOG_FILE)
    assert rows == [
        {
            "productId": nova.product_id,
            "name": "Nova",
            "description": "A figure. It has a hat.",
            "category": "Space Crew",
            "filename": f"{nova.product_id}.png",
            "imagePrompt": "Photo of Nova",
        },
    ]
    assert len(import_rows(rows)) == 1
    assert await read_data(store, MANIFEST) == [
        {
            "productId": nova.product_id,
            "filename": nova.filename,
            "url": f"catalogs/lego/images/{nova.filename}",
            "bytes": 7,
            "width": 1024,
            "height": 768,
            "sha256": "00ff",
            "contentType": "image/png",
            "thumbnail": None,
            "dhash": None,
        },
    ]
    assert outputs == {
        "catalog": CATALOG_FILE,
        "categories": "catalogs/lego/categories.json",
        "manifest": MANIFEST,
        "images": "catalogs/lego/images/",
    }
    assert chef.name not in str(rows)


async def test_a_jpeg_is_described_as_one(store: RecordingStore) -> None:
    await write_batches(store)
    item = make_item("Nova", ending="jpg")
    data = {"batch": 1, "runId": "r", "items": [item.to_json()]}
    await store.write(paths.batch_file(CATALOG, 1), dump_json(data), content_type="application/json")
    await write_images(store, [item])
    await publish_catalog(store)
    assert (await read_data(store, MANIFEST))[0]["contentType"] == "image/jpeg"


async def test_a_refined_image_has_its_round_in_the_manifest(store: RecordingStore) -> None:
    nova, chef = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, [chef])
    path = paths.image_file(CATALOG, nova.filename)
    await store.write(path, b"picture", content_type="image/png", metadata=IMAGE_METADATA | {"iteration": "2"})
    await publish_catalog(store)
    looked_at, other = await read_data(store, MANIFEST)
    assert looked_at["iteration"] == 2
    assert "iteration" not in other


async def test_the_catalog_is_written_last(store: RecordingStore) -> None:
    await write_images(store, await write_batches(store, ["Nova"]))
    store.changes.clear()
    await publish_catalog(store)
    assert store.changes == [MANIFEST, CATALOG_FILE]


async def test_a_publication_that_was_killed_half_way_is_finished_by_the_next(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    await publish_catalog(store)
    await write_images(store, items)
    store.changes.clear()
    store.changes_to_live = 1
    with pytest.raises(KilledError):
        await publish_catalog(store)
    assert len(await read_data(store, CATALOG_FILE)) == 1
    store.changes_to_live = None
    await publish_catalog(store)
    assert len(await read_data(store, CATALOG_FILE)) == len(await read_data(store, MANIFEST)) == 2


async def test_what_did_not_change_is_not_written_again(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    await publish_catalog(store)
    store.changes.clear()
    before = [await store.describe(path) for path in (CATALOG_FILE, MANIFEST)]
    await publish_catalog(store)
    assert store.changes == []
    assert [await store.describe(path) for path in (CATALOG_FILE, MANIFEST)] == before
    await write_images(store, items[1:])
    store.changes.clear()
    await publish_catalog(store)
    assert store.changes == [MANIFEST, CATALOG_FILE]


async def test_both_files_are_what_they_would_be_in_one_piece(store: RecordingStore) -> None:
    items = await write_batches(store, *([f"Café {number}", f"Chef\n{number}"] for number in range(30)))
    await write_images(store, items[::2])
    await publish_catalog(store, with_images=False)
    files = {name: await store.read(name) for name in (CATALOG_FILE, MANIFEST)}
    data = {name: content.data for name, content in files.items() if content is not None}
    assert data[CATALOG_FILE] == dump_json([item.to_json() for item in items])
    assert data[MANIFEST] == dump_json(json.loads(data[MANIFEST]))
    assert [row["productId"] for row in json.loads(data[MANIFEST])] == [item.product_id for item in items[::2]]


async def test_a_catalog_without_items_is_an_empty_array(store: RecordingStore) -> None:
    await publish_catalog(store)
    assert await read_data(store, CATALOG_FILE) == await read_data(store, MANIFEST) == []


@pytest.mark.parametrize("path", [CATALOG_FILE, MANIFEST])
async def test_a_file_that_was_changed_by_hand_is_written_again(store: RecordingStore, path: str) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items)
    await publish_catalog(store)
    content = await store.read(path)
    assert content is not None
    changed = content.data.replace(items[0].product_id.encode(), items[1].product_id.encode(), 1)
    await store.write(path, changed, content_type="application/json")
    store.changes.clear()
    await publish_catalog(store)
    assert store.changes == [path]
    assert [row["productId"] for row in await read_data(store, path)] == [item.product_id for item in items]


async def test_a_dry_run_publishes_all_items_and_the_images_there_are(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    await publish_catalog(store, with_images=False)
    assert len(await read_data(store, CATALOG_FILE)) == 2
    assert len(await read_data(store, MANIFEST)) == 1


async def test_a_partial_catalog_lies_in_the_run_and_nothing_is_published(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    outputs = await write_partial_catalog(store, RUN, await read_catalog_view(store, CATALOG, with_images=True))
    assert outputs == {"partialCatalog": f"runs/{RUN}/catalog.partial.json"}
    assert [row["name"] for row in await read_data(store, outputs["partialCatalog"])] == ["Nova"]
    assert await store.read(CATALOG_FILE) is None


async def test_however_many_images_are_there_rows_and_missing_are_the_whole_catalog(store: RecordingStore) -> None:
    items = await write_batches(store, ["A1", "B2", "C3"])
    for item in itertools.chain(items, items):
        await store.write(
            paths.image_file(CATALOG, item.filename), b"x", content_type="image/png", metadata=IMAGE_METADATA
        )
        view = await read_catalog_view(store, CATALOG, with_images=True)
        assert view.rows + view.missing == view.items == 3
        both = await names(iterate_complete_items(store, view)) + await names(iterate_missing_items(store, view))
        assert sorted(both) == ["A1", "B2", "C3"]
