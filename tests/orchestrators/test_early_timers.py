"""Timers that fire up to a second early, as on the Azure Storage backend."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from tests.support.scripted_run import ScriptedRun, limited, run_to_end

MAX_EQUAL_TIMERS = 2
GIVE_UP_AT = 8


@pytest.fixture
def count_equal_timers(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Cut delays to whole seconds; return the maximum number of timers that were set to one time."""
    episodes: list[tuple[df.DurableOrchestrationContext, Counter[datetime]]] = []
    set_timer = df.DurableOrchestrationContext.create_timer

    def cut(context: df.DurableOrchestrationContext, fire_at: datetime) -> Any:
        if not episodes or episodes[-1][0] is not context:  # replays begin at the first timer again
            episodes.append((context, Counter()))
        moments = episodes[-1][1]
        moments[fire_at] += 1
        assert moments[fire_at] < GIVE_UP_AT, f"the same timer is set again and again: {fire_at}"
        now = context.current_utc_datetime
        return set_timer(context, now + timedelta(seconds=math.floor((fire_at - now).total_seconds())))

    monkeypatch.setattr(df.DurableOrchestrationContext, "create_timer", cut)
    return lambda: max(count for _context, moments in episodes for count in moments.values())


async def test_a_waiting_image_worker_sets_at_most_two_timers_for_one_time(
    count_equal_timers: Callable[[], int], tmp_path: Path
) -> None:
    deferrals = Counter[str]()

    def defer_twice(call: Any) -> float | None:
        deferrals[call.product_id] += 1
        return 9.7 if deferrals[call.product_id] <= 2 else None

    def refuse(call: Any) -> Any:
        return limited(7.3) if call.attempt == 0 else None

    scripted_run = ScriptedRun(text_seconds=33.3, on_turn=defer_twice, on_image=refuse)
    ended = await run_to_end(scripted_run, tmp_path / "journal.db", target=12)

    assert ended.left_running == []
    assert scripted_run.generated == dict.fromkeys(scripted_run.generated, 1)
    assert len(scripted_run.generated) == 12
    assert count_equal_timers() <= MAX_EQUAL_TIMERS
