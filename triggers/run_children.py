"""Reads what the engine knows of the children of a run's root."""

import asyncio
from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df

from shared.domain.children import list_children, list_lost_children, sum_tallies
from shared.domain.messages import Tally
from shared.domain.run_status import read_custom_status


async def read_children(
    client: df.DurableOrchestrationClient, run_id: str, custom: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the children that a root has at work by instance id; those that the engine does not know are left out."""
    return await _read(client, list_children(run_id, custom))


async def read_work(
    client: df.DurableOrchestrationClient, run_id: str, custom: Mapping[str, Any]
) -> tuple[Tally, int | None]:
    """Return what a root and its children have done so far, and the image calls that its lanes allow themselves.

    The calls are None where no lane says so. Once children have ended, their parent has counted them in.
    """
    lost = list_lost_children(run_id, custom)
    found = await _read(client, [*list_children(run_id, custom), *lost.values()])
    published = {name: read_custom_status(instance.custom_status) for name, instance in found.items()}
    windows = [part["window"] for name, part in published.items() if "window" in part and name not in lost.values()]
    return sum_tallies(custom, published, lost), sum(windows) if windows else None


async def _read(client: df.DurableOrchestrationClient, names: list[str]) -> dict[str, Any]:
    found = await asyncio.gather(*(client.get_status(name) for name in names))
    return {name: instance for name, instance in zip(names, found, strict=True) if instance is not None}
