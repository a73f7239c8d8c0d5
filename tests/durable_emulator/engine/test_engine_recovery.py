"""An engine that is killed at any point reaches the same result after a restart on the same journal."""

import asyncio
import json
from collections import Counter
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.durable_functions import RetryOptions

from durable_emulator.engine import EngineStoppedError, Instance, ManualClock, RuntimeStatus
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, SimulatedKillError
from durable_emulator.engine.testing import finish, run_engine
from tests.support.moved_clock import MovedClock

Steps = Generator[Any, Any, Any]


def seed(context: Any) -> Steps:
    """A small run of everything: generations, a child, fan-out, timers that win and lose, an event, a retry."""
    state = context.get_input()
    if state["generation"] == 1:
        workers = [context.call_sub_orchestrator("worker", n, f"{context.instance_id}-lane-{n}") for n in range(2)]
        made = yield context.task_all(workers)
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=70))
        context.continue_as_new({"generation": 2, "made": made})
        return None
    patience = context.create_timer(context.current_utc_datetime + timedelta(seconds=30))
    word = context.wait_for_external_event("word")
    yield context.task_any([patience, word])
    patience.cancel()
    sealed = yield context.call_activity_with_retry("seal", RetryOptions(45_000, 3), word.result)
    return state["made"] + [sealed]


def worker(context: Any) -> Steps:
    images = yield context.task_all([context.call_activity("draw", n) for n in range(context.get_input() + 1)])
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=65))
    context.set_custom_status({"pictures": len(images)})
    return images


ORCHESTRATORS = {"seed": seed, "worker": worker}
EXPECTED = [[0], [0, 10], "sealed please"]


class Recorder:
    """Activities that count their calls; the first seal breaks."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    async def draw(self, number: int) -> int:
        self.calls[f"draw {number}"] += 1
        await asyncio.sleep(0)
        return 10 * number

    async def seal(self, word: str) -> str:
        self.calls["seal"] += 1
        number = self.calls["seal"]
        await asyncio.sleep(0)
        if number == 1:
            raise ConnectionError("the wax is cold")
        return f"sealed {word}"

    @property
    def functions(self) -> dict[str, Any]:
        return {"draw": self.draw, "seal": self.seal}


class KillAt(FaultInjector):
    """Kills the engine at the n-th point that it reaches, and lists the points."""

    def __init__(self, number: int | None) -> None:
        self.number = number
        self.reached: list[FaultPoint] = []

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        self.reached.append(point)
        if len(self.reached) == self.number:
            raise SimulatedKillError(f"{point} of {instance_id}")


async def run_seed(journal: Path, clock: ManualClock, faults: FaultInjector, recorder: Recorder) -> Instance:
    async with run_engine(journal, clock, ORCHESTRATORS, recorder.functions, faults=faults) as engine:
        if engine.find_instance("run") is None:
            try:
                engine.start_instance("seed", '{"generation": 1}', "run")
            except SimulatedKillError:
                engine.abandon()
                raise EngineStoppedError("killed while the instance was started") from None
            engine.raise_event("run", "word", '"please"')
        return await finish(engine, clock, "run")


async def count_points(folder: Path) -> list[FaultPoint]:
    faults = KillAt(None)
    await run_seed(folder / "whole", ManualClock(), faults, Recorder())
    return faults.reached


async def test_the_run_reaches_every_fault_point(tmp_path: Path) -> None:
    assert set(await count_points(tmp_path)) == set(FaultPoint)


@pytest.mark.slow
async def test_a_kill_at_any_point_changes_no_result_and_repeats_at_most_what_was_in_flight(tmp_path: Path) -> None:
    points = await count_points(tmp_path)
    for number in range(1, len(points) + 1):
        clock, recorder, journal = ManualClock(), Recorder(), tmp_path / f"killed-{number}"
        with pytest.raises(EngineStoppedError):
            await run_seed(journal, clock, KillAt(number), recorder)
        started = "instance created" not in points[number - 1]
        if not started:  # its event was never raised
            async with run_engine(journal, clock, ORCHESTRATORS, recorder.functions) as engine:
                engine.raise_event("run", "word", '"please"')
        instance = await run_seed(journal, clock, FaultInjector(), recorder)

        where = f"killed at point {number}: {points[number - 1]}"
        assert instance.status is RuntimeStatus.COMPLETED, where
        assert json.loads(instance.output or "") == EXPECTED, where
        assert 4 <= sum(recorder.calls.values()) <= 5 + 3, (where, recorder.calls)


class KillAfterResult(FaultInjector):
    """Kills the engine right after the n-th result is in the journal."""

    def __init__(self, number: int) -> None:
        self.left = number

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        if point is FaultPoint.COMPLETION_COMMITTED:
            self.left -= 1
            if self.left == 0:
                raise SimulatedKillError(f"{point} of {instance_id}")


def draw_in_sequence(context: Any) -> Steps:
    first = yield context.call_activity("draw", 0)
    second = yield context.call_activity("draw", 1)
    third = yield context.call_activity("draw", 2)
    return [first, second, third]


@pytest.mark.parametrize("results", [1, 2, 3])
async def test_an_activity_with_a_recorded_result_never_runs_again(tmp_path: Path, results: int) -> None:
    clock, recorder, orchestrators = ManualClock(), Recorder(), {"sequence": draw_in_sequence}
    faults = KillAfterResult(results)
    async with run_engine(tmp_path / "j", clock, orchestrators, recorder.functions, faults=faults) as engine:
        engine.start_instance("sequence", None, "one")
        with pytest.raises(EngineStoppedError):
            await finish(engine, clock, "one")
    async with run_engine(tmp_path / "j", clock, orchestrators, recorder.functions) as engine:
        instance = await finish(engine, clock, "one")

    assert instance.output == "[0, 10, 20]"
    assert recorder.calls == {"draw 0": 1, "draw 1": 1, "draw 2": 1}


async def test_an_engine_that_is_killed_repeatedly_completes_the_run(tmp_path: Path) -> None:
    clock, recorder, journal = ManualClock(), Recorder(), tmp_path / "j"
    lives = [KillAt(5), *(KillAt(9) for _ in range(20))]
    deaths = 0
    for faults in lives:
        try:
            await run_seed(journal, clock, faults, recorder)
        except EngineStoppedError:
            deaths += 1
    instance = await run_seed(journal, clock, FaultInjector(), recorder)

    assert json.loads(instance.output or "") == EXPECTED
    assert deaths > 3


class TwiceDelivered(FaultInjector):
    def count_deliveries(self, activity: str) -> int:  # noqa: ARG002
        return 2


async def test_an_activity_delivered_twice_completes_once(tmp_path: Path) -> None:
    recorder = Recorder()
    instance = await run_seed(tmp_path / "j", ManualClock(), TwiceDelivered(), recorder)

    assert json.loads(instance.output or "") == EXPECTED
    assert recorder.calls["seal"] == 4


class LosesFirstResult(FaultInjector):
    def __init__(self) -> None:
        self.lost: set[str] = set()

    def loses_result(self, activity: str) -> bool:
        is_first = activity not in self.lost
        self.lost.add(activity)
        return is_first


async def test_an_activity_whose_result_is_lost_is_delivered_again(tmp_path: Path) -> None:
    recorder = Recorder()
    instance = await run_seed(tmp_path / "j", ManualClock(), LosesFirstResult(), recorder)

    assert json.loads(instance.output or "") == EXPECTED
    assert recorder.calls["seal"] == 2


async def test_a_stopped_engine_records_results_in_its_grace_period_and_repeats_cancelled_activities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    both_run, may_end, never = asyncio.Barrier(3), asyncio.Event(), asyncio.Event()

    async def end(_: Any) -> str:
        calls["end"] += 1
        await both_run.wait()
        await may_end.wait()
        return "ended"

    async def hang(_: Any) -> str:
        calls["hang"] += 1
        if calls["hang"] == 1:
            await both_run.wait()
            await never.wait()
        return "hung"

    def both(context: Any) -> Steps:
        return (yield context.task_all([context.call_activity("end", None), context.call_activity("hang", None)]))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"both": both}, {"end": end, "hang": hang}) as engine:
        instance_id = engine.start_instance("both")
        await both_run.wait()
        loop = asyncio.get_running_loop()
        loop_clock = MovedClock(loop.time())
        with monkeypatch.context() as patch:
            patch.setattr(loop, "time", loop_clock.time)  # the grace period ends after the first activity
            stopping = asyncio.create_task(engine.stop(grace_seconds=60))
            await asyncio.sleep(0)
            may_end.set()
            await engine._changes.wait_until(lambda: engine._workers.running == 1)
            assert not stopping.done()
            loop_clock.now += 60
            await stopping
    async with run_engine(tmp_path / "j", clock, {"both": both}, {"end": end, "hang": hang}) as engine:
        instance = await finish(engine, clock, instance_id)

    assert json.loads(instance.output or "") == ["ended", "hung"]
    assert calls == {"end": 1, "hang": 2}


async def test_a_timer_that_became_due_while_no_engine_ran_fires_at_the_start(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS, Recorder().functions) as engine:
        engine.start_instance("worker", "0", "one")
        await engine.wait_until_idle()
    clock.advance(3600)
    late = clock.now()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS, Recorder().functions) as engine:
        instance = await finish(engine, clock, "one")

    assert instance.output == "[0]"
    assert clock.now() == late


async def test_an_instance_whose_function_is_missing_fails_with_a_clear_message(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, ORCHESTRATORS, Recorder().functions) as engine:
        engine.start_instance("worker", "0", "one")
        await engine.wait_until_idle()
    async with run_engine(tmp_path / "j", clock, {"seed": seed}) as engine:
        instance = await finish(engine, clock, "one")

    assert instance.status is RuntimeStatus.FAILED
    assert "The app has no orchestrator function 'worker'; it has: seed" in (instance.output or "")


async def test_an_engine_that_cannot_write_its_journal_stops(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class DiskFull(FaultInjector):
        def reach(self, point: FaultPoint, instance_id: str) -> None:  # noqa: ARG002
            if point is FaultPoint.EPISODE_WRITTEN:
                raise OSError("no space left on device")

    clock = ManualClock()
    async with run_engine(
        tmp_path / "j",
        clock,
        ORCHESTRATORS,
        Recorder().functions,
        faults=DiskFull(),
    ) as engine:
        instance_id = engine.start_instance("worker", "0")
        with pytest.raises(EngineStoppedError) as stopped:
            await engine.wait_for_completion(instance_id)
        with pytest.raises(EngineStoppedError):
            engine.start_instance("worker", "0")

    assert "no space left" in str(stopped.value.__cause__)
    assert "the engine stops" in caplog.text
