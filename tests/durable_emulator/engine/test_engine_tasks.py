"""Activities, timers and sub-orchestrations."""

import asyncio
import json
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

from durable_emulator.engine import ManualClock, RuntimeStatus
from durable_emulator.engine.testing import finish, run_engine

Steps = Generator[Any, Any, Any]


async def double(value: int) -> int:
    return 2 * value


async def refuse(value: str) -> None:
    raise ValueError(f"no {value}")


async def test_results_come_back_in_the_order_of_the_calls(tmp_path: Path) -> None:
    gates = {n: asyncio.Event() for n in range(3)}

    async def wait_in_turn(n: int) -> int:
        await gates[n].wait()
        if n:
            gates[n - 1].set()
        return n

    def fan_out(context: Any) -> Steps:
        return (yield context.task_all([context.call_activity("wait_in_turn", n) for n in range(3)]))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"fan_out": fan_out}, {"wait_in_turn": wait_in_turn}) as engine:
        instance_id = engine.start_instance("fan_out")
        gates[2].set()  # the last one ends first
        instance = await finish(engine, clock, instance_id)

    assert instance.status is RuntimeStatus.COMPLETED
    assert instance.output == "[0, 1, 2]"


async def test_input_and_output_are_plain_values_for_the_orchestrator(tmp_path: Path) -> None:
    def echo(context: Any) -> Steps:
        value = context.get_input()
        doubled = yield context.call_activity("double", value["n"])
        return {"n": doubled, "text": "größer"}

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"echo": echo}, {"double": double}) as engine:
        instance = await finish(engine, clock, engine.start_instance("echo", '{"n": 4}'))

    assert json.loads(instance.output or "") == {"n": 8, "text": "größer"}


async def test_a_failed_activity_raises_its_name_type_and_message_and_no_stack_trace(tmp_path: Path) -> None:
    def call(context: Any) -> Steps:
        try:
            yield context.call_activity("refuse", "way")
        except Exception as error:  # noqa: BLE001 - the SDK raises bare exceptions
            return str(error)
        return None

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"call": call}, {"refuse": refuse}) as engine:
        instance = await finish(engine, clock, engine.start_instance("call", None, "one"))

    reason, details = json.loads(instance.output or "").split(" \n ")
    assert reason == "Activity function 'refuse' failed: ValueError: no way"
    assert json.loads(details)["Message"] == "ValueError: no way"
    assert "Traceback" not in details


async def test_an_orchestrator_that_raises_ends_failed_with_its_message(tmp_path: Path) -> None:
    def fail(context: Any) -> Steps:
        yield context.call_activity("double", 1)
        raise KeyError("colour")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"fail": fail}, {"double": double}) as engine:
        instance = await finish(engine, clock, engine.start_instance("fail"))

    assert instance.status is RuntimeStatus.FAILED
    assert json.loads(instance.output or "") == "Orchestrator function 'fail' failed: 'colour'"


async def test_an_unknown_activity_fails_and_the_message_lists_the_known_ones(tmp_path: Path) -> None:
    def call(context: Any) -> Steps:
        yield context.call_activity("treble", 1)

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"call": call}, {"double": double}) as engine:
        instance = await finish(engine, clock, engine.start_instance("call"))

    assert "the app has no activity function 'treble'; it has: double" in json.loads(instance.output or "")


async def test_an_activity_cancelled_by_its_own_code_fails_instead_of_hanging(tmp_path: Path) -> None:
    async def give_up(_: Any) -> None:
        raise asyncio.CancelledError

    def call(context: Any) -> Steps:
        yield context.call_activity("give_up", None)

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"call": call}, {"give_up": give_up}) as engine:
        instance = await finish(engine, clock, engine.start_instance("call"))

    assert "CancelledError" in (instance.output or "")


async def test_no_more_activities_run_at_once_than_allowed(tmp_path: Path) -> None:
    running, most = 0, 0

    async def count(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    def fan_out(context: Any) -> Steps:
        yield context.task_all([context.call_activity("count", n) for n in range(9)])

    clock = ManualClock()
    async with run_engine(
        tmp_path / "j",
        clock,
        {"fan_out": fan_out},
        {"count": count},
        max_concurrent_activities=3,
    ) as engine:
        await finish(engine, clock, engine.start_instance("fan_out"))

    assert most == 3


async def test_a_timer_fires_when_due_and_not_earlier(tmp_path: Path) -> None:
    def sleep(context: Any) -> Steps:
        before = context.current_utc_datetime
        yield context.create_timer(before + timedelta(seconds=90))
        return (context.current_utc_datetime - before).total_seconds()

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"sleep": sleep}) as engine:
        instance_id = engine.start_instance("sleep")
        await engine.wait_until_idle()
        clock.advance(89.9)
        await engine.wait_until_idle()
        early = engine.find_instance(instance_id)
        clock.advance(3600)  # a laptop that slept
        await engine.wait_until_idle()
        late = engine.find_instance(instance_id)

    assert early is not None
    assert early.status is RuntimeStatus.RUNNING
    assert late is not None
    assert late.status is RuntimeStatus.COMPLETED
    assert float(late.output or "") >= 90


def race(context: Any) -> Steps:
    """Lets an activity beat a timer in two generations; the second one's timer has the number of the first one's."""
    generation = context.get_input()["generation"]
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=60))
    work = context.call_activity("double", generation)
    winner = yield context.task_any([timer, work])
    timer.cancel()
    if generation == 1:
        context.continue_as_new(context.get_input() | {"generation": 2})
        return None
    pause = context.create_timer(context.current_utc_datetime + timedelta(seconds=200))
    yield pause
    return "work" if winner == work else "timer"


async def test_a_timer_of_one_generation_does_not_fire_in_the_next(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with run_engine(tmp_path / "j", clock, {"race": race}, {"double": double}) as engine:
        instance_id = engine.start_instance("race", json.dumps({"generation": 1}))
        instance = await finish(engine, clock, instance_id)

    assert json.loads(instance.output or "") == "work"
    assert (clock.now() - start).total_seconds() >= 200


async def test_a_cancelled_timer_does_not_wake_its_instance(tmp_path: Path) -> None:
    def cancel(context: Any) -> Steps:
        timer = context.create_timer(context.current_utc_datetime + timedelta(days=5))
        yield context.task_any([timer, context.call_activity("double", 1)])
        timer.cancel()
        yield context.wait_for_external_event("go")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"cancel": cancel}, {"double": double}) as engine:
        engine.start_instance("cancel")
        await engine.wait_until_idle()

        assert clock.next_alarm is None


async def test_an_instance_that_forgets_a_timer_stays_running_until_it_fires(tmp_path: Path) -> None:
    def forget(context: Any) -> Steps:
        timer = context.create_timer(context.current_utc_datetime + timedelta(days=5))
        yield context.task_any([timer, context.call_activity("double", 1)])

    clock = ManualClock()
    start = clock.now()
    async with run_engine(tmp_path / "j", clock, {"forget": forget}, {"double": double}) as engine:
        instance_id = engine.start_instance("forget")
        await engine.wait_until_idle()
        before = engine.find_instance(instance_id)
        instance = await finish(engine, clock, instance_id)

    assert before is not None
    assert before.status is RuntimeStatus.RUNNING
    assert instance.status is RuntimeStatus.COMPLETED
    assert clock.now() - start >= timedelta(days=5)


async def test_a_timer_beyond_the_maximum_duration_is_split_and_fires_when_due(tmp_path: Path) -> None:
    clock = ManualClock()
    start = clock.now()
    async with run_engine(tmp_path / "j", clock, {"wait_long": wait_long}) as engine:
        instance_id = engine.start_instance("wait_long", str(86_400 * 10))
        await engine.wait_until_idle()
        first = clock.next_alarm
        instance = await finish(engine, clock, instance_id)

    assert first is not None
    assert timedelta(days=3) <= first - start < timedelta(days=3, seconds=1)
    assert instance.status is RuntimeStatus.COMPLETED
    assert timedelta(days=10) <= clock.now() - start < timedelta(days=10, seconds=1)


def wait_long(context: Any) -> Steps:
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()))
    return context.get_input()


async def test_a_sub_orchestration_of_an_hour_reports_to_its_parent_once(tmp_path: Path) -> None:
    def parent(context: Any) -> Steps:
        first = yield context.call_sub_orchestrator("wait_long", 3600, "the-child")
        second = yield context.call_sub_orchestrator("wait_long", 61)
        return [first, second]

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"parent": parent, "wait_long": wait_long}) as engine:
        instance = await finish(engine, clock, engine.start_instance("parent", None, "p"))
        child = engine.find_instance("the-child")

    assert instance.output == "[3600, 61]"
    assert child is not None
    assert child.parent_id == "p"


async def test_a_failed_child_raises_its_message_in_the_parent(tmp_path: Path) -> None:
    def child(context: Any) -> Steps:
        yield context.call_activity("refuse", "luck")

    def parent(context: Any) -> Steps:
        yield context.call_sub_orchestrator("child", None, "c")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"parent": parent, "child": child}, {"refuse": refuse}) as engine:
        instance = await finish(engine, clock, engine.start_instance("parent"))

    assert instance.status is RuntimeStatus.FAILED
    assert "Orchestrator function 'child' failed: Activity function 'refuse' failed: ValueError: no luck" in (
        instance.output or ""
    )


async def test_a_child_with_the_id_of_a_running_instance_is_refused(tmp_path: Path) -> None:
    def parent(context: Any) -> Steps:
        yield context.call_sub_orchestrator("wait_long", 1, "taken")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"parent": parent, "wait_long": wait_long}) as engine:
        engine.start_instance("wait_long", "1000", "taken")
        instance = await finish(engine, clock, engine.start_instance("parent"))
        taken = engine.find_instance("taken")

    assert "'taken' already exists and is Running" in (instance.output or "")
    assert taken is not None
    assert taken.parent_id is None


async def test_an_unknown_child_function_fails_and_the_message_names_it(tmp_path: Path) -> None:
    def parent(context: Any) -> Steps:
        yield context.call_sub_orchestrator("missing", 1)

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"parent": parent}) as engine:
        instance = await finish(engine, clock, engine.start_instance("parent"))

    assert "The app has no orchestrator function 'missing'; it has: parent" in (instance.output or "")


async def test_a_finished_instance_keeps_its_status_without_its_history(tmp_path: Path) -> None:
    def child(context: Any) -> Steps:
        yield context.call_activity("double", 1)
        context.set_custom_status({"done": 1})

    def parent(context: Any) -> Steps:
        yield context.call_sub_orchestrator("child", None, "c")
        yield context.wait_for_external_event("go")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"parent": parent, "child": child}, {"double": double}) as engine:
        engine.start_instance("parent", None, "p")
        await engine.wait_until_idle()
        child_history, parent_history = engine.read_history("c"), engine.read_history("p")
        ended = engine.find_instance("c")
        engine.raise_event("p", "go", "null")
        await finish(engine, clock, "p")

        assert engine.read_history("p") == []
    assert child_history == []
    assert len(parent_history) > 0
    assert ended is not None
    assert ended.custom_status == '{"done": 1}'


async def test_uuids_differ_between_generations_even_when_the_clock_stands_still(tmp_path: Path) -> None:
    seen: list[str] = []

    async def note(value: str) -> None:
        seen.append(value)

    def draw(context: Any) -> Steps:
        yield context.call_activity("note", str(context.new_uuid()))
        if context.get_input() > 0:
            context.continue_as_new(context.get_input() - 1)

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"draw": draw}, {"note": note}) as engine:
        await finish(engine, clock, engine.start_instance("draw", "4"))

    assert len(set(seen)) == 5


async def test_a_generation_ends_only_when_all_its_tasks_have_ended(tmp_path: Path) -> None:
    slow, order = asyncio.Event(), []

    async def work(generation: int) -> int:
        if generation == 1:
            await slow.wait()
        order.append(generation)
        return generation

    def run(context: Any) -> Steps:
        if context.get_input() == 1:
            yield context.task_any([context.call_activity("quick", 0), context.call_activity("work", 1)])
            context.continue_as_new(2)
            return None
        return (yield context.call_activity("work", 2))  # has the number of generation 1's slow call

    clock = ManualClock()
    functions = {"work": work, "quick": double}
    async with run_engine(tmp_path / "j", clock, {"run": run}, functions) as engine:
        instance_id = engine.start_instance("run", "1")
        for _ in range(20):
            await asyncio.sleep(0)
        waiting = engine.find_instance(instance_id)
        slow.set()
        instance = await finish(engine, clock, instance_id)

    assert waiting is not None
    assert waiting.generation == 0
    assert instance.output == "2"
    assert order == [1, 2]


async def test_custom_status_outlives_a_generation(tmp_path: Path) -> None:
    def run(context: Any) -> Steps:
        if context.get_input() == 1:
            context.set_custom_status({"stage": "one"})
            yield context.call_activity("double", 1)
            context.continue_as_new(2)
            return
        yield context.wait_for_external_event("go")

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"run": run}, {"double": double}) as engine:
        instance_id = engine.start_instance("run", "1")
        await engine.wait_until_idle()
        instance = engine.find_instance(instance_id)

    assert instance is not None
    assert instance.generation == 1
    assert instance.custom_status == '{"stage": "one"}'
