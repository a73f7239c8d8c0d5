"""``generate_image`` over FAL's queue: what was ordered before a crash is fetched after it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import fal_client.client
import pytest

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.audit.call_records import CallRecord, CallStatus, iterate_calls
from shared.config import ModelSettings, Settings
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.images import ImageCall, ImageResult
from shared.models.protocol import ImageAnswer, ImageRequest, Model
from shared.models.provider_names import Provider
from shared.reasons import Reason
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Content
from tests.support.activity_calls import HOST, RUN, deliver, start_run_in
from tests.support.catalogs import CATALOG, make_item, write_batches
from tests.support.memory_store import MemoryStore
from tests.support.scripted_model import ScriptedModel

ITEM = make_item("Ann")
CALL = ImageCall(RUN, CATALOG, product_id=ITEM.product_id, batch=1)
ORDER = paths.request_log_file(RUN, ITEM.product_id)
SETTINGS = Settings(
    host_id=HOST,
    model=ModelSettings(
        endpoint="http://127.0.0.1:9",
        image_provider=Provider.FAL,
        image_deployment="fal-ai/fast-lightning-sdxl",
        fal_key="a-fal-key",
    ),
)


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningSimulator]:
    async with running_simulator(faults={"latencySeconds": {"text": 0, "image": 0.2}}) as running:
        monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{running.url}/fal/")
        yield running


class StoreWithOrders(MemoryStore):
    """A store in memory that tells when the order is on record."""

    def __init__(self) -> None:
        super().__init__()
        self.ordered = asyncio.Event()

    async def write(self, path: str, data: bytes, **options: Any) -> str:
        etag = await super().write(path, data, **options)
        if path == ORDER:
            self.ordered.set()
        return etag


@pytest.fixture
async def store() -> StoreWithOrders:
    """A run with one item, whose image is still to be made."""
    store = StoreWithOrders()
    await start_run_in(store)
    await write_batches(store, ["Ann"])
    return store


def start_process(store: MemoryStore, model: Model | None = None) -> Services:
    """Return the services of a process that has just started; by default with the model that its settings name."""
    return Services(SETTINGS, store=store, model=model)


async def test_a_kill_between_order_and_image_orders_nothing_twice(
    simulator: RunningSimulator, store: StoreWithOrders
) -> None:
    process = start_process(store)
    killed = asyncio.create_task(deliver(process, "generate_image", CALL))
    await asyncio.wait_for(store.ordered.wait(), 300)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    await process.close()
    assert await store.describe(paths.image_file(CATALOG, ITEM.filename)) is None

    process = start_process(store)
    result = await deliver(process, "generate_image", CALL)
    await process.close()
    assert result["made"]
    assert result["cost"]["nano_usd"] == 2_500_000
    assert simulator.stats()["billedImageCount"] == 1
    assert simulator.stats()["requests"]["images"] == {"200": 1}
    (record,) = [call async for call in iterate_calls(store, RUN)]  # one order, one bill
    assert isinstance(record, CallRecord)
    assert (record.reason, record.cost.nano_usd) == (None, 2_500_000)


async def test_a_store_that_is_away_before_anything_is_ordered_costs_nothing(
    simulator: RunningSimulator, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, read = start_process(store), store.read

    async def refuse(path: str) -> Content | None:
        if path == ORDER:
            raise StoreUnavailableError("the store does not answer")
        return await read(path)

    with monkeypatch.context() as patch:
        patch.setattr(store, "read", refuse)
        refused = ImageResult.from_json(await deliver(process, "generate_image", CALL))
    await deliver(process, "generate_image", replace(CALL, attempt=1))
    await process.close()
    calls = [call async for call in iterate_calls(store, RUN) if isinstance(call, CallRecord)]
    assert refused.failure is not None
    assert refused.failure.reason is Reason.STORE_UNAVAILABLE
    assert [(call.attempt, call.status, call.cost.image_calls) for call in calls] == [
        (0, CallStatus.REFUSED, 0),
        (1, CallStatus.OK, 1),
    ]
    assert simulator.stats()["billedImageCount"] == 1


async def test_an_unusable_image_is_requested_again(simulator: RunningSimulator, store: MemoryStore) -> None:
    simulator.set_faults({"latencySeconds": {"text": 0, "image": 0}, "rates": {"bad_image": 1}})
    process = start_process(store)
    result = await deliver(process, "generate_image", CALL)
    assert result["failure"]["reason"] == Reason.BAD_IMAGE
    assert await store.describe(ORDER) is None

    simulator.set_faults({"latencySeconds": {"text": 0, "image": 0}})
    result = await deliver(process, "generate_image", replace(CALL, attempt=1))
    await process.close()
    assert result["made"]
    assert simulator.stats()["billedImageCount"] == 2


async def test_every_try_names_the_same_job(store: MemoryStore) -> None:
    asked: list[ImageRequest] = []

    class NotingModel(ScriptedModel):
        async def generate_image(self, request: ImageRequest) -> ImageAnswer:
            asked.append(request)
            raise ModelError(Reason.SERVER_ERROR, "broke")

    for attempt in (0, 1):
        process = start_process(store, NotingModel())
        await deliver(process, "generate_image", replace(CALL, attempt=attempt))
    assert [request.job for request in asked] == [f"{RUN}/{ITEM.product_id}"] * 2
