"""A full disk ends a command at once: waiting and retrying would only cost money, and results could not be kept."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from cli.errors import CliError
from durable_emulator.host import DurableEmulator
from shared.reasons import Reason
from shared.storage.folder import FolderStore
from shared.storage.protocol import Store

CHECK_INTERVAL_SECONDS = 0.1


@asynccontextmanager
async def cancel_when_disk_full(is_full: Callable[[], bool], folder: Path) -> AsyncIterator[None]:
    """Cancel the work of the block as soon as the disk of a folder is full.

    Args:
        is_full: asked often; must not block.
        folder: named in the message.

    Raises:
        CliError: the disk is full; the message says how to continue.
    """
    task, found = asyncio.current_task(), False
    assert task is not None  # noqa: S101 - a coroutine runs in one

    async def watch() -> None:
        nonlocal found
        while not is_full():  # noqa: ASYNC110 - what is asked is set by threads, and by code that knows no event
            await asyncio.sleep(CHECK_INTERVAL_SECONDS)
        found = True
        task.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not found:
            raise
        task.uncancel()
        raise make_disk_full_error(folder) from None
    except Exception:
        if is_full():  # what the full disk broke first
            raise make_disk_full_error(folder) from None
        raise
    finally:
        watcher.cancel()


@contextmanager
def silence_log_when(is_full: Callable[[], bool]) -> Iterator[None]:
    """Log nothing once the disk is full: all that it breaks, until the host has stopped, is one thing to a reader."""

    def should_log(_: logging.LogRecord) -> bool:
        return not is_full()

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(should_log)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(should_log)


def make_disk_full_error(folder: Path) -> CliError:
    """Return the message and the reason of a full disk."""
    return CliError(
        f"no space left on the disk of {folder}: free some space and run the same command again; it resumes the run",
        reason=Reason.STORE_UNAVAILABLE,
    )


def is_disk_full(store: Store, host: DurableEmulator | None) -> bool:
    """Return whether a write of the store or of the host's journal failed because the disk is full."""
    if isinstance(store, FolderStore) and store.disk_full_error is not None:
        return True
    failure = None if host is None else host.engine.failure
    return isinstance(failure, sqlite3.Error) and failure.sqlite_errorcode == sqlite3.SQLITE_FULL
