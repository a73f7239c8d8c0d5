"""Follows a run until it ends, and tolerates short outages of the app or the store."""

import asyncio
import time
from dataclasses import dataclass

from cli.app_client import ProblemError, UnreachableError
from cli.command_context import CommandContext
from cli.errors import CliError
from cli.progress_display import open_display
from cli.run_readers import RunReader
from shared.errors import StoreUnavailableError
from shared.runs.status import RunStatus


@dataclass(frozen=True, slots=True)
class Polling:
    """Intervals of following a run.

    Attributes:
        poll_interval_seconds: time between two reads of the status.
        max_unreachable_seconds: maximum duration of an outage.
    """

    poll_interval_seconds: float
    max_unreachable_seconds: float


LOCAL_POLLING = Polling(poll_interval_seconds=0.3, max_unreachable_seconds=15)
STORE_POLLING = Polling(poll_interval_seconds=1, max_unreachable_seconds=60)
REMOTE_POLLING = Polling(poll_interval_seconds=2, max_unreachable_seconds=300)
"""A deployed app may be restarted or deployed again during a run of hours."""


async def follow_run(reader: RunReader, run_id: str, context: CommandContext, polling: Polling) -> RunStatus:
    """Show the progress of a run until it ends or pauses, and return its last status.

    Raises:
        CliError: the run does not exist, or the app cannot be reached: at the first read, or later for too long.
        StoreUnavailableError: the store does not answer, at the first read or later for too long.
    """
    answered_at: float | None = None
    with open_display(context.err) as display:
        while True:
            try:
                context.run = await reader.get_run(run_id)
            except (CliError, StoreUnavailableError) as error:
                if (
                    not _is_transient(error)
                    or answered_at is None
                    or time.monotonic() - answered_at > polling.max_unreachable_seconds
                ):
                    raise
            else:
                answered_at = time.monotonic()
                if not context.run.is_active:
                    return context.run
                display.show(context.run)
            await asyncio.sleep(polling.poll_interval_seconds)


def _is_transient(error: Exception) -> bool:
    """Return whether an error is temporary."""
    if isinstance(error, ProblemError):
        return error.status >= 500  # noqa: PLR2004 - HTTP
    return isinstance(error, UnreachableError | StoreUnavailableError)
