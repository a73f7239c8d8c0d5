"""Ends a command as soon as the disk is full: further calls would be billed, and their results lost."""

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


@asynccontextmanager
async def cancel_when_disk_full(is_full: Callable[[], bool], folder: Path) -> AsyncIterator[Callable[[], None]]:
    """Cancel the block as soon as the disk of a folder is full.

    Args:
        is_full: returns whether the disk is full; must not block.
        folder: the folder, for the message.

    Yields:
        What to call, on the event loop, when a write has failed.

    Raises:
        CliError: the disk is full.
    """
    task, found = asyncio.current_task(), False
    assert task is not None  # noqa: S101 - a coroutine runs in one

    def check() -> None:
        nonlocal found
        if is_full() and not found:
            found = True
            task.cancel()

    try:
        yield check
    except asyncio.CancelledError:
        if not found:
            raise
        task.uncancel()
        raise make_disk_full_error(folder) from None
    except Exception:
        if is_full():  # an error that the full disk caused
            raise make_disk_full_error(folder) from None
        raise


@contextmanager
def silence_log_when(is_full: Callable[[], bool]) -> Iterator[None]:
    """Suppress the log once the disk is full: the failures until the host has stopped have one cause."""

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
    """Return the error of a full disk."""
    return CliError(
        f"no space left on the disk of {folder}: free some space and run the same command again to resume the run",
        reason=Reason.STORE_UNAVAILABLE,
    )


def call_when_disk_full(store: Store, callback: Callable[[], None]) -> None:
    """Call back after each write of a store that finds the disk full."""
    if isinstance(store, FolderStore):
        store.on_disk_full = callback


def is_disk_full(store: Store, host: DurableEmulator | None) -> bool:
    """Return whether a write of the store or of the host's journal failed because the disk is full."""
    if isinstance(store, FolderStore) and store.disk_full_error is not None:
        return True
    failure = None if host is None else host.engine.failure
    return isinstance(failure, sqlite3.Error) and failure.sqlite_errorcode == sqlite3.SQLITE_FULL
