"""The service dies in the middle of a run and comes back, and the host is killed again and again."""

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
from tests.support.run_scenarios import NO_LATENCY, PLAIN, REQUEST, open_trial

WINDOW = 8


class MortalService:
    """A service in a process of its own, which is killed when it is told to and comes back at the same address.

    Args:
        folder: where its settings go.
        clock: tells when it comes back.
        away: for how long it stays away.
    """

    def __init__(self, folder: Path, clock: ManualClock, away: timedelta) -> None:
        self.process = Simulator(folder, NO_LATENCY)
        self._clock, self._away = clock, away
        self._back_at: datetime | None = None

    def kill(self) -> None:
        self.process.stop(signal.SIGKILL)
        self._back_at = self._clock.now() + self._away

    async def advance_to_end(self, host: DurableEmulator, run_id: str) -> None:
        """Jump from alarm to alarm, and come back in between."""
        while True:
            await host.engine.wait_until_idle()
            instance = host.engine.find_instance(run_id)
            assert instance is not None
            if instance.status.is_finished:
                return
            alarm = self._clock.next_alarm
            assert alarm is not None, "the run waits for something that never comes"
            if self._back_at is not None and alarm >= self._back_at:
                self._back_at = None
                self.process.start()
            self._clock.jump_to(alarm)


@pytest.mark.parametrize("seed", range(2))
async def test_a_host_that_is_killed_20_times_in_one_run_gets_there(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    async with open_trial(PLAIN, tmp_path, targetCount=50, batchSize=10) as trial:
        crashes = await trial.run(*(KillAtPoint(moments.randint(1, 25)) for _ in range(20)))
        await trial.check()
    assert crashes == 20


@pytest.mark.parametrize(("items", "pictures", "seconds"), [(60, 0, 20), (60, 20, 0), (60, 45, 20)])
async def test_a_service_that_dies_and_comes_back_loses_nothing_but_unanswered_calls(
    tmp_path: Path,
    items: int,
    images: int,
    seconds: int,
) -> None:
    clock = ManualClock(datetime.now(UTC))
    service = MortalService(tmp_path, clock, timedelta(seconds=seconds))
    death = CallAtChange("generate_image", images, service.kill)
    with service.process:
        request = REQUEST | {"targetCount": items, "batchSize": 20, "parallelImageRequests": WINDOW}
        restartable_app = RestartableApp(tmp_path / "disk", service.process.url, request, clock=clock)
        assert await restartable_app.run(death, ending=service.advance_to_end) == 0
        billed = service.process.count_billed_prompts()
    summary = await restartable_app.read_summary()
    audit = await restartable_app.audit(items=items)
    assert (summary["status"], summary["error"], audit.lost, audit.corrupt) == ("Completed", None, [], [])
    assert billed.total() - items <= death.unanswered <= WINDOW
    assert summary["cost"]["imageCalls"] == items + death.unanswered
