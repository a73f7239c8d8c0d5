import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.reviews.decision_log import DecisionLog
from shared.reviews.decisions import Decision, DecisionTable, Verdict
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError
from shared.storage.protocol import Store
from tests.support.memory_store import MemoryStore, RecordingStore

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SHA = "a" * 64


def decide(item: str, verdict: Verdict = Verdict.APPROVED, *, seconds: float = 0) -> Decision:
    return Decision(item, verdict, SHA, None, "Ada", NOON + timedelta(seconds=seconds))


async def list_log(store: Store) -> list[str]:
    return [info.path async for info in store.list_files(paths.decision_log_folder("lego"))]


def describe(table: DecisionTable) -> dict[str, Decision]:
    return {decision.item_id: decision for decision in table}


# --- every store -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_twenty_simultaneous_bulk_decisions_lose_none(open_store: Callable[[], Store]) -> None:
    def decide_many(reviewer: int) -> Sequence[Decision]:
        return [decide(f"item-{reviewer}-{number}", seconds=reviewer) for number in range(1000)]

    logs = [DecisionLog(open_store(), max_log_files=6) for _ in range(5)]  # so that they also compact
    await asyncio.gather(*(logs[reviewer % 5].append("lego", decide_many(reviewer)) for reviewer in range(20)))
    expected = DecisionTable().merge(decision for reviewer in range(20) for decision in decide_many(reviewer))
    assert len(expected) == 20_000
    for log in [*logs, DecisionLog(open_store())]:
        assert (await log.load("lego")).version == expected.version


async def test_a_compaction_keeps_every_decision_and_empties_the_log(open_store: Callable[[], Store]) -> None:
    store = open_store()
    log, reader = DecisionLog(store), DecisionLog(open_store())
    await log.append("lego", [decide("item-1"), decide("item-2")])
    before = await reader.load("lego")
    await log.append("lego", [decide("item-1", Verdict.UNDECIDED, seconds=1)])
    assert await log.compact("lego")
    assert await list_log(store) == []
    table = await reader.load("lego")
    assert describe(table) == {
        "item-1": decide("item-1", Verdict.UNDECIDED, seconds=1),
        "item-2": decide("item-2"),
    }
    assert describe(before)["item-1"] == decide("item-1")
    await log.append("lego", [decide("item-1", seconds=2)])
    assert await log.compact("lego")
    assert (await reader.load("lego")).find("item-1", SHA) == decide("item-1", seconds=2)
    assert (await DecisionLog(open_store()).load("lego")).version == (await log.load("lego")).version


async def test_two_compactions_at_once_lose_nothing(open_store: Callable[[], Store]) -> None:
    logs = [DecisionLog(open_store()) for _ in range(4)]
    for number, log in enumerate(logs):
        await log.append("lego", [decide(f"item-{number}")])
    await asyncio.gather(*(log.compact("lego") for log in logs))
    assert set(describe(await DecisionLog(open_store()).load("lego"))) == {f"item-{number}" for number in range(4)}


# --- what is read and written ----------------------------------------------------------------------------------------


async def test_a_catalog_without_decisions_has_an_empty_table(store: RecordingStore) -> None:
    assert len(await DecisionLog(store).load("lego")) == 0
    assert store.changes == []


async def test_catalogs_have_their_own_decisions(store: RecordingStore) -> None:
    log = DecisionLog(store)
    await log.append("lego", [decide("item-1")])
    await log.append("toys", [decide("item-2")])
    assert set(describe(await log.load("lego"))) == {"item-1"}
    assert set(describe(await log.load("toys"))) == {"item-2"}


async def test_a_reader_reads_each_file_once() -> None:
    store = RecordingStore(MemoryStore())
    log, reader = DecisionLog(store), DecisionLog(store)
    for number in range(3):
        await log.append("lego", [decide(f"item-{number}")])
        await reader.load("lego")
    await log.compact("lego")
    await reader.load("lego")
    await reader.load("lego")
    assert set(store.reads.values()) == {1}


async def test_a_writer_reads_nothing_that_it_has_written() -> None:
    store = RecordingStore(MemoryStore())
    log = DecisionLog(store)
    await log.append("lego", [decide("item-1")])
    assert set(describe(await log.load("lego"))) == {"item-1"}
    assert store.reads.total() == 0


async def test_an_append_changes_one_file_until_the_log_is_long() -> None:
    store = RecordingStore(MemoryStore())
    log = DecisionLog(store, max_log_files=4)
    for number in range(4):
        await log.append("lego", [decide(f"item-{number}")])
    assert len(store.changes) == len(await list_log(store)) == 4
    await log.append("lego", [decide("item-4")])
    assert await list_log(store) == []
    assert len(await DecisionLog(store).load("lego")) == 5


async def test_a_process_whose_log_another_one_has_compacted_does_not_compact_again() -> None:
    store = RecordingStore(MemoryStore())
    first, second = DecisionLog(store, max_log_files=3), DecisionLog(store, max_log_files=3)
    for number in range(3):
        await second.append("lego", [decide(f"item-{number}")])
    await first.compact("lego")
    snapshot = paths.decisions_file("lego")
    assert store.changes.count(snapshot) == 1
    await second.append("lego", [decide("item-3")])
    assert store.changes.count(snapshot) == 1
    assert len(await list_log(store)) == 1


async def test_an_append_without_decisions_writes_nothing(store: RecordingStore) -> None:
    await DecisionLog(store).append("lego", [])
    assert store.changes == []


@pytest.mark.parametrize("path", [paths.decisions_file("lego"), paths.decision_log_file("lego", 1, "ab")])
async def test_a_damaged_file_is_an_error_and_not_an_empty_log(store: RecordingStore, path: str) -> None:
    log = DecisionLog(store)
    await log.append("lego", [decide("item-1")])
    await store.write(path, b'{"decisions": [{}]}', content_type=JSON_TYPE)
    for reader in (log, DecisionLog(store)):
        with pytest.raises(DamagedFileError) as raised:
            await reader.load("lego")
        assert raised.value.path == path


async def test_a_log_file_is_named_after_the_time_of_its_decisions(store: RecordingStore) -> None:
    await DecisionLog(store).append("lego", [decide("item-1"), decide("item-2", seconds=1.5)])
    [path] = await list_log(store)
    milliseconds, _, entropy = path.removeprefix(paths.decision_log_folder("lego")).partition("-")
    assert int(milliseconds) == int((NOON.timestamp() + 1.5) * 1000)
    assert len(milliseconds) == 13
    assert len(entropy.removesuffix(".json")) == 16
    content = await store.read(path)
    assert content is not None
    assert [row["itemId"] for row in json.loads(content.data)["decisions"]] == ["item-1", "item-2"]
