"""The cases of the fault harness: what is done to a run."""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from durable_emulator.engine.clock import SystemClock
from tests.chaos.dependencies import ROOT, Azurite, Dependency
from tests.chaos.trial import ITEMS, Outcome, Trial, open_trial, run_with_faults, time_run
from tests.support.fault_injection import CallAtChange, DeliverTwice, KillAtChange, LoseResults, Side
from tests.support.run_scenarios import ACTIVITIES, PLAIN, find_scenario

Rows = list[dict[str, str]]

OUTAGE_SECONDS = 30.0
PLAIN_ACTIVITIES = [name for name in ACTIVITIES if find_scenario(name) is PLAIN]
"""The activities of a plain run in which nothing goes wrong; tests/faults has courses for the others."""


async def run_without_faults() -> tuple[Outcome, Rows]:
    """Run once and leave it alone; returns the rows that every other run of the same request must give, too."""
    async with open_trial() as trial:
        seconds = await time_run(trial.restartable_app.run())
        audit = await trial.restartable_app.audit(items=ITEMS)
        return await trial.check("undisturbed", seconds), audit.describe_rows()


async def deliver_twice(expected: Rows) -> AsyncIterator[Outcome]:
    """Deliver every message of every activity twice."""
    yield await run_with_faults("every activity twice at once", DeliverTwice(), expected=expected)
    again = LoseResults(elsewhere=True)
    yield await run_with_faults("every activity twice, one after the other, in two processes", again, expected=expected)


async def lose_activity_results(expected: Rows) -> AsyncIterator[Outcome]:
    """Lose results of each activity."""
    yield await run_with_faults("every second result lost", LoseResults(), expected=expected)


async def kill_around_changes(expected: Rows) -> AsyncIterator[Outcome]:
    """Kill before and after the first changes of each activity, one life after the other in one run."""
    for activity in PLAIN_ACTIVITIES:
        lives = [KillAtChange(activity, count, side) for count in range(3) for side in Side]
        async with open_trial() as trial:
            seconds = await time_run(trial.restartable_app.run(*lives))
            case = f"killed {len(trial.restartable_app.in_flight)} times around the changes of {activity}"
            yield await trial.check(case, seconds, expected=expected)


async def stop_the_store(_: Rows) -> AsyncIterator[Outcome]:
    """Stop Azurite in the middle, and start it again on the same data."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_trial() as trial, _start_dependency(Azurite(Path(folder))) as azurite:
            trial.restartable_app.store_settings = azurite.make_settings()
            seconds, trial.allowed = await _run_with_outage(trial, azurite, OUTAGE_SECONDS, signal.SIGTERM)
            yield await trial.check(f"store away for {OUTAGE_SECONDS:.0f} s (Azurite)", seconds)


async def restart_the_simulator(_: Rows) -> AsyncIterator[Outcome]:
    """Kill the model in the middle, and start it again at the same address."""
    for outage_seconds in (0.0, 10.0):
        async with open_trial() as trial:
            seconds, trial.allowed = await _run_with_outage(trial, trial.simulator, outage_seconds, signal.SIGKILL)
            yield await trial.check(f"model killed, started again after {outage_seconds:.0f} s", seconds)


async def _run_with_outage(
    trial: Trial, dependency: Dependency, outage_seconds: float, how: signal.Signals
) -> tuple[float, int]:
    """Run while something is away from the middle on; returns the seconds, and how many calls had no answer."""
    tasks: list[asyncio.Task[None]] = []

    async def come_back() -> None:
        await asyncio.sleep(outage_seconds)
        await asyncio.to_thread(dependency.start)

    def go() -> None:
        dependency.stop(how)
        tasks.append(asyncio.create_task(come_back()))

    middle = CallAtChange("generate_image", ITEMS // 3, go)
    seconds = await time_run(trial.restartable_app.run(middle))
    await asyncio.gather(*tasks)
    return seconds, middle.unanswered


@asynccontextmanager
async def _start_dependency(azurite: Azurite) -> AsyncIterator[Azurite]:
    await asyncio.to_thread(azurite.start)
    try:
        yield azurite
    finally:
        await asyncio.to_thread(azurite.stop)


class AdvancingClock(SystemClock):
    """The machine's clock, that can be put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the present moment in UTC, or what it was put forward to."""
        return super().now() + self._ahead

    async def jump(self, times: int, pause_seconds: float) -> None:
        """Put it an hour forward so many times, with a pause before each."""
        for _ in range(times):
            await asyncio.sleep(pause_seconds)
            self._ahead += timedelta(hours=1)


async def advance_clock(expected: Rows) -> AsyncIterator[Outcome]:
    """Let an hour be slept through three times: while all is well, and while the quota makes the image workers wait."""
    for case, faults, pause_seconds in (
        ("clock put an hour forward 3 times", {}, 0.5),
        ("the same, image workers waiting for the quota", {"imageRequestsPerMinute": 120}, 4.0),
    ):
        clock = AdvancingClock()
        async with open_trial(faults, clock=clock) as trial:
            jumps = asyncio.create_task(clock.jump(3, pause_seconds))
            seconds = await time_run(trial.restartable_app.run())
            await jumps
            yield await trial.check(case, seconds, expected=expected)


async def replay_saved_histories(_: Rows) -> AsyncIterator[Outcome]:
    """Replay the histories of earlier versions through today's orchestrators, as the tests do."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "tests/orchestrators/test_saved_histories.py"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = (await process.communicate())[0]
    last_line = said.decode().strip().rpartition("\n")[2]
    seconds = time.perf_counter() - begun
    yield Outcome("saved histories replay", 0, int(process.returncode != 0), 0, 0, seconds, (last_line,))
