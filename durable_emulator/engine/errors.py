"""What the engine raises on purpose.

```
EngineError
├── EngineStoppedError          the engine was stopped, or broke, while somebody waited for it
├── InstanceExistsError         the id belongs to an instance that has not finished
├── UnknownOrchestratorError    the app registers no orchestrator of that name
├── JournalError                the journal cannot be opened or is not ours
└── ReplayError                 an orchestrator asked for what cannot be done; its instance fails with the message
    ├── UnsupportedActionError  an action that this engine does not know
    └── NonDeterminismError     a replay that does not follow its own history
```
"""


class EngineError(Exception):
    """Base of what the engine raises on purpose."""


class EngineStoppedError(EngineError):
    """The engine stopped before what was waited for came true."""


class InstanceExistsError(EngineError):
    """An instance with this id is pending, running or suspended."""

    def __init__(self, instance_id: str, status: str) -> None:
        super().__init__(f"An orchestration instance with the id {instance_id!r} already exists and is {status}")


class UnknownOrchestratorError(EngineError):
    """The app registers no orchestrator of this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"There is no orchestrator function {name!r}; the app has: {', '.join(known) or 'none'}")


class JournalError(EngineError):
    """The journal cannot be opened, or another version of this engine wrote it."""


class ReplayError(EngineError):
    """An orchestrator asked for something that the engine cannot do; its instance ends Failed."""


class UnsupportedActionError(ReplayError):
    """An orchestrator used a feature of Durable Functions that this engine leaves out."""


class NonDeterminismError(ReplayError):
    """An orchestrator asked on replay for something else than its history says."""
