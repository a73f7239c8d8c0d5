"""Errors that the durable emulator raises on purpose. Each message fits on one line.

```
EmulatorError
├── EngineError
│   ├── EngineStoppedError          the engine stopped or failed while a caller waited for it
│   ├── InstanceExistsError         the id belongs to an unfinished instance
│   ├── UnknownOrchestratorError    the app registers no orchestrator with that name
│   ├── JournalError                the journal cannot be opened, or another program wrote the file
│   └── ReplayError                 an orchestrator asked for something impossible; its instance fails
│       ├── UnsupportedActionError  an action that this engine does not implement
│       └── NonDeterminismError     a replay that differs from its history
├── HostError
│   ├── HostBusyError               another host uses the folder
│   ├── HostFolderError             the folder is unusable
│   ├── HostPortError               the port is unusable
│   └── RouteError                  the route template of an HTTP trigger is not supported
└── SdkVersionError                 the installed SDK is not the checked version
```
"""

from pathlib import Path


class EmulatorError(Exception):
    """Base of all errors of the emulator."""


class EngineError(EmulatorError):
    """Base of the engine's errors."""


class EngineStoppedError(EngineError):
    """The engine stopped before the awaited condition was met."""


class InstanceExistsError(EngineError):
    """An instance with this id is pending, running or suspended."""

    def __init__(self, instance_id: str, status: str) -> None:
        super().__init__(f"An orchestration instance with the id {instance_id!r} already exists and is {status}")


class UnknownOrchestratorError(EngineError):
    """The app registers no orchestrator with this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"The app has no orchestrator function {name!r}; it has: {', '.join(known) or 'none'}")


class JournalError(EngineError):
    """The journal cannot be opened, or has an unknown format."""


class ReplayError(EngineError):
    """An orchestrator asked for something that the engine cannot do; its instance ends Failed."""


class UnsupportedActionError(ReplayError):
    """An orchestrator used a feature of Durable Functions that this engine does not implement."""


class NonDeterminismError(ReplayError):
    """A replayed orchestrator asked for other tasks than its history holds."""


class HostError(EmulatorError):
    """Base of the reasons why a host cannot start."""


class HostBusyError(HostError):
    """Another host uses this folder.

    Attributes:
        folder: the folder.
        pid: the other host's process, if known.
        url: where the other host serves the app to everyone on this machine, if it does.
    """

    def __init__(self, folder: Path, pid: int | None, url: str | None = None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{folder} is in use by {holder}; only one host can use a folder at a time")
        self.folder = folder
        self.pid = pid
        self.url = url


class HostFolderError(HostError):
    """The folder cannot be created, locked or written, or its journal is damaged."""

    def __init__(self, folder: Path, problem: object) -> None:
        super().__init__(f"{folder} cannot be used ({problem}); expected a folder that this user can write to")
        self.folder = folder


class HostPortError(HostError):
    """The port is taken or not allowed."""

    def __init__(self, port: int, problem: object) -> None:
        super().__init__(f"port {port} cannot be listened on ({problem}); expected a free port, or 0 for any")
        self.port = port


class RouteError(HostError):
    """A route template uses syntax that this host does not support."""


class SdkVersionError(EmulatorError):
    """The installed SDK is not the version that the emulator was checked with."""

    def __init__(self, package: str, installed: str, checked: str) -> None:
        super().__init__(
            f"{package} {installed} is installed; the durable emulator uses private parts of the SDK and was checked "
            f"with {checked} only. Install {package}=={checked}."
        )
