"""A timer: starts runs again whose root was lost with its worker, and ends those that were terminated from outside."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared.errors import StoreUnavailableError
from shared.messages.custom_status import RootStatus, Stage, read_root_status
from shared.runs.child_status import read_instance_progress
from shared.runs.recover import FAILED_ROOT_STATUSES, recover_run
from shared.runs.run_files import UnknownRunError, read_request
from shared.runs.status import Status, is_run_id
from shared.runs.wake import wake_root
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from shared.telemetry.observed_timers import observe_timer

blueprint = df.Blueprint()

SCHEDULE = "30 */4 * * * *"
"""Every four minutes: a lost run is at work again within five, and an idle app is woken 11,000 times a month."""

MAX_EXECUTION_SECONDS, RECHECK_SECONDS = 60.0, 5.0
"""How long one execution looks after runs that children or a short wait keep from the next thing, and how often."""

ROOT_ORCHESTRATOR = "seed_catalog"

logger = logging.getLogger(__name__)


@blueprint.timer_trigger(arg_name="timer", schedule=SCHEDULE, run_on_startup=False, use_monitor=True)
@blueprint.durable_client_input(client_name="client")
@observe_timer
async def resume_failed_runs(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 - as triggered
    """Timer: recover runs whose root failed or was terminated without ending the run."""
    await run_resume_failed_runs(get_services(), client)


async def run_resume_failed_runs(
    services: Services,
    client: df.DurableOrchestrationClient,
    *,
    read_seconds: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:
    """Recover what can be recovered now, and return how many runs are still on their way.

    The engine lists at most 100 instances, the newest runs first, since run ids count down.
    """
    started = read_seconds()
    while True:
        since = datetime.now(UTC) - timedelta(days=services.settings.history_retention_days)
        listed = await client.get_status_by(since, datetime.now(UTC), list(FAILED_ROOT_STATUSES))
        roots = [
            instance for instance in listed if instance.name == ROOT_ORCHESTRATOR and is_run_id(instance.instance_id)
        ]
        unfinished = 0
        for instance in roots:
            unfinished += await _recover(services, client, instance)
        await _wake_idle_roots(services, client, since)
        if not unfinished or read_seconds() - started >= MAX_EXECUTION_SECONDS:
            return unfinished
        await sleep(RECHECK_SECONDS)


async def _wake_idle_roots(services: Services, client: df.DurableOrchestrationClient, since: datetime) -> None:
    running = await client.get_status_by(since, datetime.now(UTC), [df.OrchestrationRuntimeStatus.Running])
    for instance in running:
        if instance.name == ROOT_ORCHESTRATOR and is_run_id(instance.instance_id):
            root = read_root_status(instance.custom_status) or RootStatus(Stage.PENDING)
            work = await read_instance_progress(client, instance.instance_id, root)
            try:
                await wake_root(services, client, instance, work)
            except StoreUnavailableError as error:
                logger.warning("run %s is not woken yet: %s", instance.instance_id, error)


async def _recover(services: Services, client: df.DurableOrchestrationClient, instance: Any) -> bool:
    """Do the next thing for a run; False if there is nothing more to do. One run's trouble is not another's."""
    run_id = str(instance.instance_id)
    try:
        if await services.store.describe(paths.run_file(run_id, "summary.json")) is not None:
            return False
        request = await read_request(services.store, run_id)
        view = await recover_run(services, client, run_id, request, instance)
    except UnknownRunError:
        return False
    except (StoreUnavailableError, DamagedFileError) as error:
        logger.warning("run %s is not recovered yet: %s", run_id, error)
        return False
    return view.status is Status.RUNNING
