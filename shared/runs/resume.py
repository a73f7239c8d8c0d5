"""Resumes a paused run: removes its stop record and the failures that are retried."""

from shared.errors import RunNotPausedError, StoreConflictError
from shared.images.trial import check_approved
from shared.limits.retry_policy import RETRIED_ON_RESUME_REASONS
from shared.reasons import Reason
from shared.runs.durable_client import DurableClient
from shared.runs.pause import end_pause_by_resume, find_pause
from shared.runs.run_files import iterate_failures, parse_stop
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, parse_json
from shared.storage.protocol import Content, Store
from shared.telemetry.tracing import set_run_attributes


async def resume_run(services: Services, client: DurableClient, run_id: str) -> RunStatus:
    """Resume a paused run. After a block, its first image call is a probe.

    Returns:
        The run's status, which is Running.

    Raises:
        UnknownRunError: the run does not exist.
        RunNotPausedError: the run is not paused, or another durable host runs it.
        NoApprovedImageError: it waits for the approval of a trial image, and none is approved.
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    run = await load_run_status(services, client, run_id)
    set_run_attributes(run_id, run.catalog)
    pause = await find_pause(client, run_id)
    if pause is not None and pause.failure.reason is Reason.AWAITING_APPROVAL and run.status is Status.PAUSED:
        await check_approved(services, run_id)
    is_cancelled = run.error is not None and run.error.reason == Reason.CANCELLED
    if pause is None or is_cancelled or not await end_pause_by_resume(services.store, client, run_id, pause):
        expected = "its own durable host" if run.status is Status.PAUSED else "a paused run"
        raise RunNotPausedError(f"run {run_id} is {run.status}; expected {expected}", runStatus=str(run.status))
    return run.model_copy(update={"status": Status.RUNNING})


async def clear_stop(store: Store, run_id: str, resume_count: int) -> bool:
    """Archive the stop record of a run that is resumed; repeating this has no further effect.

    The stop record is deleted last: while it exists, the resumed run has not begun, so a late repetition does not
    change it.

    Args:
        store: the store.
        run_id: the run.
        resume_count: resume count of the pause.

    Returns:
        Whether the run may spend; False if it was cancelled, or was stopped again after an earlier call.

    Raises:
        DamagedFileError: the stop record or the record of a failure cannot be read.
    """
    path = paths.stop_file(run_id)
    while True:
        stop = await store.read(path)
        if stop is None:
            return True
        if parse_json(path, stop.data, parse_stop).reason is Reason.CANCELLED:
            return False
        if not await _archive_stop(store, paths.stop_file(run_id, resume_count), stop):
            return False
        await _delete_retried_failures(store, run_id)
        try:
            await store.delete(path, if_match=stop.etag)
        except StoreConflictError:  # a cancel replaced it meanwhile
            continue
        return True


async def _archive_stop(store: Store, path: str, stop: Content) -> bool:
    """Copy a stop record; False if another record is archived for the same pause."""
    if await store.create(path, stop.data, content_type=JSON_TYPE):
        return True
    kept = await store.read(path)
    return kept is not None and kept.data == stop.data


async def _delete_retried_failures(store: Store, run_id: str) -> None:
    """Delete the records of the failed images that are retried."""
    async for product_id, row in iterate_failures(store, run_id):
        if row["reason"] in RETRIED_ON_RESUME_REASONS:
            await store.delete(paths.failure_file(run_id, product_id))
