"""The machine sleeps in the middle of a wait, as laptops do: the clock jumps, and nothing is lost."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain import pace, window
from tests.support.courses import LIMITED, PLAIN, Course, open_trial


@pytest.mark.parametrize(
    ("course", "minutes"),
    [(PLAIN, 60), (LIMITED, 60)],
    ids=["waiting for items", "waiting for the quota"],
)
async def test_what_is_slept_through_at_any_wait_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    course: Course,
    minutes: int,
) -> None:
    # Every turn is waited for by a durable timer, so that no wait goes past the chosen clock.
    monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(window, "TURNS_AHEAD", timedelta())
    for wait in itertools.count():
        async with open_trial(course, tmp_path / str(wait), targetCount=4) as trial:
            trial.sleeps_at, trial.sleeps_for = wait, timedelta(minutes=minutes)
            assert await trial.run() == 0
            await trial.check()
        if trial.waits <= wait:
            assert wait > 0
            break
