"""Write JSON arrays of any length row by row, without holding a whole one in memory."""

import hashlib
from collections.abc import AsyncIterator

from shared.storage.json_array_encoder import ContentDigest, JsonArrayEncoder
from shared.storage.json_files import JSON_TYPE
from shared.storage.protocol import Store


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
