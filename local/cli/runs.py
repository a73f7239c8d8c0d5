"""``seeder status``, ``watch``, ``audit`` and ``cancel``: runs as the store or a deployed app tells them."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.console import Console

from local.cli.api import open_client
from local.cli.audit_questions import ask_audit
from local.cli.audit_tables import show_audit
from local.cli.environment import begin_command
from local.cli.errors import CliError, ExitStatus
from local.cli.follow import REMOTE_PACE, STORE_PACE, RunReader, follow_run
from local.cli.interrupts import run_interruptibly
from local.cli.place import Place
from local.cli.records import StoreRecords
from local.cli.results import choose_locate, decide_exit_status, make_document, show_run, show_runs
from local.cli.session import Outcome, Session
from shared.config import Settings
from shared.domain.requests import CATALOG_NAME_PATTERN
from shared.domain.run_status import RunStatus, Status, read_created_at
from shared.records.audit import AUDIT_NAME, audit_path
from shared.wiring import get_services, use_settings

AnswerT = TypeVar("AnswerT")


def show_status(session: Session, place: Place, run: str) -> Outcome:
    """Report where a run is.

    Args:
        session: of this command.
        place: where the run is.
        run: its id, or the name of the catalog whose latest run is meant.

    Raises:
        CliError: there is no such run, or the app cannot be reached.
    """
    settings = begin_command(session, place)

    async def find(reader: RunReader) -> RunStatus:
        return await reader.get_run(await find_run_id(reader, run))

    status = _ask(place, settings, find)
    return _tell_run(place, settings, status, ExitStatus.DONE)


def list_runs(session: Session, place: Place, limit: int) -> Outcome:
    """Report where the latest run is, and list the newest runs.

    Raises:
        CliError: the app cannot be reached.
    """
    settings = begin_command(session, place)
    runs = _ask(place, settings, lambda reader: reader.list_runs(limit))
    locate = choose_locate(settings.store, is_here=place.url is None)
    latest = make_document(runs[0], locate, place.flags) if runs else {"error": None}
    document = {**latest, "runs": [make_document(run, locate) for run in runs]}

    def show(console: Console) -> None:
        show_runs(console, runs)
        if runs:
            console.print()
            show_run(console, runs[0], locate, place.flags)

    return Outcome(ExitStatus.DONE, document, show)


def watch_run(session: Session, place: Place, run: str | None) -> Outcome:
    """Show a run's progress until it has ended; see ``find_run_id``.

    Raises:
        CliError: there is no such run, or the app cannot be reached.
    """
    settings = begin_command(session, place)
    pace = STORE_PACE if place.url is None else REMOTE_PACE

    async def watch(reader: RunReader) -> RunStatus:
        return await follow_run(reader, await find_run_id(reader, run), session, pace)

    status = _ask(place, settings, watch)
    return _tell_run(place, settings, status, decide_exit_status(status))


def audit_run(session: Session, place: Place, run: str | None) -> Outcome:
    """Report what a run paid for; see ``find_run_id``.

    Raises:
        CliError: there is no such run, it has no audit, or the app cannot be reached.
    """
    settings = begin_command(session, place)
    with TemporaryDirectory(prefix="seeder-audit-") as folder:
        file = Path(folder) / AUDIT_NAME

        async def fetch(reader: RunReader) -> str:
            run_id = await find_run_id(reader, run)
            await reader.fetch_audit(run_id, file)
            return run_id

        run_id = _ask(place, settings, fetch)
        answers = ask_audit(file)
    path = choose_locate(settings.store, is_here=place.url is None)(audit_path(run_id))
    document = {**answers.to_json(), "audit": path, "error": None}
    return Outcome(ExitStatus.DONE, document, lambda console: show_audit(console, answers, path))


def cancel_run(session: Session, place: Place, run: str) -> Outcome:
    """Stop a run; what is done stays.

    Args:
        session: of this command.
        place: where the run is.
        run: its id, or the name of the catalog whose latest run is meant.

    Raises:
        CliError: there is no such run, it has ended, or the app cannot be reached.
    """
    settings = begin_command(session, place)

    async def cancel(reader: RunReader) -> RunStatus:
        return await reader.cancel_run(await find_run_id(reader, run))

    status = _ask(place, settings, cancel)
    run_id = status.run_id
    if status.status is Status.INTERRUPTED:
        line = f"run {run_id} is stopped: it ends as Cancelled when its host is started again; what is done stays"
    elif status.status is Status.PAUSED:
        line = f"run {run_id} is stopped: it ends as Cancelled as soon as its host runs; what is done stays"
    else:
        line = f"run {run_id} is being stopped: no new work begins, what is done stays"
    document = make_document(status, choose_locate(settings.store, is_here=place.url is None))
    return Outcome(ExitStatus.DONE, document, lambda console: console.print(line, soft_wrap=True, markup=False))


def _ask(place: Place, settings: Settings, question: Callable[[RunReader], Awaitable[AnswerT]]) -> AnswerT:
    async def ask() -> AnswerT:
        async with _open_reader(place, settings) as reader:
            return await question(reader)

    return run_interruptibly(ask)


@asynccontextmanager
async def _open_reader(place: Place, settings: Settings) -> AsyncIterator[RunReader]:
    if place.url is not None:
        async with open_client(place.origin, settings.functions_key) as client:
            yield client
        return
    await use_settings(settings)
    try:
        yield StoreRecords(get_services())
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


def _tell_run(place: Place, settings: Settings, run: RunStatus, exit_status: ExitStatus) -> Outcome:
    locate = choose_locate(settings.store, is_here=place.url is None)
    return Outcome(
        exit_status,
        make_document(run, locate, place.flags),
        lambda console: show_run(console, run, locate, place.flags),
    )
