"""Messages are delivered twice, and results get lost: a run comes to the same end and pays the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fault_injection import DeliverTwice, LoseResults
from tests.support.run_scenarios import ACTIVITIES, RunScenario, find_scenario, open_trial

TellRows = Callable[[RunScenario], list[dict[str, str]] | None]

every_activity = pytest.mark.parametrize("activity", ACTIVITIES)


@every_activity
async def test_delivered_twice_at_once(tmp_path: Path, activity: str, tell_rows: TellRows) -> None:
    twice = DeliverTwice(activity)
    async with open_trial(find_scenario(activity), tmp_path) as trial:
        assert await trial.run(twice) == 0
        await trial.check(tell_rows(trial.scenario))
    assert twice.deliveries > 0


@every_activity
@pytest.mark.parametrize("elsewhere", [False, True], ids=["to the same process", "to another process"])
async def test_delivered_again_because_its_result_was_lost(
    tmp_path: Path, activity: str, elsewhere: bool, tell_rows: TellRows
) -> None:
    lost = LoseResults(activity, elsewhere=elsewhere)
    async with open_trial(find_scenario(activity), tmp_path) as trial:
        assert await trial.run(lost) == 0
        await trial.check(tell_rows(trial.scenario))
    assert lost.results[activity] >= 2
