"""Pauses: what a run's orchestration says of its own, and what ends one: a resume, a cancel, or its limit.

The events carry the leg of the pause in their names, so that whoever comes late ends no later pause. They are sent
before they are recorded: a record never tells of an event that nobody sent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from shared.messages.base import Failure
from shared.messages.custom_status import Stage, read_root_status
from shared.messages.instance_ids import make_cancel_event, make_resume_event
from shared.reasons import PAUSING_REASONS, Reason
from shared.runs import resume, run_files
from shared.runs.status import Status
from shared.storage.protocol import Store


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that has not ended as far as the orchestration knows.

    Attributes:
        resume_count: how often the run was resumed before.
        failure: why it paused.
        until: when it ends by itself, and the run with it.
    """

    resume_count: int
    failure: Failure
    until: datetime


@dataclass(frozen=True, slots=True)
class InstanceView:
    """What callers see of a run's instance; ``until`` is when its pause ends by itself, if it is in one."""

    status: Status
    stage: Stage
    error: Failure | None
    until: datetime | None = None


def read_pause(instance: Any) -> Pause | None:
    """Return the pause that a run's instance says it is in, or None."""
    root = read_root_status(instance.custom_status)
    is_running = instance.runtime_status is df.OrchestrationRuntimeStatus.Running
    if not is_running or root is None or root.pause is None:
        return None
    return Pause(root.resume_count, root.pause.failure, root.pause.until)


async def view_pause(store: Store, run_id: str, pause: Pause, stop: Failure | None) -> InstanceView:
    """Return what callers see: from the moment that a pause was ended the run is active, before it has noticed."""
    if stop is not None and stop.reason is Reason.CANCELLED:
        return InstanceView(Status.RUNNING, Stage.STOPPING, stop)
    if await resume.is_resumed(store, run_id, pause.resume_count):
        return InstanceView(Status.RUNNING, Stage.RESUMING, None)
    return InstanceView(Status.PAUSED, Stage.PAUSED, pause.failure, pause.until)


async def find_pause(client: df.DurableOrchestrationClient, run_id: str) -> Pause | None:
    """Return the pause that a run is in on this host, or None."""
    instance = await client.get_status(run_id)
    return None if instance is None else read_pause(instance)


async def end_pause_by_resume(store: Store, client: df.DurableOrchestrationClient, run_id: str, pause: Pause) -> bool:
    """Let a paused run go on; a second call for the same pause changes nothing. False if the pause is over."""
    if not await resume.is_resumed(store, run_id, pause.resume_count):
        if not await _send_event(client, run_id, make_resume_event(pause.resume_count)):
            return False
        await resume.record_resume(store, run_id, pause.resume_count)
    return True


async def end_pause_by_cancel(client: df.DurableOrchestrationClient, run_id: str) -> None:
    """Wake a run that was cancelled, if it is paused; any other finds its stop record by itself."""
    pause = await find_pause(client, run_id)
    if pause is not None:
        await _send_event(client, run_id, make_cancel_event(pause.resume_count))


async def end_suspension(client: df.DurableOrchestrationClient, run_id: str) -> None:
    """Wake a suspended run that was cancelled: it could not end otherwise."""
    try:
        await client.resume(run_id, "cancelled by a caller")
    except Exception:
        instance = await client.get_status(run_id)
        if instance.runtime_status is df.OrchestrationRuntimeStatus.Suspended:
            raise


CANCELLED = Failure(Reason.CANCELLED, "cancelled by a caller")


async def record_cancel(store: Store, run_id: str, failure: Failure = CANCELLED) -> None:
    """Stop a run for its caller. What a run pauses for must not outlive the cancel; any other first reason stays.

    A resume may lift what the run paused for at any moment, also between two of these steps: it is over only where a
    record is seen that no resume lifts.
    """
    await run_files.record_stop(store, run_id, failure)
    request = await run_files.read_request(store, run_id)
    while request.pause_on_block:
        stop = await run_files.read_stop_record(store, run_id)
        if stop is None:
            await run_files.record_stop(store, run_id, failure)
        elif stop.reason in PAUSING_REASONS:
            await run_files.replace_stop(store, run_id, failure)
        else:
            break


async def _send_event(client: df.DurableOrchestrationClient, run_id: str, event: str) -> bool:
    """Send an event to a run; False if its pause has ended meanwhile: hosts refuse events for an instance that has."""
    try:
        await client.raise_event(run_id, event)
    except Exception:
        if await find_pause(client, run_id) is not None:
            raise
        return False
    return True
