"""Cancels a run."""

import contextlib

from shared.errors import RunEndedError
from shared.messages.custom_status import read_root_status
from shared.messages.instance_ids import CHECK_EVENT
from shared.runs.durable_client import DurableClient
from shared.runs.pause import end_pause_by_cancel, end_suspension, record_cancel
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status
from shared.services.container import Services
from shared.telemetry.tracing import set_run_attributes


async def cancel_run(services: Services, client: DurableClient | None, run_id: str) -> RunStatus:
    """Stop new work of a run; finished work stays, and the run ends as Cancelled.

    Args:
        services: the services.
        client: the durable client; None = write the stop record alone, which the run's host reads before each billed
            call.
        run_id: the run.

    Returns:
        The run's status; a paused or suspended run that was woken to end is Running.

    Raises:
        UnknownRunError: the run does not exist.
        RunEndedError: the run has ended.
        StoreUnavailableError: the store does not answer.
    """
    run = await load_run_status(services, client, run_id)
    set_run_attributes(run_id, run.catalog)
    if run.has_ended:
        raise RunEndedError(run_id, run.status)
    await record_cancel(services.store, run_id)
    if client is None:
        return run
    await end_pause_by_cancel(client, run_id)
    if run.status is Status.SUSPENDED:
        await end_suspension(client, run_id)
    if run.image_batches is not None or run.text_batches is not None:
        await _end_wait_for_batches(client, run)
    return run.model_copy(update={"status": Status.RUNNING}) if run.is_waiting else run


async def _end_wait_for_batches(client: DurableClient, run: RunStatus) -> None:
    """Let a cancelled run check its batches at once, which cancels them."""
    instance = await client.get_status(run.run_id)
    root = None if instance is None else read_root_status(instance.custom_status)
    if root is None:
        return
    images = [] if run.image_batches is None else root.list_image_workers(run.run_id)
    texts = [] if run.text_batches is None else root.list_writers(run.run_id)
    for child in (*images, *texts):
        with contextlib.suppress(Exception):  # it has ended, or its next check finds the stop record
            await client.raise_event(child, CHECK_EVENT)
