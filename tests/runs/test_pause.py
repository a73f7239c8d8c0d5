"""What callers see of a paused run, and how it is ended, whatever comes in between."""

import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest

from shared.config import Settings
from shared.messages.base import Counters, Failure
from shared.messages.custom_status import PauseStatus, RootStatus, Stage
from shared.messages.run import StartInventory
from shared.reasons import Reason
from shared.runs import resume, run_claim, run_files
from shared.runs.pause import end_pause_by_cancel, end_pause_by_resume, find_pause, is_resumed, record_cancel
from shared.runs.request import SeedRequest
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status, refresh_progress
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Content
from tests.support.durable_client import UnexpectedDurableClient
from tests.support.memory_store import MemoryStore

RUN = "8204736755521-af1e9c55"
HERE, DEAD_HOST = "azure:seeder", f"local:{socket.gethostname()}:999999999"
BLOCKED = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
CANCELLED = Failure(Reason.CANCELLED, "cancelled by a caller")
UNTIL = datetime(2026, 12, 1, 12, tzinfo=UTC)
RuntimeStatus = df.OrchestrationRuntimeStatus


@dataclass(slots=True)
class PausedHost(UnexpectedDurableClient):
    """A durable client whose one run is where its custom status says.

    Attributes:
        stage: of the run; None = the run is unknown here.
        resume_count: how often it was resumed before.
        events: what was sent to it.
        refuses: it takes no events.
        ends_first: the pause ends before an event comes.
    """

    stage: Stage | None = Stage.PAUSED
    resume_count: int = 0
    runtime_status: Any = RuntimeStatus.Running
    events: list[str] = field(default_factory=list)
    refuses: bool = False
    ends_first: bool = False

    async def get_status(self, instance_id: str) -> Any:
        if self.stage is None or instance_id != RUN:
            return SimpleNamespace(runtime_status=None, custom_status=None, output=None)
        root = RootStatus(
            self.stage,
            Counters(made=7),
            self.resume_count,
            StartInventory(categories=2, items=9),
            pause=PauseStatus(BLOCKED, UNTIL) if self.stage is Stage.PAUSED else None,
        )
        return SimpleNamespace(runtime_status=self.runtime_status, custom_status=root.to_json(), output="Failed")

    async def raise_event(self, instance_id: str, event: str) -> None:
        assert instance_id == RUN
        if self.ends_first:
            self.stage = Stage.PUBLISHING
        if self.refuses or self.ends_first:
            raise RuntimeError("the host takes no event")
        self.events.append(event)


@pytest.fixture
async def services() -> Services:
    """Services over a store with a run that paused."""
    found = Services(Settings(host_id=HERE), store=MemoryStore())
    request = SeedRequest(catalog="toys", target_count=9, pause_on_block=True)
    await run_files.create_request(found.store, RUN, request)
    await run_files.record_stop(found.store, RUN, BLOCKED)
    return found


async def look(services: Services, host: PausedHost) -> RunStatus:
    status = await refresh_progress(services, host, RUN)
    assert status is not None
    return status


async def test_a_paused_run_reports_why_and_until_when(services: Services) -> None:
    status = await look(services, PausedHost())
    kept = await run_files.read_status_file(services.store, RUN, "progress.json")
    assert (status.status, status.stage, status.paused_until) == (Status.PAUSED, "paused", UNTIL)
    assert status.error is not None
    assert (status.error.reason, status.error.message) == ("account_blocked", "blocked")
    assert (status.progress.items.accepted, status.images_made) == (9, 7)
    assert (status.is_active, status.has_ended) == (False, False)
    assert kept == status


async def test_a_resumed_run_is_running_before_it_has_noticed(services: Services) -> None:
    host = PausedHost()
    pause = await find_pause(host, RUN)
    assert pause is not None
    assert await end_pause_by_resume(services.store, host, RUN, pause)
    status = await look(services, host)
    assert (status.status, status.stage, status.error, status.paused_until) == (Status.RUNNING, "resuming", None, None)


async def test_the_same_pause_is_resumed_once_and_the_next_one_again(services: Services) -> None:
    host = PausedHost()
    for resume_count in (0, 0, 1):
        host.resume_count = resume_count
        pause = await find_pause(host, RUN)
        assert pause is not None
        assert await end_pause_by_resume(services.store, host, RUN, pause)
    assert host.events == ["resume-0", "resume-1"]


async def test_the_reason_of_a_pause_is_not_reported_while_its_record_is_set_aside(services: Services) -> None:
    status = await look(services, PausedHost(stage=Stage.PLANNING))
    assert (status.status, status.stage, status.error) == (Status.RUNNING, "resuming", None)


async def test_a_run_that_is_stopping_reports_why(services: Services) -> None:
    status = await look(services, PausedHost(stage=Stage.ITEMS_AND_IMAGES))
    assert (status.status, status.stage) == (Status.RUNNING, "stopping")
    assert status.error is not None
    assert status.error.reason == "account_blocked"


async def test_a_pause_that_ends_at_the_same_moment_is_not_resumed(services: Services) -> None:
    host = PausedHost()
    pause = await find_pause(host, RUN)
    assert pause is not None
    host.ends_first = True
    assert not await end_pause_by_resume(services.store, host, RUN, pause)
    assert not await is_resumed(services.store, RUN, 0)


async def test_a_host_that_takes_no_events_is_trouble_and_no_answer(services: Services) -> None:
    host = PausedHost(refuses=True)
    pause = await find_pause(host, RUN)
    assert pause is not None
    with pytest.raises(RuntimeError, match="takes no event"):
        await end_pause_by_resume(services.store, host, RUN, pause)
    assert not await is_resumed(services.store, RUN, 0)


@pytest.mark.parametrize("status", [RuntimeStatus.Completed, RuntimeStatus.Terminated, RuntimeStatus.Failed])
async def test_a_run_that_ended_out_of_a_pause_is_not_paused(status: Any) -> None:
    assert await find_pause(PausedHost(runtime_status=status), RUN) is None


async def test_a_cancel_wins_over_what_the_run_paused_for_and_wakes_it(services: Services) -> None:
    host = PausedHost(resume_count=3)
    await record_cancel(services.store, RUN)
    await end_pause_by_cancel(host, RUN)
    assert await run_files.read_stop_record(services.store, RUN) == CANCELLED
    assert host.events == ["cancel-3"]


class ResumedMeanwhile(MemoryStore):
    """A store in which a resume removes the stop record around one step of another process."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step

    async def create(self, path: str, data: bytes, **how: Any) -> bool:
        is_new = await super().create(path, data, **how)
        await self._resume(path, "create")
        return is_new

    async def read(self, path: str) -> Content | None:
        content = await super().read(path)
        await self._resume(path, "read")
        return content

    async def write(self, path: str, data: bytes, **how: Any) -> str:
        etag = await super().write(path, data, **how)
        await self._resume(path, "write")
        return etag

    async def _resume(self, path: str, step: str) -> None:
        if path == paths.stop_file(RUN) and step == self.step:
            self.step = ""
            await resume.clear_stop(self, RUN, 0)


@pytest.mark.parametrize("step", ["create", "read", "write"])
async def test_a_cancel_stays_whenever_a_resume_comes_in_between(services: Services, step: str) -> None:
    store = ResumedMeanwhile("")
    await run_files.create_request(store, RUN, await run_files.read_request(services.store, RUN))
    await run_files.record_stop(store, RUN, BLOCKED)
    store.step = step
    await record_cancel(store, RUN)
    assert store.step == ""
    assert await run_files.read_stop_record(store, RUN) == CANCELLED


async def test_a_cancel_leaves_the_first_reason_of_a_run_that_does_not_pause(services: Services) -> None:
    other = "8204736755522-af1e9c55"
    await run_files.create_request(services.store, other, SeedRequest(catalog="toys"))
    await run_files.record_stop(services.store, other, BLOCKED)
    await record_cancel(services.store, other)
    assert await run_files.read_stop_record(services.store, other) == BLOCKED


async def test_a_cancel_without_the_host_takes_effect_at_the_next_status_request(services: Services) -> None:
    host = PausedHost()
    await record_cancel(services.store, RUN)
    status = await look(services, host)
    assert host.events == ["cancel-0"]
    assert (status.status, status.stage) == (Status.RUNNING, "stopping")
    assert status.error is not None
    assert status.error.reason == "cancelled"


async def test_no_one_is_woken_who_is_not_paused(services: Services) -> None:
    host = PausedHost(stage=Stage.ITEMS_AND_IMAGES)
    await record_cancel(services.store, RUN)
    await end_pause_by_cancel(host, RUN)
    await look(services, host)
    assert host.events == []


async def leave(services: Services, *, host_id: str = DEAD_HOST) -> RunStatus:
    """Let the host of a paused run go away, and return what another one tells of the run."""
    await look(services, PausedHost())
    claim = run_claim.dump_claim(run_claim.Claim(RUN, host_id, datetime.now(UTC) - timedelta(minutes=1)))
    await services.store.write(paths.run_claim_file("toys"), claim, content_type="application/json")
    status = await load_run_status(services, PausedHost(stage=None), RUN)
    assert status is not None
    return status


async def test_a_paused_run_needs_no_host_to_wait(services: Services) -> None:
    status = await leave(services)
    assert (status.status, status.paused_until) == (Status.PAUSED, UNTIL)
    assert status.error is not None
    assert status.error.reason == "account_blocked"


async def test_a_paused_run_that_was_cancelled_without_its_host_is_cancelled(services: Services) -> None:
    await record_cancel(services.store, RUN)
    await services.store.delete(paths.run_file(RUN, "progress.json"))
    assert (await leave(services)).status is Status.CANCELLED


async def test_a_run_that_was_resumed_and_then_left_is_interrupted(services: Services) -> None:
    await look(services, PausedHost())
    await resume.clear_stop(services.store, RUN, 0)
    status = await load_run_status(services, PausedHost(stage=None), RUN)
    assert status is not None
    assert status.status is Status.INTERRUPTED
