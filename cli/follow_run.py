"""Follows a run until it ends, and tolerates short outages of the app or the store."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cli.app_client import ProblemError, UnreachableError
from cli.command_context import CommandContext
from cli.errors import CliError
from cli.progress_display import open_display
from cli.run_readers import StatusReader
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


SETTLE_SECONDS = 2.0
"""A check of the provider's batches changes several instances one after the other."""

WaitForChange = Callable[[float], Awaitable[None]]
"""Waits for a change of the run's host, and so many seconds longer for others that come with it."""


async def follow_run(
    reader: StatusReader,
    run_id: str,
    context: CommandContext,
    polling: Polling,
    *,
    wait_for_change: WaitForChange | None = None,
) -> RunStatus:
    """Show the progress of a run until it ends or pauses, and return its last status.

    Args:
        reader: reads the run.
        run_id: the run.
        context: has the display, and gets each status.
        polling: the intervals.
        wait_for_change: awaited between two reads of a run that only waits for the provider's batches; None = such
            a run is polled as well.

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
                if wait_for_change is not None and context.run.waits_for_batches:
                    await wait_for_change(SETTLE_SECONDS)
                    continue
            await asyncio.sleep(polling.poll_interval_seconds)


def _is_transient(error: Exception) -> bool:
    """Return whether an error is temporary."""
    if isinstance(error, ProblemError):
        return error.status >= 500  # noqa: PLR2004 - HTTP
    return isinstance(error, UnreachableError | StoreUnavailableError)
