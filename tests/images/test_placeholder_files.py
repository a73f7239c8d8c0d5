"""Placeholders are published, marked, and count as images nowhere."""

from typing import Any

import pytest

from shared.catalog.catalog_files import Batch, create_batch
from shared.catalog.inventory import read_inventory
from shared.catalog.items import Item, SourceItem
from shared.catalog.near_duplicates_file import write_near_duplicates
from shared.catalog.prune import prune_catalog
from shared.catalog.publish import (
    iterate_complete_items,
    iterate_missing_items,
    publish,
    read_catalog_view,
    write_partial_catalog,
)
from shared.images.image_metadata import ThumbnailMetadata, is_valid_image
from shared.images.list_images import list_generating_runs, list_stored_images
from shared.images.placeholder_files import WriteTarget, find_write_target, remove_placeholders, write_placeholder
from shared.images.thumbnail_files import match_thumbnails, write_thumbnail
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.rendering.placeholder_card import render_placeholder
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.result_lists import find_failed_images
from shared.storage import paths
from shared.storage.json_files import write_json_if_changed
from shared.storage.protocol import Store
from tests.support.catalogs import CATALOG, list_paths, make_item, read_data, write_batches, write_images
from tests.support.importer_rules import import_rows
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore

RUN = "8203891199999-0a1b2c3d"
FILES = ("catalog.json", "manifest.json")
CARD = render_placeholder(["Mug"], width=64, height=64, content_type="image/png")


def locate(item: Item) -> str:
    return paths.image_file(CATALOG, item.filename)


async def ask(store: Store, **changes: object) -> None:
    """Leave what the catalog's last run was asked."""
    request = SeedRequest.model_validate({"catalog": CATALOG, "placeholder": True} | changes)
    await write_json_if_changed(store, paths.state_file(CATALOG, "request.json"), request.to_json())


async def place(store: Store, *items: Item) -> None:
    for item in items:
        where = await find_write_target(store, CATALOG, item.filename)
        assert where is not None
        metadata = await write_placeholder(store, CATALOG, item, CARD, where, run_id=RUN, reason=Reason.CONTENT_POLICY)
        assert metadata is not None
        await write_thumbnail(store, CATALOG, b"small", ThumbnailMetadata(item.filename, metadata.sha256))


async def prepare(store: Store, **changes: object) -> list[Item]:
    """Write three items: Ann has an image, Bob a placeholder, Cid neither."""
    await ask(store, **changes)
    items = await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_images(store, items[:1])
    await place(store, items[1])
    return items


async def read_marks(store: Store, name: str) -> dict[str, Any]:
    """Return what each row of a published file says of being a placeholder."""
    rows = await read_data(store, paths.catalog_file(CATALOG, name))
    return {row["filename"]: row.get("placeholder", "unmarked") for row in rows}


async def test_a_placeholder_is_not_an_image(store: RecordingStore) -> None:
    ann, bob, _ = await prepare(store)
    info = await store.describe(locate(bob))
    assert info is not None
    assert info.metadata["placeholder"] == "content_policy"
    assert not is_valid_image(info)
    assert list(await list_generating_runs(store, CATALOG)) == [ann.filename]
    assert (await read_inventory(store, CATALOG)).images == 1
    table = await list_stored_images(store, CATALOG)
    assert list(table) == [ann.filename]
    assert (bob.filename in table, table.find(bob.filename)) == (False, None)
    placeholder = table.find_placeholder(bob.filename)
    assert placeholder is not None
    assert (placeholder.sha256, placeholder.width, placeholder.is_placeholder) == (CARD.sha256, 64, True)
    assert table.find_placeholder(ann.filename) is None


async def test_its_row_is_published_and_marked_and_no_other(store: RecordingStore) -> None:
    ann, bob, _ = await prepare(store)
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert (view.items, view.images, view.placeholders, view.rows, view.missing) == (3, 1, 1, 2, 2)
    await publish(store, view)
    for name in FILES:
        assert await read_marks(store, name) == {ann.filename: "unmarked", bob.filename: True}
    described = (await read_data(store, "catalogs/lego/manifest.json"))[1]
    assert (described["sha256"], described["bytes"], described["dhash"]) == (CARD.sha256, len(CARD.data), None)
    assert described["thumbnail"] == paths.thumbnail_file(CATALOG, bob.filename)
    assert len(import_rows(await read_data(store, "catalogs/lego/catalog.json"))) == 2
    store.changes.clear()
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    assert store.changes == []


async def test_it_is_missing_in_every_count(store: RecordingStore) -> None:
    ann, bob, cid = await prepare(store)
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert [item async for item in iterate_complete_items(store, view)] == [ann]
    assert [item async for item in iterate_missing_items(store, view)] == [bob, cid]
    why = Failure(Reason.BUDGET, "spent")
    failed = [row async for row in find_failed_images(store, RUN, view, why, forced=True)]
    assert [(row["name"], row["reason"], row.get("placeholder", "unmarked")) for row in failed] == [
        ("Bob", "budget", True),
        ("Cid", "budget", "unmarked"),
    ]


async def test_placeholders_are_not_reported_as_near_duplicates(store: RecordingStore) -> None:
    _, bob, cid = await prepare(store)
    await place(store, bob, cid)
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert (await write_near_duplicates(store, RUN, view))[1] == 0
    assert len(view.perceptual_hashes) == 0


async def test_rows_of_a_source_are_marked_in_all_files(store: RecordingStore) -> None:
    given = {"source_id": "1", "row": '{"id": 1.0, "placeholder": "Your text"}'}
    ann, bob = (SourceItem.model_validate(make_item(name).model_dump() | given) for name in ("Ann", "Bob"))
    await ask(store, source="products", imageBaseUrl="https://cdn.example.com")
    await create_batch(store, CATALOG, Batch(1, RUN, (ann, bob)))
    await write_images(store, [ann])
    await place(store, bob)
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    content = await store.read("catalogs/lego/catalog.json")
    assert content is not None
    rows = await read_data(store, "catalogs/lego/catalog.json")
    assert b'"id": 1.0' in content.data
    assert [row["placeholder"] for row in rows] == ["Your text", True]
    assert rows[1]["imageUrl"] == f"https://cdn.example.com/{rows[1]['imageFile']}"
    assert list(rows[1]) == ["id", "imageFile", "imageUrl", "placeholder"]
    assert await read_marks(store, "importer-catalog.json") == {ann.filename: "unmarked", bob.filename: True}
    for name in ("manifest.json", "upload-manifest.json"):
        marks = [row.get("placeholder") for row in await read_data(store, paths.catalog_file(CATALOG, name))]
        assert marks == [None, True]


async def test_a_run_that_wants_none_publishes_none_and_then_removes_them(store: RecordingStore) -> None:
    ann, bob, _ = await prepare(store)
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    await ask(store, placeholder=False)
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert (view.placeholders, view.obsolete_placeholders, view.rows) == (0, (bob.filename,), 1)
    await write_partial_catalog(store, RUN, view)
    assert await store.describe(locate(bob)) is not None
    store.changes.clear()
    await publish(store, view)
    assert store.changes[-3:] == [
        paths.catalog_file(CATALOG, "catalog.json"),
        locate(bob),
        paths.thumbnail_file(CATALOG, bob.filename),
    ]
    assert await read_marks(store, "catalog.json") == {ann.filename: "unmarked"}


async def test_a_dry_run_marks_placeholders_that_are_there(store: RecordingStore) -> None:
    ann, bob, cid = await prepare(store)
    view = await read_catalog_view(store, CATALOG, with_images=False)
    await publish(store, view)
    assert (view.rows, view.missing) == (3, 0)
    assert await read_marks(store, "catalog.json") == dict.fromkeys((ann.filename, cid.filename), "unmarked") | {
        bob.filename: True
    }


@pytest.mark.parametrize("lived", range(20))
async def test_prune_takes_the_item_and_its_placeholder_away_however_often_it_is_killed(lived: int) -> None:
    store = RecordingStore(MemoryStore())
    ann, bob, _ = await prepare(store)
    store.changes.clear()
    store.changes_to_live = lived
    try:
        pruned = await prune_catalog(store, CATALOG, RUN)
        assert [row["name"] for row in pruned["pruned"]] == ["Bob", "Cid"]
    except KilledError:
        pass
    store.changes_to_live = None
    await prune_catalog(store, CATALOG, RUN)
    assert await read_marks(store, "catalog.json") == {ann.filename: "unmarked"}
    assert await list_paths(store, paths.image_folder(CATALOG)) == [locate(ann)]
    assert await list_paths(store, paths.thumbnail_folder(CATALOG)) == []
    assert bob.filename not in str(await read_data(store, "catalogs/lego/manifest.json"))


async def test_there_is_a_place_where_nothing_is_or_a_placeholder(store: RecordingStore) -> None:
    ann, bob, cid = await prepare(store)
    assert await find_write_target(store, CATALOG, ann.filename) is None
    assert await find_write_target(store, CATALOG, cid.filename) == WriteTarget(None)
    info = await store.describe(locate(bob))
    assert info is not None
    assert await find_write_target(store, CATALOG, bob.filename) == WriteTarget(info.etag)


async def test_a_placeholder_without_metadata_is_recognized_by_its_content(store: RecordingStore) -> None:
    _, bob, cid = await prepare(store)
    await store.write(locate(bob), CARD.data, content_type="image/png")
    await store.write(locate(cid), b"by hand", content_type="image/png")
    place = await find_write_target(store, CATALOG, bob.filename)
    assert place is not None
    assert place.etag is not None
    assert await find_write_target(store, CATALOG, cid.filename) is None


async def test_an_image_that_comes_in_between_stays(store: RecordingStore) -> None:
    _, bob, cid = items = await prepare(store)
    places = [await find_write_target(store, CATALOG, item.filename) for item in (bob, cid)]
    await write_images(store, items)
    for item, where in zip((bob, cid), places, strict=True):
        assert where is not None
        written = await write_placeholder(store, CATALOG, item, CARD, where, run_id=RUN, reason=Reason.CONTENT_POLICY)
        assert written is None
    await remove_placeholders(store, CATALOG, [bob.filename, cid.filename, "gone.png"])
    assert [is_valid_image(await store.describe(locate(item))) for item in items] == [True, True, True]


async def test_a_thumbnail_of_a_placeholder_is_of_no_use_once_there_is_an_image(store: RecordingStore) -> None:
    _, bob, _ = await prepare(store)
    assert await match_thumbnails(store, CATALOG, await list_stored_images(store, CATALOG)) == []
    await write_images(store, [bob])
    obsolete = await match_thumbnails(store, CATALOG, await list_stored_images(store, CATALOG))
    assert [info.path for info in obsolete] == [paths.thumbnail_file(CATALOG, bob.filename)]


async def test_a_failure_that_was_recorded_keeps_its_reason_beside_the_mark(store: RecordingStore) -> None:
    _, bob, cid = await prepare(store)
    for item in (bob, cid):
        row = {"productId": item.product_id, "name": item.name, "reason": "content_policy", "message": "no"}
        await run_files.write_failure(store, RUN, row)
    view = await read_catalog_view(store, CATALOG, with_images=True)
    failed = [row async for row in find_failed_images(store, RUN, view, None, forced=False)]
    assert [(row["reason"], row.get("placeholder")) for row in failed] == [
        ("content_policy", True),
        ("content_policy", None),
    ]
