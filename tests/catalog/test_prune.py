"""Prune gives up on items without an image: after a backup, and however often it is killed in between."""

import pytest

from shared.catalog.catalog_files import iterate_items, read_batch
from shared.catalog.prune import prune_catalog
from shared.catalog.publish import publish, read_catalog_view
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from tests.support.catalogs import CATALOG, list_paths, read_data, write_batches, write_images
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore

PRUNE = "8203891199999-0a1b2c3d"
BACKUP = f"backups/{PRUNE}/"
BATCHES = (["Nova", "Chef"], ["Diver"], ["Baker", "Ranger"])
COMPLETE = ["Nova", "Diver"]


async def prepare(store: RecordingStore) -> None:
    """Write a catalog in which Chef, Baker and Ranger have no image, published at a time when Diver had none."""
    items = {item.name: item for item in await write_batches(store, *BATCHES)}
    await write_images(store, [items["Nova"]])
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    await write_images(store, [items["Diver"]])


async def list_items(store: RecordingStore) -> list[str]:
    return [item.name async for item in iterate_items(store, CATALOG)]


async def test_items_without_an_image_go_and_are_reported(store: RecordingStore) -> None:
    await prepare(store)
    pruned = await prune_catalog(store, CATALOG, PRUNE)
    assert await list_items(store) == COMPLETE
    assert [row["name"] for row in await read_data(store, "catalogs/lego/catalog.json")] == COMPLETE
    assert [row["name"] for row in pruned["pruned"]] == ["Chef", "Baker", "Ranger"]
    assert set(pruned["pruned"][0]) == {"productId", "name", "category"}
    assert (pruned["catalog"], pruned["items"], pruned["backup"]) == (CATALOG, 2, BACKUP)


async def test_what_is_changed_is_backed_up_as_it_was_and_before_it_is_changed(store: RecordingStore) -> None:
    await prepare(store)
    before = {path: await store.read(path) for path in await list_paths(store, "catalogs/")}
    store.changes.clear()
    await prune_catalog(store, CATALOG, PRUNE)
    changed = [path for path in store.changes if not path.startswith("backups/")]
    assert set(changed) == {
        "catalogs/lego/state/batches/00001.json",
        "catalogs/lego/state/batches/00003.json",
        "catalogs/lego/catalog.json",
        "catalogs/lego/manifest.json",
    }
    for path in changed:
        backup, original = await store.read(f"{BACKUP}{path}"), before[path]
        assert backup is not None
        assert original is not None
        assert backup.data == original.data
        assert store.changes.index(f"{BACKUP}{path}") < store.changes.index(path)


async def test_a_batch_that_loses_all_items_stays_as_an_empty_one_so_that_numbers_are_not_used_again(
    store: RecordingStore,
) -> None:
    await prepare(store)
    await prune_catalog(store, CATALOG, PRUNE)
    emptied = await read_batch(store, CATALOG, 3)
    assert emptied is not None
    assert (emptied.items, emptied.run_id) == ((), "run-1")


async def test_pruning_again_changes_nothing_and_backs_nothing_up(store: RecordingStore) -> None:
    await prepare(store)
    await prune_catalog(store, CATALOG, PRUNE)
    store.changes.clear()
    again = await prune_catalog(store, CATALOG, "8203891199998-00000000")
    assert (again["pruned"], again["backup"], again["items"]) == ([], None, 2)
    assert store.changes == []


async def test_a_complete_catalog_is_published_if_it_was_not(store: RecordingStore) -> None:
    await write_images(store, await write_batches(store, ["Nova"]))
    pruned = await prune_catalog(store, CATALOG, PRUNE)
    assert pruned["pruned"] == []
    assert [row["name"] for row in await read_data(store, pruned["outputs"]["catalog"])] == ["Nova"]


@pytest.mark.parametrize("lived", range(9))
async def test_a_prune_that_is_killed_anywhere_is_finished_by_the_next_one(lived: int) -> None:
    store = RecordingStore(MemoryStore())
    await prepare(store)
    before = {path: await store.read(path) for path in await list_paths(store, "catalogs/")}
    store.changes.clear()
    store.changes_to_live = lived
    try:
        await prune_catalog(store, CATALOG, PRUNE)
        assert lived == 8, "a prune of this catalog makes eight changes"
    except KilledError:
        assert lived < 8
    store.changes_to_live = None
    for path in [path for path in store.changes if not path.startswith("backups/")]:
        backup, original = await store.read(f"{BACKUP}{path}"), before[path]
        assert backup is not None
        assert original is not None
        assert backup.data == original.data
    assert set(COMPLETE) <= set(await list_items(store))
    await prune_catalog(store, CATALOG, "8203891199998-00000000")
    assert await list_items(store) == COMPLETE
    assert [row["name"] for row in await read_data(store, "catalogs/lego/catalog.json")] == COMPLETE
    assert len(await read_data(store, "catalogs/lego/manifest.json")) == 2


async def test_a_damaged_batch_stops_it_before_anything_is_changed(store: RecordingStore) -> None:
    await prepare(store)
    await store.write(paths.batch_file(CATALOG, 2), b"{", content_type="application/json")
    store.changes.clear()
    with pytest.raises(DamagedFileError):
        await prune_catalog(store, CATALOG, PRUNE)
    assert store.changes == []
