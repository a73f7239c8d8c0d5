"""Readers of runs: a store, or an app over HTTP (`AppClient`)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from cli.app_client import open_client
from cli.command_target import CommandTarget
from cli.errors import CliError
from cli.interrupts import run_interruptibly
from shared.audit.read_audit import find_audit
from shared.config import Settings, StoreSettings
from shared.errors import UnknownRunError
from shared.runs.cancel import cancel_run
from shared.runs.request import CATALOG_NAME_PATTERN
from shared.runs.run_list import MAX_RUNS_PER_PAGE, RunPage, RunQuery, list_runs
from shared.runs.status import RunStatus, is_run_id
from shared.runs.view import load_run_status
from shared.services.container import Services, get_services, use_settings

ResultT = TypeVar("ResultT")


class RunReader(Protocol):
    """Reads and cancels runs."""

    async def get_run(self, run_id: str) -> RunStatus:
        """Return the status of a run.

        Raises:
            CliError: the run does not exist, or the app cannot be reached.
            StoreUnavailableError: the store does not answer.
        """

    async def list_runs(self, query: RunQuery) -> RunPage:
        """Return a page of runs, newest first."""

    async def cancel_run(self, run_id: str) -> RunStatus:
        """Cancel a run, and return its status.

        Raises:
            CliError: the run does not exist or has ended, or the app cannot be reached.
        """

    async def fetch_audit(self, run_id: str, file: Path) -> None:
        """Write the audit of a run into a file.

        Raises:
            CliError: the run does not exist or has no audit, or the app cannot be reached.
        """


class StoreRunReader:
    """Runs in a store, read without a durable host."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def get_run(self, run_id: str) -> RunStatus:
        """Return the summary of a run, or the progress that its host wrote last."""
        try:
            return await load_run_status(self._services, None, run_id)
        except UnknownRunError as error:
            raise make_unknown_run_error(self._services.settings.store, run_id) from error

    async def list_runs(self, query: RunQuery) -> RunPage:
        """Return a page of runs, newest first."""
        return await list_runs(self._services, None, query)

    async def cancel_run(self, run_id: str) -> RunStatus:
        """Write the stop record of a run, which its host reads before each billed call."""
        await self.get_run(run_id)
        return await cancel_run(self._services, None, run_id)

    async def fetch_audit(self, run_id: str, file: Path) -> None:
        """Write the audit of a run into a file."""
        await self.get_run(run_id)
        info = await find_audit(self._services, None, run_id)
        with file.open("wb") as opened:
            async for chunk in self._services.store.read_chunks(info.path):
                opened.write(chunk)


def make_unknown_run_error(store: StoreSettings, run: str) -> CliError:
    """Return the error of a command about a run that a store of this machine does not have."""
    place, advice = "Blob Storage", ""
    if store.kind == "folder":
        place, advice = f"folder {store.folder}", "; --output-dir names another folder"
    message = f"no run or catalog {run[:60]!r} in {place}; 'seeder status' lists the runs{advice}"
    return CliError(message, reason="unknown_run")


def query_runs(target: CommandTarget, settings: Settings, query: Callable[[RunReader], Awaitable[ResultT]]) -> ResultT:
    """Return the result of a query to the app or the store of a command.

    Raises:
        CliError: the query failed, or the app cannot be reached.
        StoreUnavailableError: the store does not answer.
    """

    async def ask() -> ResultT:
        async with _open_reader(target, settings) as reader:
            return await query(reader)

    return run_interruptibly(ask)


async def find_run_id(reader: RunReader, run: str | None) -> str:
    """Return a run id: the given one, that of a catalog's latest run, or that of the latest run of all.

    Args:
        reader: reads runs.
        run: a run id or the name of a catalog; None = the latest run.

    Raises:
        CliError: there are no runs, or the app cannot be reached.
    """
    if run is None:
        newest = await list_newest_runs(reader, 1)
        if not newest:
            raise CliError("no run exists; start one with 'seeder run'", reason="unknown_run")
        return newest[0].run_id
    if not is_run_id(run) and re.fullmatch(CATALOG_NAME_PATTERN, run):
        latest = await _find_latest(reader, run)
        if latest is not None:
            return latest.run_id
    return run


async def list_newest_runs(reader: RunReader, limit: int) -> list[RunStatus]:
    """Return at most ``limit`` runs, newest first."""
    runs: list[RunStatus] = []
    query = RunQuery(limit=limit)
    while True:
        page = await reader.list_runs(query)
        runs += page.runs
        if page.continuation is None or len(runs) >= limit:
            return runs[:limit]
        query = RunQuery(limit=limit, continuation=page.continuation)


async def _find_latest(reader: RunReader, catalog: str) -> RunStatus | None:
    query = RunQuery(limit=MAX_RUNS_PER_PAGE)
    while True:
        page = await reader.list_runs(query)
        for run in page.runs:
            if run.catalog == catalog:
                return run
        if page.continuation is None:
            return None
        query = RunQuery(limit=MAX_RUNS_PER_PAGE, continuation=page.continuation)


@asynccontextmanager
async def _open_reader(target: CommandTarget, settings: Settings) -> AsyncIterator[RunReader]:
    if target.url is not None:
        async with open_client(target.origin, settings.functions_key) as client:
            yield client
        return
    await use_settings(settings)
    try:
        yield StoreRunReader(get_services())
    finally:
        await use_settings(None)
