"""The cases of the long chaos runs: the faults injected into a run."""

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
from tests.chaos.long_run import ITEMS, LongRun, Outcome, open_long_run, run_with_faults, time_run
from tests.support.fault_injection import CallAtChange, DeliverTwice, KillAtChange, LoseResults, Side
from tests.support.run_scenarios import ACTIVITIES, PLAIN, find_scenario

Rows = list[dict[str, str]]

OUTAGE_SECONDS = 30.0
PLAIN_ACTIVITIES = [name for name in ACTIVITIES if find_scenario(name) is PLAIN]
"""Activities of a run without failures; the tests of this folder cover the others."""


async def run_without_faults() -> tuple[Outcome, Rows]:
    """Run once without faults; return the outcome, and the rows that every other run of the request must give."""
    async with open_long_run() as long_run:
        seconds = await time_run(long_run.restartable_app.run())
        audit = await long_run.restartable_app.audit(items=ITEMS)
        return await long_run.check("no faults", seconds), audit.describe_rows()


async def deliver_twice(expected: Rows) -> AsyncIterator[Outcome]:
    """Deliver every message of every activity twice."""
    yield await run_with_faults("every activity twice at once", DeliverTwice(), expected=expected)
    again = LoseResults(elsewhere=True)
    yield await run_with_faults("every activity twice, in sequence, in two processes", again, expected=expected)


async def lose_activity_results(expected: Rows) -> AsyncIterator[Outcome]:
    """Lose every second result of each activity."""
    yield await run_with_faults("every second result lost", LoseResults(), expected=expected)


async def kill_around_changes(expected: Rows) -> AsyncIterator[Outcome]:
    """Kill one run repeatedly, before and after the first store changes of each activity."""
    for activity in PLAIN_ACTIVITIES:
        kills = [KillAtChange(activity, count, side) for count in range(3) for side in Side]
        async with open_long_run() as long_run:
            seconds = await time_run(long_run.restartable_app.run(*kills))
            case = f"killed {len(long_run.restartable_app.in_flight)} times around the store changes of {activity}"
            yield await long_run.check(case, seconds, expected=expected)


async def stop_the_store(_: Rows) -> AsyncIterator[Outcome]:
    """Stop Azurite in the middle of a run, and restart it on the same data."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_long_run() as long_run, _start_dependency(Azurite(Path(folder))) as azurite:
            long_run.restartable_app.store_settings = azurite.make_settings()
            seconds, long_run.allowed = await _run_with_outage(long_run, azurite, OUTAGE_SECONDS, signal.SIGTERM)
            yield await long_run.check(f"store unavailable for {OUTAGE_SECONDS:.0f} s (Azurite)", seconds)


async def restart_the_simulator(_: Rows) -> AsyncIterator[Outcome]:
    """Kill the model simulator in the middle of a run, and restart it at the same address."""
    for outage_seconds in (0.0, 10.0):
        async with open_long_run() as long_run:
            seconds, long_run.allowed = await _run_with_outage(
                long_run, long_run.simulator, outage_seconds, signal.SIGKILL
            )
            yield await long_run.check(f"model killed, restarted after {outage_seconds:.0f} s", seconds)


async def _run_with_outage(
    long_run: LongRun, dependency: Dependency, outage_seconds: float, how: signal.Signals
) -> tuple[float, int]:
    """Run with an outage in the middle; return the seconds, and the number of calls without an answer."""
    tasks: list[asyncio.Task[None]] = []

    async def restart() -> None:
        await asyncio.sleep(outage_seconds)
        await asyncio.to_thread(dependency.start)

    def interrupt() -> None:
        dependency.stop(how)
        tasks.append(asyncio.create_task(restart()))

    middle = CallAtChange("generate_image", ITEMS // 3, interrupt)
    seconds = await time_run(long_run.restartable_app.run(middle))
    await asyncio.gather(*tasks)
    return seconds, middle.unanswered


@asynccontextmanager
async def _start_dependency(azurite: Azurite) -> AsyncIterator[Azurite]:
    await asyncio.to_thread(azurite.start)
    try:
        yield azurite
    finally:
        await asyncio.to_thread(azurite.close)


class AdvancingClock(SystemClock):
    """The machine's clock, which a test can move forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the current time in UTC, moved forward."""
        return super().now() + self._ahead

    async def jump(self, times: int, pause_seconds: float) -> None:
        """Move the clock an hour forward several times, with a pause before each jump."""
        for _ in range(times):
            await asyncio.sleep(pause_seconds)
            self._ahead += timedelta(hours=1)


async def advance_clock(expected: Rows) -> AsyncIterator[Outcome]:
    """Move the clock an hour forward three times: in a normal run, and while image workers wait for the quota."""
    for case, faults, pause_seconds in (
        ("clock moved an hour forward 3 times", {}, 0.5),
        ("the same, image workers waiting for the quota", {"imageRequestsPerMinute": 120}, 4.0),
    ):
        clock = AdvancingClock()
        async with open_long_run(faults, clock=clock) as long_run:
            jumps = asyncio.create_task(clock.jump(3, pause_seconds))
            seconds = await time_run(long_run.restartable_app.run())
            await jumps
            yield await long_run.check(case, seconds, expected=expected)


async def replay_saved_histories(_: Rows) -> AsyncIterator[Outcome]:
    """Replay saved histories through the orchestrators, as the tests do."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "tests/orchestrators/test_saved_histories.py"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = (await process.communicate())[0]
    last_line = output.decode().strip().rpartition("\n")[2]
    seconds = time.perf_counter() - begun
    yield Outcome("saved histories replay", 0, int(process.returncode != 0), 0, 0, seconds, (last_line,))
