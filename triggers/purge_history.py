"""A timer: makes the durable host forget finished runs. What they did stays: summary, lists and images are files."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from shared.runs.child_status import UNFINISHED_STATUSES
from shared.runs.recover import ENDED_STATUSES
from shared.services.container import get_services
from shared.telemetry.observed_timers import observe_timer

blueprint = df.Blueprint()

SCHEDULE = "0 17 3 * * *"
"""Daily at 03:17 UTC: a quiet hour, and off the full hour, when other timers fire. Often enough for a limit in days."""

MAX_PURGE_SECONDS = 300.0
"""How long one execution goes on: far below functionTimeout. What is left waits for the next day."""

EARLIEST_RUN_DATE = datetime(2020, 1, 1, tzinfo=UTC)
"""The client filters by time only between two moments."""

logger = logging.getLogger(__name__)


@blueprint.timer_trigger(arg_name="timer", schedule=SCHEDULE, run_on_startup=False, use_monitor=True)
@blueprint.durable_client_input(client_name="client")
@observe_timer
async def purge_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 - as triggered
    """Timer: forget what finished before HISTORY_RETENTION_DAYS."""
    days = get_services().settings.history_retention_days
    await run_purge_history(client, before=datetime.now(UTC) - timedelta(days=days))


async def run_purge_history(
    client: df.DurableOrchestrationClient,
    *,
    before: datetime,
    read_seconds: Callable[[], float] = time.monotonic,
) -> int:
    """Purge the finished instances that were created before a moment, children included.

    Works in slices: a listing of at most 100 instances (the client gets no more: azure-functions-durable-python 580),
    then one call for each, until nothing is left or MAX_PURGE_SECONDS are over. A run that goes on for longer than the
    limit keeps its finished children, since its progress is told from theirs: nothing that began after it is purged.

    Args:
        client: the durable client.
        before: the limit.
        read_seconds: a clock.

    Returns:
        How many instances were purged.
    """
    started = read_seconds()
    active = await client.get_status_by(EARLIEST_RUN_DATE, before, UNFINISHED_STATUSES)
    limit = min([before, *(instance.created_time.replace(tzinfo=UTC) for instance in active)])
    purged = 0
    while page := await client.get_status_by(EARLIEST_RUN_DATE, limit, list(ENDED_STATUSES)):
        purged_before = purged
        # Children first, whose ids begin with their parent's: a host may take them along with it, uncounted.
        for instance_id in sorted((instance.instance_id for instance in page), reverse=True):
            if read_seconds() - started >= MAX_PURGE_SECONDS:
                logger.warning("purge: %d instances, and more to come: the time is over until the next day", purged)
                return purged
            purged += (await client.purge_instance_history(instance_id)).instances_deleted
        if purged == purged_before:
            logger.warning("purge: %d instances; the host lists others that it does not purge", purged)
            return purged
    logger.info("purge: %d instances that were created before %s", purged, limit.isoformat(timespec="seconds"))
    return purged
