"""What the durable engine says of the root of a run: asked before each call that is billed.

A person may terminate or suspend a run from outside, in the portal or through the management API. The engine stops the
root only: its children and their activities go on unless they look.
"""

import asyncio
import logging
import time
from enum import Enum

import azure.durable_functions as df

from shared.bounded_cache import BoundedCache
from shared.telemetry.unexpected_errors import describe_error

MAX_AGE_SECONDS = 0.5
"""How long an answer holds: a process with a wide window asks twice a second instead of for each image."""

STATUS_TIMEOUT_SECONDS = 5.0
"""An engine that does not answer within this time keeps no call waiting; the next one asks again."""

MAX_CACHED_RUNS = 64

logger = logging.getLogger(__name__)


class RootState(Enum):
    """What the root of a run does, as far as its children should know."""

    ACTIVE = "at work"
    """It works, or nothing is known that should stop its children: a lost root is started again."""
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class RootStates:
    """Asks the engine through the durable client binding that an activity was handed."""

    def __init__(self) -> None:
        self._binding = ""
        self._seen: BoundedCache[str, tuple[float, RootState]] = BoundedCache(MAX_CACHED_RUNS)

    def set_client_binding(self, binding: str) -> None:
        """Take the address of the engine from a durable client binding; "" is none."""
        self._binding = binding or self._binding

    async def read(self, run_id: str) -> RootState:
        """Return what a run's root does; an engine that does not answer stops no work."""
        now = time.monotonic()
        asked_at, root = self._seen.get(run_id, (-MAX_AGE_SECONDS, RootState.ACTIVE))
        if now - asked_at < MAX_AGE_SECONDS or not self._binding:
            return root
        try:
            async with asyncio.timeout(STATUS_TIMEOUT_SECONDS):
                status = await df.DurableOrchestrationClient(self._binding).get_status(run_id)
            root = _ROOT_STATES.get(status.runtime_status, RootState.ACTIVE)
        except Exception as error:  # noqa: BLE001 - the call goes ahead as if the root were at work
            logger.warning(
                "the durable engine did not report whether run %s continues: %s", run_id, describe_error(error)
            )
        self._seen[run_id] = (now, root)
        return root


_ROOT_STATES = {
    df.OrchestrationRuntimeStatus.Suspended: RootState.SUSPENDED,
    df.OrchestrationRuntimeStatus.Terminated: RootState.TERMINATED,
    df.OrchestrationRuntimeStatus.Canceled: RootState.TERMINATED,
}
