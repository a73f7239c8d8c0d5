"""A run over named items replaces their images once, keeps the earlier ones, and touches no others."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.catalog.prompt_files import read_prompts
from shared.errors import ModelError
from shared.images.archived_rounds import ArchivedRound, iterate_archived_rounds, read_archived_prompt
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.messages.base import Failure
from shared.messages.images import (
    ClaimWorkPageInput,
    ClaimWorkPageResult,
    FailedImage,
    ImageCall,
    ImageResult,
    ImageStep,
)
from shared.messages.run import FinishRunInput, ResumeInput, RunRef, StartInventory
from shared.reasons import Reason
from shared.runs.run_files import close_items
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, read_data, write_batches
from tests.support.earlier_images import EARLIER_COST, EARLIER_RUN, place_image
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import IMAGE, ScriptedModel

ANN, BOB, CID = map(make_item, ["Ann", "Bob", "Cid"])
PATH = paths.image_file(CATALOG, ANN.filename)
EDITED = "Photo of Ann with a red hat"
REFINE = {"iterations": 2, "accept_score": 90}


async def start(store: Store, *, refine: bool = False, prompt: str | None = EDITED, **changes: Any) -> bytes:
    """Start a run over Ann and Cid in a catalog that has images of Ann and Bob; return Ann's image."""
    await write_batches(store, ["Ann", "Bob"], ["Cid"], run_id=EARLIER_RUN)
    await place_image(store, BOB)
    data = await place_image(store, ANN)
    selection = [
        {"product_id": ANN.product_id, "batch": 1, "prompt": prompt},
        {"product_id": CID.product_id, "batch": 2},
    ]
    more: dict[str, Any] = {"refine": REFINE} if refine else {}
    await start_run_in(store, target_count=3, selection=selection, **more, **changes)
    return data


async def prepare(store: Store) -> StartInventory:
    return StartInventory.from_json(await deliver(start_process(store, None), "prepare_run", RunRef(RUN, CATALOG)))


async def generate(store: Store, model: ScriptedModel, *, item: str = ANN.product_id, batch: int = 1) -> ImageResult:
    call = ImageCall(RUN, CATALOG, item, batch=batch)
    return ImageResult.from_json(await deliver(start_process(store, model), "generate_image", call))


async def read_current(store: Store) -> tuple[bytes, ImageMetadata]:
    content, metadata = await store.read(PATH), read_image_metadata(await store.describe(PATH))
    assert content is not None
    assert metadata is not None
    return content.data, metadata


async def list_earlier(store: Store) -> list[ArchivedRound]:
    return [one async for one in iterate_archived_rounds(store, CATALOG, ANN.product_id)]


async def check_that_the_earlier_image_is_kept(store: Store, data: bytes) -> None:
    (kept,) = await list_earlier(store)
    content = await store.read(kept.image.path)
    assert content is not None
    assert content.data == data
    assert (kept.run_id, kept.number, kept.metadata.run_id, kept.metadata.cost) == (
        EARLIER_RUN,
        1,
        EARLIER_RUN,
        EARLIER_COST,
    )
    record = await read_archived_prompt(store, CATALOG, ANN.product_id, EARLIER_RUN, 1)
    assert record is not None
    assert (record.prompt, record.sha256) == (ANN.image_prompt, kept.metadata.sha256)


async def test_an_image_is_replaced_once_and_the_earlier_one_is_kept(
    store: RecordingStore, model: ScriptedModel
) -> None:
    data = await start(store)
    await prepare(store)
    results = [await generate(store, model) for _ in range(2)]
    assert [result.made for result in results] == [True, True]
    assert model.paid == {EDITED: 1}
    current, metadata = await read_current(store)
    assert (current, metadata.run_id) == (IMAGE, RUN)
    await check_that_the_earlier_image_is_kept(store, data)


@pytest.mark.parametrize("refine", [False, True])
async def test_a_process_that_dies_anywhere_loses_no_image_and_pays_at_most_its_own_call_again(refine: bool) -> None:
    whole = RecordingStore(MemoryStore())
    await start(whole, refine=refine)
    await prepare(whole)
    before = len(whole.changes)
    await generate(whole, ScriptedModel())
    changes = len(whole.changes) - before
    assert changes >= 6

    for lived in range(changes):
        store, model = RecordingStore(MemoryStore()), ScriptedModel()
        data = await start(store, refine=refine)
        await prepare(store)
        store.changes_to_live = len(store.changes) + lived
        with pytest.raises(KilledError):
            await generate(store, model)
        store.changes_to_live = None
        current, metadata = await read_current(store)
        assert current == (data if metadata.run_id == EARLIER_RUN else IMAGE), "half an image is in its place"
        paid_before = model.paid[EDITED]
        has_result = metadata.run_id == RUN or await list_paths(store, paths.results_folder(RUN))
        await generate(store, model)
        await generate(store, model)
        assert model.paid[EDITED] == (paid_before if has_result else paid_before + 1)
        assert (await read_current(store))[1].run_id == RUN
        await check_that_the_earlier_image_is_kept(store, data)
        assert len(await list_paths(store, paths.rounds_folder(CATALOG, ANN.product_id))) == 2


@pytest.mark.parametrize("refine", [False, True])
async def test_two_processes_at_a_time_keep_the_earlier_image_and_not_each_others(
    store: RecordingStore, refine: bool
) -> None:
    data = await start(store, refine=refine)
    await prepare(store)
    models = [ScriptedModel(), ScriptedModel()]
    models[1].images.append(draw((0, 0, 200), size=(64, 64)))
    await asyncio.gather(*(generate(store, model) for model in models))
    assert (await read_current(store))[1].run_id == RUN
    await check_that_the_earlier_image_is_kept(store, data)


@dataclass(slots=True)
class HeldUpStore(RecordingStore):
    """A store in which something else happens right before Ann's image is replaced."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def write(self, path: str, data: bytes, **how: Any) -> str:
        if path == PATH and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return await self.inner.write(path, data, **how)


async def test_the_image_of_a_faster_delivery_stays() -> None:
    store, faster = HeldUpStore(MemoryStore()), ScriptedModel()
    data = await start(store)
    faster.images.append(draw((0, 0, 200), size=(64, 64)))
    store.meanwhile = lambda: generate(store, faster)
    result = await generate(store, ScriptedModel())
    assert result.made
    assert (await read_current(store))[0] == draw((0, 0, 200), size=(64, 64))
    await check_that_the_earlier_image_is_kept(store, data)


async def test_an_image_that_is_placed_right_before_the_new_one_is_kept_too() -> None:
    store = HeldUpStore(MemoryStore())
    await start(store)
    store.meanwhile = lambda: place_image(store.inner, ANN, (1, 2, 3), run_id="")
    await generate(store, ScriptedModel())
    assert [(one.run_id, one.number) for one in await list_earlier(store)] == [(EARLIER_RUN, 1), ("placed", 1)]
    assert (await read_current(store))[0] == IMAGE


async def test_the_rounds_of_the_run_itself_are_not_among_the_earlier_images(store: RecordingStore) -> None:
    data = await start(store, refine=True)
    model = ScriptedModel(scores=(50, 95))
    step: ImageStep | None = ImageStep()
    while step is not None:
        call = ImageCall(RUN, CATALOG, ANN.product_id, batch=1, step=step)
        step = ImageResult.from_json(await deliver(start_process(store, model), step.action, call)).next_step
    assert (await read_current(store))[1].round == 2
    await check_that_the_earlier_image_is_kept(store, data)


async def test_the_image_of_an_earlier_round_is_kept_under_its_number(store: RecordingStore) -> None:
    await start(store)
    await place_image(store, ANN, (0, 200, 0), round_=2)
    await generate(store, ScriptedModel())
    assert [(one.run_id, one.number) for one in await list_earlier(store)] == [(EARLIER_RUN, 2)]


async def test_images_that_were_placed_by_hand_are_all_kept(store: RecordingStore) -> None:
    await start(store)
    placed = [await place_image(store, ANN, (number, 0, 9), run_id="") for number in range(3)]
    for number, data in enumerate(placed):
        await store.write(PATH, data, content_type="image/png")
        await prepare(store)
        run_id = f"820473675{number}000-af1e9c55"
        await start_run_in(store, run_id=run_id, target_count=3, selection=[{"product_id": ANN.product_id, "batch": 1}])
        await deliver(start_process(store, None), "prepare_run", RunRef(run_id, CATALOG))
        call = ImageCall(run_id, CATALOG, ANN.product_id, batch=1)
        await deliver(start_process(store, ScriptedModel()), "generate_image", call)
    kept = [one for one in await list_earlier(store) if one.run_id == "placed"]
    contents = [content.data for one in kept if (content := await store.read(one.image.path)) is not None]
    assert [one.number for one in kept] == [1, 2, 3]
    assert contents == placed


async def test_a_refused_image_keeps_the_earlier_one_in_its_place(store: RecordingStore, model: ScriptedModel) -> None:
    data = await start(store, placeholder=True)
    model.failures.append(ModelError(Reason.CONTENT_POLICY, "refused"))
    result = await generate(store, model)
    failed = FailedImage(RUN, CATALOG, ANN.product_id, 1, 1, result.failure or Failure(Reason.CONTENT_POLICY))
    await deliver(start_process(store, model), "record_failed_image", failed)
    assert (await read_current(store))[0] == data
    assert await list_earlier(store) == []


async def test_the_inventory_counts_named_items_and_the_last_request_stays(store: RecordingStore) -> None:
    await start(store)
    last = paths.state_file(CATALOG, "request.json")
    await store.write(last, b'{"catalog": "lego", "targetCount": 77}', content_type="application/json")
    first = await prepare(store)
    await generate(store, ScriptedModel())
    resumed = ResumeInput(RUN, CATALOG, resume_count=0)
    second = StartInventory.from_json(await deliver(start_process(store, None), "resume_run", resumed))
    assert [(found.items, found.images) for found in (first, second)] == [(2, 0), (2, 1)]
    assert await read_data(store, last) == {"catalog": "lego", "targetCount": 77}


async def test_an_edited_prompt_lasts_and_the_prompts_before_it_are_remembered(store: RecordingStore) -> None:
    await start(store)
    await prepare(store)
    await prepare(store)
    for number, prompt in enumerate(["Photo of Ann again", "Photo of Ann again", EDITED]):
        run_id = f"820473675{number}000-af1e9c55"
        selection = [{"product_id": ANN.product_id, "batch": 1, "prompt": prompt}]
        await start_run_in(store, run_id=run_id, target_count=3, selection=selection)
        await deliver(start_process(store, None), "prepare_run", RunRef(run_id, CATALOG))
    prompts = await read_prompts(store, CATALOG, 1)
    assert prompts is not None
    assert prompts.apply_to(ANN).image_prompt == EDITED
    assert prompts.apply_to(BOB) is BOB
    assert prompts.edited[ANN.product_id].earlier == (EDITED, "Photo of Ann again")
    forced = "8204736750999-af1e9c55"
    await start_run_in(store, run_id=forced, target_count=3, force_images=True)
    model = ScriptedModel()
    call = ImageCall(forced, CATALOG, ANN.product_id, batch=1)
    await deliver(start_process(store, model), "generate_image", call)
    assert model.paid == {EDITED: 1}
    assert await list_earlier(store) == [], "only a run over named items keeps earlier images"


async def claim(store: Store, *, name: str = "0/1", last_page: int = 0, size: int = 8) -> ClaimWorkPageResult:
    message = ClaimWorkPageInput(RUN, CATALOG, claimed_by=name, size=size, last_page=last_page)
    return ClaimWorkPageResult.from_json(await deliver(start_process(store, None), "claim_work_page", message))


async def test_pages_hold_named_items_only_and_end_with_the_last_of_them(store: RecordingStore) -> None:
    await start(store)
    await close_items(store, RUN)
    pages = [await claim(store, size=1), await claim(store, name="1/1", last_page=1, size=1)]
    end = await claim(store, name="0/2", last_page=2)
    assert [[job.product_id for job in page.jobs] for page in pages] == [[ANN.product_id], [CID.product_id]]
    assert (end.jobs, end.closed) == ((), True)
    assert store.reads[paths.batch_file(CATALOG, 1)] + store.reads[paths.batch_file(CATALOG, 2)] == 2


async def test_an_item_that_was_pruned_before_the_run_began_is_left_out(store: RecordingStore) -> None:
    await start(store)
    await store.delete(paths.batch_file(CATALOG, 2))
    await close_items(store, RUN)
    page = await claim(store)
    assert [job.product_id for job in page.jobs] == [ANN.product_id]
    assert (await claim(store, name="0/2", last_page=page.page)).closed


async def publish(store: Store, failure: Failure | None = None) -> dict[str, Any]:
    ending = FinishRunInput(RUN, CATALOG, failure=failure)
    return await deliver(start_process(store, None), "publish_catalog", ending)


async def test_a_run_is_completed_once_each_named_item_has_a_new_image(store: RecordingStore) -> None:
    await start(store)
    await store.delete(paths.image_file(CATALOG, BOB.filename))  # another item's missing image is not this run's
    await prepare(store)
    await generate(store, ScriptedModel())
    half = await publish(store, Failure(Reason.BUDGET, "spent"))
    await generate(store, ScriptedModel(), item=CID.product_id, batch=2)
    whole = await publish(store)
    assert (half["status"], half["failed"], half["images"]) == ("CompletedWithFailures", {"budget": 1}, 1)
    assert (whole["status"], whole.get("failed", {}), whole["images"]) == ("Completed", {}, 2)


async def test_an_item_that_kept_its_earlier_image_failed_and_is_published_with_its_prompt(
    store: RecordingStore,
) -> None:
    await start(store)
    await prepare(store)
    failed = FailedImage(RUN, CATALOG, ANN.product_id, 1, 1, Failure(Reason.CONTENT_POLICY, "no"))
    await deliver(start_process(store, None), "record_failed_image", failed)
    await generate(store, ScriptedModel(), item=CID.product_id, batch=2)
    published = await publish(store)
    rows = await read_data(store, paths.run_file(RUN, "failed_images.json"))
    catalog = await read_data(store, paths.catalog_file(CATALOG, "catalog.json"))
    assert (published["status"], published["failed"]) == ("CompletedWithFailures", {"content_policy": 1})
    assert [(row["name"], row["reason"]) for row in rows] == [("Ann", "content_policy")]
    assert [row["imagePrompt"] for row in catalog] == [item.image_prompt for item in (ANN, BOB, CID)]
