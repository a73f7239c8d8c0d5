"""Timers that fire up to a second early, as on the Azure Storage backend."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from tests.support.scripted_run import ScriptedRun, follow, limited

MAX_FOR_ONE_MOMENT = 2
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


async def test_an_image_worker_that_waits_sets_at_most_two_timers_for_one_moment(
    find_most_asked: Callable[[], int], tmp_path: Path
) -> None:
    deferrals = Counter[str]()

    def come_back(call: Any) -> float | None:
        deferrals[call.product_id] += 1
        return 9.7 if deferrals[call.product_id] <= 2 else None

    def refuse(call: Any) -> Any:
        return limited(7.3) if call.attempt == 0 else None

    scripted_run = ScriptedRun(text_seconds=33.3, on_rate_limit_turn=come_back, on_image=refuse)
    ended = await follow(scripted_run, tmp_path / "journal.db", target=12)

    assert ended.left_running == []
    assert scripted_run.paid == dict.fromkeys(scripted_run.paid, 1)
    assert len(scripted_run.paid) == 12
    assert find_most_asked() <= MAX_FOR_ONE_MOMENT
