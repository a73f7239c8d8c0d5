"""Reads what the durable host knows of the children of a run's root."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from shared.messages.base import Counters, Wait, find_longest_wait
from shared.messages.custom_status import BatchStatus, RootStatus, read_child_status, sum_counters
from shared.messages.instance_ids import find_resume_count, make_finish_id
from shared.runs.durable_client import DurableClient
from shared.runs.status import read_created_at

UNFINISHED_STATUSES = [
    df.OrchestrationRuntimeStatus.Pending,
    df.OrchestrationRuntimeStatus.Running,
    df.OrchestrationRuntimeStatus.Suspended,
    df.OrchestrationRuntimeStatus.ContinuedAsNew,
]

CLOCK_SKEW = timedelta(minutes=5)
"""Between the app, which dates the run, and the durable host, which dates its instances."""


async def find_active_children(client: DurableClient, run_id: str, root: RootStatus) -> list[Any]:
    """Return the unfinished children of a run, of any resume count: those that may still be billed.

    A root that was lost during an episode has lost its custom status as well. So this lists all unfinished instances
    that are younger than the run; the durable host returns at most 100, the newest runs first.
    """
    since, until = read_created_at(run_id) - CLOCK_SKEW, datetime.now(UTC) + CLOCK_SKEW
    listed = await client.get_status_by(since, until, UNFINISHED_STATUSES)
    found = {one.instance_id: one for one in listed if one.instance_id.startswith(f"{run_id}:")}
    named = await _read(client, [name for name in root.list_children(run_id) if name not in found])
    found |= {name: one for name, one in named.items() if one.runtime_status in UNFINISHED_STATUSES}
    found.pop(make_finish_id(run_id), None)
    return list(found.values())


def find_highest_resume_count(children: Iterable[Any]) -> int:
    """Return the highest resume count in the ids of children; 0 without any."""
    return max((find_resume_count(child.instance_id) for child in children), default=0)


@dataclass(frozen=True, slots=True)
class InstanceProgress:
    """Sum of what the instances of a run publish.

    Attributes:
        counters: what they have done so far.
        window: concurrency windows of the image workers together; None = no image worker publishes one.
        wait: the longest wait that a provider asked for; None = none is long.
        writers_ended_at: when the last item writer ended; None = one is active, or the run has none.
        batches: the open batches of images.
        prompt_batches: the open batches of prompts.
    """

    counters: Counters
    window: int | None
    wait: Wait | None
    writers_ended_at: datetime | None
    batches: BatchStatus
    prompt_batches: BatchStatus


async def read_instance_progress(client: DurableClient, run_id: str, root: RootStatus) -> InstanceProgress:
    """Return what a root and its children publish; a parent publishes the counters of children that have ended."""
    lost = root.list_lost_children(run_id)
    found = await _read(client, [*root.list_children(run_id), *lost.values()])
    published = {name: read_child_status(instance.custom_status) for name, instance in found.items()}
    further = [name for part in published.values() for name in part.children]
    found_further = await _read(client, further) if further else {}
    published |= {name: read_child_status(instance.custom_status) for name, instance in found_further.items()}
    active = [part for name, part in published.items() if name not in lost.values()]
    windows = [part.window for part in active if part.window is not None]
    return InstanceProgress(
        counters=sum_counters(root, published, lost),
        window=sum(windows) if windows else None,
        wait=find_longest_wait([root.wait, *(part.wait for part in active)], datetime.now(UTC)),
        batches=sum((part.batches for part in active if part.batches is not None), BatchStatus()),
        prompt_batches=sum((part.prompt_batches for part in active if part.prompt_batches is not None), BatchStatus()),
        writers_ended_at=_find_ended_at([found[name] for name in root.list_writers(run_id) if name in found]),
    )


def _find_ended_at(instances: list[Any]) -> datetime | None:
    """Return when the last of the instances ended; None if one has not ended, or there are none."""
    known = [instance for instance in instances if instance.runtime_status is not None]
    if not known or any(instance.runtime_status in UNFINISHED_STATUSES for instance in known):
        return None
    ended: datetime = max(instance.last_updated_time.replace(tzinfo=UTC) for instance in known)
    return ended


async def _read(client: DurableClient, names: list[str]) -> dict[str, Any]:
    found = await asyncio.gather(*(client.get_status(name) for name in names))
    return {name: instance for name, instance in zip(names, found, strict=True) if instance is not None}
