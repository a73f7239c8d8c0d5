"""Outages of the store."""

import itertools
from pathlib import Path

import pytest

from tests.support.fault_injection import Side, StoreOutage
from tests.support.run_scenarios import PLAIN, open_trial

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("side", Side)
async def test_a_store_outage_of_30_seconds_costs_only_time(tmp_path: Path, side: Side) -> None:
    for count in itertools.count():
        async with open_trial(PLAIN, tmp_path / str(count), targetCount=2) as trial:
            outage = StoreOutage(trial.clock, count, side)
            assert await trial.run(outage) == 0
            await trial.check()
        if not outage.refused:
            assert count > 0
            break
