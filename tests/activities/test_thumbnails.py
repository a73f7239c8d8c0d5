"""Thumbnails are written with their images or later, and no run fails without one."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from shared.catalog.items import Item
from shared.errors import StoreUnavailableError
from shared.images.thumbnail import complete_thumbnails
from shared.messages.base import Failure
from shared.messages.images import ImageCall, ImageResult
from shared.messages.run import FinishRunInput, PublishResult
from shared.reasons import Reason
from shared.runs.run_files import record_stop
from shared.storage import paths
from shared.storage.protocol import Content, FileInfo
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, read_data, write_batches, write_images
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.sample_images import draw_gradient
from tests.support.scripted_model import IMAGE, ScriptedModel

ANN = make_item("Ann")
ANNS = paths.thumbnail_file(CATALOG, ANN.filename)
FOLDER = paths.thumbnail_folder(CATALOG)
CALL = ImageCall(RUN, CATALOG, product_id=ANN.product_id, batch=1)
OLD = {"sha256": hashlib.sha256(IMAGE).hexdigest(), "width": "64", "height": "64"}
"""The facts of an image that version 0.2.0 has made."""


class ThumbnaillessStore(MemoryStore):
    """A store that is away whenever a thumbnail is asked for or written."""

    async def describe(self, path: str) -> FileInfo | None:
        self._fail_for(path)
        return await super().describe(path)

    async def write(self, path: str, data: bytes, **how: Any) -> str:
        self._fail_for(path)
        return await super().write(path, data, **how)

    def _fail_for(self, path: str) -> None:
        if path.startswith(FOLDER):
            raise StoreUnavailableError("away")


class TakenStore(MemoryStore):
    """A store in which another run takes the catalog over while a thumbnail is made."""

    async def read(self, path: str) -> Content | None:
        if path.startswith(paths.image_folder(CATALOG)):
            await self.delete(paths.run_claim_file(CATALOG))
        return await super().read(path)


async def generate_image(store: RecordingStore | MemoryStore, model: ScriptedModel) -> ImageResult:
    """Deliver the call for Ann's image to a process that was just started."""
    return ImageResult.from_json(await deliver(start_process(store, model), "generate_image", CALL))


async def publish_catalog(store: RecordingStore | MemoryStore) -> PublishResult:
    process = start_process(store, ScriptedModel())
    return PublishResult.from_json(await deliver(process, "publish_catalog", FinishRunInput(RUN, CATALOG)))


async def write_old_images(store: RecordingStore | MemoryStore, items: list[Item]) -> None:
    """Store images as version 0.2.0 has left them."""
    for item in items:
        await store.write(paths.image_file(CATALOG, item.filename), IMAGE, content_type="image/png", metadata=OLD)


async def test_an_image_is_made_with_its_thumbnail(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    await write_batches(store, ["Ann"])
    assert (await generate_image(store, model)).made
    content, info = await store.read(ANNS), await store.describe(ANNS)
    assert content is not None
    assert info is not None
    assert Image.open(BytesIO(content.data)).format == "WEBP"
    assert info.metadata == {"picture": ANN.filename, "picture_sha256": OLD["sha256"], "dhash": "0" * 16}


async def test_without_the_option_none_is_written(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store, thumbnails=False)
    await write_batches(store, ["Ann"])
    assert (await generate_image(store, model)).made
    await publish_catalog(store)
    assert await list_paths(store, FOLDER) == []
    image = await store.describe(paths.image_file(CATALOG, ANN.filename))
    assert image is not None
    assert image.metadata["dhash"] == "0" * 16


async def test_a_process_that_dies_before_it_is_written_leaves_it_to_the_next_delivery(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    await write_batches(store, ["Ann"])
    store.changes.clear()
    store.changes_to_live = 3  # the record of the call, twice, and the image
    with pytest.raises(KilledError):
        await generate_image(store, model)
    store.changes_to_live = None
    assert await list_paths(store, FOLDER) == []
    assert (await generate_image(store, model)).made
    assert await list_paths(store, FOLDER) == [ANNS]
    store.reads.clear()
    await generate_image(store, model)
    assert store.reads[paths.image_file(CATALOG, ANN.filename)] == 0
    assert model.calls == 1


async def test_a_store_that_does_not_take_it_costs_the_image_nothing(model: ScriptedModel) -> None:
    store = ThumbnaillessStore()
    await start_run_in(store)
    await write_batches(store, ["Ann"])
    made = await generate_image(store, model)
    assert made.made
    assert await generate_image(store, model) == made
    assert model.calls == 1


async def test_a_pillow_that_cannot_write_webp_costs_the_image_nothing_and_is_reported(
    store: RecordingStore, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(Image.SAVE, "WEBP")
    await start_run_in(store, target_count=1)
    await write_batches(store, ["Ann"])
    assert (await generate_image(store, model)).made
    published = await publish_catalog(store)
    assert (published.status, published.images) == ("Completed", 1)
    assert published.notes == ("images without a thumbnail: 1 (the next run tries again)",)


async def test_images_of_earlier_versions_get_thumbnail_and_hash_and_only_those_are_read(store: RecordingStore) -> None:
    await start_run_in(store, target_count=3)
    ann, bob, cid = await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_old_images(store, [ann, bob])
    assert (await publish_catalog(store)).images == 2
    await write_old_images(store, [cid])
    store.reads.clear()
    published = await publish_catalog(store)
    read = [path for path in store.reads if path.startswith(paths.image_folder(CATALOG))]
    assert read == [paths.image_file(CATALOG, cid.filename)]
    rows = await read_data(store, published.outputs["manifest"])
    assert [row["thumbnail"] for row in rows] == [paths.thumbnail_file(CATALOG, x.filename) for x in (ann, bob, cid)]
    assert {row["dhash"] for row in rows} == {"0" * 16}
    assert published.notes == ("images that look nearly like an earlier one: 2 (near_duplicates.json)",)
    store.changes.clear()
    await publish_catalog(store)
    assert not [path for path in store.changes if path.startswith("catalogs/")]


async def test_an_image_that_was_generated_again_gets_a_new_one(store: RecordingStore) -> None:
    await start_run_in(store)
    (ann,) = await write_batches(store, ["Ann"])
    await write_old_images(store, [ann])
    await publish_catalog(store)
    data = draw_gradient()
    metadata = OLD | {"sha256": hashlib.sha256(data).hexdigest()}
    await store.write(paths.image_file(CATALOG, ann.filename), data, content_type="image/png", metadata=metadata)
    await publish_catalog(store)
    info = await store.describe(ANNS)
    assert info is not None
    assert info.metadata["picture_sha256"] == metadata["sha256"]


async def test_without_thumbnails_a_matching_one_stays_and_an_outdated_one_is_removed(store: RecordingStore) -> None:
    await start_run_in(store)
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    await write_old_images(store, [ann, bob])
    await publish_catalog(store)
    await start_run_in(store, thumbnails=False)
    await write_images(store, [bob])
    await publish_catalog(store)
    assert await list_paths(store, FOLDER) == [ANNS]


async def test_a_run_that_lost_its_catalog_meanwhile_does_not_publish() -> None:
    store = TakenStore()
    await start_run_in(store, target_count=1)
    await write_old_images(store, await write_batches(store, ["Ann"]))
    published = await publish_catalog(store)
    assert published.shortfall is not None
    assert (published.status, published.shortfall.reason) == ("Failed", Reason.SUPERSEDED)
    assert await store.describe(paths.catalog_file(CATALOG, "catalog.json")) is None


@pytest.mark.parametrize("reason", [Reason.CANCELLED, Reason.ACCOUNT_BLOCKED])
async def test_a_run_that_was_stopped_does_not_make_up_for_them(store: RecordingStore, reason: Reason) -> None:
    await start_run_in(store)
    await write_old_images(store, await write_batches(store, ["Ann"]))
    await record_stop(store, RUN, Failure(reason))
    await publish_catalog(store)
    assert await list_paths(store, FOLDER) == []


async def test_a_dry_run_makes_none(store: RecordingStore) -> None:
    await start_run_in(store, dry_run=True)
    await write_old_images(store, await write_batches(store, ["Ann"]))
    assert (await publish_catalog(store)).notes == ()
    assert await list_paths(store, FOLDER) == []


async def test_a_run_adds_a_limited_number_of_thumbnails_and_reports_the_rest(
    store: RecordingStore,
) -> None:
    await write_old_images(store, await write_batches(store, ["Ann", "Bob", "Cid"]))
    for left, there in ((1, 2), (0, 3)):
        images, bare = await complete_thumbnails(store, CATALOG, make=True, max_count=2)
        assert (bare, len(list(images)), len(await list_paths(store, FOLDER))) == (left, 3, there)


async def test_a_large_image_counts_as_several(store: RecordingStore) -> None:
    items = await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_old_images(store, items)
    first = min(item.filename for item in items)
    metadata = OLD | {"width": "2048", "height": "1024"}
    await store.write(paths.image_file(CATALOG, first), IMAGE, content_type="image/png", metadata=metadata)
    _, bare = await complete_thumbnails(store, CATALOG, make=True, max_count=3)
    assert bare == 1


async def test_an_image_that_cannot_be_read_is_passed_over(store: RecordingStore) -> None:
    await start_run_in(store)
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    await write_images(store, [ann])
    await write_old_images(store, [bob])
    published = await publish_catalog(store)
    assert await list_paths(store, FOLDER) == [paths.thumbnail_file(CATALOG, bob.filename)]
    assert published.notes == ("images without a thumbnail: 1 (the next run tries again)",)
