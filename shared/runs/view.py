"""What callers see of a run: its summary once it ended, until then the sum of what its instances say of themselves."""

from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared.reasons import PAUSING_REASONS, Reason
from shared.runs import run_claim, run_files
from shared.runs.child_status import read_instance_progress
from shared.runs.pause import (
    PLANNING_STAGE,
    RESUMING_STAGE,
    STOPPING_STAGE,
    InstanceView,
    end_pause_by_cancel,
    read_pause,
    view_pause,
)
from shared.runs.recover import FAILED_ROOT_STATUSES, RESTARTING_STAGE, recover_run
from shared.runs.request import SeedRequest
from shared.runs.run_files import UnknownRunError
from shared.runs.status import (
    RunError,
    RunStatus,
    StartInventoryView,
    Status,
    is_run_id,
    read_created_at,
    read_custom_status,
)
from shared.runs.status_rules import compose_status
from shared.runs.wake import wake_root
from shared.services.container import Services
from triggers.http_responses import Problem

INTERRUPTED_MESSAGE = (
    "the host that ran it is gone: start it again (or repeat the command) and the run goes on by itself; "
    "a new run of the same catalog pays only for what is missing"
)


async def load_run_status(services: Services, client: df.DurableOrchestrationClient, run_id: str) -> RunStatus | None:
    """Return the status of a run, or None if there is no such run.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    if not is_run_id(run_id):
        return None
    summary = await run_files.read_status_file(services.store, run_id, "summary.json")
    if summary is not None:
        return summary
    try:
        request = await run_files.read_request(services.store, run_id)
    except UnknownRunError:
        return None
    instance = await client.get_status(run_id)
    if instance is None or instance.runtime_status is None:
        return await _view_unknown_run(services, run_id, request)
    if instance.runtime_status in FAILED_ROOT_STATUSES:
        view = await recover_run(services, client, run_id, request, instance)
    else:
        view = await _view_instance(services, run_id, instance)
    custom = read_custom_status(instance.custom_status)
    work = await read_instance_progress(client, run_id, custom)
    if instance.runtime_status is df.OrchestrationRuntimeStatus.Running:
        await wake_root(services, client, instance, work)
    status = compose_status(
        run_id,
        request,
        status=view.status,
        stage=view.stage,
        found=StartInventoryView.model_validate(custom.get("found", {})),
        counters_by_instance=[work.counters],
        updated_at=datetime.now(UTC),
        error=view.error,
        paused_until=view.until,
        wait=work.wait,
        window=work.window,
    )
    return status if custom else await _merge_last_progress(services, status)


async def load_known_run(services: Services, client: df.DurableOrchestrationClient, req: func.HttpRequest) -> RunStatus:
    """Return the status of the run that a request's path names.

    Raises:
        Problem: 404: there is no such run.
        StoreUnavailableError: the store does not answer.
    """
    status = await load_run_status(services, client, req.route_params["runId"])
    if status is None:
        raise make_unknown_run_problem(req)
    return status


def make_unknown_run_problem(req: func.HttpRequest) -> Problem:
    """Return the problem that there is no run of the id in a request's path."""
    return Problem(404, "unknown-run", f"there is no run {req.route_params['runId'][:60]!r}")


async def refresh_progress(services: Services, client: df.DurableOrchestrationClient, run_id: str) -> RunStatus | None:
    """Return the status of a run, and keep it as ``progress.json`` until the run has ended.

    A paused run that was cancelled where its host was not at hand is woken in passing.
    """
    status = await load_run_status(services, client, run_id)
    if status is not None and (status.is_active or status.is_waiting):
        if status.error is not None and status.error.reason == Reason.CANCELLED:
            await end_pause_by_cancel(client, run_id)
        await run_files.write_progress(services.store, status)
        # The run may have ended since it was looked at: its last word stays.
        summary = await run_files.read_status_file(services.store, run_id, "summary.json")
        if summary is not None:
            await run_files.write_progress(services.store, summary)
            return summary
    return status


async def _view_instance(services: Services, run_id: str, instance: Any) -> InstanceView:
    """Return what an instance says of itself, and what the run's records say beyond that."""
    stop = await run_files.read_stop_record(services.store, run_id)
    pause = read_pause(instance)
    if pause is not None:
        return await view_pause(services.store, run_id, pause, stop)
    status = _read_runtime_status(instance)
    stage = str(read_custom_status(instance.custom_status).get("stage", "pending"))
    if stop is None:
        return InstanceView(status, stage, None)
    if stage == PLANNING_STAGE and stop.reason in PAUSING_REASONS:  # what stopped the leg before is being put aside
        return InstanceView(status, RESUMING_STAGE, None)
    return InstanceView(status, STOPPING_STAGE, stop)


async def _merge_last_progress(services: Services, status: RunStatus) -> RunStatus:
    """Return the status of a root that has published nothing, with what callers saw of an earlier one of the run."""
    last = await run_files.read_status_file(services.store, status.run_id, "progress.json")
    if last is None or last.progress == status.progress:
        return status
    is_pending = status.status is Status.PENDING
    return last.model_copy(
        update={
            "status": Status.RUNNING if is_pending else status.status,
            "stage": RESTARTING_STAGE if is_pending else status.stage,
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


async def _view_unknown_run(services: Services, run_id: str, request: SeedRequest) -> RunStatus:
    """Return the last known status of a run that this host does not know: it starts, runs elsewhere, or is left."""
    last = await run_files.read_status_file(services.store, run_id, "progress.json")
    if last is None:
        last = compose_status(
            run_id,
            request,
            status=Status.PENDING,
            stage="pending",
            found=StartInventoryView(),
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
        # Nobody is left to end it, and whoever came to would only end it as cancelled.
        error = RunError(reason=str(stop.reason), message=stop.message)
        return last.model_copy(update={"status": Status.CANCELLED, "error": error})
    if stop is not None and last.status is Status.PAUSED:
        return last  # it needs no host to wait
    return last.model_copy(
        update={
            "status": Status.INTERRUPTED,
            "error": RunError(reason="interrupted", message=INTERRUPTED_MESSAGE),
        },
    )
