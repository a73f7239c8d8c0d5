"""Deliver activities at least once, and report their results."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from durable_emulator.engine import events
from durable_emulator.engine.events import Event
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, LostWorkerError, SimulatedKillError
from durable_emulator.engine.journal import WorkItem
from durable_emulator.engine.progress import ChangeSignal, EngineStatistics

Activity = Callable[[str | None, str | None], Awaitable[str]]
"""Takes the input as JSON text and a W3C ``traceparent`` (or None); returns the result as JSON text, or raises."""
CompletionHandler = Callable[[WorkItem, Callable[[int], Event]], None]
"""Takes a finished work item and a function that returns its completion event for a task number."""

CANCEL_TIMEOUT_SECONDS = 5.0
"""How long to wait for cancelled activities to clean up; results after that are ignored."""

logger = logging.getLogger("durable_emulator.engine")


class ActivityWorkers:
    """Runs activities as tasks of the event loop.

    Args:
        activities: by function name.
        on_completion: called with each completion.
        is_wanted: returns whether the token of a work item is still valid; called right before the activity.
        now: returns the current time.
        faults: fault injection of a test.
        on_kill: called when a test kills the engine inside a delivery.
        changes: notified when a delivery ends.
        statistics: counts the calls.
        max_concurrent: maximum number of concurrent activities; None = no limit.
    """

    def __init__(
        self,
        activities: Mapping[str, Activity],
        *,
        on_completion: CompletionHandler,
        is_wanted: Callable[[WorkItem], bool],
        now: Callable[[], datetime],
        faults: FaultInjector,
        on_kill: Callable[[], None],
        changes: ChangeSignal,
        statistics: EngineStatistics,
        max_concurrent: int | None,
    ) -> None:
        self._activities = activities
        self._on_completion = on_completion
        self._is_wanted = is_wanted
        self._now = now
        self._faults = faults
        self._on_kill = on_kill
        self._changes = changes
        self._statistics = statistics
        self._slots = contextlib.nullcontext() if max_concurrent is None else asyncio.Semaphore(max_concurrent)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._called: dict[asyncio.Task[None], WorkItem] = {}

    @property
    def running(self) -> int:
        """Number of unfinished deliveries."""
        return len(self._deliveries)

    def deliver(self, work: WorkItem) -> None:
        """Start an activity; its end is reported to ``on_completion``."""
        name = work.event["Name"]
        for _ in range(self._faults.count_deliveries(name)):
            delivery = asyncio.get_running_loop().create_task(self._deliver(work), name=f"activity {name}")
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._forget)

    def lose_worker(self, message: str) -> None:
        """Simulate the death of the worker process: its running calls fail with this message."""
        called, self._called = self._called, {}
        for delivery, work in called.items():
            delivery.cancel()
            self._on_completion(work, self._describe_failure(work, message))

    def lose_worker_in_episode(self, instance_id: str) -> str | None:
        """Return the message of a worker that a test kills in an orchestrator, and fail its calls; else None."""
        try:
            self._faults.reach(FaultPoint.EPISODE_STARTING, instance_id)
        except LostWorkerError as error:
            self.lose_worker(str(error))
            return str(error)
        return None

    def cancel(self) -> None:
        """Cancel all deliveries without reporting them."""
        for delivery in self._deliveries:
            delivery.cancel()

    async def drain(self, grace_seconds: float) -> None:
        """Wait for running activities, then cancel the rest."""
        if self._deliveries and grace_seconds > 0:
            await asyncio.wait(self._deliveries, timeout=grace_seconds)
        self.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=CANCEL_TIMEOUT_SECONDS)

    def _forget(self, delivery: asyncio.Task[None]) -> None:
        self._deliveries.discard(delivery)
        self._called.pop(delivery, None)
        self._changes.notify()

    async def _deliver(self, work: WorkItem) -> None:
        try:
            async with self._slots:
                while self._is_wanted(work):
                    self._mark_called(work)
                    self._faults.reach(FaultPoint.ACTIVITY_STARTING, work.instance_id)
                    self._statistics.activities += 1
                    make_event = await self._call(work)
                    self._faults.reach(FaultPoint.ACTIVITY_RETURNED, work.instance_id)
                    if not self._faults.loses_result(work.event["Name"]):
                        self._on_completion(work, make_event)
                        return
        except LostWorkerError as error:
            self.lose_worker(str(error))
        except SimulatedKillError:
            self._on_kill()

    def _mark_called(self, work: WorkItem) -> None:
        if (delivery := asyncio.current_task()) is not None:
            self._called[delivery] = work

    async def _call(self, work: WorkItem) -> Callable[[int], Event]:
        name = work.event["Name"]
        try:
            activity = self._activities.get(name)
            if activity is None:
                known = ", ".join(sorted(self._activities)) or "none"
                raise LookupError(f"the app has no activity function {name!r}; it has: {known}")  # noqa: TRY301 - fails as if called
            result = await activity(work.event["Input"], work.trace_parent)
        except asyncio.CancelledError:
            if _is_cancelled_from_outside():
                raise
            return self._describe_failure(work, "CancelledError: the activity was cancelled by its own code")
        except Exception as error:
            logger.debug("Activity %s raised", name, exc_info=error)
            return self._describe_failure(work, f"{type(error).__name__}: {error}")
        return lambda task_id: events.make_task_completed(self._now(), task_id, result)

    def _describe_failure(self, work: WorkItem, message: str) -> Callable[[int], Event]:
        name = work.event["Name"]
        logger.info("Activity %s of instance %s failed: %s", name, work.instance_id, message)
        return lambda task_id: events.make_task_failed(self._now(), task_id, name, message)


def _is_cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
