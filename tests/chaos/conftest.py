"""Fixtures of the chaos tests."""

import asyncio
from collections.abc import Callable

import pytest

from tests.support.run_scenarios import PAUSED, PLAIN, WRITTEN, RunScenario, open_trial

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def find_expected_rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RunScenario], Rows | None]:
    """Return a function that gives the rows of a scenario without faults; None for incomplete scenarios."""

    async def run_without_faults(scenario: RunScenario) -> Rows:
        async with open_trial(scenario, tmp_path_factory.mktemp("no-faults")) as trial:
            assert await trial.run() == 0
            await trial.check()
            return (await trial.restartable_app.audit(items=3)).describe_rows()

    plain, written = (asyncio.run(run_without_faults(scenario)) for scenario in (PLAIN, WRITTEN))
    rows = [(PLAIN, plain), (PAUSED, plain), (WRITTEN, written)]
    return lambda scenario: next((found for known, found in rows if known == scenario), None)
