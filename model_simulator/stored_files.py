"""Uploaded files: the inputs of batches, and reference images."""

import base64
import binascii
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file.

    Attributes:
        id: of the file.
        name: as sent.
        purpose: as sent, such as ``batch``.
        data: the content.
        uploaded: on the service's clock.
        created_at: in epoch seconds.
    """

    id: str
    name: str
    purpose: str
    data: bytes
    uploaded: float
    created_at: int

    def describe(self) -> dict[str, Any]:
        """Return the file as the API does."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.data),
            "created_at": self.created_at,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


class StoredFiles:
    """All uploaded files.

    Args:
        clock: a monotonic clock in seconds.
        find_delay: returns after how many seconds a file is visible to batches.
    """

    def __init__(self, clock: Callable[[], float], find_delay: Callable[[], float]) -> None:
        self._clock = clock
        self._find_delay = find_delay
        self._files: dict[str, StoredFile] = {}

    def add(self, name: str, purpose: str, data: bytes, created_at: int) -> StoredFile:
        """Store a file."""
        stored = StoredFile(f"file-{uuid.uuid4().hex}", name, purpose, data, self._clock(), created_at)
        self._files[stored.id] = stored
        return stored

    def list_newest(self) -> list[StoredFile]:
        """Return all files, the newest first."""
        return list(reversed(self._files.values()))

    def find(self, file_id: str) -> StoredFile | None:
        """Return a file, visible to batches or not."""
        return self._files.get(file_id)

    def find_visible(self, file_id: str) -> bytes | None:
        """Return the content of a file that batches can see, or None."""
        stored = self._files.get(file_id)
        if stored is None or self._clock() < stored.uploaded + self._find_delay():
            return None
        return stored.data

    def remove(self, file_id: str) -> bool:
        """Remove a file; False if there is none."""
        return self._files.pop(file_id, None) is not None


def decode_data_url(url: object) -> bytes | None:
    """Return the content of a data URL in base64, or None if it is none."""
    if not isinstance(url, str) or not url.startswith("data:"):
        return None
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error:
        return None
