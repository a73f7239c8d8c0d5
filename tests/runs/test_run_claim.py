"""``active.json``: one active run a catalog, taken over only from a run that is gone."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.runs.run_claim import (
    HEARTBEAT_INTERVAL,
    HEARTBEAT_TIMEOUT,
    Claim,
    RunState,
    is_heartbeat_expired,
    is_host_dead,
    make_local_host_id,
    read_claim,
    release_claim,
    send_heartbeat,
    take_claim,
)
from shared.storage import paths
from shared.storage.protocol import Content
from tests.support.memory_store import MemoryStore, RecordingStore

PATH = paths.run_claim_file("lego")
HOST = "azure:seeder"
OTHER_HOST = "azure:other"
MACHINE = socket.gethostname()


def knows(states: dict[str, RunState]) -> Callable[[str], Awaitable[RunState]]:
    """Return what a host says that knows these runs and no other."""

    async def ask(run_id: str) -> RunState:
        return states.get(run_id, RunState.UNKNOWN)

    return ask


async def take(
    store: RecordingStore, run_id: str, states: dict[str, RunState] | None = None, *, host_id: str = HOST
) -> Claim | None:
    return await take_claim(store, "lego", run_id=run_id, host_id=host_id, read_run_state=knows(states or {}))


async def put_claim(store: RecordingStore, run_id: str, *, host_id: str = HOST, age: timedelta = timedelta()) -> None:
    claim = {"runId": run_id, "hostId": host_id, "heartbeatAt": (datetime.now(UTC) - age).isoformat()}
    await store.inner.write(PATH, json.dumps(claim).encode(), content_type="application/json")


async def find_owner(store: RecordingStore) -> str | None:
    claim = await read_claim(store, "lego")
    return None if claim is None else claim.run_id


@pytest.fixture(scope="module")
def dead_process() -> int:
    """The id of a process of this machine that has just ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


# --- taking ----------------------------------------------------------------------------------------------------------


async def test_a_free_catalog_is_claimed_by_creating_the_claim(store: RecordingStore) -> None:
    before = datetime.now(UTC)
    assert await take(store, "run-1") is None
    claim = await read_claim(store, "lego")
    assert claim is not None
    assert (claim.run_id, claim.host_id, claim.last_success_at) == ("run-1", HOST, None)
    assert before <= claim.heartbeat_at <= datetime.now(UTC)


async def test_taking_it_twice_is_fine_and_writes_once(store: RecordingStore) -> None:
    assert await take(store, "run-1") is None
    assert await take(store, "run-1") is None
    assert store.changes == [PATH]


async def test_an_active_run_keeps_the_catalog_however_long_it_was_silent(store: RecordingStore) -> None:
    await put_claim(store, "run-1", age=timedelta(days=1))
    blocked_by = await take(store, "run-2", {"run-1": RunState.ACTIVE})
    assert blocked_by is not None
    assert blocked_by.run_id == "run-1"
    assert await find_owner(store) == "run-1"


async def test_a_run_that_ended_loses_the_catalog_at_once(store: RecordingStore) -> None:
    await put_claim(store, "run-1")
    assert await take(store, "run-2", {"run-1": RunState.ENDED}) is None
    assert await find_owner(store) == "run-2"


@pytest.mark.parametrize(("seconds", "is_taken"), [(30, False), (61, True)])
async def test_a_run_of_this_host_that_it_does_not_know_gets_a_minute_to_start(
    store: RecordingStore, seconds: int, is_taken: bool
) -> None:
    await put_claim(store, "run-1", age=timedelta(seconds=seconds))
    assert (await take(store, "run-2") is None) == is_taken


@pytest.mark.parametrize(("minutes", "is_taken"), [(14, False), (15.1, True)])
async def test_a_run_of_another_host_counts_as_gone_after_15_minutes_of_silence(
    store: RecordingStore, minutes: float, is_taken: bool
) -> None:
    await put_claim(store, "run-1", host_id=OTHER_HOST, age=timedelta(minutes=minutes))
    assert (await take(store, "run-2") is None) == is_taken


@pytest.mark.processes
async def test_a_run_of_a_dead_host_of_this_machine_is_gone_at_once(store: RecordingStore, dead_process: int) -> None:
    await put_claim(store, "run-1", host_id=f"local:{MACHINE}:{dead_process}")
    assert await take(store, "run-2", host_id=make_local_host_id()) is None


async def test_a_run_of_a_living_host_of_this_machine_is_not(store: RecordingStore) -> None:
    await put_claim(store, "run-1", host_id=f"local:{MACHINE}:{os.getppid()}")
    assert await take(store, "run-2", host_id=make_local_host_id()) is not None


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"null", b'{"runId": "r", "hostId": "h", "heartbeatAt": "2026-12-01T00:00:00"}']
)
async def test_a_claim_that_cannot_be_read_does_not_block_a_run(store: RecordingStore, data: bytes) -> None:
    await store.write(PATH, data, content_type="application/json")
    assert await read_claim(store, "lego") is None
    assert await send_heartbeat(store, "lego", run_id="r", host_id="h") is None
    await release_claim(store, "lego", run_id="r")
    assert await take(store, "run-2") is None
    assert await find_owner(store) == "run-2"


async def test_of_many_that_take_a_free_catalog_one_gets_it(store: RecordingStore) -> None:
    runs = [f"run-{number}" for number in range(20)]
    active = dict.fromkeys(runs, RunState.ACTIVE)
    blocked_by = await asyncio.gather(*(take(store, run_id, active) for run_id in runs))
    winners = [run_id for run_id, blocked in zip(runs, blocked_by, strict=True) if blocked is None]
    assert winners == [await find_owner(store)]
    assert {blocked.run_id for blocked in blocked_by if blocked is not None} == set(winners)


async def test_of_many_that_take_over_from_a_run_that_is_gone_one_gets_it(store: RecordingStore) -> None:
    await put_claim(store, "run-old")
    runs = [f"run-{number}" for number in range(20)]
    states = dict.fromkeys(runs, RunState.ACTIVE) | {"run-old": RunState.ENDED}
    blocked_by = await asyncio.gather(*(take(store, run_id, states) for run_id in runs))
    winners = [run_id for run_id, blocked in zip(runs, blocked_by, strict=True) if blocked is None]
    assert winners == [await find_owner(store)]


async def test_a_claim_that_is_released_while_it_is_evaluated_can_be_taken() -> None:
    store = RecordingStore(MemoryStore())
    await put_claim(store, "run-1")

    async def end_meanwhile(run_id: str) -> RunState:
        await release_claim(store, "lego", run_id=run_id)
        return RunState.ENDED

    assert await take_claim(store, "lego", run_id="run-2", host_id=HOST, read_run_state=end_meanwhile) is None
    assert await find_owner(store) == "run-2"


# --- beating ---------------------------------------------------------------------------------------------------------


async def test_a_fresh_claim_is_not_written_again(store: RecordingStore) -> None:
    await put_claim(store, "run-1", age=HEARTBEAT_INTERVAL / 2)
    for _ in range(10):
        assert await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST) is not None
    assert store.changes == []


async def test_a_heartbeat_is_written_at_most_once_a_minute(store: RecordingStore) -> None:
    await put_claim(store, "run-1", age=HEARTBEAT_INTERVAL + timedelta(seconds=1))
    before = datetime.now(UTC)
    claims = await asyncio.gather(*(send_heartbeat(store, "lego", run_id="run-1", host_id=HOST) for _ in range(10)))
    for claim in (*claims, await read_claim(store, "lego")):
        assert claim is not None
        assert claim.heartbeat_at >= before
    written = len(store.changes)
    assert await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST) is not None
    assert len(store.changes) == written


async def test_the_first_success_is_reported_at_once_and_the_next_ones_once_a_minute(store: RecordingStore) -> None:
    await put_claim(store, "run-1")
    first = await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST, succeeded=True)
    again = await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST, succeeded=True)
    assert first is not None
    assert again is not None
    assert first.last_success_at is not None
    assert again.last_success_at == first.last_success_at
    assert store.changes == [PATH]


async def test_a_beat_without_success_keeps_the_last_success(store: RecordingStore) -> None:
    success = datetime.now(UTC) - timedelta(minutes=20)
    data = {
        "runId": "run-1",
        "hostId": HOST,
        "heartbeatAt": (datetime.now(UTC) - timedelta(minutes=2)).isoformat(),
        "lastSuccessAt": success.isoformat(),
    }
    await store.write(PATH, json.dumps(data).encode(), content_type="application/json")
    claim = await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST)
    assert claim is not None
    assert claim.last_success_at == success
    assert claim.heartbeat_at > datetime.now(UTC) - timedelta(minutes=1)


async def test_a_run_that_continued_elsewhere_reports_where(store: RecordingStore) -> None:
    await put_claim(store, "run-1", host_id=f"local:{MACHINE}:1")
    claim = await send_heartbeat(store, "lego", run_id="run-1", host_id=f"local:{MACHINE}:2")
    assert claim is not None
    assert claim.host_id == f"local:{MACHINE}:2"
    assert await read_claim(store, "lego") == claim


async def test_a_run_that_lost_the_catalog_is_reported_and_changes_nothing(store: RecordingStore) -> None:
    assert await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST) is None
    await put_claim(store, "run-2")
    assert await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST, succeeded=True) is None
    assert store.changes == []


class TakenOverStore(MemoryStore):
    """A store in which another run takes the catalog between the first read and the write that follows."""

    def __init__(self) -> None:
        super().__init__()
        self.is_armed = False

    async def read(self, path: str) -> Content | None:
        content = await super().read(path)
        if self.is_armed:
            self.is_armed = False
            await put_claim(RecordingStore(self), "run-2")
        return content


async def test_a_run_that_loses_the_catalog_while_it_beats_is_reported() -> None:
    store = TakenOverStore()
    await put_claim(RecordingStore(store), "run-1", age=timedelta(hours=1))
    store.is_armed = True
    assert await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST) is None
    assert await find_owner(RecordingStore(store)) == "run-2"


# --- releasing -------------------------------------------------------------------------------------------------------


async def test_a_run_releases_its_own_claim_and_once_more_does_no_harm(store: RecordingStore) -> None:
    await put_claim(store, "run-1")
    await release_claim(store, "lego", run_id="run-1")
    assert await read_claim(store, "lego") is None
    await release_claim(store, "lego", run_id="run-1")


async def test_a_run_does_not_release_the_claim_of_another(store: RecordingStore) -> None:
    await put_claim(store, "run-2")
    await release_claim(store, "lego", run_id="run-1")
    assert await find_owner(store) == "run-2"


async def test_a_claim_that_is_taken_over_while_it_is_released_stays() -> None:
    store = TakenOverStore()
    await put_claim(RecordingStore(store), "run-1")
    store.is_armed = True
    await release_claim(store, "lego", run_id="run-1")
    assert await find_owner(RecordingStore(store)) == "run-2"


# --- hosts -----------------------------------------------------------------------------------------------------------


def test_this_process_is_not_dead() -> None:
    assert not is_host_dead(make_local_host_id())


@pytest.mark.processes
def test_a_process_that_ended_is_dead(dead_process: int) -> None:
    assert is_host_dead(f"local:{MACHINE}:{dead_process}")
    assert is_host_dead(f"local:{MACHINE}:{10**30}")


@pytest.mark.parametrize(
    "host_id", ["azure:seeder", "local", "", "local:another-machine:1", f"local:{MACHINE}:", f"local:{MACHINE}:\u00b2"]
)
def test_what_cannot_be_known_from_here_is_not_called_dead(host_id: str) -> None:
    assert not is_host_dead(host_id)


def test_silence_begins_after_15_minutes() -> None:
    now = datetime.now(UTC)
    assert not is_heartbeat_expired(Claim("r", "h", now - HEARTBEAT_TIMEOUT), now)
    assert is_heartbeat_expired(Claim("r", "h", now - HEARTBEAT_TIMEOUT - timedelta(seconds=1)), now)
