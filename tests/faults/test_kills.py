"""Killed before and after each change of the store, and before each result is recorded, a run comes to the same end."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.courses import ACTIVITIES, REFINED, Course, open_trial, pick_course
from tests.support.interference import KilledAtChange, KilledAtReturn, Side

CHANGE_NOTHING = {"find_stop"}

TellRows = Callable[[Course], list[dict[str, str]] | None]

every_activity = pytest.mark.parametrize("activity", ACTIVITIES)


@every_activity
@pytest.mark.parametrize("side", Side)
async def test_killed_around_any_store_change_of_an_activity(
    tmp_path: Path, activity: str, side: Side, tell_rows: TellRows
) -> None:
    for count in itertools.count():
        async with open_trial(pick_course(activity), tmp_path / str(count)) as trial:
            deaths = await trial.run(KilledAtChange(activity, count, side))
            await trial.check(tell_rows(trial.course))
        if deaths == 0:
            assert (count == 0) == (activity in CHANGE_NOTHING)
            break


@pytest.mark.parametrize("side", Side)
async def test_killed_around_any_store_change_of_a_picture_that_is_drawn_twice(
    tmp_path: Path, side: Side, tell_rows: TellRows
) -> None:
    for count in itertools.count():
        async with open_trial(REFINED, tmp_path / str(count)) as trial:
            deaths = await trial.run(KilledAtChange("make_image", count, side))
            await trial.check(tell_rows(REFINED))
        if deaths == 0:
            assert count > 0
            break


@every_activity
async def test_killed_before_the_first_result_of_an_activity_is_recorded(
    tmp_path: Path, activity: str, tell_rows: TellRows
) -> None:
    async with open_trial(pick_course(activity), tmp_path) as trial:
        assert await trial.run(KilledAtReturn(activity)) == 1
        await trial.check(tell_rows(trial.course))
