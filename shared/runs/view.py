"""What callers see of a run: its summary once it ended, until then the sum of what its instances publish."""

from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from shared.errors import UnknownRunError
from shared.messages.custom_status import RootStatus, Stage, read_root_status
from shared.messages.run import StartInventory
from shared.reasons import PAUSING_REASONS, Reason
from shared.runs import run_claim, run_files
from shared.runs.child_status import read_instance_progress
from shared.runs.durable_client import DurableClient
from shared.runs.pause import InstanceView, end_pause_by_cancel, read_pause, view_pause
from shared.runs.recover import FAILED_ROOT_STATUSES, recover_run, wake_root
from shared.runs.request import SeedRequest
from shared.runs.status import (
    RunError,
    RunStatus,
    Status,
    is_run_id,
    read_created_at,
)
from shared.runs.status_rules import compose_status
from shared.services.container import Services

INTERRUPTED_MESSAGE = (
    "the host of the run stopped: start it again (or repeat the command) to resume the run; "
    "a new run of the same catalog generates only what is missing"
)


async def load_run_status(
    services: Services, client: DurableClient | None, run_id: str, *, is_running: bool = False
) -> RunStatus:
    """Return the status of a run. A run that lost its root is recovered in passing.

    Args:
        services: the services.
        client: the durable client; None = read the store alone.
        run_id: the run.
        is_running: do not look for the summary of a run whose root is running: it may miss one that was just written.

    Raises:
        UnknownRunError: the run does not exist.
        DamagedFileError: a file of the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if not is_run_id(run_id):
        raise UnknownRunError(run_id)
    summary = None if is_running else await run_files.read_status_file(services.store, run_id, "summary.json")
    if summary is not None:
        return summary
    request = await services.caches.read_request(services.store, run_id)
    instance = None if client is None else await client.get_status(run_id)
    if is_running and (instance is None or instance.runtime_status is not df.OrchestrationRuntimeStatus.Running):
        return await load_run_status(services, client, run_id)
    if client is None or instance is None or instance.runtime_status is None:
        return await _view_unknown_instance(services, run_id, request)
    if instance.runtime_status in FAILED_ROOT_STATUSES:
        view = await recover_run(services, client, run_id, request, instance)
    else:
        view = await _view_instance(services, run_id, instance)
    published = read_root_status(instance.custom_status)
    root = published or RootStatus(Stage.PENDING)
    progress = await read_instance_progress(client, run_id, root)
    if instance.runtime_status is df.OrchestrationRuntimeStatus.Running:
        await wake_root(services, client, instance, progress)
    status = compose_status(
        run_id,
        request,
        status=view.status,
        stage=view.stage,
        found=root.found or StartInventory(),
        counters_by_instance=[progress.counters],
        updated_at=datetime.now(UTC),
        error=view.error,
        paused_until=view.until,
        wait=progress.wait,
        window=progress.window,
        batches=progress.batches,
        prompt_batches=progress.prompt_batches,
    )
    return status if published is not None else await _merge_last_progress(services, status)


async def refresh_progress(
    services: Services, client: DurableClient, run_id: str, *, is_running: bool = False
) -> RunStatus:
    """Return the status of a run, and store it as ``progress.json`` until the run has ended.

    A paused run that was cancelled through the store alone is woken in passing.

    Args:
        services: the services.
        client: the durable client.
        run_id: the run.
        is_running: the caller expects that the root is running. This saves a read of the store.

    Raises:
        UnknownRunError: the run does not exist.
        DamagedFileError: a file of the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    run = await load_run_status(services, client, run_id, is_running=is_running)
    if not (run.is_active or run.is_waiting):
        return run
    if run.error is not None and run.error.reason == Reason.CANCELLED:
        await end_pause_by_cancel(client, run_id)
    await run_files.write_progress(services.store, run)
    # The run may have ended meanwhile; its summary must stay the last progress.
    summary = await run_files.read_status_file(services.store, run_id, "summary.json")
    if summary is None:
        return run
    await run_files.write_progress(services.store, summary)
    return summary


async def _view_instance(services: Services, run_id: str, instance: Any) -> InstanceView:
    """Return what the root publishes, updated by the records of the run in the store."""
    stop = await run_files.read_stop_record(services.store, run_id)
    pause = read_pause(instance)
    if pause is not None:
        return await view_pause(services.store, run_id, pause, stop)
    status = _read_runtime_status(instance)
    root = read_root_status(instance.custom_status)
    stage = Stage.PENDING if root is None else root.stage
    if stop is None:
        return InstanceView(status, stage, None)
    if stage is Stage.PLANNING and stop.reason in PAUSING_REASONS:  # a resume is removing this stop record
        return InstanceView(status, Stage.RESUMING, None)
    return InstanceView(status, Stage.STOPPING, stop)


async def _merge_last_progress(services: Services, status: RunStatus) -> RunStatus:
    """Return the status of a root that has published nothing yet, with the last progress of the run."""
    last = await run_files.read_status_file(services.store, status.run_id, "progress.json")
    if last is None or last.progress == status.progress:
        return status
    is_pending = status.status is Status.PENDING
    return last.model_copy(
        update={
            "status": Status.RUNNING if is_pending else status.status,
            "stage": Stage.RESTARTING if is_pending else status.stage,
            "updated_at": status.updated_at,
            "paused_until": status.paused_until,
            "error": status.error,
        },
    )


def _read_runtime_status(instance: Any) -> Status:
    match instance.runtime_status:
        case df.OrchestrationRuntimeStatus.Pending:
            return Status.PENDING
        case df.OrchestrationRuntimeStatus.Completed:
            return Status(str(instance.output))
        case df.OrchestrationRuntimeStatus.Suspended:
            return Status.SUSPENDED
        case _:
            return Status.RUNNING


async def _view_unknown_instance(services: Services, run_id: str, request: SeedRequest) -> RunStatus:
    """Return the status of a run that this durable host does not know: it starts, runs elsewhere or was interrupted."""
    last = await run_files.read_status_file(services.store, run_id, "progress.json")
    if last is None:
        last = compose_status(
            run_id,
            request,
            status=Status.PENDING,
            stage=Stage.PENDING,
            found=StartInventory(),
            counters_by_instance=[],
            updated_at=read_created_at(run_id),
        )
    claim = await run_claim.read_claim(services.store, request.catalog)
    if claim is not None and claim.run_id == run_id:
        here, now = services.settings.host_id, datetime.now(UTC)
        starts_here = claim.host_id == here and now - claim.heartbeat_at < run_claim.START_TIMEOUT
        if starts_here or run_claim.is_held_by_live_host(claim, here, now):
            return last
    stop = await run_files.read_stop_record(services.store, run_id)
    if stop is not None and stop.reason is Reason.CANCELLED:
        # No host is left to end the run, and one that resumed it would end it as cancelled.
        error = RunError(reason=str(stop.reason), message=stop.message)
        return last.model_copy(update={"status": Status.CANCELLED, "error": error})
    if stop is not None and last.status is Status.PAUSED:
        return last  # a paused run needs no host
    error = RunError(reason="interrupted", message=INTERRUPTED_MESSAGE)
    return last.model_copy(update={"status": Status.INTERRUPTED, "error": error})
