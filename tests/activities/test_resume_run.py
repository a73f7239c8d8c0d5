"""A paused run continues from the stored files, unless it was cancelled or another run holds the catalog."""

from typing import Any

import pytest

from shared.errors import ModelError
from shared.messages.base import Failure
from shared.messages.images import FailedImage, ImageCall
from shared.messages.run import ResumeInput, StartInventory
from shared.messages.text import TextCall
from shared.reasons import Reason
from shared.runs import run_files
from shared.storage import paths
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, write_batches, write_images
from tests.support.memory_store import RecordingStore
from tests.support.scripted_model import ScriptedModel

BLOCKED = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
RESUME = ResumeInput(RUN, CATALOG, resume_count=0)


async def pause_run(store: RecordingStore, **request: Any) -> None:
    """Leave a run that paused with two of three images made."""
    await start_run_in(store, **request)
    items = await write_batches(store, ["Ann", "Bob"], ["Cid"])
    await write_images(store, items[:2])
    await run_files.record_stop(store, RUN, BLOCKED)


def image_call(name: str, *, batch: int, resume_count: int) -> ImageCall:
    return ImageCall(RUN, CATALOG, product_id=make_item(name).product_id, batch=batch, resume_count=resume_count)


async def resume(store: RecordingStore, model: ScriptedModel) -> StartInventory:
    return StartInventory.from_json(await deliver(start_process(store, model), "resume_run", RESUME))


async def test_the_next_resume_starts_from_what_is_there(store: RecordingStore, model: ScriptedModel) -> None:
    await pause_run(store)
    assert await resume(store, model) == StartInventory(categories=2, items=3, images=2, next_batch=3)
    assert await run_files.read_stop_record(store, RUN) is None


async def test_an_item_that_failed_with_the_block_is_tried_again_and_pays(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await pause_run(store)
    process = start_process(store, model)
    failed = FailedImage(RUN, CATALOG, make_item("Cid").product_id, batch=2, attempts=1, failure=BLOCKED)
    await deliver(process, "record_failed_image", failed)
    stopped = await deliver(process, "generate_image", image_call("Cid", batch=2, resume_count=0))
    await deliver(process, "resume_run", RESUME)
    made = await deliver(process, "generate_image", image_call("Cid", batch=2, resume_count=1))
    assert stopped == {"stopped": True}
    assert made["made"]
    assert await run_files.list_failures(store, RUN) == set()
    assert model.calls == 1


async def test_categories_that_a_block_refused_are_requested_again(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    model.failures.append(ModelError(Reason.AUTHENTICATION, "no"))
    process = start_process(store, model)
    refused = await deliver(process, "write_categories", TextCall(RUN, CATALOG))
    plan = StartInventory.from_json(await deliver(process, "resume_run", RESUME))
    asked = await deliver(process, "write_categories", TextCall(RUN, CATALOG))
    assert refused["failure"]["reason"] == "authentication"
    assert plan == StartInventory()
    assert asked["total"] == 2


async def test_categories_that_were_made_by_force_are_not_generated_again(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store, force_categories=True)
    await deliver(start_process(store, model), "write_categories", TextCall(RUN, CATALOG))
    await run_files.record_stop(store, RUN, BLOCKED)
    assert (await resume(store, model)).categories == 2


async def test_a_part_of_the_categories_is_not_enough(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store, category_count=5)
    model.max_categories = 2
    await deliver(start_process(store, model), "write_categories", TextCall(RUN, CATALOG))
    await run_files.record_stop(store, RUN, BLOCKED)
    assert (await resume(store, model)).categories == 0


async def test_a_cancelled_run_does_not_continue(store: RecordingStore, model: ScriptedModel) -> None:
    await pause_run(store)
    await run_files.replace_stop(store, RUN, Failure(Reason.CANCELLED, "by a caller"))
    plan = await resume(store, model)
    assert plan.failure == Failure(Reason.CANCELLED, "by a caller")
    assert await run_files.read_stop_record(store, RUN) == plan.failure


async def test_a_run_that_lost_its_catalog_does_not_continue_and_stays_stopped(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await pause_run(store)
    await start_run_in(store, run_id="8204736755000-00000000")
    plan = await resume(store, model)
    assert plan.failure is not None
    assert plan.failure.reason is Reason.SUPERSEDED
    assert await run_files.read_stop_record(store, RUN) == BLOCKED


@pytest.mark.parametrize("path", [paths.stop_file(RUN), paths.failure_file(RUN, "1")])
async def test_a_damaged_record_is_reported_and_set_aside(
    path: str, store: RecordingStore, model: ScriptedModel
) -> None:
    await pause_run(store)
    await store.write(path, b"{", content_type="application/json")
    result: dict[str, Any] = await deliver(start_process(store, model), "resume_run", RESUME)
    assert result["failure"]["reason"] == "damaged_file"
    assert await store.read(paths.damaged_file(path, RUN)) is not None
