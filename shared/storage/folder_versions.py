"""Versions of a folder store's files: ETags, locks, and the sidecars that hold a version's metadata.

A sidecar names its file's version twice: by ETag, which is cheap to compare, and by size and SHA-256, which stay equal
when the folder is copied to another machine. If neither matches (the process was killed between the two writes, or a
person edited the file), the file has no metadata: metadata can be missing, and is never wrong.
"""

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOCK_COUNT: Final = 64
_MTIME_STEP_NS: Final = 1000  # a multiple of the resolution of NTFS and APFS


class _VersionClock:
    """Returns a unique modification time for each written file.

    File systems give equal times to files written within a few milliseconds, and reuse the numbers of deleted files, so
    a third version could have the ETag of the first one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ns = 0

    def next_ns(self) -> int:
        """Return the time in nanoseconds, later than all earlier results."""
        with self._lock:
            self._last_ns = max(time.time_ns() // _MTIME_STEP_NS * _MTIME_STEP_NS, self._last_ns + _MTIME_STEP_NS)
            return self._last_ns


VERSION_CLOCK: Final = _VersionClock()
# Thread locks instead of asyncio locks: the thread of a cancelled task continues to run, and must keep its lock. They
# are process-wide, so that two stores on one folder exclude each other, and a fixed number, so that none is cleaned up.
_LOCKS = tuple(threading.Lock() for _ in range(_LOCK_COUNT))


def make_etag(status: os.stat_result) -> str:
    """Return the ETag of a file's version: modification time, size and file number."""
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"


@contextmanager
def lock_paths(*paths: str) -> Iterator[None]:
    """Exclude other writers of this process from the paths."""
    # Sorted, to prevent deadlocks. Case-folded, because two spellings are one file on Windows and macOS.
    numbers = sorted({hash(path.casefold()) % _LOCK_COUNT for path in paths})
    with contextlib.ExitStack() as stack:
        for number in numbers:
            stack.enter_context(_LOCKS[number])
        yield


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The metadata of one version of a file; ``size`` in bytes, ``sha256`` in hex."""

    etag: str
    size: int
    sha256: str
    metadata: dict[str, str]

    def to_json(self) -> bytes:
        """Return the content of the sidecar file; the key ``facts`` is that of version 0.3."""
        fields = {"etag": self.etag, "size": self.size, "sha256": self.sha256, "facts": self.metadata}
        return json.dumps(fields, ensure_ascii=False).encode()


def make_sidecar(etag: str, data: bytes, metadata: Mapping[str, str]) -> Sidecar:
    """Return the sidecar of a file with the content ``data``."""
    return Sidecar(etag=etag, size=len(data), sha256=hashlib.sha256(data).hexdigest(), metadata=dict(metadata))


def read_sidecar(path: Path | str) -> Sidecar | None:
    """Read a sidecar; None if there is none, or if it is damaged."""
    try:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - a listing reads thousands
            fields = json.loads(stream.read())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    match fields:
        case {"etag": str(etag), "size": int(size), "sha256": str(sha256), "facts": dict(metadata)}:
            return Sidecar(etag, size, sha256, {str(name): str(value) for name, value in metadata.items()})
        case _:
            return None


def matches_content(sidecar: Sidecar, file: Path) -> bool:
    """Return whether a file has its sidecar's size and SHA-256; reads the file at most once."""
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size != sidecar.size:
            return False
        return hashlib.file_digest(stream, "sha256").hexdigest() == sidecar.sha256


def remove_sidecar(path: Path) -> None:
    """Delete a sidecar if there is one."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
