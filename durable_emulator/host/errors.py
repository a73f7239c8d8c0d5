"""Why a host cannot start. Each message is one line for people.

```
HostError
├── HostBusyError     another host has the folder
├── HostFolderError   the folder cannot be used
├── HostPortError     the port cannot be listened on
└── RouteError        an HTTP trigger's route cannot be served
```
"""

from pathlib import Path


class HostError(Exception):
    """Base of why a host cannot start."""


class HostBusyError(HostError):
    """Another host runs from this folder.

    Attributes:
        folder: the folder.
        pid: the other host's process, if it is known.
    """

    def __init__(self, folder: Path, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{folder} is in use by {holder}; one host can run from a folder at a time")
        self.folder = folder
        self.pid = pid


class HostFolderError(HostError):
    """The folder cannot be made, locked or written, or its journal is damaged."""

    def __init__(self, folder: Path, problem: object) -> None:
        super().__init__(f"{folder} cannot be used ({problem}); expected a folder that this user can write to")
        self.folder = folder


class HostPortError(HostError):
    """The port is taken or not allowed."""

    def __init__(self, port: int, problem: object) -> None:
        super().__init__(f"port {port} cannot be listened on ({problem}); expected a free port, or 0 for any")
        self.port = port


class RouteError(HostError):
    """A route template holds something that this host does not understand."""
