"""Test helpers: run plain functions on an engine, on a clock that jumps from alarm to alarm."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from azure.durable_functions import Orchestrator

from durable_emulator.engine.activity_workers import Activity
from durable_emulator.engine.clock import ManualClock
from durable_emulator.engine.engine import Engine
from durable_emulator.engine.fault_injection import FaultInjector
from durable_emulator.engine.instances import Instance

PlainActivity = Callable[[Any], Awaitable[Any]]
"""An activity that takes and returns JSON values."""


@asynccontextmanager
async def run_engine(
    journal_path: Path,
    clock: ManualClock,
    orchestrators: Mapping[str, Callable[[Any], Any]],
    activities: Mapping[str, PlainActivity] | None = None,
    *,
    faults: FaultInjector | None = None,
    max_concurrent_activities: int | None = None,
) -> AsyncIterator[Engine]:
    """Run an engine inside a ``with`` block. Orchestrators are generator functions that take the SDK's context."""
    engine = Engine(
        journal_path,
        {name: Orchestrator.create(function) for name, function in orchestrators.items()},
        {name: adapt_activity(function) for name, function in (activities or {}).items()},
        clock=clock,
        faults=faults,
        max_concurrent_activities=max_concurrent_activities,
    )
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop(grace_seconds=0)


def adapt_activity(function: PlainActivity) -> Activity:
    """Return an activity that takes and returns JSON text, as the engine expects."""

    async def run(text: str | None, _trace_parent: str | None) -> str:
        return json.dumps(await function(None if text is None else json.loads(text)))

    return run


async def finish(engine: Engine, clock: ManualClock, instance_id: str) -> Instance:
    """Return an instance once it is finished; move the clock to the next alarm whenever the engine is idle.

    Raises:
        LookupError: the instance does not exist.
        TimeoutError: the instance waits for ever: the engine is idle and no alarm is set.
        EngineStoppedError: the engine stopped first.
    """
    while True:
        await engine.wait_until_idle()
        instance = engine.find_instance(instance_id)
        if instance is None:
            raise LookupError(f"instance {instance_id!r} does not exist")
        if instance.status.is_finished:
            return instance
        alarm = clock.next_alarm
        if alarm is None:
            raise TimeoutError(f"instance {instance_id!r} is {instance.status}, the engine is idle and no alarm is set")
        clock.jump_to(alarm)
