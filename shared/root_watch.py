"""What the durable engine says of the root of a run: asked before each call that is billed.

A person may terminate or suspend a run from outside, in the portal or through the management API. The engine stops the
root only: its children and their activities go on unless they look.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from enum import Enum

import azure.durable_functions as df

from shared.telemetry.surprises import describe_error

FRESH_SECONDS = 0.5
"""How long an answer holds: a process with a wide window asks twice a second instead of for each image."""

ASK_SECONDS = 5.0
"""An engine that does not answer within this time keeps no call waiting; the next one asks again."""

MAX_RUNS = 64

logger = logging.getLogger(__name__)


class Root(Enum):
    """What the root of a run does, as far as its children should know."""

    AT_WORK = "at work"
    """It works, or nothing is known that should stop its children: a lost root is started again."""
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class RootWatch:
    """Asks the engine through the durable client binding that an activity was handed."""

    def __init__(self) -> None:
        self._binding = ""
        self._seen: OrderedDict[str, tuple[float, Root]] = OrderedDict()

    def learn(self, binding: str) -> None:
        """Take the address of the engine from a durable client binding; "" is none."""
        self._binding = binding or self._binding

    async def read(self, run_id: str) -> Root:
        """Return what a run's root does; an engine that does not answer stops no work."""
        now = time.monotonic()
        asked_at, root = self._seen.get(run_id, (-FRESH_SECONDS, Root.AT_WORK))
        if now - asked_at < FRESH_SECONDS or not self._binding:
            return root
        try:
            async with asyncio.timeout(ASK_SECONDS):
                status = await df.DurableOrchestrationClient(self._binding).get_status(run_id)
            root = _ROOTS.get(status.runtime_status, Root.AT_WORK)
        except Exception as error:  # noqa: BLE001 - the call goes ahead as if the root were at work
            logger.warning(
                "the durable engine did not report whether run %s continues: %s", run_id, describe_error(error)
            )
        self._seen[run_id] = (now, root)
        while len(self._seen) > MAX_RUNS:
            self._seen.popitem(last=False)
        return root


_ROOTS = {
    df.OrchestrationRuntimeStatus.Suspended: Root.SUSPENDED,
    df.OrchestrationRuntimeStatus.Terminated: Root.TERMINATED,
    df.OrchestrationRuntimeStatus.Canceled: Root.TERMINATED,
}
