"""A run that is killed around any store change, or before a result is recorded, reaches the same result."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fault_injection import KillAtChange, KillAtReturn, Side
from tests.support.run_scenarios import ACTIVITIES, APPROVED, REFINED, RunScenario, find_scenario, open_trial

pytestmark = pytest.mark.slow

CHANGE_NOTHING = {"read_stop"}

FindRows = Callable[[RunScenario], list[dict[str, str]] | None]

every_activity = pytest.mark.parametrize("activity", ACTIVITIES)


@every_activity
@pytest.mark.parametrize("side", Side)
async def test_a_kill_around_any_store_change_of_an_activity_changes_nothing(
    tmp_path: Path, activity: str, side: Side, find_expected_rows: FindRows
) -> None:
    for count in itertools.count():
        async with open_trial(find_scenario(activity), tmp_path / str(count)) as trial:
            crashes = await trial.run(KillAtChange(activity, count, side))
            await trial.check(find_expected_rows(trial.scenario))
        if crashes == 0:
            assert (count == 0) == (activity in CHANGE_NOTHING)
            break


@pytest.mark.parametrize("side", Side)
async def test_a_kill_around_any_store_change_of_a_refined_image_changes_nothing(
    tmp_path: Path, side: Side, find_expected_rows: FindRows
) -> None:
    for count in itertools.count():
        async with open_trial(REFINED, tmp_path / str(count)) as trial:
            crashes = await trial.run(KillAtChange("generate_image", count, side))
            await trial.check(find_expected_rows(REFINED))
        if crashes == 0:
            assert count > 0
            break


@pytest.mark.parametrize("activity", ["resume_run", "generate_image"])
@pytest.mark.parametrize("side", Side)
async def test_a_kill_around_any_store_change_of_a_run_with_approved_images_changes_nothing(
    tmp_path: Path, activity: str, side: Side, find_expected_rows: FindRows
) -> None:
    for count in itertools.count():
        async with open_trial(APPROVED, tmp_path / str(count)) as trial:
            crashes = await trial.run(KillAtChange(activity, count, side))
            await trial.check(find_expected_rows(APPROVED))
        if crashes == 0:
            assert count > 0
            break


@every_activity
async def test_a_kill_before_a_result_is_recorded_changes_nothing(
    tmp_path: Path, activity: str, find_expected_rows: FindRows
) -> None:
    async with open_trial(find_scenario(activity), tmp_path) as trial:
        assert await trial.run(KillAtReturn(activity)) == 1
        await trial.check(find_expected_rows(trial.scenario))
