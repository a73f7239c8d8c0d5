"""Recovers a run whose root orchestration ended without ending the run, or missed the end of its children.

A lost root is started again, or the run is ended once no child can be billed any more. Each read of the run's status
does this in passing, and a timer does it for all runs. A record is created in the store before each recovery, so that
of concurrent callers one acts.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import azure.durable_functions as df
from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.errors import UnknownRunError
from shared.limits.retry_policy import decide_lost_worker_wait
from shared.messages.base import Counters, Failure
from shared.messages.custom_status import RootStatus, Stage, read_root_status
from shared.messages.instance_ids import make_finish_id, make_wake_event
from shared.messages.run import FinishRunInput, RootRestart, StartInventory
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.child_status import (
    InstanceProgress,
    find_active_children,
    find_highest_resume_count,
    read_instance_progress,
)
from shared.runs.durable_client import DurableClient
from shared.runs.pause import InstanceView, record_cancel
from shared.runs.recovery_policy import LostRoot, RecoveryAction, decide_recovery
from shared.runs.request import SeedRequest, make_seed_input
from shared.runs.run_claim import RunState, read_claim
from shared.runs.status import Status
from shared.runs.status_rules import restore_counters
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, ResumeCount, dump_json, read_json
from shared.storage.protocol import Store
from shared.telemetry.run_log import log_run
from shared.telemetry.unexpected_errors import describe_error

MAX_TERMINATION_POLLS, TERMINATION_POLL_SECONDS = 6, 0.5
"""How long a restart waits for the children of the lost root to end; the next caller continues from there."""

MIN_IDLE_TIME = timedelta(seconds=30)
"""A root handles the end of a child within seconds; it is woken at most once in this time."""

ENDED_STATUSES = frozenset(
    {
        df.OrchestrationRuntimeStatus.Completed,
        df.OrchestrationRuntimeStatus.Failed,
        df.OrchestrationRuntimeStatus.Terminated,
        df.OrchestrationRuntimeStatus.Canceled,
    },
)
TERMINATED_STATUSES = frozenset({df.OrchestrationRuntimeStatus.Terminated, df.OrchestrationRuntimeStatus.Canceled})
FAILED_ROOT_STATUSES = TERMINATED_STATUSES | {df.OrchestrationRuntimeStatus.Failed}
"""A root with one of these statuses has not ended its run."""

logger = logging.getLogger(__name__)


class RecoveryKind(StrEnum):
    """What a recovery starts: the root again, or an orchestration that ends the run."""

    RESTART = "restart"
    END = "end"


@dataclass(frozen=True, slots=True)
class RecoveryRecord:
    """One recovery.

    Attributes:
        at: when it started.
        resume_count: first resume count of the new root.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    at: AwareDatetime
    resume_count: ResumeCount = 0


_RECORD = TypeAdapter(RecoveryRecord)


@dataclass(frozen=True, slots=True)
class _LostRun:
    """A run whose root has ended without a summary.

    Attributes:
        services: the services.
        client: the durable client.
        run_id: the run.
        request: the run's request.
        root: what the root published last; None = nothing.
    """

    services: Services
    client: DurableClient
    run_id: str
    request: SeedRequest
    root: RootStatus | None


async def read_run_state(services: Services, client: DurableClient, run_id: str) -> RunState:
    """Return what this durable host knows of a run.

    A run that lost its root is recovered in passing. It counts as active until its recovery has ended it, because
    children of its root may be billed until then.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    status = await client.get_status(run_id)
    if status is None or status.runtime_status is None:
        return RunState.UNKNOWN
    if status.runtime_status not in ENDED_STATUSES:
        return RunState.ACTIVE
    has_summary = await services.store.describe(paths.run_file(run_id, "summary.json")) is not None
    if has_summary or status.runtime_status not in FAILED_ROOT_STATUSES:
        return RunState.ENDED
    try:
        request = await run_files.read_request(services.store, run_id)
    except UnknownRunError:
        return RunState.ENDED
    view = await recover_run(services, client, run_id, request, status)
    return RunState.ACTIVE if view.status is Status.RUNNING else RunState.ENDED


async def recover_run(
    services: Services,
    client: DurableClient,
    run_id: str,
    request: SeedRequest,
    instance: Any,
) -> InstanceView:
    """Take the next step of the recovery of a run, and return what callers see meanwhile.

    Args:
        services: the services.
        client: the durable client.
        run_id: the run.
        request: the run's request.
        instance: the root, which failed or was terminated.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    store, now = services.store, datetime.now(UTC)
    restarts = await list_recoveries(store, run_id, RecoveryKind.RESTART)
    claim = await read_claim(store, request.catalog)
    root = LostRoot(
        is_terminated=instance.runtime_status in TERMINATED_STATUSES,
        output=str(instance.output),
        stop=await run_files.read_stop_record(store, run_id),
        restarts=[record.at for record in restarts],
        last_success_at=claim.last_success_at if claim is not None and claim.run_id == run_id else None,
    )
    decision = decide_recovery(root, now)
    lost_run = _LostRun(services, client, run_id, request, read_root_status(instance.custom_status))
    if decision.action is RecoveryAction.END:
        return await _finish_run(lost_run, decision.failure)
    children = await _find_children(lost_run)
    if decision.action is RecoveryAction.RESTART and await _terminate_children(lost_run, children):
        resume_counts = [
            0 if lost_run.root is None else lost_run.root.resume_count,
            find_highest_resume_count(children),
            *(record.resume_count for record in restarts),
        ]
        resume_count = 1 + max(resume_counts)
        if await create_recovery(store, run_id, RecoveryKind.RESTART, len(restarts) + 1, resume_count):
            found, counters = await _read_published(lost_run)
            restart = RootRestart(resume_count, found, counters)
            await _start_orchestration(
                client, "seed_catalog", run_id, make_seed_input(run_id, request, restart).to_json()
            )
            _log("run restarted", lost_run, decision.failure)
    return InstanceView(Status.RUNNING, Stage.RESTARTING, None)


async def _finish_run(lost_run: _LostRun, failure: Failure) -> InstanceView:
    """Stop a run and, once its children have ended, start the orchestration that ends it.

    A run whose end fails too often stays as its root left it.
    """
    store, client, run_id, now = lost_run.services.store, lost_run.client, lost_run.run_id, datetime.now(UTC)
    await _stop_run(store, run_id, failure)
    ending = InstanceView(Status.RUNNING, Stage.STOPPING, failure)
    children = await _find_children(lost_run)
    if children:
        for child in children:
            if child.runtime_status is df.OrchestrationRuntimeStatus.Suspended:  # it would not read the stop record
                await _terminate(client, child.instance_id)
        return ending
    end_id = make_finish_id(run_id)
    instance = await client.get_status(end_id)
    if instance is not None and instance.runtime_status not in {None, *ENDED_STATUSES}:
        return ending
    earlier = await list_recoveries(store, run_id, RecoveryKind.END)
    wait = decide_lost_worker_wait(len(earlier)) if earlier else 0.0
    if wait is None:
        status = Status.CANCELLED if failure.reason is Reason.CANCELLED else Status.FAILED
        return InstanceView(status, Stage.ENDED, failure)
    is_due = not earlier or now >= earlier[-1].at + timedelta(seconds=wait)
    if is_due and await create_recovery(store, run_id, RecoveryKind.END, len(earlier) + 1):
        _, counters = await _read_published(lost_run)
        lost = counters + Counters(lost=int(failure.reason is Reason.WORKER_LOST))
        message = FinishRunInput(run_id, lost_run.request.catalog, lost, failure, recount=True)
        await _start_orchestration(client, "finish_run", end_id, message.to_json())
        _log("run ended from outside", lost_run, failure)
    return ending


async def _stop_run(store: Store, run_id: str, failure: Failure) -> None:
    if failure.reason is Reason.CANCELLED:
        await record_cancel(store, run_id, failure)
    else:
        await run_files.record_stop(store, run_id, failure)


async def _terminate_children(lost_run: _LostRun, children: Sequence[Any]) -> bool:
    """Terminate the children of a lost root; False if some have not ended yet."""
    for child in children:
        await _terminate(lost_run.client, child.instance_id)
    for _ in range(MAX_TERMINATION_POLLS):
        if not children:
            break
        await asyncio.sleep(TERMINATION_POLL_SECONDS)
        children = await _find_children(lost_run)
    return not children


async def _find_children(lost_run: _LostRun) -> list[Any]:
    root = lost_run.root or RootStatus(Stage.PENDING)
    return await find_active_children(lost_run.client, lost_run.run_id, root)


async def _terminate(client: DurableClient, instance_id: str) -> None:
    with contextlib.suppress(Exception):  # it may have ended; otherwise the next caller tries again
        await client.terminate(instance_id, "the root of its run was lost")


async def _start_orchestration(client: DurableClient, name: str, instance_id: str, message: Any) -> None:
    """Start an orchestration. A failure does not fail the caller, who only reads: after a wait the next one retries."""
    try:
        await client.start_new(name, instance_id, message)
    except Exception as error:  # noqa: BLE001 - the next caller retries
        logger.warning("orchestration %s %s did not start: %s", name, instance_id, describe_error(error))


async def _read_published(lost_run: _LostRun) -> tuple[StartInventory | None, Counters]:
    """Return the inventory and counters that a lost root published, or those of the run's last progress."""
    if lost_run.root is not None:
        progress = await read_instance_progress(lost_run.client, lost_run.run_id, lost_run.root)
        return lost_run.root.found, progress.counters
    last = await run_files.read_status_file(lost_run.services.store, lost_run.run_id, "progress.json")
    return (None, Counters()) if last is None else restore_counters(last)


def _log(event: str, lost_run: _LostRun, failure: Failure) -> None:
    reason = str(failure.reason)
    log_run(logging.WARNING, event, run_id=lost_run.run_id, catalog=lost_run.request.catalog, reason=reason)


async def list_recoveries(store: Store, run_id: str, kind: RecoveryKind) -> list[RecoveryRecord]:
    """Return the recoveries of a run of one kind, in order.

    Raises:
        DamagedFileError: a record cannot be read.
    """
    records: list[RecoveryRecord] = []
    while True:
        path = paths.recovery_file(run_id, kind, len(records) + 1)
        record = await read_json(store, path, _RECORD.validate_python)
        if record is None:
            return records
        records.append(record)


async def create_recovery(store: Store, run_id: str, kind: RecoveryKind, number: int, resume_count: int = 0) -> bool:
    """Record a recovery before it starts; False if another caller recorded it, who then starts it."""
    record = RecoveryRecord(datetime.now(UTC), resume_count)
    data = dump_json(_RECORD.dump_python(record, mode="json", by_alias=True))
    return await store.create(paths.recovery_file(run_id, kind, number), data, content_type=JSON_TYPE)


async def wake_root(services: Services, client: DurableClient, instance: Any, progress: InstanceProgress) -> bool:
    """Wake a running root whose item writers have ended and that has not acted on that.

    A root whose worker was lost while it handled the end of a child stays Running, and runs again only when another
    child ends. Those are image workers, which wait for the root to report that no item follows.

    Args:
        services: the services.
        client: the durable client.
        instance: the root.
        progress: what its children publish.

    Returns:
        Whether it was woken.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    latest = datetime.now(UTC) - MIN_IDLE_TIME
    if progress.writers_ended_at is None or progress.writers_ended_at >= latest:
        return False
    if instance.last_updated_time.replace(tzinfo=UTC) >= latest:
        return False
    root = read_root_status(instance.custom_status)
    resume_count = 0 if root is None else root.resume_count
    if await run_files.are_items_closed(services.store, instance.instance_id, resume_count):
        return False
    with contextlib.suppress(Exception):  # it has ended, or the next caller wakes it
        await client.raise_event(instance.instance_id, make_wake_event(resume_count))
    return True
