"""Killed before and after each change of the store, and before each result is recorded, a run comes to the same end."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fault_injection import KillAtChange, KillAtReturn, Side
from tests.support.run_scenarios import ACTIVITIES, REFINED, RunScenario, find_scenario, open_trial

CHANGE_NOTHING = {"read_stop"}

TellRows = Callable[[RunScenario], list[dict[str, str]] | None]

every_activity = pytest.mark.parametrize("activity", ACTIVITIES)


@every_activity
@pytest.mark.parametrize("side", Side)
async def test_killed_around_any_store_change_of_an_activity(
    tmp_path: Path, activity: str, side: Side, tell_rows: TellRows
) -> None:
    for count in itertools.count():
        async with open_trial(find_scenario(activity), tmp_path / str(count)) as trial:
            crashes = await trial.run(KillAtChange(activity, count, side))
            await trial.check(tell_rows(trial.scenario))
        if crashes == 0:
            assert (count == 0) == (activity in CHANGE_NOTHING)
            break


@pytest.mark.parametrize("side", Side)
async def test_killed_around_any_store_change_of_an_image_that_is_generated_twice(
    tmp_path: Path, side: Side, tell_rows: TellRows
) -> None:
    for count in itertools.count():
        async with open_trial(REFINED, tmp_path / str(count)) as trial:
            crashes = await trial.run(KillAtChange("generate_image", count, side))
            await trial.check(tell_rows(REFINED))
        if crashes == 0:
            assert count > 0
            break


@every_activity
async def test_killed_before_the_first_result_of_an_activity_is_recorded(
    tmp_path: Path, activity: str, tell_rows: TellRows
) -> None:
    async with open_trial(find_scenario(activity), tmp_path) as trial:
        assert await trial.run(KillAtReturn(activity)) == 1
        await trial.check(tell_rows(trial.scenario))
