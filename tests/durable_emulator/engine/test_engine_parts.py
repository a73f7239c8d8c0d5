"""Parts tested alone: clocks, journal, parsing of actions."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from durable_emulator.engine import JournalError, ManualClock, SystemClock
from durable_emulator.engine.actions import (
    ActivityRequest,
    EventWait,
    SubOrchestrationRequest,
    TaskGroup,
    TimerRequest,
    read_decision,
)
from durable_emulator.engine.events import format_time, parse_time, write_timestamp
from durable_emulator.engine.instances import make_instance
from durable_emulator.engine.journal import FORMAT_VERSION, OLDER_FORMATS, Journal
from durable_emulator.errors import SdkVersionError, UnsupportedActionError
from durable_emulator.sdk_internals import cache_timestamps, check_sdk_version


def test_times_in_the_journal_sort_as_text() -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert format_time(at) == "2030-01-02T03:04:05.000000Z"
    assert parse_time(format_time(at)) == at
    assert format_time(at) < format_time(at + timedelta(microseconds=1))


@pytest.mark.parametrize(("microseconds", "ending"), [(0, ":05Z"), (120_000, ":05.12Z"), (10, ":05.00001Z")])
def test_times_in_the_history_have_no_trailing_zeros(microseconds: int, ending: str) -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, microseconds, tzinfo=UTC)

    assert write_timestamp(at) == "2030-01-02T03:04" + ending
    assert parse_time(write_timestamp(at)) == at


def test_cached_timestamps_are_equal_and_the_cache_is_installed_once() -> None:
    module = import_module("azure.durable_functions.models.history.HistoryEvent")
    cache_timestamps()
    cached_parse = module.dt_parse
    cache_timestamps()

    assert module.dt_parse is cached_parse
    for _ in range(2):
        assert module.dt_parse("2030-01-02T03:04:05.000006Z") == parse_time("2030-01-02T03:04:05.000006Z")


def test_a_manual_clock_fires_alarms_in_order_each_at_its_own_time() -> None:
    clock = ManualClock()
    start, rung = clock.now(), []
    for seconds in (30, 10, 20):
        clock.call_at(start + timedelta(seconds=seconds), lambda: rung.append((clock.now() - start).total_seconds()))
    clock.call_at(start + timedelta(seconds=15), lambda: rung.append(-1)).cancel()
    clock.advance(25)

    assert rung == [10, 20]
    assert clock.next_alarm == start + timedelta(seconds=30)


async def test_the_system_clock_fires_soon_for_a_time_in_the_past() -> None:
    clock, rung = SystemClock(), asyncio.Event()
    clock.call_at(clock.now() - timedelta(hours=1), rung.set)

    await asyncio.wait_for(rung.wait(), timeout=300)


class AdvancingClock(SystemClock):
    """A wall clock that jumps forward, as after a laptop's sleep."""

    def __init__(self) -> None:
        self.slept = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.slept


async def test_the_system_clock_notices_a_jump_of_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("durable_emulator.engine.clock.MAX_SLEEP_SECONDS", 0.01)
    clock, rung = AdvancingClock(), asyncio.Event()
    clock.call_at(clock.now() + timedelta(hours=1), rung.set)
    await asyncio.sleep(0.03)
    assert not rung.is_set()
    clock.slept = timedelta(hours=2)

    await asyncio.wait_for(rung.wait(), timeout=300)


async def test_a_cancelled_alarm_of_the_system_clock_does_not_fire() -> None:
    clock, first, second = SystemClock(), asyncio.Event(), asyncio.Event()
    clock.call_at(clock.now(), first.set).cancel()
    clock.call_at(clock.now() + timedelta(milliseconds=1), second.set)
    await asyncio.wait_for(second.wait(), timeout=300)

    assert not first.is_set()


def test_actions_keep_their_order_and_their_groups() -> None:
    activity = {"actionType": 0, "functionName": "paint", "input": "1"}
    timer = {"actionType": 5, "fireAt": "2030-01-01T00:00:00.000000Z", "isCanceled": True}
    child = {"actionType": 2, "functionName": "worker", "input": "2", "instanceId": None, "version": None}
    event = {"actionType": 6, "externalEventName": "go", "reason": "ExternalEvent"}
    inner = {"actionType": 12, "compoundActions": [timer, event, child]}
    decision = read_decision(
        {"isDone": False, "actions": [[activity, {"actionType": 11, "compoundActions": [inner, event]}]]},
    )

    cancelled = TimerRequest(datetime(2030, 1, 1, tzinfo=UTC), is_cancelled=True)
    both = TaskGroup((cancelled, EventWait("go"), SubOrchestrationRequest("worker", "2", None)), needs_all=True)
    assert decision.actions == (ActivityRequest("paint", "1"), TaskGroup((both, EventWait("go")), needs_all=False))
    assert decision.waits == {"go": 2}


def test_an_unknown_action_is_refused_with_its_number() -> None:
    with pytest.raises(UnsupportedActionError, match="action type 77"):
        read_decision({"isDone": False, "actions": [[{"actionType": 77}]]})


def test_a_journal_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()

    with pytest.raises(JournalError, match=f"has format 99; expected {FORMAT_VERSION}"):
        Journal(path)


@pytest.mark.parametrize("older", OLDER_FORMATS)
def test_a_journal_of_an_older_version_is_emptied_with_a_warning(
    tmp_path: Path, older: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    with journal.transaction():
        journal.insert_instance(make_instance("one", "work", None, ManualClock().now()))
        journal.add_work("one", {"EventType": 4, "EventId": 0})
    journal.close()
    with sqlite3.connect(path) as db:
        db.executescript(f"ALTER TABLE instances DROP COLUMN execution_id; PRAGMA user_version={older};")
    db.close()

    emptied = Journal(path)
    assert emptied.list_work() == []
    assert emptied.find_instance("one") is None
    emptied.insert_instance(make_instance("one", "work", None, ManualClock().now()))
    emptied.close()
    assert "unfinished runs are not resumed" in caplog.text


def test_a_file_that_is_not_a_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"not a journal " * 100)

    with pytest.raises(JournalError, match="cannot be used"):
        Journal(path)


def test_a_failed_transaction_is_rolled_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    event = {"EventType": 4, "EventId": 0}

    def break_off() -> None:
        with journal.transaction():
            journal.add_work("one", event)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        break_off()

    assert journal.list_work() == []
    journal.close()


def test_a_token_is_consumed_once_and_never_reused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    first = journal.add_work("one", {"EventType": 4, "EventId": 3})

    assert journal.consume_token(first.token) == ("one", 3)
    assert journal.consume_token(first.token) is None
    assert journal.add_work("one", {"EventType": 4, "EventId": 3}).token > first.token
    journal.close()


def test_another_version_of_the_sdk_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    check_sdk_version()
    monkeypatch.setattr("durable_emulator.sdk_internals.version", lambda _: "9.9.9")

    with pytest.raises(SdkVersionError, match=r"azure-functions 9\.9\.9 is installed; .* checked with 1\.26\.0 only"):
        check_sdk_version()
