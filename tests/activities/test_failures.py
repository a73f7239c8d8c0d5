"""What goes wrong around an activity is data in its result; only surprises raise."""

from collections.abc import AsyncIterator

import pytest

from shared.config import Settings
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.base import Counters, Failure, Message
from shared.messages.images import ClaimWorkPageInput, FailedImage, ImageCall
from shared.messages.run import FinishRunInput, PublishResult, ResumeInput, RunRef
from shared.messages.text import TextCall, TextResult, UseTemplatePromptsInput
from shared.reasons import Reason
from shared.runs import run_files
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Content, FileInfo
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, read_data, write_batches, write_images
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.scripted_model import ScriptedModel

ITEM = make_item("Ann")
IMAGE_CALL = ImageCall(RUN, CATALOG, product_id=ITEM.product_id, batch=1)
MESSAGES: dict[str, Message] = {
    "prepare_run": RunRef(RUN, CATALOG),
    "resume_run": ResumeInput(RUN, CATALOG, resume_count=0),
    "write_categories": TextCall(RUN, CATALOG),
    "write_batch": TextCall(RUN, CATALOG, writer="0.1.0/2"),
    "write_prompt_batch": TextCall(RUN, CATALOG, batch=1),
    "use_template_prompts": UseTemplatePromptsInput(RUN, CATALOG, 1, Failure(Reason.REFUSAL)),
    "close_items": RunRef(RUN, CATALOG),
    "claim_work_page": ClaimWorkPageInput(RUN, CATALOG, claimed_by="0/0", size=4, last_page=0),
    "generate_image": IMAGE_CALL,
    "record_failed_image": FailedImage(RUN, CATALOG, ITEM.product_id, 1, 1, Failure(Reason.CONTENT_POLICY)),
    "stop_run": FinishRunInput(RUN, CATALOG),
    "publish_catalog": FinishRunInput(RUN, CATALOG),
    "render_contact_sheet": FinishRunInput(RUN, CATALOG, Counters(made=1)),
    "close_run": FinishRunInput(RUN, CATALOG),
}


class AwayStore(MemoryStore):
    """A store that does not answer."""

    async def read(self, path: str) -> Content | None:
        raise StoreUnavailableError(f"cannot read {path}: the store does not answer")

    async def describe(self, path: str) -> FileInfo | None:
        raise StoreUnavailableError(f"cannot describe {path}: the store does not answer")

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        await self.read(prefix)
        async for info in super().list_files(prefix):
            yield info

    async def create(self, path: str, *_: object, **__: object) -> bool:
        raise StoreUnavailableError(f"cannot create {path}: the store does not answer")


@pytest.mark.parametrize("activity", MESSAGES)
async def test_a_store_that_does_not_answer_is_reported(activity: str, model: ScriptedModel) -> None:
    result = await deliver(start_process(AwayStore(), model), activity, MESSAGES[activity])
    assert result["failure"]["reason"] == "store_unavailable"
    assert model.calls == 0


@pytest.mark.parametrize(
    "activity", ["prepare_run", "write_batch", "claim_work_page", "generate_image", "publish_catalog"]
)
async def test_a_damaged_batch_is_moved_and_reported(
    activity: str, store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    await write_batches(store, ["Ann"])
    path = paths.batch_file(CATALOG, 1)
    await store.write(path, b'{"batch": 1, "ite', content_type="application/json")
    result = await deliver(start_process(store, model), activity, MESSAGES[activity])
    assert result["failure"]["reason"] == "damaged_file"
    assert await list_paths(store, paths.batch_folder(CATALOG)) == [f"{path}.damaged-{RUN}"]
    assert model.calls == 0


class AwayWhenMoving(MemoryStore):
    """A store that goes away after a damaged file was found."""

    async def move(self, path: str, new_path: str) -> None:
        raise StoreUnavailableError(f"cannot move {path} to {new_path}: the store does not answer")


async def test_a_store_that_fails_while_a_damaged_file_is_moved_is_reported(model: ScriptedModel) -> None:
    store = AwayWhenMoving()
    await start_run_in(store)
    await store.write(paths.batch_file(CATALOG, 1), b"{", content_type="application/json")
    result = await deliver(start_process(store, model), "prepare_run", MESSAGES["prepare_run"])
    assert result["failure"]["reason"] == "store_unavailable"


@pytest.mark.parametrize(
    ("activity", "message"),
    [
        ("write_categories", TextCall(RUN, CATALOG)),
        ("write_batch", MESSAGES["write_batch"]),
        ("generate_image", IMAGE_CALL),
    ],
)
async def test_a_missing_setting_stops_the_run(activity: str, message: Message, store: RecordingStore) -> None:
    await start_run_in(store)
    if activity != "write_categories":
        await write_batches(store, ["Ann"])
    services = Services(Settings(host_id="azure:seeder"), store=store)
    result = await deliver(services, activity, message)
    stop = await run_files.read_stop_record(store, RUN)
    assert result["failure"]["reason"] == "not_configured"
    assert "AZURE_OPENAI_ENDPOINT" in result["failure"]["message"]
    assert stop is not None
    assert stop.reason is Reason.NOT_CONFIGURED


@pytest.mark.parametrize("reason", [Reason.AUTHENTICATION, Reason.ACCOUNT_BLOCKED, Reason.QUOTA_EXHAUSTED])
async def test_a_failure_that_every_call_would_meet_stops_the_run_before_the_next_call(
    reason: Reason,
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store)
    await write_batches(store, ["Ann", "Bob"])
    model.failures.append(ModelError(reason, "no"))
    process = start_process(store, model)
    first = await deliver(process, "generate_image", IMAGE_CALL)
    other = ImageCall(RUN, CATALOG, product_id=make_item("Bob").product_id, batch=1)
    second = await deliver(process, "generate_image", other)
    third = await deliver(process, "write_batch", MESSAGES["write_batch"])
    assert first["failure"]["reason"] == str(reason)
    assert (second, third) == ({"stopped": True}, {"stopped": True})
    assert model.calls == 1


@pytest.mark.parametrize("activity", ["write_categories", "write_batch", "generate_image"])
async def test_a_run_that_lost_its_catalog_bills_nothing(
    activity: str,
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store)
    if activity != "write_categories":
        await write_batches(store, ["Ann"])
    await start_run_in(store, run_id="8204736755000-00000000")
    assert await deliver(start_process(store, model), activity, MESSAGES[activity]) == {"stopped": True}
    assert model.calls == 0


async def test_a_run_that_lost_its_catalog_fails_and_leaves_the_publishing_to_the_other(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store, target_count=1)
    items = await write_batches(store, ["Ann"])
    await write_images(store, items)
    await start_run_in(store, run_id="8204736755000-00000000")
    result = PublishResult.from_json(
        await deliver(start_process(store, model), "publish_catalog", FinishRunInput(RUN, CATALOG))
    )
    assert result.status == "Failed"
    assert result.shortfall is not None
    assert result.shortfall.reason is Reason.SUPERSEDED
    assert await store.read(paths.catalog_file(CATALOG, "catalog.json")) is None


async def test_categories_that_come_in_parts_are_requested_until_there_are_enough(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store, category_count=5)
    model.max_categories = 2
    process = start_process(store, model)
    results = [
        TextResult.from_json(await deliver(process, "write_categories", TextCall(RUN, CATALOG, attempt=attempt)))
        for attempt in range(3)
    ]
    assert [(result.accepted, result.total) for result in results] == [(2, 2), (2, 4), (1, 5)]
    assert len(await read_data(store, paths.catalog_file(CATALOG, "categories.json"))) == 5
