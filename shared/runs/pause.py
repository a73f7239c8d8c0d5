"""Pauses: reads the pause of a run, and ends it by a resume or a cancel.

The names of the events hold the resume count, so that a late event cannot end a later pause. An event is sent before it
is recorded, so that no record exists of an event that was not sent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from shared.messages.base import Failure
from shared.messages.custom_status import Stage, read_root_status
from shared.messages.instance_ids import make_cancel_event, make_resume_event
from shared.reasons import PAUSING_REASONS, Reason
from shared.runs import run_files
from shared.runs.durable_client import DurableClient
from shared.runs.status import Status
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from shared.storage.protocol import Store

CANCELLED = Failure(Reason.CANCELLED, "cancelled by a caller")


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that the root orchestration has not left.

    Attributes:
        resume_count: how often the run was resumed before.
        failure: why the run paused.
        until: when the pause ends without a resume, and the run with it.
    """

    resume_count: int
    failure: Failure
    until: datetime


@dataclass(frozen=True, slots=True)
class InstanceView:
    """What callers see of a run's root; ``until`` is when its pause ends without a resume."""

    status: Status
    stage: Stage
    error: Failure | None
    until: datetime | None = None


def read_pause(instance: Any) -> Pause | None:
    """Return the pause in the custom status of a run's root, or None."""
    root = read_root_status(instance.custom_status)
    is_running = instance.runtime_status is df.OrchestrationRuntimeStatus.Running
    if not is_running or root is None or root.pause is None:
        return None
    return Pause(root.resume_count, root.pause.failure, root.pause.until)


async def view_pause(store: Store, run_id: str, pause: Pause, stop: Failure | None) -> InstanceView:
    """Return what callers see of a paused run; it is active as soon as its pause was ended."""
    if stop is not None and stop.reason is Reason.CANCELLED:
        return InstanceView(Status.RUNNING, Stage.STOPPING, stop)
    if await is_resumed(store, run_id, pause.resume_count):
        return InstanceView(Status.RUNNING, Stage.RESUMING, None)
    return InstanceView(Status.PAUSED, Stage.PAUSED, pause.failure, pause.until)


async def find_pause(client: DurableClient, run_id: str) -> Pause | None:
    """Return the pause of a run on this durable host, or None."""
    instance = await client.get_status(run_id)
    return None if instance is None else read_pause(instance)


async def record_resume(store: Store, run_id: str, resume_count: int) -> None:
    """Record that a caller ended a pause; the first record stays."""
    data = dump_json({"at": datetime.now(UTC).isoformat()})
    await store.create(paths.resume_file(run_id, resume_count), data, content_type=JSON_TYPE)


async def is_resumed(store: Store, run_id: str, resume_count: int) -> bool:
    """Return whether a caller ended a pause."""
    return await store.describe(paths.resume_file(run_id, resume_count)) is not None


async def end_pause_by_resume(store: Store, client: DurableClient, run_id: str, pause: Pause) -> bool:
    """Resume a paused run; a second call for the same pause has no effect. False if the pause has ended otherwise."""
    if not await is_resumed(store, run_id, pause.resume_count):
        if not await _send_event(client, run_id, make_resume_event(pause.resume_count)):
            return False
        await record_resume(store, run_id, pause.resume_count)
    return True


async def end_pause_by_cancel(client: DurableClient, run_id: str) -> None:
    """Wake a cancelled run if it is paused; any other run reads its stop record."""
    pause = await find_pause(client, run_id)
    if pause is not None:
        await _send_event(client, run_id, make_cancel_event(pause.resume_count))


async def end_suspension(client: DurableClient, run_id: str) -> None:
    """Resume the root of a cancelled run that is suspended, so that it can end."""
    try:
        await client.resume(run_id, "cancelled by a caller")
    except Exception:
        instance = await client.get_status(run_id)
        if instance.runtime_status is df.OrchestrationRuntimeStatus.Suspended:
            raise


async def record_cancel(store: Store, run_id: str, failure: Failure = CANCELLED) -> None:
    """Stop a run for its caller. Replaces the reason of a pause; any other earlier reason stays.

    A concurrent resume may delete the stop record of a pause between two of these steps. So this repeats until it reads
    a record that no resume deletes.
    """
    await run_files.record_stop(store, run_id, failure)
    request = await run_files.read_request(store, run_id)
    while request.may_pause:
        stop = await run_files.read_stop_record(store, run_id)
        if stop is None:
            await run_files.record_stop(store, run_id, failure)
        elif stop.reason in PAUSING_REASONS:
            await run_files.replace_stop(store, run_id, failure)
        else:
            break


async def _send_event(client: DurableClient, run_id: str, event: str) -> bool:
    """Send an event to a paused run; False if its pause has ended: durable hosts refuse events to ended instances."""
    try:
        await client.raise_event(run_id, event)
    except Exception:
        if await find_pause(client, run_id) is not None:
            raise
        return False
    return True
