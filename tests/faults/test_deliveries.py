"""Messages are delivered twice, and results get lost: a run comes to the same end and pays the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.courses import ACTIVITIES, Course, open_trial, pick_course
from tests.support.interference import DeliveredTwiceAtOnce, ResultsLost

TellRows = Callable[[Course], list[dict[str, str]] | None]

every_activity = pytest.mark.parametrize("activity", ACTIVITIES)


@every_activity
async def test_delivered_twice_at_once(tmp_path: Path, activity: str, tell_rows: TellRows) -> None:
    twice = DeliveredTwiceAtOnce(activity)
    async with open_trial(pick_course(activity), tmp_path) as trial:
        assert await trial.run(twice) == 0
        await trial.check(tell_rows(trial.course))
    assert twice.deliveries > 0


@every_activity
@pytest.mark.parametrize("elsewhere", [False, True], ids=["to the same process", "to another process"])
async def test_delivered_again_because_its_result_was_lost(
    tmp_path: Path, activity: str, elsewhere: bool, tell_rows: TellRows
) -> None:
    lost = ResultsLost(activity, elsewhere=elsewhere)
    async with open_trial(pick_course(activity), tmp_path) as trial:
        assert await trial.run(lost) == 0
        await trial.check(tell_rows(trial.course))
    assert lost.results[activity] >= 2
