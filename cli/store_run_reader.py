"""Runs as the store tells them, read without any host: for ``status``, ``watch``, ``cancel`` and ``audit`` here."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from cli.app_client import RUNS_PER_PAGE
from cli.errors import CliError
from shared.audit.write_audit import audit_path
from shared.runs.pause import record_cancel
from shared.runs.status import RunStatus
from shared.runs.view import load_run_status
from shared.services.container import Services
from triggers.audit import explain_missing_audit


class EmptyDurableClient:
    """A durable client of a host that knows no instance: the app then judges a run by its files and its claim."""

    async def get_status(self, instance_id: str) -> None:
        """Return nothing: the instance is unknown here."""


class StoreRunReader:
    """The runs in a store.

    Args:
        services: of the command's settings.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._durable_client = EmptyDurableClient()

    async def get_run(self, run_id: str) -> RunStatus:
        """Return what the store tells of a run: its summary, or the progress that its host wrote last.

        Raises:
            CliError: there is no such run.
            StoreUnavailableError: the store does not answer.
        """
        status = await load_run_status(self._services, self._durable_client, run_id)
        if status is None:
            raise CliError(
                f"there is no run or catalog {run_id[:60]!r} in {self._describe_store()}; see 'seeder status'",
                reason="unknown_run",
            )
        return status

    async def list_runs(self, limit: int) -> list[RunStatus]:
        """Return the newest runs, newest first.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        async with aclosing(self._iterate_runs(limit)) as runs:
            found: list[RunStatus] = []
            async for status in runs:
                found.append(status)
                if len(found) == limit:
                    break
            return found

    async def find_latest(self, catalog: str) -> RunStatus | None:
        """Return the latest run of a catalog, or None.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        async with aclosing(self._iterate_runs(RUNS_PER_PAGE)) as runs:
            async for status in runs:
                if status.catalog == catalog:
                    return status
        return None

    async def cancel_run(self, run_id: str) -> RunStatus:
        """Stop a run as the app's own cancel does: with a record that its host finds before it pays again.

        Raises:
            CliError: there is no such run, or it has ended.
            StoreUnavailableError: the store does not answer.
        """
        status = await self.get_run(run_id)
        if status.has_ended:
            raise CliError(f"run {run_id} ended as {status.status}; expected an active run", reason="run_ended")
        await record_cancel(self._services.store, run_id)
        return status

    async def fetch_audit(self, run_id: str, file: Path) -> None:
        """Write a run's audit into a file of this machine.

        Raises:
            CliError: there is no such run, or it has no audit.
            StoreUnavailableError: the store does not answer.
        """
        run, store = await self.get_run(run_id), self._services.store
        if await store.describe(audit_path(run_id)) is None:
            raise CliError(await explain_missing_audit(store, run), reason="no_audit")
        with file.open("wb") as opened:
            async for chunk in store.read_chunks(audit_path(run_id)):
                opened.write(chunk)

    async def _iterate_runs(self, page_size: int) -> AsyncGenerator[RunStatus, None]:
        """Yield the runs of the store, newest first."""
        continuation: str | None = None
        while True:
            page = await self._services.store.list_folders("runs/", limit=page_size, continuation=continuation)
            for name in page.names:
                status = await load_run_status(self._services, self._durable_client, name)
                if status is not None:  # runs/keys/ holds no run
                    yield status
            continuation = page.continuation
            if continuation is None:
                return

    def _describe_store(self) -> str:
        store = self._services.settings.store
        return f"folder {store.folder}" if store.kind == "folder" else "Blob Storage"
