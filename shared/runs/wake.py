"""Wakes a root that lost its worker while it took in the end of its writers.

The engine keeps such a root Running while other children are at work, and runs it again only at their next end. Those
are image image workers, and they wait for the root to say that no item will follow.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from shared.messages.custom_status import read_root_status
from shared.messages.instance_ids import make_wake_event
from shared.runs.child_status import InstanceProgress
from shared.runs.run_files import are_items_closed
from shared.services.container import Services

MIN_IDLE_TIME = timedelta(seconds=30)
"""A root takes in the end of a child within seconds; it is woken once in so long at most."""


async def wake_root(
    services: Services, client: df.DurableOrchestrationClient, instance: Any, work: InstanceProgress
) -> bool:
    """Let a root look at its children again if its writers have ended and it has not acted on that.

    Args:
        services: of this process.
        client: the durable client.
        instance: the root, which is running.
        work: what its children publish.

    Returns:
        Whether it was woken.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    latest = datetime.now(UTC) - MIN_IDLE_TIME
    if work.writers_ended_at is None or work.writers_ended_at >= latest:
        return False
    if instance.last_updated_time.replace(tzinfo=UTC) >= latest:
        return False
    root = read_root_status(instance.custom_status)
    resume_count = 0 if root is None else root.resume_count
    if await are_items_closed(services.store, instance.instance_id, resume_count):
        return False
    with suppress(Exception):  # it has ended meanwhile, or the next one who asks wakes it
        await client.raise_event(instance.instance_id, make_wake_event(resume_count))
    return True
