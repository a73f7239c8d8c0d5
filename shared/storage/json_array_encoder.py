"""Encodes a JSON array row by row, as text and as a digest of that text."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContentDigest:
    """Identifies a content: ``size`` in bytes, ``sha256`` in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RawJson:
    """A row that is JSON text already, and is written unchanged."""

    text: str


def encode_row(row: object) -> str:
    """Return a row as JSON text; two rows joined by a comma and a line break are one `RawJson`."""
    return json.dumps(row, ensure_ascii=False, indent=2)


class JsonArrayEncoder:
    """Encodes an array row by row; all pieces together equal ``dump_json`` of the list of rows."""

    def __init__(self) -> None:
        self._size = 0
        self._digest = hashlib.sha256()

    def add(self, row: object) -> bytes:
        """Return the piece of the next row."""
        # Each line break is one of the layout; JSON escapes those in the data.
        text = row.text if isinstance(row, RawJson) else encode_row(row)
        text = text.replace("\n", "\n  ")
        return self._count((",\n  " if self._size else "[\n  ") + text)

    def end(self) -> bytes:
        """Return the last piece."""
        return self._count("\n]\n" if self._size else "[]\n")

    def content_digest(self) -> ContentDigest:
        """Return the digest of the pieces so far."""
        return ContentDigest(self._size, self._digest.hexdigest())

    def _count(self, text: str) -> bytes:
        piece = text.encode()
        self._size += len(piece)
        self._digest.update(piece)
        return piece
