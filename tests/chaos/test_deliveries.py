"""Messages that are delivered twice and results that are lost change neither result nor bill."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fault_injection import DeliverTwice, LoseResults
from tests.support.run_scenarios import ACTIVITIES, RunScenario, find_scenario, open_trial

pytestmark = pytest.mark.slow

FindRows = Callable[[RunScenario], list[dict[str, str]] | None]

every_activity = pytest.mark.parametrize("activity", ACTIVITIES)


@every_activity
async def test_an_activity_delivered_twice_at_once_changes_nothing(
    tmp_path: Path, activity: str, find_expected_rows: FindRows
) -> None:
    twice = DeliverTwice(activity)
    async with open_trial(find_scenario(activity), tmp_path) as trial:
        assert await trial.run(twice) == 0
        await trial.check(find_expected_rows(trial.scenario))
    assert twice.deliveries > 0


@every_activity
@pytest.mark.parametrize("elsewhere", [False, True], ids=["to the same process", "to another process"])
async def test_an_activity_redelivered_after_a_lost_result_changes_nothing(
    tmp_path: Path, activity: str, elsewhere: bool, find_expected_rows: FindRows
) -> None:
    lost = LoseResults(activity, elsewhere=elsewhere)
    async with open_trial(find_scenario(activity), tmp_path) as trial:
        assert await trial.run(lost) == 0
        await trial.check(find_expected_rows(trial.scenario))
    assert lost.results[activity] >= 2
