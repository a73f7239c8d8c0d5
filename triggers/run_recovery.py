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

from shared.domain.messages import Ending, Failure, Plan, Restart, Tally
from shared.domain.paths import name_end
from shared.domain.recovery import LostRoot, Remedy, decide_recovery
from shared.domain.requests import SeedRequest
from shared.domain.retries import decide_loss_wait
from shared.domain.run_status import Status, read_custom_status, recall_work
from shared.ports import Store
from shared.reasons import Reason
from shared.records import run
from shared.records.claims import read_claim
from shared.records.recoveries import RecoveryKind, create_recovery, list_recoveries
from shared.telemetry.run_log import log_run
from shared.telemetry.surprises import describe_error
from shared.wiring import Services
from triggers.run_children import find_children_at_work, find_last_leg, read_work
from triggers.run_pause import STOPPING_STAGE, InstanceView, record_cancel
from triggers.seed_inputs import make_seed_input

RESTARTING_STAGE = "restarting"

TERMINATION_POLLS, TERMINATION_POLL_SECONDS = 6, 0.5
"""How long a restart waits for the children of the lost root to end; the next one who asks goes on from there."""

ENDED = frozenset(
    {
        df.OrchestrationRuntimeStatus.Completed,
        df.OrchestrationRuntimeStatus.Failed,
        df.OrchestrationRuntimeStatus.Terminated,
        df.OrchestrationRuntimeStatus.Canceled,
    },
)
TERMINATED = frozenset({df.OrchestrationRuntimeStatus.Terminated, df.OrchestrationRuntimeStatus.Canceled})
UNFINISHED_BUSINESS = TERMINATED | {df.OrchestrationRuntimeStatus.Failed}
"""A root that ended so has not ended its run."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _LeftRun:
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
        is_terminated=instance.runtime_status in TERMINATED,
        output=str(instance.output),
        stop=await run.read_stop(store, run_id),
        restarts=[record.at for record in restarts],
        last_success_at=claim.last_success_at if claim is not None and claim.run_id == run_id else None,
    )
    decision = decide_recovery(root, now)
    left = _LeftRun(services, client, run_id, request, read_custom_status(instance.custom_status))
    if decision.remedy is Remedy.END:
        return await _end(left, decision.failure)
    children = await find_children_at_work(client, run_id, left.custom)
    if decision.remedy is Remedy.RESTART and await _terminate_children(left, children):
        legs = [int(left.custom.get("leg", 0)), find_last_leg(children), *(record.leg for record in restarts)]
        leg = 1 + max(legs)
        if await create_recovery(store, run_id, RecoveryKind.RESTART, len(restarts) + 1, leg):
            found, tally = await _read_published(left)
            restart = Restart(leg, found, tally)
            await _start(client, "seed_catalog", run_id, make_seed_input(run_id, request, restart).to_json())
            _log("run restarted", left, decision.failure)
    return InstanceView(Status.RUNNING, RESTARTING_STAGE, None)


async def _end(left: _LeftRun, failure: Failure) -> InstanceView:
    """Stop a run, wait for its children, and let it be ended; what cannot be ended is as its root left it."""
    store, client, run_id, now = left.services.store, left.client, left.run_id, datetime.now(UTC)
    await _stop(store, run_id, failure)
    ending = InstanceView(Status.RUNNING, STOPPING_STAGE, failure)
    children = await find_children_at_work(client, run_id, left.custom)
    if children:
        for child in children:
            if child.runtime_status is df.OrchestrationRuntimeStatus.Suspended:  # it would never see the stop
                await _terminate(client, child.instance_id)
        return ending
    end_id = name_end(run_id)
    instance = await client.get_status(end_id)
    if instance is not None and instance.runtime_status not in {None, *ENDED}:
        return ending
    earlier = await list_recoveries(store, run_id, RecoveryKind.END)
    wait = decide_loss_wait(len(earlier)) if earlier else 0.0
    if wait is None:
        status = Status.CANCELLED if failure.reason is Reason.CANCELLED else Status.FAILED
        return InstanceView(status, "ended", failure)
    is_due = not earlier or now >= earlier[-1].at + timedelta(seconds=wait)
    if is_due and await create_recovery(store, run_id, RecoveryKind.END, len(earlier) + 1):
        _, tally = await _read_published(left)
        lost = tally + Tally(lost=int(failure.reason is Reason.WORKER_LOST))
        message = Ending(run_id, left.request.catalog, lost, failure, recount=True)
        await _start(client, "end_run", end_id, message.to_json())
        _log("run ended from outside", left, failure)
    return ending


async def _stop(store: Store, run_id: str, failure: Failure) -> None:
    if failure.reason is Reason.CANCELLED:
        await record_cancel(store, run_id, failure)
    else:
        await run.record_stop(store, run_id, failure)


async def _terminate_children(left: _LeftRun, children: Sequence[Any]) -> bool:
    """End what is left of a lost root's children; False if some have not ended yet."""
    for child in children:
        await _terminate(left.client, child.instance_id)
    for _ in range(TERMINATION_POLLS):
        if not children:
            break
        await asyncio.sleep(TERMINATION_POLL_SECONDS)
        children = await find_children_at_work(left.client, left.run_id, left.custom)
    return not children


async def _terminate(client: df.DurableOrchestrationClient, instance_id: str) -> None:
    with contextlib.suppress(Exception):  # it may have ended by itself; if not, the next one who asks tries again
        await client.terminate(instance_id, "the root of its run is gone")


async def _start(client: df.DurableOrchestrationClient, name: str, instance_id: str, message: Any) -> None:
    """Start an orchestration. A host that refuses fails nobody who asks: after a wait the next one tries again."""
    try:
        await client.start_new(name, instance_id, message)
    except Exception as error:  # noqa: BLE001 - the next look at the run starts it
        logger.warning("%s %s was not started: %s", name, instance_id, describe_error(error))


async def _read_published(left: _LeftRun) -> tuple[Plan | None, Tally]:
    """Return what a lost root had found and done as far as it had published it, or as callers saw it last."""
    if left.custom:
        work = await read_work(left.client, left.run_id, left.custom)
        return Plan.from_json(left.custom["found"]) if "found" in left.custom else None, work.tally
    last = await run.read_status_file(left.services.store, left.run_id, "progress.json")
    return (None, Tally()) if last is None else recall_work(last)


def _log(event: str, left: _LeftRun, failure: Failure) -> None:
    reason = str(failure.reason)
    log_run(logging.WARNING, event, run_id=left.run_id, catalog=left.request.catalog, reason=reason)
