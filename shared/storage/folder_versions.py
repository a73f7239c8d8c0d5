"""Versions of a folder store's files: the ETag that names one, and the locks that let one follow another."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LOCK_COUNT: Final = 64
_MTIME_STEP_NS: Final = 1000  # a multiple of what NTFS and APFS can keep


class _VersionClock:
    """Gives every file that we write a modification time of its own.

    A file system stamps all files of a few milliseconds with the same time and reuses the numbers of deleted files, so
    a third version could look like the first one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ns = 0

    def next_ns(self) -> int:
        """Return the time, in nanoseconds, later than any returned before."""
        with self._lock:
            self._last_ns = max(time.time_ns() // _MTIME_STEP_NS * _MTIME_STEP_NS, self._last_ns + _MTIME_STEP_NS)
            return self._last_ns


VERSION_CLOCK: Final = _VersionClock()
# Thread locks, not asyncio ones: a cancelled task leaves its thread at work, which must keep what it holds. They belong
# to the process, so that two stores on one folder respect each other; few for all paths, so none has to be cleaned up.
_LOCKS = tuple(threading.Lock() for _ in range(_LOCK_COUNT))


def make_etag(status: os.stat_result) -> str:
    """Return the ETag of a file's version: modification time, size and file number."""
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"


@contextmanager
def lock_paths(*paths: str) -> Iterator[None]:
    """Keep other writers of this process away from the paths."""
    # in one order everywhere, so that nobody waits in a circle;
    # case-folded: on Windows and macOS two spellings are one file
    numbers = sorted({hash(path.casefold()) % _LOCK_COUNT for path in paths})
    with contextlib.ExitStack() as stack:
        for number in numbers:
            stack.enter_context(_LOCKS[number])
        yield
