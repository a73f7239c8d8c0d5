"""Purges finished runs from the history of the durable host."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from shared.runs.child_status import UNFINISHED_STATUSES
from shared.runs.durable_client import DurableClient
from shared.runs.recover import ENDED_STATUSES

MAX_PURGE_SECONDS = 300.0
"""Maximum duration of one purge, far below functionTimeout; the rest waits for the next day."""

EARLIEST_RUN_DATE = datetime(2020, 1, 1, tzinfo=UTC)
"""The durable client filters by time only between two dates."""

logger = logging.getLogger(__name__)


async def purge_finished_runs(
    client: DurableClient,
    *,
    before: datetime,
    read_seconds: Callable[[], float] = time.monotonic,
) -> int:
    """Purge the finished instances that were created before a time, children included.

    Lists at most 100 instances at a time, which is all that the client returns (azure-functions-durable-python issue
    580), and purges one at a time, until none is left or MAX_PURGE_SECONDS have passed. Instances that are younger than
    an active run stay, because the active run's progress is read from its finished children.

    Args:
        client: the durable client.
        before: the time, in UTC.
        read_seconds: a monotonic clock.

    Returns:
        How many instances were purged.
    """
    started = read_seconds()
    active = await client.get_status_by(EARLIEST_RUN_DATE, before, UNFINISHED_STATUSES)
    limit = min([before, *(instance.created_time.replace(tzinfo=UTC) for instance in active)])
    purged = 0
    while page := await client.get_status_by(EARLIEST_RUN_DATE, limit, list(ENDED_STATUSES)):
        purged_before = purged
        # Children first (their ids start with their parent's): some hosts purge them with the parent, uncounted.
        for instance_id in sorted((instance.instance_id for instance in page), reverse=True):
            if read_seconds() - started >= MAX_PURGE_SECONDS:
                logger.warning("purged %d instances; the time limit was reached, the rest follows in a day", purged)
                return purged
            purged += (await client.purge_instance_history(instance_id)).instances_deleted
        if purged == purged_before:
            logger.warning("purged %d instances; the durable host lists others but does not purge them", purged)
            return purged
    logger.info("purged %d instances created before %s", purged, limit.isoformat(timespec="seconds"))
    return purged
