"""External events arrive once and in order."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

from durable_emulator.engine import ManualClock
from durable_emulator.engine.testing import finish, run_engine

Steps = Generator[Any, Any, Any]


async def pause(_: Any) -> None:
    return None


def collect(context: Any) -> Steps:
    """Waits for three events of one name, with work between them."""
    got = []
    for _ in range(3):
        yield context.call_activity("pause", None)
        got.append((yield context.wait_for_external_event("news")))
    return got


async def test_events_raised_before_the_wait_are_kept_in_order(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"collect": collect}, {"pause": pause}) as engine:
        instance_id = engine.start_instance("collect")
        for n in range(3):
            engine.raise_event(instance_id, "news", json.dumps(n))
        instance = await finish(engine, clock, instance_id)

    assert instance.output == "[0, 1, 2]"


async def test_events_raised_during_the_wait_arrive_in_order(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"collect": collect}, {"pause": pause}) as engine:
        instance_id = engine.start_instance("collect")
        for n in range(3):
            await engine.wait_until_idle()
            engine.raise_event(instance_id, "news", json.dumps({"n": n}))
        instance = await finish(engine, clock, instance_id)

    assert json.loads(instance.output or "") == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_an_event_of_another_name_does_not_hold_up_the_awaited_one(tmp_path: Path) -> None:
    def wait(context: Any) -> Steps:
        second = yield context.wait_for_external_event("second")
        first = yield context.wait_for_external_event("first")
        return [first, second]

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"wait": wait}) as engine:
        instance_id = engine.start_instance("wait")
        engine.raise_event(instance_id, "first", "1")
        engine.raise_event(instance_id, "second", "2")
        instance = await finish(engine, clock, instance_id)

    assert instance.output == "[1, 2]"


async def test_events_not_consumed_survive_continue_as_new(tmp_path: Path) -> None:
    def take_one(context: Any) -> Steps:
        got = context.get_input()
        got.append((yield context.wait_for_external_event("news")))
        if len(got) == 4:
            return got
        context.continue_as_new(got)
        return None

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"take_one": take_one}) as engine:
        instance_id = engine.start_instance("take_one", "[]")
        for n in range(4):
            engine.raise_event(instance_id, "news", json.dumps(n))
        instance = await finish(engine, clock, instance_id)

    assert instance.output == "[0, 1, 2, 3]"
    assert instance.generation == 3


async def test_an_event_that_arrives_with_the_message_that_ends_the_generation_is_not_lost(tmp_path: Path) -> None:
    def run(context: Any) -> Steps:
        if context.get_input() == 1:
            yield context.task_any([context.wait_for_external_event("news"), context.wait_for_external_event("turn")])
            context.continue_as_new(2)
            return None
        return (yield context.wait_for_external_event("news"))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"run": run}) as engine:
        instance_id = engine.start_instance("run", "1")
        await engine.wait_until_idle()
        engine.raise_event(instance_id, "turn", "null")
        engine.raise_event(instance_id, "news", '"hot"')  # both in the inbox before the next episode
        instance = await finish(engine, clock, instance_id)

    assert instance.output == '"hot"'


async def test_events_for_unknown_or_finished_instances_are_refused(tmp_path: Path) -> None:
    def wait(context: Any) -> Steps:
        yield context.wait_for_external_event("go")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"wait": wait}) as engine:
        instance_id = engine.start_instance("wait")
        assert engine.raise_event(instance_id, "go", "null")
        await finish(engine, clock, instance_id)

        assert not engine.raise_event(instance_id, "go", "null")
        assert not engine.raise_event("missing", "go", "null")
