"""A run begins with a look at what is there: nothing damaged passes, nothing good is made again."""

import json

import pytest

from shared.messages.run import RunRef, StartInventory
from shared.storage import paths
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, IMAGE_METADATA, list_paths, write_batches, write_images
from tests.support.memory_store import CHUNK_BYTES, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

PUBLISHED = ("catalog.json", "manifest.json")


async def prepare(store: RecordingStore, model: ScriptedModel) -> StartInventory:
    return StartInventory.from_json(await deliver(start_process(store, model), "prepare_run", RunRef(RUN, CATALOG)))


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("data", [b"", b'[{"name": "Ann"}, {"na', b'{"name": "Ann"}', b"null", b"[\xff]"])
async def test_a_damaged_published_file_is_moved_and_reported(
    store: RecordingStore, model: ScriptedModel, name: str, data: bytes
) -> None:
    await start_run_in(store)
    path = paths.catalog_file(CATALOG, name)
    await store.write(path, data, content_type="application/json")
    plan = await prepare(store, model)
    assert plan.failure is not None
    assert plan.failure.reason == "damaged_file"
    assert path in plan.failure.message
    moved = await store.read(f"{path}.damaged-{RUN}")
    assert moved is not None
    assert moved.data == data
    assert await store.read(path) is None


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("rows", [[], [1, None, "x"], [{"name": "Ann", "note": "by hand " * CHUNK_BYTES}] * 3])
async def test_a_published_file_that_was_edited_is_accepted_as_long_as_it_is_an_array(
    store: RecordingStore, model: ScriptedModel, name: str, rows: list[object]
) -> None:
    await start_run_in(store)
    path = paths.catalog_file(CATALOG, name)
    await store.write(path, b"\xef\xbb\xbf" + json.dumps(rows).encode(), content_type="application/json")
    assert (await prepare(store, model)).failure is None
    assert await store.describe(path) is not None


async def test_images_that_are_kept_are_counted_and_one_put_there_by_hand_is_taken_on(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    ann, bob, cid, dan = await write_batches(store, ["Ann", "Bob"], ["Cid", "Dan"])
    await write_images(store, [ann])
    for item, data in ((bob, draw()), (cid, b"no image")):
        await store.write(paths.image_file(CATALOG, item.filename), data, content_type="image/png")
    store.reads.clear()
    plan = await prepare(store, model)
    assert (plan.items, plan.images, plan.next_batch) == (4, 2, 3)
    taken_on = await store.describe(paths.image_file(CATALOG, bob.filename))
    assert taken_on is not None
    assert set(IMAGE_METADATA) <= set(taken_on.metadata)
    assert store.reads[paths.image_file(CATALOG, ann.filename)] == 0
    assert paths.image_file(CATALOG, dan.filename) not in await list_paths(store, "catalogs/")


async def test_images_that_are_to_be_generated_again_do_not_count(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store, force_images=True)
    await write_images(store, await write_batches(store, ["Ann"]))
    assert (await prepare(store, model)).images == 0
