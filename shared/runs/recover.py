"""Recovers a run whose root ended without ending the run: starts it again, or ends it once no child can pay any more.

Each request for the run's status does this in passing, and so does a timer. A record in the store is created before
each start, so of many who see the same loss one acts.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from shared.limits.retry_policy import decide_lost_worker_wait
from shared.messages.runs import Counters, Failure, FinishRunInput, RootRestart, StartInventory
from shared.models.protocol import Store
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.child_status import find_active_children, find_highest_resume_count, read_instance_progress
from shared.runs.pause import STOPPING_STAGE, InstanceView, record_cancel
from shared.runs.recovery_files import RecoveryKind, create_recovery, list_recoveries
from shared.runs.recovery_policy import LostRoot, RecoveryAction, decide_recovery
from shared.runs.request import SeedRequest
from shared.runs.run_claim import read_claim
from shared.runs.seed_input import make_seed_input
from shared.runs.status import Status, read_custom_status
from shared.runs.status_rules import restore_counters
from shared.services.container import Services
from shared.storage.paths import make_end_id
from shared.telemetry.run_log import log_run
from shared.telemetry.unexpected_errors import describe_error

RESTARTING_STAGE = "restarting"

MAX_TERMINATION_POLLS, TERMINATION_POLL_SECONDS = 6, 0.5
"""How long a restart waits for the children of the lost root to end; the next one who asks goes on from there."""

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
"""A root that ended so has not ended its run."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _LostRun:
    """A run whose root has ended without a summary.

    Attributes:
        services: of this process.
        client: the durable client.
        run_id: the run.
        request: what it was asked.
        custom: what its root published last.
    """

    services: Services
    client: df.DurableOrchestrationClient
    run_id: str
    request: SeedRequest
    custom: Mapping[str, Any]


async def recover_run(
    services: Services,
    client: df.DurableOrchestrationClient,
    run_id: str,
    request: SeedRequest,
    instance: Any,
) -> InstanceView:
    """Do the next thing for a run whose root ended without a summary, and return what callers see meanwhile.

    Args:
        services: of this process.
        client: the durable client.
        run_id: the run.
        request: what it was asked.
        instance: its root, which failed or was terminated.

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
    lost_run = _LostRun(services, client, run_id, request, read_custom_status(instance.custom_status))
    if decision.action is RecoveryAction.END:
        return await _finish_run(lost_run, decision.failure)
    children = await find_active_children(client, run_id, lost_run.custom)
    if decision.action is RecoveryAction.RESTART and await _terminate_children(lost_run, children):
        resume_counts = [
            int(lost_run.custom.get("resume_count", 0)),
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
    return InstanceView(Status.RUNNING, RESTARTING_STAGE, None)


async def _finish_run(lost_run: _LostRun, failure: Failure) -> InstanceView:
    """Stop a run, wait for its children, and let it be ended; what cannot be ended is as its root left it."""
    store, client, run_id, now = lost_run.services.store, lost_run.client, lost_run.run_id, datetime.now(UTC)
    await _stop_run(store, run_id, failure)
    ending = InstanceView(Status.RUNNING, STOPPING_STAGE, failure)
    children = await find_active_children(client, run_id, lost_run.custom)
    if children:
        for child in children:
            if child.runtime_status is df.OrchestrationRuntimeStatus.Suspended:  # it would never see the stop
                await _terminate(client, child.instance_id)
        return ending
    end_id = make_end_id(run_id)
    instance = await client.get_status(end_id)
    if instance is not None and instance.runtime_status not in {None, *ENDED_STATUSES}:
        return ending
    earlier = await list_recoveries(store, run_id, RecoveryKind.END)
    wait = decide_lost_worker_wait(len(earlier)) if earlier else 0.0
    if wait is None:
        status = Status.CANCELLED if failure.reason is Reason.CANCELLED else Status.FAILED
        return InstanceView(status, "ended", failure)
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
    """End what is left of a lost root's children; False if some have not ended yet."""
    for child in children:
        await _terminate(lost_run.client, child.instance_id)
    for _ in range(MAX_TERMINATION_POLLS):
        if not children:
            break
        await asyncio.sleep(TERMINATION_POLL_SECONDS)
        children = await find_active_children(lost_run.client, lost_run.run_id, lost_run.custom)
    return not children


async def _terminate(client: df.DurableOrchestrationClient, instance_id: str) -> None:
    with contextlib.suppress(Exception):  # it may have ended by itself; if not, the next one who asks tries again
        await client.terminate(instance_id, "the root of its run is gone")


async def _start_orchestration(
    client: df.DurableOrchestrationClient, name: str, instance_id: str, message: Any
) -> None:
    """Start an orchestration. A host that refuses fails nobody who asks: after a wait the next one tries again."""
    try:
        await client.start_new(name, instance_id, message)
    except Exception as error:  # noqa: BLE001 - the next look at the run starts it
        logger.warning("%s %s was not started: %s", name, instance_id, describe_error(error))


async def _read_published(lost_run: _LostRun) -> tuple[StartInventory | None, Counters]:
    """Return what a lost root had found and done as far as it had published it, or as callers saw it last."""
    if lost_run.custom:
        work = await read_instance_progress(lost_run.client, lost_run.run_id, lost_run.custom)
        return StartInventory.from_json(lost_run.custom["found"]) if "found" in lost_run.custom else None, work.counters
    last = await run_files.read_status_file(lost_run.services.store, lost_run.run_id, "progress.json")
    return (None, Counters()) if last is None else restore_counters(last)


def _log(event: str, lost_run: _LostRun, failure: Failure) -> None:
    reason = str(failure.reason)
    log_run(logging.WARNING, event, run_id=lost_run.run_id, catalog=lost_run.request.catalog, reason=reason)
