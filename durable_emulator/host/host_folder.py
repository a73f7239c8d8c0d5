"""The host's files in a data folder: the lock, the process id with the URL, and the journal."""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from durable_emulator.errors import HostBusyError, HostFolderError

HOST_FOLDER_NAME = ".seeder"


class HostFolder:
    """Reserves a data folder for one host by a lock of the operating system, which a crash releases.

    Args:
        folder: the data folder, created when it is acquired.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._host_folder = folder / HOST_FOLDER_NAME
        self._pid_file = self._host_folder / "host.pid"
        self._lock: FileLock | None = None

    @property
    def journal_path(self) -> Path:
        """Path of the engine's journal."""
        return self._host_folder / "journal.db"

    def acquire(self) -> None:
        """Lock the folder.

        Raises:
            HostBusyError: another host uses the folder.
            HostFolderError: the folder cannot be created, locked or written.
        """
        try:
            self._host_folder.mkdir(parents=True, exist_ok=True)
            # Not a singleton and not per thread: two hosts in one process exclude each other, too.
            lock = FileLock(self._host_folder / "host.lock", thread_local=False, is_singleton=False)
            lock.acquire(timeout=0)
        except Timeout:
            raise HostBusyError(self.folder, *self._read_holder()) from None
        except (OSError, NotImplementedError) as error:  # filelock raises the latter on file systems without locks
            raise HostFolderError(self.folder, _describe_error(error)) from error
        try:
            # Not in the lock file: every attempt to lock empties that file.
            self._pid_file.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            lock.release()
            raise HostFolderError(self.folder, _describe_error(error)) from error
        self._lock = lock

    def release(self) -> None:
        """Unlock the folder, if it is locked."""
        if self._lock is not None:
            self._pid_file.unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def announce(self, url: str) -> None:
        """Record where the host that holds the lock serves the app, for the error of another one.

        Raises:
            HostFolderError: the folder cannot be written.
        """
        try:
            self._pid_file.write_text(f"{os.getpid()}\n{url}\n", encoding="ascii")
        except OSError as error:
            raise HostFolderError(self.folder, _describe_error(error)) from error

    def _read_holder(self) -> tuple[int | None, str | None]:
        """Return process id and URL of the host that holds the lock, as far as they are known."""
        try:
            pid, *urls = self._pid_file.read_text(encoding="ascii").splitlines()
            return int(pid), next(iter(urls), None)
        except (OSError, ValueError):
            return None, None


def _describe_error(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
