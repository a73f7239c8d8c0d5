"""What all tests of the harness may ask for."""

import asyncio
from collections.abc import Callable

import pytest

from tests.support.courses import PAUSED, PLAIN, WRITTEN, Course, open_trial

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def tell_rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Course], Rows | None]:
    """Returns the rows that a course gives if nobody disturbs it; None where it does not make all items and images."""

    async def run_undisturbed(course: Course) -> Rows:
        async with open_trial(course, tmp_path_factory.mktemp("undisturbed")) as trial:
            assert await trial.run() == 0
            await trial.check()
            return (await trial.machine.audit(items=3)).describe_rows()

    plain, written = (asyncio.run(run_undisturbed(course)) for course in (PLAIN, WRITTEN))
    rows = [(PLAIN, plain), (PAUSED, plain), (WRITTEN, written)]
    return lambda course: next((told for known, told in rows if known == course), None)
