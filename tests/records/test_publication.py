"""Publishing: only what is complete, the catalog last, and nothing rewritten that did not change."""

import itertools
from typing import Any

import pytest

from shared.domain import paths
from shared.domain.items import Item
from shared.domain.messages import Failure
from shared.reasons import Reason
from shared.records import run
from shared.records.files import DamagedFileError, dump_json
from shared.records.publication import (
    find_failed_images,
    publish,
    view_catalog,
    write_partial,
    write_run_lists,
)
from tests.support.catalogs import CATALOG, FACTS, make_item, read_data, write_batches, write_images
from tests.support.importer_rules import import_rows
from tests.support.memory_store import KilledError, WatchedStore

CATALOG_FILE = "catalogs/lego/catalog.json"
MANIFEST = "catalogs/lego/manifest.json"
RUN = "8203891199999-0a1b2c3d"


def names(items: list[Item]) -> list[str]:
    return [item.name for item in items]


async def publish_catalog(store: WatchedStore, *, with_images: bool = True) -> dict[str, str]:
    return await publish(store, CATALOG, await view_catalog(store, CATALOG, with_images=with_images))


# --- the view --------------------------------------------------------------------------------------------------------


async def test_only_items_with_a_validated_picture_are_rows_in_acceptance_order(store: WatchedStore) -> None:
    nova, chef, diver, baker = await write_batches(store, ["Nova", "Chef"], ["Diver", "Baker"])
    await write_images(store, [baker, nova])
    await store.write(paths.image_file(CATALOG, diver.filename), b"not looked at yet", content_type="image/png")
    view = await view_catalog(store, CATALOG, with_images=True)
    assert names(view.rows) == ["Nova", "Baker"]
    assert names(view.missing) == ["Chef", "Diver"]
    assert set(view.pictures) == {nova.filename, baker.filename}
    assert (view.items, view.images, view.categories) == (4, 2, 2)
    assert chef in view.missing


async def test_in_a_dry_run_all_items_are_rows(store: WatchedStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    view = await view_catalog(store, CATALOG, with_images=False)
    assert (names(view.rows), view.missing, view.images) == (["Nova", "Chef"], [], 1)


async def test_pictures_that_belong_to_no_item_are_left_out(store: WatchedStore) -> None:
    await write_batches(store, ["Nova"])
    await write_images(store, [make_item("Stranger")])
    view = await view_catalog(store, CATALOG, with_images=True)
    assert (view.images, view.items) == (0, 1)


async def test_an_unknown_catalog_is_an_empty_one(store: WatchedStore) -> None:
    view = await view_catalog(store, "nowhere", with_images=True)
    assert (view.items, view.images, view.categories) == (0, 0, 0)


async def test_a_damaged_batch_is_not_passed_over_in_silence(store: WatchedStore) -> None:
    await write_batches(store, ["Nova"])
    await store.write(paths.batch_file(CATALOG, 2), b"{", content_type="application/json")
    with pytest.raises(DamagedFileError):
        await view_catalog(store, CATALOG, with_images=True)


# --- publishing ------------------------------------------------------------------------------------------------------


async def test_catalog_and_manifest_are_those_of_the_contract(store: WatchedStore) -> None:
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
        },
    ]
    assert outputs == {
        "catalog": CATALOG_FILE,
        "categories": "catalogs/lego/categories.json",
        "manifest": MANIFEST,
        "images": "catalogs/lego/images/",
    }
    assert chef.name not in str(rows)


async def test_a_jpeg_is_described_as_one(store: WatchedStore) -> None:
    await write_batches(store)
    item = make_item("Nova", ending="jpg")
    data = {"batch": 1, "runId": "r", "items": [item.to_json()]}
    await store.write(paths.batch_file(CATALOG, 1), dump_json(data), content_type="application/json")
    await write_images(store, [item])
    await publish_catalog(store)
    assert (await read_data(store, MANIFEST))[0]["contentType"] == "image/jpeg"


async def test_the_catalog_is_written_last(store: WatchedStore) -> None:
    await write_images(store, await write_batches(store, ["Nova"]))
    store.changes.clear()
    await publish_catalog(store)
    assert store.changes == [MANIFEST, CATALOG_FILE]


async def test_a_publication_that_was_killed_half_way_is_finished_by_the_next(store: WatchedStore) -> None:
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


async def test_what_did_not_change_is_not_written_again(store: WatchedStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    await publish_catalog(store)
    store.changes.clear()
    await publish_catalog(store)
    assert store.changes == []
    await write_images(store, items[1:])
    store.changes.clear()
    await publish_catalog(store)
    assert store.changes == [MANIFEST, CATALOG_FILE]


async def test_a_dry_run_publishes_all_items_and_the_pictures_there_are(store: WatchedStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    await publish_catalog(store, with_images=False)
    assert len(await read_data(store, CATALOG_FILE)) == 2
    assert len(await read_data(store, MANIFEST)) == 1


async def test_a_partial_catalog_lies_in_the_run_and_nothing_is_published(store: WatchedStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    await write_images(store, items[:1])
    outputs = await write_partial(store, RUN, await view_catalog(store, CATALOG, with_images=True))
    assert outputs == {"partialCatalog": f"runs/{RUN}/catalog.partial.json"}
    assert [row["name"] for row in await read_data(store, outputs["partialCatalog"])] == ["Nova"]
    assert await store.read(CATALOG_FILE) is None


# --- what failed -----------------------------------------------------------------------------------------------------


def failure_row(item: Item, reason: str = "content_policy") -> dict[str, Any]:
    return {
        "productId": item.product_id,
        "name": item.name,
        "reason": reason,
        "message": "no",
        "attempts": 1,
        "requestId": "req-1",
        "at": "2026-12-01T00:00:00+00:00",
    }


async def find_failed(store: WatchedStore, why: Failure | None, *, forced: bool = False) -> list[dict[str, Any]]:
    view = await view_catalog(store, CATALOG, with_images=True)
    return await find_failed_images(store, RUN, view, why, forced=forced)


async def test_each_item_without_an_image_is_a_row_in_acceptance_order(store: WatchedStore) -> None:
    nova, chef, diver = await write_batches(store, ["Nova", "Chef", "Diver"])
    await run.write_failure(store, RUN, failure_row(diver))
    failed = await find_failed(store, Failure(Reason.ACCOUNT_BLOCKED, "blocked"))
    assert failed == [
        {
            "productId": item.product_id,
            "name": item.name,
            "reason": "account_blocked",
            "message": "blocked",
            "attempts": 0,
            "requestId": None,
            "at": None,
        }
        for item in (nova, chef)
    ] + [failure_row(diver)]


async def test_a_failure_that_a_picture_made_good_is_no_row(store: WatchedStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    for item in items:
        await run.write_failure(store, RUN, failure_row(item))
    await write_images(store, items[:1])
    assert [row["name"] for row in await find_failed(store, None)] == ["Chef"]


async def test_an_item_that_nobody_tried_has_a_reason_of_the_closed_list(store: WatchedStore) -> None:
    await write_batches(store, ["Nova"])
    (row,) = await find_failed(store, None)
    assert Reason(row["reason"]) is Reason.NOT_TRIED


@pytest.mark.parametrize("rows", [[], [{"productId": "id-1"}]])
async def test_both_lists_of_a_run_are_there_even_if_they_are_empty(
    store: WatchedStore, rows: list[dict[str, Any]]
) -> None:
    outputs = await write_run_lists(store, RUN, rows)
    assert await read_data(store, outputs["failedImages"]) == rows
    assert await read_data(store, outputs["rejectedItems"]) == []
    assert set(outputs.values()) == {f"runs/{RUN}/failed_images.json", f"runs/{RUN}/rejected_items.json"}


async def test_however_many_pictures_are_there_rows_and_missing_are_the_whole_catalog(store: WatchedStore) -> None:
    items = await write_batches(store, ["A1", "B2", "C3"])
    for item in itertools.chain(items, items):
        await store.write(paths.image_file(CATALOG, item.filename), b"x", content_type="image/png", facts=FACTS)
        view = await view_catalog(store, CATALOG, with_images=True)
        assert sorted(names(view.rows + view.missing)) == ["A1", "B2", "C3"]
