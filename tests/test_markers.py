"""Tests without a marker start no process and use no Azurite: `make test-fast` relies on it."""

import asyncio
import os
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", ""]


def test_an_unmarked_test_cannot_start_a_process() -> None:
    with pytest.raises(pytest.fail.Exception, match="Mark it `processes`"):
        subprocess.run(COMMAND, check=True)


async def test_an_unmarked_test_cannot_start_a_process_in_an_event_loop_or_a_thread() -> None:
    with pytest.raises(pytest.fail.Exception, match="Mark it `processes`"):
        await asyncio.create_subprocess_exec(*COMMAND)
    with pytest.raises(pytest.fail.Exception, match="Mark it `processes`"):
        await asyncio.to_thread(subprocess.run, COMMAND, check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_an_unmarked_test_cannot_fork() -> None:
    with pytest.raises(pytest.fail.Exception, match="Mark it `processes`"):
        os.fork()


def test_an_unmarked_test_cannot_use_azurite(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.fail.Exception, match="Mark it `azurite`"):
        request.getfixturevalue("azurite")


@pytest.mark.processes
def test_a_test_with_the_marker_starts_processes() -> None:
    assert subprocess.run(COMMAND, check=False).returncode == 0
