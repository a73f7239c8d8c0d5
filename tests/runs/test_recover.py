"""What callers and the timer do for runs whose root ended without ending the run."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest

import function_app
from durable_emulator.host.emulator import DurableEmulator
from shared.config import Settings
from shared.messages.base import Cost, Counters
from shared.messages.custom_status import Children, ChildStatus, RootStatus, Stage
from shared.messages.instance_ids import make_finish_id, make_image_worker_id, make_wake_event, make_writer_id
from shared.messages.run import FinishRunInput, SeedInput, StartInventory
from shared.reasons import Reason
from shared.runs import run_claim, run_files
from shared.runs.recover import RecoveryKind, list_recoveries, read_run_state
from shared.runs.recover_all import recover_runs
from shared.runs.request import SeedRequest
from shared.runs.run_claim import RunState
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status
from shared.services.container import Services
from tests.support.durable_client import UnexpectedDurableClient
from tests.support.memory_store import MemoryStore

RUN = "8204736755521-af1e9c55"
IMAGE_WORKER, FINISH, WRITER = make_image_worker_id(RUN, 0, 0), make_finish_id(RUN), make_writer_id(RUN, 0, 0)
RuntimeStatus = df.OrchestrationRuntimeStatus
LOSS = "Orchestrator function 'seed_catalog' failed: python exited with code 137 (0x89)"
ROOT_STATUS = RootStatus(
    Stage.ITEMS_AND_IMAGES,
    Counters(accepted=9, cost=Cost(text_calls=2)),
    found=StartInventory(categories=2),
    children=Children(image_workers=1, writers=1),
)


@dataclass(slots=True)
class LeftHost(UnexpectedDurableClient):
    """A durable client whose engine has the instances of a run that its root left.

    Attributes:
        root: the root's status.
        output: what it ended with.
        children: of the root, by id; those that are terminated end at once, unless they are stubborn.
        stubborn: terminated children go on.
        publishes: the root has a custom status; one that was lost in the middle of an answer has none.
        started: what was started, with its input.
        terminated: what was terminated.
        idle: since when nothing happened to the instances.
        raised: the events that the root was sent.
    """

    root: Any = RuntimeStatus.Failed
    output: str = LOSS
    children: dict[str, Any] = field(default_factory=dict)
    stubborn: bool = False
    publishes: bool = True
    started: list[tuple[str, str, Any]] = field(default_factory=list)
    terminated: list[str] = field(default_factory=list)
    idle: timedelta = timedelta()
    raised: list[str] = field(default_factory=list)

    async def get_status(self, instance_id: str) -> Any:
        await asyncio.sleep(0)
        if instance_id == RUN:
            return self._describe(RUN, self.root, ROOT_STATUS.to_json() if self.publishes else None)
        child = ChildStatus(Counters(made=4, cost=Cost(image_calls=4)))
        custom = child.to_json() if instance_id == IMAGE_WORKER else None
        return self._describe(instance_id, self.children.get(instance_id), custom)

    async def get_status_by(self, since: datetime, until: datetime, statuses: list[Any]) -> list[Any]:
        assert since < until
        names = [RUN, *self.children]
        found = [await self.get_status(name) for name in names]
        return [instance for instance in found if instance.runtime_status in statuses]

    async def start_new(self, name: str, instance_id: str, client_input: Any) -> str:
        await asyncio.sleep(0)
        self.started.append((name, instance_id, client_input))
        if instance_id == RUN:
            self.root = RuntimeStatus.Running
        else:
            self.children[instance_id] = RuntimeStatus.Running
        return instance_id

    async def terminate(self, instance_id: str, reason: str) -> None:
        assert reason
        self.terminated.append(instance_id)
        if not self.stubborn:
            self.children[instance_id] = RuntimeStatus.Terminated

    def _describe(self, instance_id: str, status: Any, custom: Mapping[str, Any] | None) -> Any:
        return SimpleNamespace(
            name="seed_catalog",
            instance_id=instance_id,
            runtime_status=status,
            custom_status=custom,
            output=self.output,
            last_updated_time=(datetime.now(UTC) - self.idle).replace(tzinfo=None),
        )

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        assert (instance_id, event_data) == (RUN, None)
        self.raised.append(event_name)


@pytest.fixture
async def services() -> Services:
    services = Services(Settings(host_id="azure:seeder"), store=MemoryStore())
    await run_files.create_request(services.store, RUN, SeedRequest(catalog="toys", target_count=20))
    await run_claim.take_claim(
        services.store,
        "toys",
        run_id=RUN,
        host_id="azure:seeder",
        read_run_state=lambda _: asyncio.sleep(0, RunState.UNKNOWN),
    )
    return services


async def look(services: Services, host: LeftHost) -> RunStatus:
    status = await load_run_status(services, host, RUN)
    assert status is not None
    return status


async def test_of_many_who_ask_one_starts_a_lost_root_again(services: Services) -> None:
    host = LeftHost()
    seen = await asyncio.gather(*(look(services, host) for _ in range(20)))
    assert {status.status for status in seen} == {Status.RUNNING}
    (name, instance_id, data) = host.started[0]
    assert (len(host.started), name, instance_id) == (1, "seed_catalog", RUN)
    restart = SeedInput.from_json(data).restart
    assert restart is not None
    assert (restart.resume_count, restart.found) == (1, StartInventory(categories=2))
    assert restart.counters == Counters(accepted=9, made=4, cost=Cost(text_calls=2, image_calls=4))


async def test_children_of_a_lost_root_end_before_it_is_started_again(services: Services) -> None:
    host = LeftHost(children={IMAGE_WORKER: RuntimeStatus.Running})
    await look(services, host)
    assert host.terminated == [IMAGE_WORKER]
    assert [name for name, _, _ in host.started] == ["seed_catalog"]


async def test_a_root_that_lost_its_custom_status_too_has_its_children_ended_and_its_progress_kept(
    services: Services,
) -> None:
    await run_files.write_progress(services.store, await look(services, LeftHost(root=RuntimeStatus.Running)))
    worker = make_image_worker_id(RUN, 7, 4)
    other = make_image_worker_id("8204736755522-af1e9c55", 0, 0)
    host = LeftHost(publishes=False, children={worker: RuntimeStatus.Running, other: RuntimeStatus.Running})
    seen = await look(services, host)
    assert host.terminated == [worker]
    restart = SeedInput.from_json(host.started[0][2]).restart
    assert restart is not None
    assert (restart.resume_count, restart.found) == (5, StartInventory(categories=2, items=9))
    assert seen.progress.items.accepted == 9


async def test_a_lost_root_is_not_started_again_while_a_child_is_at_work(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runs.recover.TERMINATION_POLL_SECONDS", 0)
    host = LeftHost(children={IMAGE_WORKER: RuntimeStatus.Running}, stubborn=True)
    assert (await look(services, host)).status is Status.RUNNING
    assert await read_run_state(services, host, RUN) is RunState.ACTIVE
    assert host.started == []


async def test_each_new_root_begins_in_a_resume_of_its_own(services: Services) -> None:
    host = LeftHost()
    for _ in range(3):
        host.root = RuntimeStatus.Failed
        await look(services, host)
        claim = await run_claim.send_heartbeat(
            services.store, "toys", run_id=RUN, host_id="azure:seeder", succeeded=True, interval=timedelta()
        )
        assert claim is not None
        await forget_success_times(services)
    resume_counts = [SeedInput.from_json(data).restart for _, _, data in host.started]
    assert [restart and restart.resume_count for restart in resume_counts] == [1, 2, 3]


async def forget_success_times(services: Services) -> None:
    """Date the last success in the future, so that no restart counts as one in a row."""
    path = "catalogs/toys/state/active.json"
    claim = run_claim.Claim(RUN, "azure:seeder", datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=1))
    await services.store.write(path, run_claim.dump_claim(claim), content_type="application/json")


async def test_a_terminated_run_is_ended_once_none_of_its_children_is_at_work(services: Services) -> None:
    host = LeftHost(root=RuntimeStatus.Terminated, children={IMAGE_WORKER: RuntimeStatus.Running})
    before = await look(services, host)
    state = await read_run_state(services, host, RUN)
    started_before = list(host.started)
    host.children[IMAGE_WORKER] = RuntimeStatus.Completed
    await look(services, host)
    stop = await run_files.read_stop_record(services.store, RUN)
    assert (before.status, before.stage, state, started_before) == (Status.RUNNING, "stopping", RunState.ACTIVE, [])
    assert stop is not None
    assert stop.reason is Reason.CANCELLED
    assert host.terminated == []
    assert [(name, instance_id) for name, instance_id, _ in host.started] == [("finish_run", FINISH)]
    ending = FinishRunInput.from_json(host.started[0][2])
    assert (ending.recount, ending.counters.made, ending.failure) == (True, 4, stop)


async def test_a_suspended_child_of_a_terminated_run_is_terminated_as_it_would_never_see_the_stop(
    services: Services,
) -> None:
    host = LeftHost(root=RuntimeStatus.Terminated, children={IMAGE_WORKER: RuntimeStatus.Suspended})
    await look(services, host)
    assert host.terminated == [IMAGE_WORKER]


async def test_a_run_that_cannot_be_ended_is_reported_as_its_root_ended(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.limits.retry_policy.LOST_WORKER_WAITS_SECONDS", (0.0,) * 2)
    host = LeftHost(output="KeyError: 'a fault of ours'")
    for _ in range(3):
        assert (await look(services, host)).status is Status.RUNNING
        host.children[FINISH] = RuntimeStatus.Failed
    ended = await look(services, host)
    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert ended.error.reason == "internal_error"
    assert "a fault of ours" in ended.error.message
    assert await read_run_state(services, host, RUN) is RunState.ENDED


async def test_the_timer_recovers_runs_that_no_client_polls(services: Services) -> None:
    host = LeftHost(children={IMAGE_WORKER: RuntimeStatus.Running}, root=RuntimeStatus.Terminated)

    async def end_children(_: float) -> None:
        host.children[IMAGE_WORKER] = RuntimeStatus.Completed
        if FINISH in host.children:
            host.root = RuntimeStatus.Running  # as if it had ended: the engine lists it no more

    assert await recover_runs(services, host, sleep=end_children) == 0
    assert [name for name, _, _ in host.started] == ["finish_run"]
    assert len(await list_recoveries(services.store, RUN, RecoveryKind.END)) == 1


def leave_idle_root(**changes: Any) -> LeftHost:
    """Return a host whose root has not acted on the end of its writer, for which its image worker waits."""
    children = {WRITER: RuntimeStatus.Completed, IMAGE_WORKER: RuntimeStatus.Running}
    return LeftHost(**{"root": RuntimeStatus.Running, "children": children, "idle": timedelta(minutes=1), **changes})


async def test_a_root_that_did_not_act_on_the_end_of_its_writers_is_woken(services: Services) -> None:
    host = leave_idle_root()
    assert (await look(services, host)).status is Status.RUNNING
    assert host.raised == [make_wake_event(0)]
    await recover_runs(services, host)
    assert host.raised == [make_wake_event(0)] * 2
    assert (host.started, host.terminated) == ([], [])


@pytest.mark.parametrize(
    "changes",
    [
        {"idle": timedelta(seconds=5)},
        {"children": {WRITER: RuntimeStatus.Running, IMAGE_WORKER: RuntimeStatus.Running}},
        {"children": {IMAGE_WORKER: RuntimeStatus.Running}},
        {"publishes": False},
    ],
    ids=["it may still act", "a writer is at work", "nothing is written", "nothing is known of its children"],
)
async def test_no_other_root_is_woken(changes: dict[str, Any], services: Services) -> None:
    host = leave_idle_root(**changes)
    await look(services, host)
    await recover_runs(services, host)
    assert host.raised == []


async def test_a_root_that_has_closed_the_items_is_not_woken(services: Services) -> None:
    await run_files.close_items(services.store, RUN)
    host = leave_idle_root()
    await look(services, host)
    assert host.raised == []


async def test_the_timer_runs_often_enough_to_recover_a_run_within_five_minutes(tmp_path: Path) -> None:
    timers = {timer.function.name: timer.schedule for timer in DurableEmulator(function_app.app, tmp_path).timers}
    seconds, minutes, *_ = timers["resume_failed_runs"].split()
    assert seconds.isdecimal()
    assert int(minutes.removeprefix("*/")) < 5


async def test_the_timer_gives_back_when_its_time_is_over(services: Services) -> None:
    host = LeftHost(children={IMAGE_WORKER: RuntimeStatus.Running}, root=RuntimeStatus.Terminated)
    now = 0.0

    async def pass_time(seconds: float) -> None:
        nonlocal now
        now += seconds

    assert await recover_runs(services, host, read_seconds=lambda: now, sleep=pass_time) == 1
    assert now == pytest.approx(60)
