"""Restarts of the model service, and repeated kills of the host."""

import random
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from durable_emulator.engine.clock import ManualClock
from durable_emulator.host.emulator import DurableEmulator
from tests.chaos.dependencies import Simulator
from tests.support.fault_injection import CallAtChange, KillAtPoint
from tests.support.restartable_app import RestartableApp
from tests.support.run_scenarios import NO_LATENCY, PLAIN, REQUEST, open_trial, wait_for_idle_root

WINDOW = 8


class RestartingService:
    """A simulator process that a test kills, and that restarts at the same address.

    Args:
        folder: folder of its faults file.
        clock: the clock that determines the restart.
        outage: time between kill and restart.
    """

    def __init__(self, folder: Path, clock: ManualClock, outage: timedelta) -> None:
        self.process = Simulator(folder, NO_LATENCY)
        self._clock, self._outage = clock, outage
        self._restart_at: datetime | None = None

    def kill(self) -> None:
        self.process.stop(signal.SIGKILL)
        self._restart_at = self._clock.now() + self._outage

    async def advance_to_end(self, host: DurableEmulator, run_id: str) -> None:
        """Jump from alarm to alarm, and restart the service when its outage is over."""
        while not (await wait_for_idle_root(host, run_id)).status.is_finished:
            alarm = self._clock.next_alarm
            assert alarm is not None, "the run waits for ever"
            if self._restart_at is not None and alarm >= self._restart_at:
                self._restart_at = None
                self.process.start()
            self._clock.jump_to(alarm)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_a_host_that_is_killed_20_times_completes_the_run(tmp_path: Path, seed: int) -> None:
    points = random.Random(seed)
    async with open_trial(PLAIN, tmp_path, targetCount=50, batchSize=10) as trial:
        crashes = await trial.run(*(KillAtPoint(points.randint(1, 25)) for _ in range(20)))
        await trial.check()
    assert crashes == 20


@pytest.mark.processes
@pytest.mark.parametrize(("items", "images", "seconds"), [(60, 0, 20), (60, 20, 0), (60, 45, 20)])
async def test_a_service_restart_loses_only_unanswered_calls(
    tmp_path: Path,
    items: int,
    images: int,
    seconds: int,
) -> None:
    clock = ManualClock(datetime.now(UTC))
    service = RestartingService(tmp_path, clock, timedelta(seconds=seconds))
    kill = CallAtChange("generate_image", images, service.kill)
    with service.process:
        request = REQUEST | {"targetCount": items, "batchSize": 20, "parallelImageRequests": WINDOW}
        restartable_app = RestartableApp(tmp_path / "disk", service.process.url, request, clock=clock)
        assert await restartable_app.run(kill, ending=service.advance_to_end) == 0
        billed = service.process.count_billed_prompts()
    summary = await restartable_app.read_summary()
    audit = await restartable_app.audit(items=items)
    assert (summary["status"], summary["error"], audit.lost, audit.corrupt) == ("Completed", None, [], [])
    assert billed.total() - items <= kill.unanswered <= WINDOW
    assert summary["cost"]["imageCalls"] == items + kill.unanswered
