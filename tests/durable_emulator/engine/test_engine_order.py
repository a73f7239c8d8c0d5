"""An answer's actions are scheduled in the order of the Durable extension."""

import asyncio
import json
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine import ManualClock, RuntimeStatus
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, LostWorkerError
from durable_emulator.engine.testing import finish, run_engine
from orchestrators.first_completed import wait_for_first

Steps = Generator[Any, Any, Any]
Wait = Callable[[Any, list[Any]], Steps]

WIDTH, IMAGES, SECONDS = 8, 80, 5.0


def wait_plainly(context: Any, tasks: list[Any]) -> Steps:
    """Wait as 0.3 did."""
    return (yield context.task_any(tasks))


class Service:
    """An activity that takes its time on a clock that a test moves; its worker may die in some of its calls."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.running = self.busiest = self.calls = 0

    async def generate(self, value: int) -> int:
        self.calls += 1
        self.running += 1
        self.busiest = max(self.busiest, self.running)
        done = asyncio.Event()
        self.clock.call_at(self.clock.now() + timedelta(seconds=SECONDS), done.set)
        try:
            await done.wait()
        finally:
            self.running -= 1
        return value


def slide(wait: Wait) -> Callable[[Any], Steps]:
    """Return an orchestrator that keeps a window of activities full."""

    def run(context: Any) -> Steps:
        left = list(range(IMAGES))
        window: list[Any] = []
        results = []
        while left or window:
            while left and len(window) < WIDTH:
                window.append(context.call_activity("generate", left.pop()))
            first = yield from wait(context, window)
            window.remove(first)
            results.append(first.result)
        return sorted(results)

    return run


async def move_on(engine: Any, clock: ManualClock, instance_id: str) -> Any:
    """Let activities that wait for the clock end: return the instance once it is finished."""
    while True:
        for _ in range(30):
            await asyncio.sleep(0)
        instance = engine.find_instance(instance_id)
        if instance is None or instance.status.is_finished:
            return instance
        alarm = clock.next_alarm
        assert alarm is not None, "nothing will ever wake it"
        clock.jump_to(alarm)


async def measure_use(tmp_path: Path, wait: Wait) -> float:
    """Return the share of a window that was in use from the first call to the last result."""
    clock = ManualClock()
    service, start = Service(clock), clock.now()
    async with run_engine(tmp_path / "j", clock, {"slide": slide(wait)}, {"generate": service.generate}) as engine:
        instance = await move_on(engine, clock, engine.start_instance("slide"))
    assert json.loads(instance.output) == list(range(IMAGES))
    return IMAGES * SECONDS / (WIDTH * (clock.now() - start).total_seconds())


async def test_a_window_that_waits_with_task_any_alone_collapses(tmp_path: Path) -> None:
    assert await measure_use(tmp_path, wait_plainly) <= 0.4


async def test_a_window_that_waits_with_the_helper_is_used(tmp_path: Path) -> None:
    assert await measure_use(tmp_path, wait_for_first) >= 0.95


async def test_an_action_behind_an_unfinished_one_is_not_scheduled(tmp_path: Path) -> None:
    def work(context: Any) -> Steps:
        slow = context.call_activity("generate", 1)
        yield context.task_any([slow, context.call_activity("quick", 2)])
        yield context.task_any([slow, context.call_activity("generate", 3)])  # a group of one new task
        yield context.task_any([slow, context.call_activity("quick", 4)])
        return (yield slow)

    called: list[int] = []

    async def quick(value: int) -> None:
        called.append(value)

    clock = ManualClock()
    service = Service(clock)
    activities = {"generate": service.generate, "quick": quick}
    async with run_engine(tmp_path / "j", clock, {"work": work}, activities) as engine:
        instance_id = engine.start_instance("work")
        for _ in range(30):
            await asyncio.sleep(0)
        assert (service.calls, called) == (2, [2])
        clock.advance(SECONDS)
        instance = await move_on(engine, clock, instance_id)

    assert called == [2, 4]
    assert instance.output == "1"


async def test_one_episode_can_take_several_completions(tmp_path: Path) -> None:
    def fan_out(context: Any) -> Steps:
        due = context.current_utc_datetime + timedelta(seconds=9)
        return len((yield context.task_all([context.create_timer(due) for _ in range(5)])))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"fan_out": fan_out}) as engine:
        instance = await finish(engine, clock, engine.start_instance("fan_out"))
        episodes = engine.statistics.episodes

    assert instance.output == "5"
    assert episodes == 2


async def test_a_failed_orchestrator_ends_after_its_open_tasks(tmp_path: Path) -> None:
    def fail(context: Any) -> Steps:
        slow = context.call_activity("generate", 1)
        yield from wait_for_first(context, [slow, context.create_timer(context.current_utc_datetime)])
        raise RuntimeError("enough")

    clock = ManualClock()
    start, service = clock.now(), Service(clock)
    async with run_engine(tmp_path / "j", clock, {"fail": fail}, {"generate": service.generate}) as engine:
        instance = await move_on(engine, clock, engine.start_instance("fail"))

    assert instance.status is RuntimeStatus.FAILED
    assert json.loads(instance.output) == "Orchestrator function 'fail' failed: enough"
    assert clock.now() - start >= timedelta(seconds=SECONDS)


class Death(FaultInjector):
    """Lets the worker die at the ``nth`` time that the engine is at a point."""

    def __init__(self, point: FaultPoint, nth: int) -> None:
        self.point, self.left = point, nth

    def reach(self, point: FaultPoint, instance_id: str) -> None:  # noqa: ARG002 - the seam's signature
        self.left -= point is self.point
        if point is self.point and self.left == 0:
            raise LostWorkerError


def collect(context: Any) -> Steps:
    """Return what each of four calls came to."""
    window = [context.call_activity("generate", number) for number in range(4)]
    words = []
    while window:
        first = yield from wait_for_first(context, window)
        window.remove(first)
        words.append(str(first.result).partition(" \n ")[0])
    return words


DEAD = "Activity function 'generate' failed: python exited with code 137 (0x89)"


@pytest.mark.parametrize(("point", "lost"), [(FaultPoint.ACTIVITY_STARTING, 3), (FaultPoint.ACTIVITY_RETURNED, 4)])
async def test_a_worker_that_dies_fails_all_its_running_activities(
    tmp_path: Path, point: FaultPoint, lost: int
) -> None:
    clock = ManualClock()
    service = Service(clock)
    faults = Death(point, 3 if point is FaultPoint.ACTIVITY_STARTING else 1)
    functions = {"collect": collect}, {"generate": service.generate}
    async with run_engine(tmp_path / "j", clock, *functions, faults=faults) as engine:
        instance = await move_on(engine, clock, engine.start_instance("collect"))

    words = json.loads(instance.output)
    assert words.count(DEAD) == lost
    assert len(words) == 4
    assert service.running == 0


@pytest.mark.parametrize(
    ("nth", "words"),
    [
        (1, "Orchestrator function 'collect' failed: python exited with code 137 (0x89)"),
        (2, "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity"),
    ],
)
async def test_a_worker_that_dies_in_an_orchestrator_fails_the_instance(tmp_path: Path, nth: int, words: str) -> None:
    clock = ManualClock()
    functions = {"collect": collect}, {"generate": Service(clock).generate}
    async with run_engine(tmp_path / "j", clock, *functions, faults=Death(FaultPoint.EPISODE_STARTING, nth)) as engine:
        instance = await move_on(engine, clock, engine.start_instance("collect"))

    assert instance.status is RuntimeStatus.FAILED
    assert json.loads(instance.output).startswith(words)
