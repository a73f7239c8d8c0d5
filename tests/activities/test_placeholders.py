"""An item whose image is refused gets a card with its name, if the run asks for that; nothing else depends on it."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageFont

from shared.errors import StoreUnavailableError
from shared.images.image_metadata import is_valid_image
from shared.messages.base import Failure
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, FailedImage, ImageCall, ImageResult
from shared.messages.run import FinishRunInput, PublishResult, RunRef, StartInventory
from shared.reasons import Reason
from shared.rendering.placeholder_card import is_placeholder_file
from shared.runs.run_files import read_failure
from shared.storage import paths
from shared.storage.json_files import dump_json
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, read_data, write_batches, write_images
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

ANN = make_item("Ann")
PATH = paths.image_file(CATALOG, ANN.filename)
THUMBNAIL = paths.thumbnail_file(CATALOG, ANN.filename)
NEXT_RUN = "8204736755520-00000000"


class ImagelessStore(MemoryStore):
    """A store that takes no new file for an image."""

    async def create(self, path: str, data: bytes, **more: Any) -> bool:
        if path == PATH:
            raise StoreUnavailableError("away")
        return await super().create(path, data, **more)


async def record_failed_image(
    store: RecordingStore | MemoryStore, reason: Reason = Reason.CONTENT_POLICY, *, run_id: str = RUN
) -> dict[str, Any]:
    """Deliver to a process that was just started that Ann's image was given up."""
    failed = FailedImage(run_id, CATALOG, ANN.product_id, 1, 2, Failure(reason, "no"))
    return await deliver(start_process(store, ScriptedModel()), "record_failed_image", failed)


async def start(store: RecordingStore | MemoryStore, **changes: object) -> None:
    asked: dict[str, Any] = {"placeholder": True, "target_count": 1} | changes
    await start_run_in(store, **asked)
    await write_batches(store, ["Ann"])


async def test_a_refused_image_gets_a_placeholder_of_its_size_and_a_thumbnail(store: RecordingStore) -> None:
    await start(store, image_size="512x256")
    assert await record_failed_image(store) == {}
    content, info = await store.read(PATH), await store.describe(PATH)
    assert content is not None
    assert info is not None
    with Image.open(BytesIO(content.data)) as image:
        assert (image.format, image.size) == ("PNG", (512, 256))
    assert {name: info.metadata[name] for name in ("placeholder", "run_id", "product_id")} == {
        "placeholder": "content_policy",
        "run_id": RUN,
        "product_id": ANN.product_id,
    }
    thumbnail = await store.describe(THUMBNAIL)
    assert thumbnail is not None
    assert thumbnail.metadata == {"picture": ANN.filename, "picture_sha256": info.metadata["sha256"]}


async def test_it_has_the_format_of_its_name(store: RecordingStore) -> None:
    await start(store)
    item = make_item("Bob", ending="jpg")
    batch = await read_data(store, paths.batch_file(CATALOG, 1))
    rows = [item.to_json()]
    await store.write(paths.batch_file(CATALOG, 1), dump_json(batch | {"items": rows}), content_type="application/json")
    failed = FailedImage(RUN, CATALOG, item.product_id, 1, 2, Failure(Reason.CONTENT_POLICY, "no"))
    await deliver(start_process(store, ScriptedModel()), "record_failed_image", failed)
    content = await store.read(paths.image_file(CATALOG, item.filename))
    assert content is not None
    assert content.data.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"placeholder": False}, Reason.CONTENT_POLICY), ({}, Reason.BAD_REQUEST), ({}, Reason.RATE_LIMITED)],
)
async def test_no_placeholder_for_another_reason_or_without_the_option(
    store: RecordingStore, changes: dict[str, object], reason: Reason
) -> None:
    await start(store, **changes)
    await record_failed_image(store, reason)
    assert await read_failure(store, RUN, ANN.product_id) is not None
    assert await list_paths(store, f"catalogs/{CATALOG}/images/") == []


async def test_no_thumbnail_is_made_where_none_are_wanted(store: RecordingStore) -> None:
    await start(store, thumbnails=False)
    await record_failed_image(store)
    assert await store.describe(PATH) is not None
    assert await store.describe(THUMBNAIL) is None


async def test_an_image_of_before_stays_where_making_it_again_is_refused(store: RecordingStore) -> None:
    await start(store, force_images=True)
    await write_images(store, [ANN])
    await record_failed_image(store)
    assert is_valid_image(await store.describe(PATH))


async def test_a_file_that_is_stored_in_the_meantime_stays(store: RecordingStore) -> None:
    await start(store)
    await store.write(PATH, draw(), content_type="image/png")
    await record_failed_image(store)
    content = await store.read(PATH)
    assert content is not None
    assert content.data == draw()


@pytest.mark.parametrize("lived", range(4))
async def test_a_process_that_dies_anywhere_leaves_what_the_next_delivery_completes(lived: int) -> None:
    store = RecordingStore(MemoryStore())
    await start(store)
    store.changes.clear()
    store.changes_to_live = lived
    try:
        await record_failed_image(store)
        assert lived == 3, "a failure, a placeholder and a thumbnail are three changes"
    except KilledError:
        assert lived < 3
    store.changes_to_live = None
    await record_failed_image(store)
    metadata = [info.metadata if (info := await store.describe(path)) else {} for path in (PATH, THUMBNAIL)]
    assert metadata[0]["placeholder"] == "content_policy"
    assert metadata[1]["picture_sha256"] == metadata[0]["sha256"]


async def test_a_card_that_cannot_be_generated_hides_no_failure(
    store: RecordingStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise ImportError("The _imagingft C module is not installed")  # a Pillow without FreeType

    await start(store)
    monkeypatch.setattr(ImageFont, "load_default", fail)
    assert await record_failed_image(store) == {}
    row = await read_failure(store, RUN, ANN.product_id)
    assert row is not None
    assert row["reason"] == "content_policy"
    assert await store.describe(PATH) is None
    assert "has no placeholder" in caplog.text


async def test_a_store_that_does_not_take_it_is_reported_after_the_failure_is_recorded() -> None:
    store = ImagelessStore()
    await start(store)
    assert (await record_failed_image(store))["failure"]["reason"] == "store_unavailable"
    assert await read_failure(store, RUN, ANN.product_id) is not None


async def prepare_and_claim(store: RecordingStore) -> tuple[StartInventory, ClaimWorkPageResult]:
    """Begin the next run of the catalog: what it finds, and what it would make."""
    await start_run_in(store, run_id=NEXT_RUN, placeholder=True, target_count=1)
    process = start_process(store, ScriptedModel())
    plan = StartInventory.from_json(await deliver(process, "prepare_run", RunRef(NEXT_RUN, CATALOG)))
    await deliver(process, "close_items", RunRef(NEXT_RUN, CATALOG))
    claim = ClaimWorkPageInput(NEXT_RUN, CATALOG, claimed_by="0/0", size=4, last_page=0)
    return plan, ClaimWorkPageResult.from_json(await deliver(process, "claim_work_page", claim))


@pytest.mark.parametrize("facts_are_lost", [False, True])
async def test_the_next_run_makes_the_image_and_replaces_it(store: RecordingStore, *, facts_are_lost: bool) -> None:
    await start(store)
    await record_failed_image(store)
    if facts_are_lost:  # as when a process dies between a file and its facts, or the folder is copied without them
        content = await store.read(PATH)
        assert content is not None
        await store.write(PATH, content.data, content_type="image/png")
    plan, claim = await prepare_and_claim(store)
    assert (plan.items, plan.images) == (1, 0)
    assert [job.product_id for job in claim.jobs] == [ANN.product_id]
    process = start_process(store, ScriptedModel())
    call = ImageCall(NEXT_RUN, CATALOG, product_id=ANN.product_id, batch=1)
    assert ImageResult.from_json(await deliver(process, "generate_image", call)).made
    assert is_valid_image(await store.describe(PATH))
    content = await store.read(PATH)
    assert content is not None
    assert not is_placeholder_file(content.data)


async def test_a_placeholder_is_generated_again_where_the_next_run_is_refused_too(store: RecordingStore) -> None:
    await start(store)
    await record_failed_image(store)
    await start_run_in(store, run_id=NEXT_RUN, placeholder=True, image_size="128x128")
    await record_failed_image(store, run_id=NEXT_RUN)
    info = await store.describe(PATH)
    assert info is not None
    assert (info.metadata["width"], info.metadata["run_id"]) == ("128", NEXT_RUN)


async def test_a_run_with_placeholders_is_not_complete_and_reports_their_number(store: RecordingStore) -> None:
    await start(store)
    await record_failed_image(store)
    process = start_process(store, ScriptedModel())
    await deliver(process, "prepare_run", RunRef(RUN, CATALOG))
    published = PublishResult.from_json(await deliver(process, "publish_catalog", FinishRunInput(RUN, CATALOG)))
    assert (published.status, published.items, published.images) == ("CompletedWithFailures", 1, 0)
    assert (published.failed, published.placeholders) == ({"content_policy": 1}, 1)
    rows = await read_data(store, published.outputs["failedImages"])
    assert [(row["attempts"], row["placeholder"]) for row in rows] == [(2, True)]
    manifest = await read_data(store, published.outputs["manifest"])
    assert [(row["placeholder"], row["thumbnail"]) for row in manifest] == [(True, THUMBNAIL)]
    assert await read_data(store, published.outputs["nearDuplicates"]) == []
