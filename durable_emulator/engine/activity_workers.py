"""Delivers activities, at least once, and hands in what became of them."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from durable_emulator.engine import events
from durable_emulator.engine.change_signal import ChangeSignal
from durable_emulator.engine.events import Event
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, LostWorkerError, SimulatedKillError
from durable_emulator.engine.journal import Work
from durable_emulator.engine.statistics import EngineStatistics

Activity = Callable[[str | None, str | None], Awaitable[str]]
"""Takes the input's JSON text and the trace it belongs to, returns the result's JSON text; what it raises fails the
task. The trace is a W3C ``traceparent``, or None."""
CompletionHandler = Callable[[Work, Callable[[int], Event]], None]
"""Takes finished work and what makes its completion event from the task's number."""

CANCEL_TIMEOUT_SECONDS = 5.0
"""How long cancelled activities may take to clean up before nobody listens to them any more."""

logger = logging.getLogger("durable_emulator.engine")


class ActivityWorkers:
    """Runs activities as tasks of the event loop.

    Args:
        activities: by function name.
        on_completion: called with each completion.
        is_wanted: whether somebody still waits for a piece of work; asked right before an activity is called.
        now: the present moment.
        faults: a test's interference.
        on_kill: called when a test kills the engine inside a delivery.
        changes: notified when a delivery ends.
        statistics: where deliveries are counted.
        max_concurrent: how many run at the same time; None = no limit.
    """

    def __init__(
        self,
        activities: Mapping[str, Activity],
        *,
        on_completion: CompletionHandler,
        is_wanted: Callable[[Work], bool],
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
        self._called: dict[asyncio.Task[None], Work] = {}

    @property
    def running(self) -> int:
        """How many deliveries have not ended."""
        return len(self._deliveries)

    def deliver(self, work: Work) -> None:
        """Start an activity; its end is handed in."""
        name = work.event["Name"]
        for _ in range(self._faults.count_deliveries(name)):
            delivery = asyncio.get_running_loop().create_task(self._deliver(work), name=f"activity {name}")
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._forget)

    def lose_worker(self, message: str) -> None:
        """Let the worker process die: the calls that it has fail with these words; the next one finds a new worker."""
        called, self._called = self._called, {}
        for delivery, work in called.items():
            delivery.cancel()
            self._on_completion(work, self._describe_failure(work, message))

    def lose_worker_in_episode(self, instance_id: str) -> str | None:
        """Return the last words of a worker that dies in an orchestrator, and fail its calls; None if it lives."""
        try:
            self._faults.reach(FaultPoint.EPISODE_STARTING, instance_id)
        except LostWorkerError as error:
            self.lose_worker(str(error))
            return str(error)
        return None

    def cancel(self) -> None:
        """Cancel what is running; nothing of it is handed in."""
        for delivery in self._deliveries:
            delivery.cancel()

    async def drain(self, grace_seconds: float) -> None:
        """Let running activities end for a while, then cancel the others."""
        if self._deliveries and grace_seconds > 0:
            await asyncio.wait(self._deliveries, timeout=grace_seconds)
        self.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=CANCEL_TIMEOUT_SECONDS)

    def _forget(self, delivery: asyncio.Task[None]) -> None:
        self._deliveries.discard(delivery)
        self._called.pop(delivery, None)
        self._changes.notify()

    async def _deliver(self, work: Work) -> None:
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

    def _mark_called(self, work: Work) -> None:
        if (delivery := asyncio.current_task()) is not None:
            self._called[delivery] = work

    async def _call(self, work: Work) -> Callable[[int], Event]:
        name = work.event["Name"]
        try:
            activity = self._activities.get(name)
            if activity is None:
                known = ", ".join(sorted(self._activities)) or "none"
                raise LookupError(f"there is no activity function {name!r}; the app has: {known}")  # noqa: TRY301 - fails as if called
            result = await activity(work.event["Input"], work.trace_parent)
        except asyncio.CancelledError:
            if _is_cancelled_from_outside():
                raise
            return self._describe_failure(work, "CancelledError: the activity was cancelled by its own code")
        except Exception as error:
            logger.debug("Activity %s raised", name, exc_info=error)
            return self._describe_failure(work, f"{type(error).__name__}: {error}")
        return lambda task_id: events.make_task_completed(self._now(), task_id, result)

    def _describe_failure(self, work: Work, message: str) -> Callable[[int], Event]:
        name = work.event["Name"]
        logger.info("Activity %s of instance %s failed: %s", name, work.instance_id, message)
        return lambda task_id: events.make_task_failed(self._now(), task_id, name, message)


def _is_cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
