"""Wakes a root that lost its worker while it took in the end of its writers.

The engine keeps such a root Running while other children are at work, and runs it again only at their next end. Those
are image lanes, and they wait for the root to say that no item will follow.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from shared.domain.children import name_wake_event
from shared.domain.run_status import read_custom_status
from shared.records.run import are_items_closed
from shared.wiring import Services
from triggers.run_children import Work

IDLE = timedelta(seconds=30)
"""A root takes in the end of a child within seconds; it is woken once in so long at most."""


async def wake_root(services: Services, client: df.DurableOrchestrationClient, instance: Any, work: Work) -> bool:
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
    latest = datetime.now(UTC) - IDLE
    if work.writers_ended_at is None or work.writers_ended_at >= latest:
        return False
    if instance.last_updated_time.replace(tzinfo=UTC) >= latest:
        return False
    leg = int(read_custom_status(instance.custom_status).get("leg", 0))
    if await are_items_closed(services.store, instance.instance_id, leg):
        return False
    with suppress(Exception):  # it has ended meanwhile, or the next one who asks wakes it
        await client.raise_event(instance.instance_id, name_wake_event(leg))
    return True
