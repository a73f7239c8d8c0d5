"""The host's own corner of a data folder: who runs here, and the journal."""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from durable_emulator.host.errors import HostBusyError, HostFolderError

HOST_FOLDER_NAME = ".seeder"


class HostFolder:
    """Holds a folder for one host, by a lock of the operating system that no crash leaves behind.

    Args:
        folder: the data folder; made when it is acquired.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._host_folder = folder / HOST_FOLDER_NAME
        self._pid_file = self._host_folder / "host.pid"
        self._lock: FileLock | None = None

    @property
    def journal_path(self) -> Path:
        """Where the engine's journal is."""
        return self._host_folder / "journal.db"

    def acquire(self) -> None:
        """Take the folder.

        Raises:
            HostBusyError: another host has it.
            HostFolderError: it cannot be made, locked or written.
        """
        try:
            self._host_folder.mkdir(parents=True, exist_ok=True)
            # Not a singleton and not bound to a thread: two hosts of one process are two hosts.
            lock = FileLock(self._host_folder / "host.lock", thread_local=False, is_singleton=False)
            lock.acquire(timeout=0)
        except Timeout:
            raise HostBusyError(self.folder, self._read_pid()) from None
        except (OSError, NotImplementedError) as error:  # filelock raises the latter where a file system has no locks
            raise HostFolderError(self.folder, _describe_error(error)) from error
        try:
            # Beside the lock, not in it: whoever tries the lock empties its file.
            self._pid_file.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            lock.release()
            raise HostFolderError(self.folder, _describe_error(error)) from error
        self._lock = lock

    def release(self) -> None:
        """Give the folder back; harmless if it is not held."""
        if self._lock is not None:
            self._pid_file.unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _read_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None


def _describe_error(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
