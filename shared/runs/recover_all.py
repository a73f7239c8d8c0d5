"""Recovers all runs that lost their root, for the timer: callers that read a status recover only that run."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from shared.errors import StoreUnavailableError, UnknownRunError
from shared.messages.custom_status import RootStatus, Stage, read_root_status
from shared.runs.child_status import read_instance_progress
from shared.runs.durable_client import DurableClient
from shared.runs.recover import FAILED_ROOT_STATUSES, recover_run, wake_root
from shared.runs.run_files import read_request
from shared.runs.status import Status, is_run_id
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import DamagedFileError

MAX_EXECUTION_SECONDS, RECHECK_SECONDS = 60.0, 5.0
"""How long one execution waits for runs whose next step needs a short wait, and the interval of its checks."""

ROOT_ORCHESTRATOR = "seed_catalog"

logger = logging.getLogger(__name__)


async def recover_runs(
    services: Services,
    client: DurableClient,
    *,
    read_seconds: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:
    """Recover every run that can be recovered now, and return how many recoveries are still in progress.

    The durable host lists at most 100 instances, the newest runs first.
    """
    started = read_seconds()
    while True:
        since = datetime.now(UTC) - timedelta(days=services.settings.history_retention_days)
        in_progress = 0
        for root in await _list_roots(client, since, list(FAILED_ROOT_STATUSES)):
            in_progress += await _recover_next_step(services, client, root)
        for root in await _list_roots(client, since, [df.OrchestrationRuntimeStatus.Running]):
            await _wake_idle_root(services, client, root)
        if not in_progress or read_seconds() - started >= MAX_EXECUTION_SECONDS:
            return in_progress
        await sleep(RECHECK_SECONDS)


async def _list_roots(client: DurableClient, since: datetime, statuses: list[Any]) -> list[Any]:
    listed = await client.get_status_by(since, datetime.now(UTC), statuses)
    return [one for one in listed if one.name == ROOT_ORCHESTRATOR and is_run_id(one.instance_id)]


async def _recover_next_step(services: Services, client: DurableClient, instance: Any) -> bool:
    """Take the next step of a run's recovery; False if none is left. A failure of one run does not affect others."""
    run_id = str(instance.instance_id)
    try:
        if await services.store.describe(paths.run_file(run_id, "summary.json")) is not None:
            return False
        request = await read_request(services.store, run_id)
        view = await recover_run(services, client, run_id, request, instance)
    except UnknownRunError:
        return False
    except (StoreUnavailableError, DamagedFileError) as error:
        logger.warning("run %s cannot be recovered yet: %s", run_id, error)
        return False
    return view.status is Status.RUNNING


async def _wake_idle_root(services: Services, client: DurableClient, instance: Any) -> None:
    root = read_root_status(instance.custom_status) or RootStatus(Stage.PENDING)
    progress = await read_instance_progress(client, instance.instance_id, root)
    try:
        await wake_root(services, client, instance, progress)
    except StoreUnavailableError as error:
        logger.warning("run %s cannot be woken yet: %s", instance.instance_id, error)
