"""Facts sidecars of the folder store: what a writer said of a file, kept beside the visible tree.

A sidecar names the version of the file that it speaks of, twice: by ETag, which costs nothing to compare, and by size
and SHA-256, which still hold after the folder was copied to another machine. One that fits neither way (the process was
killed between the two writes, somebody edited the file) is not believed: facts are missing then, never wrong.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The facts of one version of a file; ``size`` in bytes, ``sha256`` in hex."""

    etag: str
    size: int
    sha256: str
    metadata: dict[str, str]

    def to_json(self) -> bytes:
        """Return the sidecar file's content."""
        fields = {"etag": self.etag, "size": self.size, "sha256": self.sha256, "facts": self.metadata}
        return json.dumps(fields, ensure_ascii=False).encode()


def make_sidecar(etag: str, data: bytes, metadata: Mapping[str, str]) -> Sidecar:
    """Return the sidecar of a file that holds ``data``."""
    return Sidecar(etag=etag, size=len(data), sha256=hashlib.sha256(data).hexdigest(), metadata=dict(metadata))


def read_sidecar(path: Path) -> Sidecar | None:
    """Read a sidecar; None if there is none, or none that can be read as one."""
    try:
        fields = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    match fields:
        case {"etag": str(etag), "size": int(size), "sha256": str(sha256), "facts": dict(metadata)}:
            return Sidecar(etag, size, sha256, {str(name): str(value) for name, value in metadata.items()})
        case _:
            return None


def matches_content(sidecar: Sidecar, file: Path) -> bool:
    """Tell whether a file still has the size and the SHA-256 that its sidecar speaks of; reads it at most once."""
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size != sidecar.size:
            return False
        return hashlib.file_digest(stream, "sha256").hexdigest() == sidecar.sha256


def remove_sidecar(path: Path) -> None:
    """Delete a sidecar if there is one."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
