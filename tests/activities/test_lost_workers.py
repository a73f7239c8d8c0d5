"""What activities do for a run that lost a part, or whose root is terminated or suspended."""

import pytest

from shared.catalog.items import Item
from shared.images.image_batches import ImageBatchWork
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.style_files import record_style
from shared.images.style_reference import RecordedReference, RecordedStyle, RejectedImage, ResolvedStyle
from shared.messages.base import Cost, Counters, Failure, Message
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, ImageCall, ImageJob, ImageResult
from shared.messages.run import FinishRunInput, ResumeInput, StartInventory, StopResult
from shared.messages.text import TextCall, TextResult
from shared.reasons import Reason
from shared.runs import pause, run_files
from shared.runs.root_state import RootState
from shared.services.container import Services
from shared.storage import paths
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, read_data, write_batches
from tests.support.memory_store import RecordingStore
from tests.support.root_states import FixedRootStates
from tests.support.scripted_model import ScriptedModel

NAMES = [f"Figure {number}" for number in range(6)]
EXITED = Failure(Reason.WORKER_LOST, "publish_catalog failed: python exited with code 137")


def show_root(process: Services, root: RootState) -> None:
    """Let a process know what the durable host reports of the run's root."""
    process.root_states = FixedRootStates(root)


async def generate(process: Services, item: Item, *, resume_count: int = 0) -> ImageResult:
    call = ImageCall(RUN, CATALOG, item.product_id, 1, resume_count=resume_count)
    return ImageResult.from_json(await deliver(process, "generate_image", call))


async def claim(process: Services, claimed_by: str, *, last_page: int = 0, restarts: int = 0) -> ClaimWorkPageResult:
    message = ClaimWorkPageInput(RUN, CATALOG, claimed_by=claimed_by, size=3, last_page=last_page, restarts=restarts)
    return ClaimWorkPageResult.from_json(await deliver(process, "claim_work_page", message))


async def test_an_image_worker_that_is_started_again_gets_of_its_own_pages_what_is_not_done(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES)
    process = start_process(store, model)
    first = await claim(process, "0/0")
    other = await claim(process, "1/0")
    made = await generate(process, items[0])
    await run_files.write_failure(store, RUN, {"productId": items[1].product_id, "reason": "content_policy"})
    again = await claim(start_process(store, model), "0/0", restarts=1)
    assert [job.product_id for job in first.jobs] == [item.product_id for item in items[:3]]
    assert [job.product_id for job in again.jobs] == [items[2].product_id]
    assert again.counters == Counters(made=1, failed={"content_policy": 1}, cost=made.cost)
    assert (again.page, again.has_page) == (first.page, True)
    assert {job.product_id for job in other.jobs}.isdisjoint(job.product_id for job in again.jobs)


async def test_a_page_whose_jobs_are_all_done_is_a_page_all_the_same(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES)
    process = start_process(store, model)
    await claim(process, "0/0")
    for item in items[:3]:
        await generate(process, item)
    again = await claim(process, "0/0", restarts=1)
    assert (again.jobs, again.counters.made, again.has_page) == ((), 3, True)
    following = await claim(process, "0/1", last_page=again.page, restarts=1)
    assert following.jobs[0].product_id == items[3].product_id


async def test_a_rejected_trial_image_is_not_done_for_a_worker_that_is_started_again(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store, style_reference={"first_approved": 3})
    items = await write_batches(store, NAMES[:3])
    process = start_process(store, model)
    images: list[ImageMetadata] = []
    for item in items:
        call = ImageCall(RUN, CATALOG, item.product_id, 1, is_trial=True)
        await deliver(process, "generate_image", call)
        metadata = read_image_metadata(await store.describe(paths.image_file(CATALOG, item.filename)))
        assert metadata is not None
        images.append(metadata)
    reference = RecordedReference("inputs/one.png", images[0].sha256, images[0].sha256, 64, 64, items[0].product_id)
    rejected = RejectedImage(items[1].product_id, items[1].filename, images[1].sha256)
    style = ResolvedStyle(RecordedStyle((reference,), (rejected,)))
    await record_style(store, RUN, CATALOG, style)
    first = await claim(process, "0/0")
    again = await claim(start_process(store, model), "0/0", restarts=1)
    assert [job.product_id for job in first.jobs] == [items[1].product_id]
    assert (again.jobs, again.counters.made) == (first.jobs, 0)
    batches = ImageBatchWork(process, RUN, CATALOG)
    left = [await batches.is_unfinished(ImageJob(item.product_id, 1), 0) for item in items]
    assert left == [False, True, False]


BILLED_ACTIVITIES: list[tuple[str, Message]] = [
    ("write_categories", TextCall(RUN, CATALOG)),
    ("write_batch", TextCall(RUN, CATALOG, batch=1, writer="0.1.0/1")),
]


@pytest.mark.parametrize(("activity", "message"), BILLED_ACTIVITIES)
async def test_a_text_call_of_a_suspended_run_is_postponed(
    activity: str, message: Message, store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    await write_batches(store, NAMES[:1])
    process = start_process(store, model)
    show_root(process, RootState.SUSPENDED)
    result = TextResult.from_json(await deliver(process, activity, message))
    assert (result.deferred_seconds, result.failure, result.stopped, model.calls) == (5.0, None, False, 0)


async def test_an_image_of_a_suspended_run_is_postponed_and_no_page_is_claimed(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES)
    process = start_process(store, model)
    show_root(process, RootState.SUSPENDED)
    assert await generate(process, items[0]) == ImageResult(deferred_seconds=5.0, suspended=True)
    assert await claim(process, "0/0") == ClaimWorkPageResult(suspended=True)
    assert model.calls == 0
    show_root(process, RootState.ACTIVE)
    assert (await claim(process, "0/0")).jobs


async def test_a_terminated_run_is_stopped_for_all_of_its_children(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES)
    process = start_process(store, model)
    show_root(process, RootState.TERMINATED)
    assert (await claim(process, "0/0")).stopped
    assert (await generate(start_process(store, model), items[0])).stopped
    stop = await run_files.read_stop_record(store, RUN)
    assert stop is not None
    assert (stop.reason, model.calls) == (Reason.CANCELLED, 0)


async def test_a_run_that_could_not_be_published_is_counted_in_the_store(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES)
    process = start_process(store, model)
    costs = [(await generate(process, item)).cost for item in items[:4]]
    await deliver(process, "close_run", FinishRunInput(RUN, CATALOG, Counters(made=1, lost=2), EXITED))
    summary = await read_data(store, paths.run_file(RUN, "summary.json"))
    assert (summary["status"], summary["error"]["reason"]) == ("Failed", "worker_lost")
    assert (summary["progress"]["items"]["accepted"], summary["progress"]["images"]["done"]) == (6, 4)
    assert (summary["imagesMade"], summary["imagesKept"]) == (4, 0)
    assert any("workers lost: 2" in note for note in summary["notes"])
    assert summary["cost"]["imageCalls"] == 4
    assert summary["cost"]["inputTokens"] == sum(costs, Cost()).input_tokens


async def test_a_root_that_is_started_again_ends_a_pause_that_was_resumed_meanwhile(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES)
    process = start_process(store, model)
    await generate(process, items[0])
    await run_files.record_stop(store, RUN, Failure(Reason.ACCOUNT_BLOCKED, "blocked"))
    restart = ResumeInput(RUN, CATALOG, resume_count=2)
    await deliver(process, "restart_run", restart)
    still_blocked = await run_files.read_stop_record(store, RUN)
    await pause.record_resume(store, RUN, 1)
    plan = StartInventory.from_json(await deliver(process, "restart_run", restart))
    found = StopResult.from_json(await deliver(process, "read_stop", restart))
    assert still_blocked is not None
    assert (plan.items, plan.images, plan.failure) == (6, 1, None)
    assert found.stop is None
    assert found.last_success_at is not None
