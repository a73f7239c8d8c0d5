"""A small durable engine: orchestrators replayed by the released v1 executor, state in one SQLite journal.

```
engine ──► episode ──► replay ──► actions      decide: what an orchestrator asks for next
   │          └──────► determinism, retries
   ├────► ledger ──► journal                   apply: one transaction a step
   └────► workers, clock, faults               the outside: activities, time, tests' interference
```

An *episode* replays one instance with its new messages and commits history, status, consumed messages and new work in
one transaction. Every piece of *work* (an activity, a timer, a sub-orchestration) holds a *ticket*, a number that is
never used again; its result is recorded by redeeming the ticket, once. A *generation* ends with continue-as-new or
with the instance, and takes its open tickets with it: nothing from before can reach what comes after.
"""

from durable_emulator.engine.clock import Clock, ManualClock, SystemClock
from durable_emulator.engine.engine import Engine
from durable_emulator.engine.errors import (
    EngineError,
    EngineStoppedError,
    InstanceExistsError,
    JournalError,
    UnknownOrchestratorError,
)
from durable_emulator.engine.instances import Instance, InstanceFilter, RuntimeStatus
from durable_emulator.engine.statistics import EngineStatistics

__all__ = [
    "Clock",
    "Engine",
    "EngineError",
    "EngineStatistics",
    "EngineStoppedError",
    "Instance",
    "InstanceExistsError",
    "InstanceFilter",
    "JournalError",
    "ManualClock",
    "RuntimeStatus",
    "SystemClock",
    "UnknownOrchestratorError",
]
