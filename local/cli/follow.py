"""Following a run to its end, through moments in which nobody answers."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local.cli.api import ProblemError, UnreachableError
from local.cli.errors import CliError
from local.cli.progress import open_display
from local.cli.session import Session
from shared.domain.run_status import RunStatus
from shared.ports import StoreUnavailableError


class RunReader(Protocol):
    """What knows runs: an app over HTTP, or the store itself."""

    async def get_run(self, run_id: str) -> RunStatus:
        """Return a run's status.

        Raises:
            CliError: there is no such run, or nobody answers.
        """

    async def list_runs(self, limit: int) -> list[RunStatus]:
        """Return the newest runs, newest first."""

    async def find_latest(self, catalog: str) -> RunStatus | None:
        """Return the latest run of a catalog, or None."""

    async def cancel_run(self, run_id: str) -> RunStatus:
        """Stop a run, and return its status.

        Raises:
            CliError: there is no such run, or it has ended.
        """

    async def fetch_audit(self, run_id: str, file: Path) -> None:
        """Write a run's audit into a file of this machine.

        Raises:
            CliError: there is no such run, or it has no audit.
        """


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run is followed.

    Attributes:
        poll_seconds: between two looks.
        patience_seconds: how long nobody may answer before we give up.
    """

    poll_seconds: float
    patience_seconds: float


LOCAL_PACE = Pace(poll_seconds=0.3, patience_seconds=15)
STORE_PACE = Pace(poll_seconds=1, patience_seconds=60)
REMOTE_PACE = Pace(poll_seconds=2, patience_seconds=300)
"""A deployed app may be restarted, or deployed anew, under a run of hours."""


async def follow_run(reader: RunReader, run_id: str, session: Session, pace: Pace) -> RunStatus:
    """Show a run's progress until it has ended, and return its last status; the session keeps each.

    Raises:
        CliError: there is no such run, or nobody answers: at first, or later for too long.
    """
    answered_at: float | None = None
    with open_display(session.err) as display:
        while True:
            try:
                session.run = await reader.get_run(run_id)
            except (CliError, StoreUnavailableError) as error:
                if (
                    not _may_pass(error)
                    or answered_at is None
                    or time.monotonic() - answered_at > pace.patience_seconds
                ):
                    raise
            else:
                answered_at = time.monotonic()
                if not session.run.is_active:
                    return session.run
                display.show(session.run)
            await asyncio.sleep(pace.poll_seconds)


def _may_pass(error: Exception) -> bool:
    """Tell whether the trouble is one of the moment."""
    if isinstance(error, ProblemError):
        return error.status >= 500  # noqa: PLR2004 - HTTP
    return isinstance(error, UnreachableError | StoreUnavailableError)
