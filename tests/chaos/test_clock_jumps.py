"""Clock jumps during a wait, as after a laptop's sleep."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from shared.limits import concurrency_window, rate_limiter
from tests.support.run_scenarios import LIMITED, PLAIN, RunScenario, open_trial

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scenario", "minutes"),
    [(PLAIN, 60), (LIMITED, 60)],
    ids=["waiting for items", "waiting for the quota"],
)
async def test_a_clock_jump_at_any_wait_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scenario: RunScenario,
    minutes: int,
) -> None:
    # All waits use durable timers, so that the test's clock controls them.
    monkeypatch.setattr(rate_limiter, "MAX_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(concurrency_window, "START_AHEAD", timedelta())
    for wait in itertools.count():
        async with open_trial(scenario, tmp_path / str(wait), targetCount=3) as trial:
            trial.suspends_at, trial.suspends_for = wait, timedelta(minutes=minutes)
            assert await trial.run() == 0
            await trial.check()
        if trial.waits <= wait:
            assert wait > 0
            break
