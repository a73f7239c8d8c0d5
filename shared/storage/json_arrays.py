"""Write JSON arrays of any length row by row, without holding a whole one in memory."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.storage.json_files import JSON_TYPE
from shared.storage.protocol import Store


@dataclass(frozen=True, slots=True)
class ContentDigest:
    """Identifies a content: ``size`` in bytes, ``sha256`` in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RawJson:
    """A row that is JSON text already, and is written unchanged."""

    text: str


class JsonArrayEncoder:
    """Encodes an array row by row; all pieces together equal ``dump_json`` of the list of rows."""

    def __init__(self) -> None:
        self._size = 0
        self._digest = hashlib.sha256()

    def add(self, row: object) -> bytes:
        """Return the piece of the next row."""
        # Each line break is one of the layout; JSON escapes those in the data.
        text = row.text if isinstance(row, RawJson) else json.dumps(row, ensure_ascii=False, indent=2)
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


async def write_array(store: Store, path: str, rows: AsyncIterator[object]) -> None:
    """Create or replace a file with an array, with one row in memory at a time."""

    async def dump() -> AsyncIterator[bytes]:
        text = JsonArrayEncoder()
        async for row in rows:
            yield text.add(row)
        yield text.end()

    await store.write_chunks(path, dump(), content_type=JSON_TYPE)


async def write_array_if_changed(
    store: Store,
    path: str,
    rows: AsyncIterator[object],
    content_digest: ContentDigest,
) -> bool:
    """Write an array unless the file has exactly this content; return whether it was written.

    Args:
        store: the store.
        path: the file.
        rows: iterated only if the file is written.
        content_digest: of the encoded array.
    """
    if await _has_digest(store, path, content_digest):
        return False
    await write_array(store, path, rows)
    return True


async def _has_digest(store: Store, path: str, expected: ContentDigest) -> bool:
    info = await store.describe(path)
    if info is None or info.size != expected.size:
        return False
    digest = hashlib.sha256()  # of the current bytes: a person may have edited the file
    async for piece in store.read_chunks(path):
        digest.update(piece)
    return digest.hexdigest() == expected.sha256
