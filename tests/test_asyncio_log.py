"""A task whose exception nobody reads disturbs no other test."""

import asyncio
import gc

import pytest


def test_an_exception_that_nobody_reads_is_logged_by_its_name_only(caplog: pytest.LogCaptureFixture) -> None:
    async def break_down() -> None:
        raise LookupError("nobody reads this")

    async def start() -> None:
        tasks = [asyncio.create_task(break_down())]
        await asyncio.wait(tasks)

    asyncio.run(start())
    gc.collect()
    assert "LookupError('nobody reads this')" in caplog.text
    assert "Traceback" not in caplog.text
