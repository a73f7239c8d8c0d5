"""The ledger lets no call through that does not fit in, however many ask at once and from wherever."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from shared.errors import StoreUnavailableError
from shared.limits.budget_ledger import BudgetLedger, RunLedgers
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError
from shared.storage.protocol import Content
from tests.support.catalogs import read_data
from tests.support.memory_store import MemoryStore, RecordingStore

RUN = "8204736755521-af1e9c55"
LEDGER = paths.run_file(RUN, "ledger.json")


class MoodyStore(MemoryStore):
    """A store that can stop answering, or do what it is asked and lose the answer."""

    is_away = False
    loses_answers = False
    is_unreadable = False

    async def read(self, path: str) -> Content | None:
        if self.is_unreadable:
            raise StoreUnavailableError(f"cannot read {path}")
        return await super().read(path)

    async def write(self, path: str, data: bytes, **how: Any) -> str:
        if self.is_away:
            raise StoreUnavailableError(f"cannot write {path}")
        etag = await super().write(path, data, **how)
        self._lose_answer(path)
        return etag

    async def create(self, path: str, data: bytes, **how: Any) -> bool:
        if self.is_away:
            raise StoreUnavailableError(f"cannot create {path}")
        is_new = await super().create(path, data, **how)
        self._lose_answer(path)
        return is_new

    def _lose_answer(self, path: str) -> None:
        if self.loses_answers:
            raise StoreUnavailableError(f"no answer about {path}")


async def reserve_all(ledgers: Iterable[BudgetLedger], calls: int, nano_usd: int) -> int:
    """Reserve for so many calls at once, in turn over the ledgers; returns how many were let through."""
    among = list(ledgers)
    asked = [among[call % len(among)].reserve(f"image/{call}", nano_usd, delivery=str(call)) for call in range(calls)]
    return sum(refusal is None for refusal in await asyncio.gather(*asked))


async def test_of_64_reservations_at_once_as_many_are_let_through_as_fit_in(store: RecordingStore) -> None:
    assert await reserve_all([BudgetLedger(store, RUN, 1000)], calls=64, nano_usd=100) == 10
    assert len((await read_data(store, LEDGER))["reservations"]) == 10


async def test_reservations_that_come_at_once_are_written_together(store: RecordingStore) -> None:
    ledger = BudgetLedger(store, RUN, 10**9)
    assert await reserve_all([ledger], calls=64, nano_usd=1) == 64
    await asyncio.gather(*(ledger.settle(f"image/{call}", 1) for call in range(64)))
    assert (await read_data(store, LEDGER))["spentNanoUsd"] == 64
    assert len(store.changes) <= 6


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("image/p-1", "image"),
        ("evaluate_image/p-1", "an evaluation"),
        ("rewrite_prompt/p-1/2.0", "a prompt rewrite"),
        ("batch/0.1.0/3", "items"),
        ("categories", "categories"),
    ],
)
async def test_a_rejection_names_the_kind_of_call(subject: str, name: str, store: RecordingStore) -> None:
    refused = await BudgetLedger(store, RUN, 10).reserve(subject, 100, delivery="a")
    assert refused is not None
    assert refused.message.startswith(f"The next call ({name}) may cost ")


async def test_several_processes_share_one_budget(store: RecordingStore) -> None:
    ledgers = [BudgetLedger(store, RUN, 1000) for _ in range(4)]
    assert await reserve_all(ledgers, calls=64, nano_usd=100) == 10
    for call in range(64):
        await ledgers[(call + 1) % 4].settle(f"image/{call}", 90)
    assert (await read_data(store, LEDGER))["spentNanoUsd"] == 900
    assert await reserve_all(ledgers, calls=3, nano_usd=100) == 1


async def test_a_call_that_would_use_up_the_budget_to_the_last_cent_is_let_through(store: RecordingStore) -> None:
    ledger = BudgetLedger(store, RUN, 300)
    assert await reserve_all([ledger], calls=4, nano_usd=100) == 3


async def test_money_that_is_given_back_in_the_same_moment_can_be_spent(store: RecordingStore) -> None:
    ledger = BudgetLedger(store, RUN, 300)
    assert await reserve_all([ledger], calls=3, nano_usd=100) == 3
    refusals = await asyncio.gather(
        ledger.settle("image/0", 100),  # is being written while the others come
        ledger.reserve("image/3", 100, delivery="3"),
        ledger.settle("image/1", 0),
    )
    assert not any(refusals)


async def test_a_rejection_has_the_figures_and_changes_nothing(store: RecordingStore) -> None:
    ledger = BudgetLedger(store, RUN, 1_000_000_000)
    await ledger.reserve("batch/1", 600_000_000, delivery="1")
    await ledger.settle("batch/1", 500_000_000)
    await ledger.reserve("image/ann", 400_000_000, delivery="2")
    store.changes.clear()
    refusal = await ledger.reserve("image/bob", 200_000_000, delivery="3")
    assert refusal is not None
    assert refusal.reason is Reason.BUDGET
    assert all(figure in refusal.message for figure in ("$1.0000", "$0.5000", "$0.4000", "$0.2000"))
    assert store.changes == []


async def test_a_later_process_continues_from_the_stored_ledger(store: RecordingStore) -> None:
    await BudgetLedger(store, RUN, 1000).reserve("image/ann", 600, delivery="1")
    later = BudgetLedger(store, RUN, 1000)
    assert await later.reserve("image/bob", 500, delivery="2") is not None
    await later.settle("image/ann", 400)
    assert await later.reserve("image/bob", 500, delivery="3") is None


async def test_the_ledger_of_a_run_of_version_0_3_is_read(store: RecordingStore) -> None:
    ledger = {
        "spentNanoUsd": 100,
        "lostNanoUsd": 0,
        "holds": {"image/ann": {"delivery": "1", "nanoUsd": 600}},
        "excess": {"image": 2.0},
    }
    await store.write(LEDGER, json.dumps(ledger).encode(), content_type=JSON_TYPE)
    refusal = await BudgetLedger(store, RUN, 1000).reserve("image/bob", 200, delivery="2")
    assert refusal is not None
    assert await BudgetLedger(store, RUN, 1100).reserve("image/bob", 200, delivery="2") is None
    assert (await read_data(store, LEDGER))["reservations"].keys() == {"image/ann", "image/bob"}


async def test_a_failed_write_is_reported_to_all_updates_that_wait_and_can_be_repeated() -> None:
    store = MoodyStore()
    ledger = BudgetLedger(store, RUN, 1000)
    store.is_away = True
    asked = (ledger.reserve(f"image/{call}", 100, delivery=str(call)) for call in range(8))
    reported = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in reported} == {StoreUnavailableError}
    store.is_away = False
    assert await reserve_all([ledger], calls=12, nano_usd=100) == 10


async def lose_answer(store: MoodyStore, ledger: BudgetLedger, subject: str, delivery: str) -> None:
    """Reserve 100 nano dollars in a write that takes effect and is not answered."""
    store.loses_answers = True
    with pytest.raises(StoreUnavailableError):
        await ledger.reserve(subject, 100, delivery=delivery)
    store.loses_answers = False
    assert subject in (await read_data(store, LEDGER))["reservations"]


@pytest.mark.parametrize("others", [0, 1], ids=["the first write", "a later one"])
async def test_a_hold_whose_answer_was_lost_is_taken_over_by_the_next_try(others: int) -> None:
    store = MoodyStore()
    ledger = BudgetLedger(store, RUN, 1000)
    await reserve_all([ledger], calls=others, nano_usd=100)
    await lose_answer(store, ledger, "image/ann", "1")
    assert await ledger.reserve("image/ann", 100, delivery="2") is None
    written = await read_data(store, LEDGER)
    assert (written["lostNanoUsd"], len(written["reservations"])) == (0, others + 1)


async def test_a_hold_is_taken_over_once_as_then_its_call_is_made() -> None:
    store = MoodyStore()
    ledger = BudgetLedger(store, RUN, 1000)
    await lose_answer(store, ledger, "image/ann", "1")
    for delivery in ("2", "3"):
        assert await ledger.reserve("image/ann", 100, delivery=delivery) is None
    assert (await read_data(store, LEDGER))["lostNanoUsd"] == 100


async def test_a_hold_is_taken_over_also_by_a_try_after_several_that_failed() -> None:
    store = MoodyStore()
    ledger = BudgetLedger(store, RUN, 1000)
    await lose_answer(store, ledger, "image/ann", "1")
    store.is_unreadable = True
    for delivery in ("2", "3"):
        with pytest.raises(StoreUnavailableError):
            await ledger.reserve("image/ann", 100, delivery=delivery)
    store.is_unreadable = False
    assert await ledger.reserve("image/ann", 100, delivery="4") is None
    assert (await read_data(store, LEDGER))["lostNanoUsd"] == 0


async def test_a_reservation_of_another_process_is_not_replaced() -> None:
    store = MoodyStore()
    ledger = BudgetLedger(store, RUN, 1000)
    store.is_away = True
    with pytest.raises(StoreUnavailableError):
        await ledger.reserve("image/ann", 100, delivery="1")
    store.is_away = False
    assert await BudgetLedger(store, RUN, 1000).reserve("image/ann", 100, delivery="other") is None
    assert await ledger.reserve("image/ann", 100, delivery="2") is None
    assert (await read_data(store, LEDGER))["lostNanoUsd"] == 100


async def test_who_is_cancelled_while_waiting_leaves_the_others_their_turn(store: RecordingStore) -> None:
    ledger = BudgetLedger(store, RUN, 1000)
    tasks = [asyncio.create_task(ledger.reserve(f"image/{call}", 100, delivery=str(call))) for call in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    reported = await asyncio.gather(*tasks, return_exceptions=True)
    assert [reported[call] for call in (1, 2, 4)] == [None, None, None]
    held = (await read_data(store, LEDGER))["reservations"]
    assert {"image/1", "image/2", "image/4"} <= set(held)


async def test_a_ledger_that_is_damaged_lets_nothing_through(store: RecordingStore) -> None:
    await store.write(LEDGER, b"{", content_type="application/json")
    with pytest.raises(DamagedFileError):
        await BudgetLedger(store, RUN, 1000).reserve("image/ann", 1, delivery="1")


def test_a_process_has_one_ledger_a_run(store: RecordingStore) -> None:
    ledgers = RunLedgers()
    first = ledgers.open(store, RUN, 1.5)
    assert ledgers.open(store, RUN, 1.5) is first
    ledgers.forget(RUN)
    assert ledgers.open(store, RUN, 1.5) is not first
    for number in range(100):
        ledgers.open(store, str(number), 1)
    assert ledgers.open(store, RUN, 1.5) is not first
