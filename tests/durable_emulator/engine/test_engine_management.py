"""Start, terminate, suspend, resume, purge, list."""

import asyncio
import json
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine import (
    EngineStoppedError,
    InstanceExistsError,
    InstanceFilter,
    ManualClock,
    RuntimeStatus,
    UnknownOrchestratorError,
)
from durable_emulator.engine.testing import finish, run_engine

Steps = Generator[Any, Any, Any]


def wait(context: Any) -> Steps:
    return (yield context.wait_for_external_event("go"))


def parent(context: Any) -> Steps:
    return (yield context.call_sub_orchestrator("wait", None, "child"))


ORCHESTRATORS = {"wait": wait, "parent": parent}


async def test_the_id_of_an_unfinished_instance_is_refused(tmp_path: Path) -> None:
    async with run_engine(tmp_path / "j", ManualClock(), ORCHESTRATORS) as engine:
        engine.start_instance("wait", None, "one")
        with pytest.raises(InstanceExistsError, match="'one' already exists and is Pending"):
            engine.start_instance("wait", None, "one")
        await engine.wait_until_idle()
        with pytest.raises(InstanceExistsError, match="Running"):
            engine.start_instance("wait", None, "one")


async def test_a_finished_instance_is_replaced_and_starts_afresh(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        engine.start_instance("wait", '"old"', "one")
        engine.raise_event("one", "go", "1")
        await finish(engine, clock, "one")
        engine.start_instance("wait", '"new"', "one")
        await engine.wait_until_idle()
        again = engine.find_instance("one")

    assert again is not None
    assert (again.status, again.input, again.output) == (RuntimeStatus.RUNNING, '"new"', None)


async def test_an_unknown_orchestrator_is_refused_and_the_message_lists_the_known(tmp_path: Path) -> None:
    async with run_engine(tmp_path / "j", ManualClock(), ORCHESTRATORS) as engine:
        with pytest.raises(UnknownOrchestratorError, match="'missing'; it has: parent, wait"):
            engine.start_instance("missing")


async def test_terminate_ends_the_instance_and_leaves_its_children_alone(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        engine.start_instance("parent", None, "p")
        await engine.wait_until_idle()
        assert engine.terminate("p", "enough")
        engine.raise_event("child", "go", "7")
        child = await finish(engine, clock, "child")
        ended = engine.find_instance("p")

    assert ended is not None
    assert (ended.status, json.loads(ended.output or "")) == (RuntimeStatus.TERMINATED, "enough")
    assert (child.status, child.output) == (RuntimeStatus.COMPLETED, "7")


async def test_results_for_a_terminated_instance_are_ignored_even_by_its_successor(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    called: asyncio.Queue[int] = asyncio.Queue()

    async def work(number: int) -> int:
        called.put_nowait(number)
        await gate.wait()
        return number

    def call(context: Any) -> Steps:
        return (yield context.call_activity("work", context.get_input()))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"call": call}, {"work": work}) as engine:
        engine.start_instance("call", "1", "one")
        await called.get()
        engine.terminate("one", "stop")
        engine.start_instance("call", "2", "one")
        await called.get()
        gate.set()
        instance = await finish(engine, clock, "one")

    assert instance.output == "2"


async def test_a_terminated_child_fails_its_parent_with_the_reason(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        engine.start_instance("parent", None, "p")
        await engine.wait_until_idle()
        engine.terminate("child", "too slow")
        instance = await finish(engine, clock, "p")

    assert instance.status is RuntimeStatus.FAILED
    assert "too slow" in (instance.output or "")


async def test_a_suspended_instance_runs_no_episode_until_it_is_resumed(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        engine.start_instance("wait", None, "one")
        await engine.wait_until_idle()
        assert engine.suspend("one")
        engine.raise_event("one", "go", "5")
        await engine.wait_until_idle()
        suspended = engine.find_instance("one")
        assert engine.resume("one")
        instance = await finish(engine, clock, "one")

    assert suspended is not None
    assert suspended.status is RuntimeStatus.SUSPENDED
    assert instance.output == "5"


async def test_purge_deletes_a_finished_instance_and_its_finished_children(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        engine.start_instance("parent", None, "p")
        await engine.wait_until_idle()
        assert not engine.purge_instance("p")
        engine.raise_event("child", "go", "1")
        await finish(engine, clock, "p")
        assert [i.id for i in engine.list_instances()] == ["child", "p"]

        assert engine.purge_instance("p")

        assert engine.list_instances() == []
        assert not engine.purge_instance("p")


async def test_purge_by_filter_takes_finished_instances_only(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        for name in ("a", "b"):
            engine.start_instance("wait", None, name)
        engine.raise_event("a", "go", "1")
        await finish(engine, clock, "a")

        assert engine.purge(InstanceFilter()) == 1
        assert [i.id for i in engine.list_instances()] == ["b"]


async def test_a_listing_can_be_filtered_and_continued(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS) as engine:
        for name in ("run-1", "run-2", "other"):
            engine.start_instance("wait", None, name)
            clock.advance(60)
        await engine.wait_until_idle()
        engine.terminate("run-1", "")
        begin = clock.now()

        def ids(**wanted: Any) -> list[str]:
            return [instance.id for instance in engine.list_instances(InstanceFilter(**wanted))]

        assert ids(id_prefix="run-") == ["run-1", "run-2"]
        assert ids(statuses=frozenset({RuntimeStatus.TERMINATED})) == ["run-1"]
        assert ids(limit=1) == ["other"]
        assert ids(limit=2, after_id="other") == ["run-1", "run-2"]
        assert ids(created_from=begin - timedelta(seconds=130)) == ["other", "run-2"]
        assert ids(created_to=begin - timedelta(seconds=130)) == ["run-1"]


async def test_waiting_for_an_instance_ends_with_the_engine(tmp_path: Path) -> None:
    async with run_engine(tmp_path / "j", ManualClock(), ORCHESTRATORS) as engine:
        waiting = asyncio.create_task(engine.wait_for_completion(engine.start_instance("wait")))
        await engine.wait_until_idle()
        await engine.stop()

        with pytest.raises(EngineStoppedError):
            await waiting


async def test_waiting_for_an_instance_returns_it_finished(tmp_path: Path) -> None:
    async with run_engine(tmp_path / "j", ManualClock(), ORCHESTRATORS) as engine:
        instance_id = engine.start_instance("wait")
        waiting = asyncio.create_task(engine.wait_for_completion(instance_id))
        engine.raise_event(instance_id, "go", "3")

        assert (await waiting).output == "3"
        with pytest.raises(LookupError, match="instance 'missing' does not exist"):
            await engine.wait_for_completion("missing")


async def test_a_watch_reports_changes_that_come_together_at_once(tmp_path: Path) -> None:
    async with run_engine(tmp_path / "j", ManualClock(), ORCHESTRATORS) as engine:
        watch = engine.watch_changes()
        engine.start_instance("parent", None, "one")
        await engine.wait_until_idle()
        await watch.wait(0)
        waiting = asyncio.create_task(watch.wait(0))
        await asyncio.sleep(0)
        assert not waiting.done()
        engine.raise_event("child", "go", "1")
        await waiting
        assert engine.find_instance("child") is not None


async def test_a_watch_reports_the_end_of_the_engine(tmp_path: Path) -> None:
    async with run_engine(tmp_path / "j", ManualClock(), ORCHESTRATORS) as engine:
        watch, stopped = engine.watch_changes(), asyncio.create_task(engine.wait_until_stopped())
        await asyncio.sleep(0)
        assert not stopped.done()
        engine.abandon()
        await watch.wait(0)
        await stopped
