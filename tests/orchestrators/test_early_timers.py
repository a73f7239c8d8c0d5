"""Timers that fire up to a second early, as on the Azure Storage backend: a lane takes their moment as come."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from tests.support.scripted_course import Course, follow, limited

MOST_FOR_ONE_MOMENT = 2
GIVE_UP_AT = 8


@pytest.fixture
def find_most_asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Cut delays to whole seconds; return how often at most an orchestrator has asked for a timer of one moment."""
    episodes: list[tuple[df.DurableOrchestrationContext, Counter[datetime]]] = []
    set_timer = df.DurableOrchestrationContext.create_timer

    def cut(context: df.DurableOrchestrationContext, fire_at: datetime) -> Any:
        if not episodes or episodes[-1][0] is not context:  # replays begin at the first timer again
            episodes.append((context, Counter()))
        moments = episodes[-1][1]
        moments[fire_at] += 1
        assert moments[fire_at] < GIVE_UP_AT, f"the same timer again and again: {fire_at}"
        now = context.current_utc_datetime
        return set_timer(context, now + timedelta(seconds=math.floor((fire_at - now).total_seconds())))

    monkeypatch.setattr(df.DurableOrchestrationContext, "create_timer", cut)
    return lambda: max(count for _context, moments in episodes for count in moments.values())


async def test_a_lane_that_waits_sets_at_most_two_timers_for_one_moment(
    find_most_asked: Callable[[], int], tmp_path: Path
) -> None:
    turns = Counter[str]()

    def come_back(call: Any) -> float | None:
        turns[call.product_id] += 1
        return 9.7 if turns[call.product_id] <= 2 else None

    def refuse(call: Any) -> Any:
        return limited(7.3) if call.attempt == 0 else None

    course = Course(text_seconds=33.3, on_turn=come_back, on_image=refuse)
    ended = await follow(course, tmp_path / "journal.db", target=12)

    assert ended.left_running == []
    assert course.paid == dict.fromkeys(course.paid, 1)
    assert len(course.paid) == 12
    assert find_most_asked() <= MOST_FOR_ONE_MOMENT
