"""The rounds of an item, and how one of them becomes its image again."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.catalog.catalog_files import Batch, create_batch
from shared.catalog.items import Item
from shared.errors import CatalogBusyError, UnknownCatalogError, UnknownItemError, UnknownRoundError
from shared.images.image_metadata import ThumbnailMetadata, read_image_metadata
from shared.images.keep_earlier_image import archive_batch_image
from shared.images.promote_round import PromotedRound, promote_round
from shared.images.round_files import EvaluationRecord, RoundFiles, RoundRecord
from shared.images.rounds import Round, find_round_image, list_rounds
from shared.messages.base import Cost
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, make_source_item, write_batches
from tests.support.earlier_images import EARLIER_RUN, place_image
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.scripted_host import RuntimeStatus, ScriptedHost

ANN = make_item("Ann")
PATH = paths.image_file(CATALOG, ANN.filename)
OLDER_RUN, LATER_RUN = "8204736799999-ffffffff", "8204736700000-0a1b2c3d"
RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


@pytest.fixture
async def store() -> RecordingStore:
    """A catalog with one item that has no image."""
    store = RecordingStore(MemoryStore())
    await write_batches(store, ["Ann"], run_id=EARLIER_RUN)
    return store


async def archive(store: Store) -> None:
    info = await store.describe(PATH)
    assert info is not None
    await archive_batch_image(store, CATALOG, 1, ANN.product_id, info)


async def write_round(store: Store, run_id: str, number: int, color: tuple[int, int, int], score: int) -> bytes:
    """Store a round of a run with refinement."""
    data = await place_image(store, ANN, color, run_id=run_id, prompt=f"prompt {number}", round_=number)
    info = await store.describe(PATH)
    assert info is not None
    files = RoundFiles(store, run_id, ANN.product_id)
    await store.create(files.round_image_file(number, ANN.filename), data, content_type="x", metadata=info.metadata)
    await files.record_round(
        RoundRecord(number, f"prompt {number}", 0, "f", "image/png", len(data), 64, 64, "00", "m", None, Cost())
    )
    found = ("a hat",), (), ("text",)
    await files.record_evaluation(
        EvaluationRecord(number, "prompt 1", score, *found, "gpt-5", None, Cost(text_calls=1, nano_usd=1_234_567))
    )
    return data


async def promote(store: Store, run_id: str, number: int, item: Item = ANN, **body: Any) -> PromotedRound:
    wanted = {"runId": run_id, "round": number} | body
    return await promote_round(start_process(store, None), ScriptedHost(), CATALOG, item.product_id, wanted)


def name(rounds: list[Round]) -> list[tuple[str, int, bool]]:
    return [(one.run_id, one.round, one.is_current) for one in rounds]


async def test_an_item_without_an_image_has_no_rounds(store: RecordingStore) -> None:
    assert await list_rounds(store, CATALOG, ANN) == []


async def test_earlier_images_come_after_the_newest_with_what_is_known_of_them(store: RecordingStore) -> None:
    await place_image(store, ANN, RED)
    await archive(store)
    await place_image(store, ANN, GREEN, run_id=LATER_RUN, prompt="another prompt")
    newest, oldest = await list_rounds(store, CATALOG, ANN.model_copy(update={"image_prompt": "another prompt"}))
    assert name([newest, oldest]) == [(LATER_RUN, 1, True), (EARLIER_RUN, 1, False)]
    assert (newest.prompt, oldest.prompt) == ("another prompt", ANN.image_prompt)
    assert (oldest.image_cost_usd, oldest.model, oldest.width, oldest.score, oldest.findings) == (
        0.03,
        "gpt-image-2",
        64,
        None,
        None,
    )
    assert oldest.to_json()["imageCostUsd"] == 0.03
    assert newest.created_at >= oldest.created_at


async def test_every_round_of_a_refined_image_is_listed_once_with_its_evaluation(store: RecordingStore) -> None:
    for number, (color, score) in enumerate([(RED, 40), (BLUE, 90)], start=1):
        await write_round(store, EARLIER_RUN, number, color, score)
    await archive(store)
    await place_image(store, ANN, GREEN, run_id=LATER_RUN)
    rounds = {(one.run_id, one.round): one for one in await list_rounds(store, CATALOG, ANN)}
    assert list(rounds) == [(LATER_RUN, 1), (EARLIER_RUN, 2), (EARLIER_RUN, 1)]
    second = rounds[EARLIER_RUN, 2]
    assert (second.prompt, second.score, second.evaluation_cost_usd) == ("prompt 2", 90, 0.001235)
    assert second.findings is not None
    assert (second.findings.missing, second.findings.unwanted) == (["a hat"], ["text"])


async def test_an_image_that_was_placed_by_hand_is_a_round_too(store: RecordingStore) -> None:
    await place_image(store, ANN, RED, run_id="")
    assert name(await list_rounds(store, CATALOG, ANN)) == [("placed", 1, True)]
    await archive(store)
    await place_image(store, ANN, GREEN, run_id="")
    assert name(await list_rounds(store, CATALOG, ANN)) == [("placed", 2, True), ("placed", 1, False)]
    placed = (await list_rounds(store, CATALOG, ANN))[1]
    assert (placed.image_cost_usd, placed.prompt, placed.model) == (None, None, None)


async def test_a_promoted_round_brings_back_bytes_metadata_and_thumbnail(store: RecordingStore) -> None:
    data = await place_image(store, ANN, RED)
    before = await store.describe(PATH)
    await archive(store)
    await place_image(store, ANN, GREEN, run_id=LATER_RUN)
    promoted = await promote(store, EARLIER_RUN, 1)
    content, info = await store.read(PATH), await store.describe(PATH)
    thumbnail = await store.describe(paths.thumbnail_file(CATALOG, ANN.filename))
    assert before is not None
    assert content is not None
    assert info is not None
    assert thumbnail is not None
    assert (content.data, info.metadata) == (data, before.metadata)
    assert promoted.sha256 == info.metadata["sha256"]
    shown = ThumbnailMetadata.from_json(thumbnail.metadata)
    assert shown is not None
    assert shown.sha256 == promoted.sha256
    assert {key[:2] for key in name(await list_rounds(store, CATALOG, ANN))} == {(EARLIER_RUN, 1), (LATER_RUN, 1)}
    assert await store.describe(paths.run_claim_file(CATALOG)) is None


async def test_promoting_back_and_forth_adds_no_copies(store: RecordingStore) -> None:
    await place_image(store, ANN, RED)
    await archive(store)
    await place_image(store, ANN, GREEN, run_id=LATER_RUN)
    for run_id in (EARLIER_RUN, EARLIER_RUN, LATER_RUN, EARLIER_RUN, LATER_RUN):
        await promote(store, run_id, 1)
        assert (run_id, 1, True) in name(await list_rounds(store, CATALOG, ANN))
    assert len(await list_paths(store, paths.rounds_folder(CATALOG, ANN.product_id))) == 4


async def test_a_round_of_the_runs_results_can_be_promoted(store: RecordingStore) -> None:
    first = await write_round(store, EARLIER_RUN, 1, RED, 40)
    await write_round(store, EARLIER_RUN, 2, BLUE, 90)
    await promote(store, EARLIER_RUN, 1)
    content = await store.read(PATH)
    assert content is not None
    assert content.data == first
    assert name(await list_rounds(store, CATALOG, ANN)) == [(EARLIER_RUN, 2, False), (EARLIER_RUN, 1, True)]


async def test_a_process_that_dies_anywhere_leaves_both_images() -> None:
    for lived in range(8):
        fresh = RecordingStore(MemoryStore())
        await write_batches(fresh, ["Ann"], run_id=EARLIER_RUN)
        contents = [await place_image(fresh, ANN, RED)]
        await archive(fresh)
        contents.append(await place_image(fresh, ANN, GREEN, run_id=LATER_RUN))
        fresh.changes_to_live = len(fresh.changes) + lived
        try:
            await promote(fresh, EARLIER_RUN, 1)
        except KilledError:
            assert lived < 7
        fresh.changes_to_live = None
        images = [await find_round_image(fresh, CATALOG, ANN, run_id, 1) for run_id in (EARLIER_RUN, LATER_RUN)]
        found = [await fresh.read(image.path) for image in images if image is not None]
        assert [content.data for content in found if content is not None] == contents
        await fresh.delete(paths.run_claim_file(CATALOG))
        await promote(fresh, EARLIER_RUN, 1)
        metadata = read_image_metadata(await fresh.describe(PATH))
        assert metadata is not None
        assert metadata.run_id == EARLIER_RUN


@pytest.mark.parametrize(
    ("run_id", "number"), [(EARLIER_RUN, 2), (OLDER_RUN, 1), ("placed", 1), ("../../x", 1), ("", 1)]
)
async def test_an_unknown_round_is_refused(store: RecordingStore, run_id: str, number: int) -> None:
    await place_image(store, ANN, RED)
    with pytest.raises((UnknownRoundError, ValidationError)):
        await promote(store, run_id, number)
    assert await store.describe(paths.run_claim_file(CATALOG)) is None


async def test_an_unknown_item_catalog_or_field_is_refused(store: RecordingStore) -> None:
    with pytest.raises(UnknownItemError):
        await promote(store, EARLIER_RUN, 1, make_item("Bob"))
    with pytest.raises(ValidationError):
        await promote(store, EARLIER_RUN, 1, more=1)
    with pytest.raises(UnknownCatalogError):
        await promote(MemoryStore(), EARLIER_RUN, 1)


@pytest.mark.parametrize("given", ["sku Mug", "sku%20Mug"])
async def test_a_row_is_named_by_its_own_id_even_if_the_host_left_it_encoded(given: str) -> None:
    store, (mug,) = MemoryStore(), [make_source_item("Mug")]
    await create_batch(store, CATALOG, Batch(1, "run-1", (mug,)))
    await place_image(store, mug, RED)
    body = {"runId": EARLIER_RUN, "round": 1}
    promoted = await promote_round(start_process(store, None), ScriptedHost(), CATALOG, given, body)
    assert (promoted.product_id, promoted.item_id) == ("sku Mug", mug.product_id)


async def test_nothing_is_promoted_while_a_run_holds_the_catalog(store: RecordingStore) -> None:
    await place_image(store, ANN, RED)
    await start_run_in(store)
    host = ScriptedHost()
    host.instances["8204736755521-af1e9c55"] = RuntimeStatus.Running
    with pytest.raises(CatalogBusyError):
        await promote_round(
            start_process(store, None), host, CATALOG, ANN.product_id, {"runId": EARLIER_RUN, "round": 1}
        )
