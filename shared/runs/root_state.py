"""State of a run's root orchestration, as the durable host reports it: read before each billed call.

An operator may terminate or suspend a run in the portal or through the management API. The durable host then stops the
root only; its children and their activities continue unless they check.
"""

import asyncio
import logging
import time
from enum import Enum

import azure.durable_functions as df

from shared.bounded_cache import BoundedCache
from shared.telemetry.unexpected_errors import describe_error

MAX_AGE_SECONDS = 0.5
"""How long a state is reused: a process with a wide window reads twice a second instead of once per image."""

STATUS_TIMEOUT_SECONDS = 5.0
"""A durable host that does not answer within this time delays no call; the next call reads again."""

MAX_CACHED_RUNS = 64

logger = logging.getLogger(__name__)


class RootState(Enum):
    """State of a root, as far as it concerns its children."""

    ACTIVE = "active"
    """Running, or nothing is known that should stop its children: a lost root is started again."""
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class RootStates:
    """Reads the states of roots through the durable client binding of an activity, and caches them."""

    def __init__(self) -> None:
        self._binding = ""
        self._seen: BoundedCache[str, tuple[float, RootState]] = BoundedCache(MAX_CACHED_RUNS)

    def set_client_binding(self, binding: str) -> None:
        """Set the durable client binding, which holds the address of the durable host; "" keeps the last one."""
        self._binding = binding or self._binding

    async def read(self, run_id: str) -> RootState:
        """Return the state of a run's root; ACTIVE if the durable host does not answer."""
        now = time.monotonic()
        asked_at, root = self._seen.get(run_id, (-MAX_AGE_SECONDS, RootState.ACTIVE))
        if now - asked_at < MAX_AGE_SECONDS or not self._binding:
            return root
        try:
            async with asyncio.timeout(STATUS_TIMEOUT_SECONDS):
                status = await df.DurableOrchestrationClient(self._binding).get_status(run_id)
            root = _ROOT_STATES.get(status.runtime_status, RootState.ACTIVE)
        except Exception as error:  # noqa: BLE001 - the call is made as if the root were active
            logger.warning("the durable host did not report the state of run %s: %s", run_id, describe_error(error))
        self._seen[run_id] = (now, root)
        return root


_ROOT_STATES = {
    df.OrchestrationRuntimeStatus.Suspended: RootState.SUSPENDED,
    df.OrchestrationRuntimeStatus.Terminated: RootState.TERMINATED,
    df.OrchestrationRuntimeStatus.Canceled: RootState.TERMINATED,
}
