"""A store that counts operations and bytes, and passes them to the real store."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from shared.storage.protocol import Content, FileInfo, FolderPage, Store

IMAGE_FOLDER = "/images/"


@dataclass(slots=True)
class StoreCounts:
    """Counters of a store.

    Attributes:
        operations: calls by method name.
        record_bytes: bytes written, images excluded.
        image_bytes: bytes of images written.
        files_listed: entries of all listings; Blob Storage bills listings by the page.
    """

    operations: Counter[str] = field(default_factory=Counter)
    record_bytes: int = 0
    image_bytes: int = 0
    files_listed: int = 0

    def count_bytes(self, path: str, size: int) -> None:
        """Count bytes written to a file."""
        if IMAGE_FOLDER in path:
            self.image_bytes += size
        else:
            self.record_bytes += size


class CountingStore:
    """A store that wraps another one.

    Args:
        store: the wrapped store.
        counts: the counters.
    """

    def __init__(self, store: Store, counts: StoreCounts) -> None:
        self._store = store
        self._counts = counts

    async def read(self, path: str) -> Content | None:
        """See `Store.read`."""
        self._counts.operations["read"] += 1
        return await self._store.read(path)

    async def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        """See `Store.read_chunks`."""
        self._counts.operations["read_chunks"] += 1
        async with aclosing(self._store.read_chunks(path)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def describe(self, path: str) -> FileInfo | None:
        """See `Store.describe`."""
        self._counts.operations["describe"] += 1
        return await self._store.describe(path)

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        """See `Store.write`."""
        self._counts.operations["write"] += 1
        self._counts.count_bytes(path, len(data))
        return await self._store.write(path, data, content_type=content_type, metadata=metadata, if_match=if_match)

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        """See `Store.write_chunks`."""
        self._counts.operations["write_chunks"] += 1
        await self._store.write_chunks(path, self._count_chunks(path, chunks), content_type=content_type)

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """See `Store.create`. Bytes count even if the file exists, because they were sent."""
        self._counts.operations["create"] += 1
        self._counts.count_bytes(path, len(data))
        return await self._store.create(path, data, content_type=content_type, metadata=metadata)

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        """See `Store.delete`."""
        self._counts.operations["delete"] += 1
        return await self._store.delete(path, if_match=if_match)

    async def move(self, path: str, new_path: str) -> None:
        """See `Store.move`."""
        self._counts.operations["move"] += 1
        await self._store.move(path, new_path)

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        """See `Store.list_files`."""
        self._counts.operations["list_files"] += 1
        async for info in self._store.list_files(prefix):
            self._counts.files_listed += 1
            yield info

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        """See `Store.list_folders`."""
        self._counts.operations["list_folders"] += 1
        return await self._store.list_folders(prefix, limit=limit, continuation=continuation)

    async def probe(self) -> None:
        """See `Store.probe`."""
        await self._store.probe()

    async def close(self) -> None:
        """See `Store.close`."""
        await self._store.close()

    async def _count_chunks(self, path: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._counts.count_bytes(path, len(chunk))
            yield chunk
