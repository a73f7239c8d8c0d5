"""A call that is paid asks the budget first and tells it after, however often and wherever its message is delivered."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.config import Settings
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.base import Cost, Message
from shared.messages.images import ImageCall
from shared.messages.text import TextCall
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, read_data, write_batches, write_rows
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.scripted_model import ScriptedModel

LEDGER = paths.run_file(RUN, "ledger.json")
ITEM = make_item("Ann")
PLENTY, NOTHING = 5.0, 0.0000001


@dataclass(frozen=True, slots=True)
class Paid:
    """An activity that pays, and the message of its n-th try for one result."""

    activity: str
    message: Callable[[int], Message]

    def __str__(self) -> str:
        return self.activity


PAID = [
    Paid("write_categories", lambda attempt: TextCall(RUN, CATALOG, attempt=attempt)),
    Paid("write_batch", lambda attempt: TextCall(RUN, CATALOG, writer="0.1.0/3", attempt=attempt)),
    Paid("write_prompt_batch", lambda attempt: TextCall(RUN, CATALOG, batch=1, attempt=attempt)),
    Paid("generate_image", lambda attempt: ImageCall(RUN, CATALOG, ITEM.product_id, 1, attempt=attempt)),
]
every_call = pytest.mark.parametrize("paid", PAID, ids=str)


async def make_world(store: Store, paid: Paid, max_cost_usd: float | None = PLENTY) -> None:
    """Leave a run in the middle that has a budget."""
    source = {"source": "products", "prompt_writer": "model"} if paid.activity == "write_prompt_batch" else {}
    await start_run_in(store, max_cost_usd=max_cost_usd, accept_estimate=True, **source)
    if source:
        await write_rows(store, ["Ann", "Bob"])
    elif paid.activity != "write_categories":
        await write_batches(store, ["Ann", "Bob"])


async def read_ledger(store: Store) -> dict[str, Any]:
    ledger: dict[str, Any] = await read_data(store, LEDGER)
    return ledger


def read_nano_usd(result: dict[str, Any]) -> int:
    return Cost.from_json(result.get("cost", {})).nano_usd


@every_call
async def test_a_call_is_settled_with_its_actual_cost(store: RecordingStore, model: ScriptedModel, paid: Paid) -> None:
    await make_world(store, paid)
    result = await deliver(start_process(store, model), paid.activity, paid.message(0))
    ledger = await read_ledger(store)
    assert ledger["spentNanoUsd"] == read_nano_usd(result) > 0
    assert (ledger["reservations"], ledger["lostNanoUsd"]) == ({}, 0)


@every_call
async def test_a_call_that_does_not_fit_in_is_not_made(store: RecordingStore, model: ScriptedModel, paid: Paid) -> None:
    await make_world(store, paid, NOTHING)
    result = await deliver(start_process(store, model), paid.activity, paid.message(0))
    assert result["failure"]["reason"] == "budget"
    assert "maxCostUsd is $0.0000" in result["failure"]["message"]
    assert (model.calls, read_nano_usd(result)) == (0, 0)
    assert await store.describe(LEDGER) is None


@every_call
async def test_a_run_without_a_budget_touches_no_ledger(
    store: RecordingStore, model: ScriptedModel, paid: Paid
) -> None:
    await make_world(store, paid, None)
    assert "failure" not in await deliver(start_process(store, model), paid.activity, paid.message(0))
    assert LEDGER not in store.changes
    assert not store.reads[LEDGER]


@every_call
async def test_killed_before_any_change_its_money_is_counted_once_it_is_reported(paid: Paid) -> None:
    for changes_to_live in itertools.count():
        store, model = RecordingStore(MemoryStore()), ScriptedModel()
        await make_world(store, paid)
        store.changes.clear()
        store.changes_to_live = changes_to_live
        survived = True
        try:
            await deliver(start_process(store, model), paid.activity, paid.message(0))
        except KilledError:
            survived = False
        store.changes_to_live = None
        result = await deliver(start_process(store, model), paid.activity, paid.message(0))
        again = await deliver(start_process(store, model), paid.activity, paid.message(0))
        ledger = await read_ledger(store)
        assert again == result
        assert ledger["reservations"] == {}
        assert ledger["spentNanoUsd"] == read_nano_usd(result)
        is_paid_twice = sum(model.paid.values()) > 1
        # Of a process that died between its reservation and its call, no record says that it made none.
        assert bool(ledger["lostNanoUsd"]) >= is_paid_twice
        if survived:
            break


@every_call
async def test_a_process_that_dies_in_a_call_loses_the_reservation(
    store: RecordingStore, model: ScriptedModel, paid: Paid
) -> None:
    await make_world(store, paid)
    store.changes.clear()
    store.changes_to_live = 1  # the reservation is its last word
    with pytest.raises(KilledError):
        await deliver(start_process(store, model), paid.activity, paid.message(0))
    store.changes_to_live = None
    (hold,) = (await read_ledger(store))["reservations"].values()
    await deliver(start_process(store, model), paid.activity, paid.message(0))
    assert (await read_ledger(store))["lostNanoUsd"] == hold["nanoUsd"]


@every_call
async def test_delivered_twice_to_one_process_it_asks_once(
    store: RecordingStore, model: ScriptedModel, paid: Paid
) -> None:
    await make_world(store, paid)
    process = start_process(store, model)
    both = await asyncio.gather(*(deliver(process, paid.activity, paid.message(0)) for _ in range(2)))
    ledger = await read_ledger(store)
    assert both[0] == both[1]
    assert (ledger["spentNanoUsd"], ledger["lostNanoUsd"]) == (read_nano_usd(both[0]), 0)


@every_call
async def test_delivered_to_two_processes_at_once_all_that_may_be_billed_is_counted(
    store: RecordingStore, model: ScriptedModel, paid: Paid
) -> None:
    await make_world(store, paid)
    processes = [start_process(store, model) for _ in range(2)]
    both = await asyncio.gather(*(deliver(process, paid.activity, paid.message(0)) for process in processes))
    ledger = await read_ledger(store)
    assert both[0] == both[1]
    assert ledger["reservations"] == {}
    assert ledger["spentNanoUsd"] >= read_nano_usd(both[0])
    assert bool(ledger["lostNanoUsd"]) or ledger["spentNanoUsd"] == sum(model.paid.values()) * read_nano_usd(both[0])


FREE = [
    ModelError(Reason.RATE_LIMITED, "429", retry_after_seconds=1),
    ModelError(Reason.SERVER_ERROR, "503"),
    ModelError(Reason.CONNECTION, "refused"),
    ModelError(Reason.CONTENT_POLICY, "no"),
    ModelError(Reason.AUTHENTICATION, "401"),
]
BILLED = [
    ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer"),
    ModelError(Reason.MALFORMED_ANSWER, "no JSON", usage=Usage(10, 10)),
]


@every_call
@pytest.mark.parametrize("failure", FREE, ids=lambda failure: str(failure.reason))
async def test_a_refused_call_gives_its_money_back(
    store: RecordingStore, model: ScriptedModel, paid: Paid, failure: ModelError
) -> None:
    await make_world(store, paid)
    model.failures.append(failure)
    await deliver(start_process(store, model), paid.activity, paid.message(0))
    assert await read_ledger(store) == {"spentNanoUsd": 0, "lostNanoUsd": 0, "reservations": {}, "overruns": {}}


@every_call
@pytest.mark.parametrize("failure", BILLED, ids=lambda failure: str(failure.reason))
async def test_a_failure_that_may_have_been_billed_is_counted_and_so_is_the_next_try(
    store: RecordingStore, model: ScriptedModel, paid: Paid, failure: ModelError
) -> None:
    await make_world(store, paid)
    model.failures.append(failure)
    process = start_process(store, model)
    reported = [await deliver(process, paid.activity, paid.message(attempt)) for attempt in range(2)]
    ledger = await read_ledger(store)
    assert read_nano_usd(reported[0]) > 0
    assert ledger["spentNanoUsd"] == sum(map(read_nano_usd, reported))
    assert (ledger["reservations"], ledger["lostNanoUsd"]) == ({}, 0)


@dataclass
class MoodyStore(RecordingStore):
    """A store that goes away as soon as something was paid, before or after it has done what it is asked."""

    model: ScriptedModel | None = None
    keeps: bool = False

    async def write(self, path: str, data: bytes, **how: Any) -> str:
        etag = await super().write(path, data, **how) if self.keeps else ""
        self._fail(path)
        return etag or await super().write(path, data, **how)

    async def create(self, path: str, data: bytes, **how: Any) -> bool:
        if self.keeps:
            await super().create(path, data, **how)
        self._fail(path)
        return self.keeps or await super().create(path, data, **how)

    def _fail(self, path: str) -> None:
        if self.model is not None and self.model.calls:
            raise StoreUnavailableError(f"{path}: the store does not answer")


@every_call
@pytest.mark.parametrize("keeps", [False, True], ids=["before", "after"])
async def test_a_call_billed_during_a_store_outage_is_not_billed_again_by_the_retry(
    model: ScriptedModel, paid: Paid, keeps: bool
) -> None:
    store = MoodyStore(MemoryStore(), keeps=keeps)
    await make_world(store, paid)
    process = start_process(store, model)
    store.model = model
    failed = [await deliver(process, paid.activity, paid.message(attempt)) for attempt in range(1 if keeps else 2)]
    store.model = None
    result = await deliver(process, paid.activity, paid.message(len(failed)))
    assert {reported["failure"]["reason"] for reported in failed} == {"store_unavailable"}
    assert "failure" not in result
    assert model.calls == 1
    ledger = await read_ledger(store)
    assert sum(map(read_nano_usd, failed)) == 0 < read_nano_usd(result) == ledger["spentNanoUsd"]
    assert (ledger["lostNanoUsd"], ledger["reservations"]) == (0, {})


class LostAnswerStore(RecordingStore):
    """A store that does what it is asked, but loses its answer to the first change of the ledger."""

    async def create(self, path: str, data: bytes, **how: Any) -> bool:
        is_new = await super().create(path, data, **how)
        if path == LEDGER:
            raise StoreUnavailableError(f"{path}: the store does not answer")
        return is_new


@every_call
async def test_a_reservation_whose_write_was_not_confirmed_is_not_lost(model: ScriptedModel, paid: Paid) -> None:
    store = LostAnswerStore(MemoryStore())
    await make_world(store, paid)
    process = start_process(store, model)
    failed = await deliver(process, paid.activity, paid.message(0))
    assert (failed["failure"]["reason"], model.calls) == ("store_unavailable", 0)
    assert (await read_ledger(store))["reservations"]
    result = await deliver(process, paid.activity, paid.message(1))
    ledger = await read_ledger(store)
    assert ledger["spentNanoUsd"] == read_nano_usd(result) > 0
    assert (ledger["lostNanoUsd"], ledger["reservations"]) == (0, {})


@every_call
async def test_without_a_model_nothing_is_reserved(store: RecordingStore, paid: Paid) -> None:
    await make_world(store, paid)
    process = start_process(store, None, settings=Settings())
    result = await deliver(process, paid.activity, paid.message(0))
    assert result["failure"]["reason"] == "not_configured"
    assert await store.describe(LEDGER) is None


async def test_an_invalid_image_is_counted(store: RecordingStore, model: ScriptedModel) -> None:
    await make_world(store, PAID[-1])
    model.images.append(b"no image")
    result = await deliver(start_process(store, model), "generate_image", PAID[-1].message(0))
    assert result["failure"]["reason"] == "bad_image"
    assert (await read_ledger(store))["spentNanoUsd"] == read_nano_usd(result) > 0


async def test_an_image_of_before_the_run_takes_nothing_of_the_budget(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await make_world(store, PAID[-1], NOTHING)
    metadata = {"sha256": "00ff", "width": "64", "height": "64", "run_id": "another"}
    await store.write(paths.image_file(CATALOG, ITEM.filename), b"x", content_type="image/png", metadata=metadata)
    assert await deliver(start_process(store, model), "generate_image", PAID[-1].message(0)) == {"kept": True}
    assert await store.describe(LEDGER) is None
