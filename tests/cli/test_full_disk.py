"""A full disk ends a command at once, in one line; with space again, the same command resumes the run."""

import asyncio
import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.disk_full import call_when_disk_full, cancel_when_disk_full, is_disk_full, silence_log_when
from cli.errors import CliError
from shared.errors import StoreFullError
from shared.storage.folder import FolderStore
from tests.cli.command_line import SMALL, CommandLine

SYNC = os.fsync


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets so many files reach the disk, and then none."""

    def fill(files: int) -> None:
        left = files

        def fsync(descriptor: Any) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            SYNC(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return fill


async def test_a_store_remembers_that_its_disk_is_full(tmp_path: Path, fill_disk: Callable[[int], None]) -> None:
    store, calls = FolderStore(tmp_path), list[str]()
    call_when_disk_full(store, lambda: calls.append("full"))
    fill_disk(1)
    await store.write("runs/a/one.json", b"1", content_type="application/json")
    assert not is_disk_full(store, None)
    with pytest.raises(StoreFullError, match="No space left"):
        await store.write("runs/a/two.json", b"2", content_type="application/json")
    assert is_disk_full(store, None)
    assert calls == ["full"]
    assert await store.read("runs/a/two.json") is None


async def test_work_is_cut_off_and_the_log_is_silent_when_the_disk_is_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    full = False

    async def work() -> None:
        nonlocal full
        with silence_log_when(lambda: full):
            async with cancel_when_disk_full(lambda: full, tmp_path) as check_disk:
                check_disk()
                full = True
                check_disk()
                logging.getLogger("any").error("broken, too")
                await asyncio.Event().wait()

    with pytest.raises(CliError) as raised:
        await work()
    assert raised.value.reason == "store_unavailable"
    assert str(tmp_path) in str(raised.value)
    assert caplog.records == []
    logging.getLogger("any").error("the next command logs again")
    assert len(caplog.records) == 1


async def test_other_errors_and_a_cancel_stay_what_they_are(tmp_path: Path) -> None:
    for error in (ValueError, asyncio.CancelledError):
        with pytest.raises(error):
            async with cancel_when_disk_full(lambda: False, tmp_path):
                raise error


@pytest.mark.processes
def test_a_run_on_a_full_disk_ends_in_one_line_and_resumes(
    seeder: CommandLine, fill_disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("run", "--offline", "--target-count", "6", *SMALL)
    fill_disk(40)
    ended = seeder(*command)
    errors = [line for line in ended.error_lines if line.startswith(("error", "warning"))]
    assert (ended.status, len(errors)) == (1, 1)
    assert "no space left" in errors[0]
    monkeypatch.setattr(os, "fsync", SYNC)
    resumed = seeder(*command, "--json")
    assert (resumed.status, resumed.document["items"]) == (0, 6)
    assert "resumed unfinished run" in resumed.err
