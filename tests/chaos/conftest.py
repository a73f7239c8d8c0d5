"""What all tests of the harness may ask for."""

import asyncio
from collections.abc import Callable

import pytest

from tests.support.run_scenarios import PAUSED, PLAIN, WRITTEN, RunScenario, open_trial

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def tell_rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RunScenario], Rows | None]:
    """Returns the rows that a course gives if nobody disturbs it; None where it does not make all items and images."""

    async def run_without_faults(scenario: RunScenario) -> Rows:
        async with open_trial(scenario, tmp_path_factory.mktemp("undisturbed")) as trial:
            assert await trial.run() == 0
            await trial.check()
            return (await trial.restartable_app.audit(items=3)).describe_rows()

    plain, written = (asyncio.run(run_without_faults(scenario)) for scenario in (PLAIN, WRITTEN))
    rows = [(PLAIN, plain), (PAUSED, plain), (WRITTEN, written)]
    return lambda scenario: next((told for known, told in rows if known == scenario), None)
