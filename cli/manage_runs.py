"""``seeder status``, ``watch``, ``audit`` and ``cancel``: runs as the store or a deployed app tells them."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.console import Console

from cli.app_client import open_client
from cli.audit_queries import query_audit
from cli.audit_report import print_audit
from cli.command_context import CommandContext, CommandResult
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import CliError, ExitStatus
from cli.follow_run import REMOTE_POLLING, STORE_POLLING, RunReader, follow_run
from cli.interrupts import run_interruptibly
from cli.run_output import choose_locator, decide_exit_status, make_document, print_run, print_runs
from cli.store_run_reader import StoreRunReader
from shared.audit.write_audit import AUDIT_NAME, audit_path
from shared.config import Settings
from shared.runs.request import CATALOG_NAME_PATTERN
from shared.runs.status import RunStatus, Status, read_created_at
from shared.services.container import get_services, use_settings

ResultT = TypeVar("ResultT")


def show_status(context: CommandContext, target: CommandTarget, run: str) -> CommandResult:
    """Report where a run is.

    Args:
        context: of this command.
        target: where the run is.
        run: its id, or the name of the catalog whose latest run is meant.

    Raises:
        CliError: there is no such run, or the app cannot be reached.
    """
    settings = begin_command(context, target)

    async def find(reader: RunReader) -> RunStatus:
        return await reader.get_run(await find_run_id(reader, run))

    status = _query(target, settings, find)
    return _make_run_result(target, settings, status, ExitStatus.DONE)


def list_runs(context: CommandContext, target: CommandTarget, limit: int) -> CommandResult:
    """Report where the latest run is, and list the newest runs.

    Raises:
        CliError: the app cannot be reached.
    """
    settings = begin_command(context, target)
    runs = _query(target, settings, lambda reader: reader.list_runs(limit))
    locate = choose_locator(settings.store, is_local=target.url is None)
    latest = make_document(runs[0], locate, target.flags) if runs else {"error": None}
    document = {**latest, "runs": [make_document(run, locate) for run in runs]}

    def show(console: Console) -> None:
        print_runs(console, runs)
        if runs:
            console.print()
            print_run(console, runs[0], locate, target.flags)

    return CommandResult(ExitStatus.DONE, document, show)


def watch_run(context: CommandContext, target: CommandTarget, run: str | None) -> CommandResult:
    """Show a run's progress until it has ended; see ``find_run_id``.

    Raises:
        CliError: there is no such run, or the app cannot be reached.
    """
    settings = begin_command(context, target)
    polling = STORE_POLLING if target.url is None else REMOTE_POLLING

    async def watch(reader: RunReader) -> RunStatus:
        return await follow_run(reader, await find_run_id(reader, run), context, polling)

    status = _query(target, settings, watch)
    return _make_run_result(target, settings, status, decide_exit_status(status))


def audit_run(context: CommandContext, target: CommandTarget, run: str | None) -> CommandResult:
    """Report what a run paid for; see ``find_run_id``.

    Raises:
        CliError: there is no such run, it has no audit, or the app cannot be reached.
    """
    settings = begin_command(context, target)
    with TemporaryDirectory(prefix="seeder-audit-") as folder:
        file = Path(folder) / AUDIT_NAME

        async def fetch(reader: RunReader) -> str:
            run_id = await find_run_id(reader, run)
            await reader.fetch_audit(run_id, file)
            return run_id

        run_id = _query(target, settings, fetch)
        report = query_audit(file)
    path = choose_locator(settings.store, is_local=target.url is None)(audit_path(run_id))
    document = {**report.to_json(), "audit": path, "error": None}
    return CommandResult(ExitStatus.DONE, document, lambda console: print_audit(console, report, path))


def cancel_run(context: CommandContext, target: CommandTarget, run: str) -> CommandResult:
    """Stop a run; what is done stays.

    Args:
        context: of this command.
        target: where the run is.
        run: its id, or the name of the catalog whose latest run is meant.

    Raises:
        CliError: there is no such run, it has ended, or the app cannot be reached.
    """
    settings = begin_command(context, target)

    async def cancel(reader: RunReader) -> RunStatus:
        return await reader.cancel_run(await find_run_id(reader, run))

    status = _query(target, settings, cancel)
    run_id = status.run_id
    if status.status is Status.INTERRUPTED:
        line = f"run {run_id} is stopped: it ends as Cancelled when its host is started again; what is done stays"
    elif status.status is Status.PAUSED:
        line = f"run {run_id} is stopped: it ends as Cancelled as soon as its host runs; what is done stays"
    else:
        line = f"run {run_id} is being stopped: no new work begins, what is done stays"
    document = make_document(status, choose_locator(settings.store, is_local=target.url is None))
    return CommandResult(ExitStatus.DONE, document, lambda console: console.print(line, soft_wrap=True, markup=False))


def _query(target: CommandTarget, settings: Settings, query: Callable[[RunReader], Awaitable[ResultT]]) -> ResultT:
    async def ask() -> ResultT:
        async with _open_reader(target, settings) as reader:
            return await query(reader)

    return run_interruptibly(ask)


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


async def find_run_id(reader: RunReader, run: str | None) -> str:
    """Return the id of a run: of the one with this id, of a catalog's latest one by its name, or of the latest of all.

    Raises:
        CliError: there is none.
    """
    if run is None:
        newest = await reader.list_runs(1)
        if not newest:
            raise CliError("there is no run yet; start one with 'seeder run'", reason="unknown_run")
        return newest[0].run_id
    if _is_catalog_name(run) and (latest := await reader.find_latest(run)) is not None:
        return latest.run_id
    return run


def _is_catalog_name(run: str) -> bool:
    try:
        read_created_at(run)
    except ValueError:
        return re.fullmatch(CATALOG_NAME_PATTERN, run) is not None
    return False


def _make_run_result(
    target: CommandTarget, settings: Settings, run: RunStatus, exit_status: ExitStatus
) -> CommandResult:
    locate = choose_locator(settings.store, is_local=target.url is None)
    return CommandResult(
        exit_status,
        make_document(run, locate, target.flags),
        lambda console: print_run(console, run, locate, target.flags),
    )
