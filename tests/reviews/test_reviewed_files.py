"""Reviews decide what is in the published files, whichever operation writes them."""

from typing import Any

import pytest

from shared.catalog.items import Item
from shared.catalog.prune import prune_catalog
from shared.catalog.publish import CatalogView, publish, read_catalog_view, write_partial_catalog
from shared.reviews.decisions import Verdict
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from tests.support.catalogs import CATALOG, list_paths, read_data, write_batches, write_images, write_rows
from tests.support.decisions import approve, decide, reject
from tests.support.memory_store import MemoryStore, RecordingStore

RUN = "8203891199999-0a1b2c3d"


@pytest.fixture
def store() -> RecordingStore:
    return RecordingStore(MemoryStore())


async def write_request(store: RecordingStore, **fields: object) -> None:
    data = {"catalog": CATALOG, **fields}
    await store.write(paths.state_file(CATALOG, "request.json"), dump_json(data), content_type=JSON_TYPE)


async def read_view(store: RecordingStore, *, approved_only: bool = False) -> CatalogView:
    return await read_catalog_view(store, CATALOG, with_images=True, approved_only=approved_only)


async def list_names(store: RecordingStore, name: str) -> list[str]:
    return [row["name"] for row in await read_data(store, paths.catalog_file(CATALOG, name))]


async def list_ids(store: RecordingStore, name: str) -> list[str]:
    return [row["productId"] for row in await read_data(store, paths.catalog_file(CATALOG, name))]


def list_reasons(view: CatalogView) -> dict[str, list[str]]:
    return {str(group.reason): [item.name for item in group.examples] for group in view.left_out}


async def write_catalog(store: RecordingStore) -> list[Item]:
    """Write four items: the second is rejected, the third approved, the fourth has no image."""
    items = await write_batches(store, ["Nova", "Chef"], ["Diver", "Baker"])
    await write_images(store, items[:3])
    await reject(store, items[1])
    await approve(store, items[2])
    return items


async def test_a_rejected_item_is_in_no_published_file(store: RecordingStore) -> None:
    items = await write_catalog(store)
    view = await read_view(store)
    await publish(store, view)
    assert await list_names(store, "catalog.json") == ["Nova", "Diver"]
    assert await list_ids(store, "manifest.json") == [items[0].product_id, items[2].product_id]
    assert (view.rows, view.images, view.items, view.missing) == (2, 3, 4, 1)
    assert list_reasons(view) == {"rejected": ["Chef"], "no_image": ["Baker"]}


async def test_only_approved_items_are_published_on_request(store: RecordingStore) -> None:
    items = await write_catalog(store)
    view = await read_view(store, approved_only=True)
    await publish(store, view)
    assert await list_names(store, "catalog.json") == ["Diver"]
    assert await list_ids(store, "manifest.json") == [items[2].product_id]
    assert view.rows == 1
    assert list_reasons(view) == {"rejected": ["Chef"], "undecided": ["Nova"], "no_image": ["Baker"]}


async def test_a_catalog_whose_last_request_requires_a_review_publishes_approved_items_only(
    store: RecordingStore,
) -> None:
    await write_catalog(store)
    await write_request(store, review="required")
    await publish(store, await read_view(store))
    assert await list_names(store, "catalog.json") == ["Diver"]


async def test_a_later_image_of_a_rejected_item_is_published_and_one_of_an_approved_item_is_undecided(
    store: RecordingStore,
) -> None:
    nova, chef = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, [nova, chef])
    await decide(store, [nova], Verdict.REJECTED, sha256="0a")
    await decide(store, [chef], Verdict.APPROVED, sha256="0b")
    assert list_reasons(await read_view(store)) == {}
    assert list_reasons(await read_view(store, approved_only=True)) == {"undecided": ["Nova", "Chef"]}


async def test_a_withdrawn_rejection_publishes_the_item_again(store: RecordingStore) -> None:
    items = await write_catalog(store)
    await publish(store, await read_view(store))
    await decide(store, [items[1]], Verdict.UNDECIDED, hour=13)
    await publish(store, await read_view(store))
    assert await list_names(store, "catalog.json") == ["Nova", "Chef", "Diver"]


async def test_no_file_of_a_catalog_of_rows_holds_a_rejected_row_or_its_variants(store: RecordingStore) -> None:
    await write_request(store, source="products", input="inputs/rows.json")
    items = await write_rows(store, ["Mug", "Tray", "Bowl"])
    await write_images(store, items[:2])
    await reject(store, items[0])
    await publish(store, await read_view(store))
    files: dict[str, Any] = {
        name: await read_data(store, paths.catalog_file(CATALOG, name))
        for name in ("catalog.json", "importer-catalog.json", "manifest.json", "upload-manifest.json")
    }
    assert [row["imageFile"] for row in files["catalog.json"]] == [items[1].filename, None]  # Bowl has no image yet
    for name in ("importer-catalog.json", "manifest.json", "upload-manifest.json"):
        assert [row["productId"] for row in files[name]] == ["sku Tray"]
    await approve(store, items[1])
    await publish(store, await read_view(store, approved_only=True))
    rows = await read_data(store, paths.catalog_file(CATALOG, "catalog.json"))
    assert [row["imageFile"] for row in rows] == [items[1].filename]


async def test_images_and_thumbnails_of_rejected_items_stay_in_the_store(store: RecordingStore) -> None:
    items = await write_catalog(store)
    await publish(store, await read_view(store))
    await prune_catalog(store, CATALOG, RUN)
    assert sorted(await list_paths(store, paths.image_folder(CATALOG))) == sorted(
        paths.image_file(CATALOG, item.filename) for item in items[:3]
    )


@pytest.mark.parametrize("approved_only", [False, True])
async def test_published_files_stay_as_they_are_if_reviews_leave_nothing(
    store: RecordingStore, *, approved_only: bool
) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items)
    await publish(store, await read_view(store))
    await reject(store, *(items[:1] if approved_only else items))
    store.changes.clear()
    view = await read_view(store, approved_only=approved_only)
    assert view.is_held_back
    assert await publish(store, view) == {}
    assert store.changes == []
    assert await list_names(store, "catalog.json") == ["Nova", "Chef"]


async def test_prune_publishes_no_rejected_item(store: RecordingStore) -> None:
    await write_catalog(store)
    pruned = await prune_catalog(store, CATALOG, RUN)
    assert await list_names(store, "catalog.json") == ["Nova", "Diver"]
    assert [row["name"] for row in pruned["pruned"]] == ["Baker"]
    assert pruned["items"] == 2
    assert [(group["reason"], group["count"]) for group in pruned["leftOut"]] == [("rejected", 1)]


async def test_prune_keeps_the_items_that_wait_for_a_decision(store: RecordingStore) -> None:
    await write_catalog(store)
    await write_request(store, review="required")
    pruned = await prune_catalog(store, CATALOG, RUN)
    assert await list_names(store, "catalog.json") == ["Diver"]
    assert pruned["items"] == 1
    assert (await read_view(store)).items == 3


@pytest.mark.parametrize("review", ["optional", "required"])
async def test_a_partial_catalog_holds_what_is_not_rejected(store: RecordingStore, review: str) -> None:
    await write_catalog(store)
    await write_request(store, review=review)
    outputs = await write_partial_catalog(store, RUN, await read_view(store))
    assert [row["name"] for row in await read_data(store, outputs["partialCatalog"])] == ["Nova", "Diver"]


async def test_publishing_again_after_the_same_decisions_changes_no_file(store: RecordingStore) -> None:
    await write_catalog(store)
    await publish(store, await read_view(store, approved_only=True))
    store.changes.clear()
    await publish(store, await read_view(store, approved_only=True))
    assert store.changes == []
