"""The durable engine: replays orchestrators with the SDK's executor, and keeps their state in one SQLite journal.

```
engine ──► episode ──► replay ──► actions ──► action_schedule, determinism    decide (pure)
   ├─────► journal_writer ──► journal                                         one transaction a step
   └─────► activity_workers, clock, fault_injection                           activities, time, faults of tests
```

An *episode* replays one instance with its new messages, and commits history, status, taken messages and new work items
in one transaction. Each *work item* (an activity, a timer, a sub-orchestration) has a *task token*, a number that is
never reused. Recording a result consumes the token, so a task completes once. A *generation* ends with continue-as-new
or with the instance, and its tokens become invalid: no result of one generation reaches the next.
"""

from durable_emulator.engine.clock import Clock, ManualClock, SystemClock
from durable_emulator.engine.engine import Engine
from durable_emulator.engine.instances import Instance, InstanceFilter, RuntimeStatus
from durable_emulator.engine.progress import EngineStatistics
from durable_emulator.errors import (
    EngineError,
    EngineStoppedError,
    InstanceExistsError,
    JournalError,
    UnknownOrchestratorError,
)

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
