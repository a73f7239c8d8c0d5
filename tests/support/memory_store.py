"""A store in memory, and a recorder around any store. Both implement the whole contract of `Store`."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.errors import StoreConflictError
from shared.storage.protocol import Content, FileInfo, FolderPage, Store

CHUNK_BYTES = 1000
"""Small, so that test files are read in several pieces."""


class KilledError(BaseException):
    """The process died here. Derived from BaseException, so that no code under test handles it."""


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    info: FileInfo


class MemoryStore:
    """A `Store` over a dictionary. Every call yields to other tasks first, as a real store does.

    Blob Storage knows whole seconds only, so all files are of the same second, until a test lets time pass.
    """

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._versions = itertools.count(1)
        self._now = datetime.now(UTC).replace(microsecond=0)

    def pass_second(self) -> None:
        """Let a second pass: what is stored from here on is newer than what is there."""
        self._now += timedelta(seconds=1)

    async def read(self, path: str) -> Content | None:
        await asyncio.sleep(0)
        file = self._files.get(path)
        return None if file is None else Content(file.data, file.info.etag)

    async def describe(self, path: str) -> FileInfo | None:
        await asyncio.sleep(0)
        file = self._files.get(path)
        return None if file is None else file.info

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        assert content_type
        await asyncio.sleep(0)
        self._check(path, if_match)
        return self._put(path, data, metadata)

    async def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        content = await self.read(path)
        if content is not None:
            for start in range(0, max(1, len(content.data)), CHUNK_BYTES):
                yield content.data[start : start + CHUNK_BYTES]

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        data = b"".join([chunk async for chunk in chunks])
        await self.write(path, data, content_type=content_type)

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        assert content_type
        await asyncio.sleep(0)
        if path in self._files:
            return False
        self._put(path, data, metadata)
        return True

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        await asyncio.sleep(0)
        if path not in self._files:
            return False
        self._check(path, if_match)
        del self._files[path]
        return True

    async def move(self, path: str, new_path: str) -> None:
        await asyncio.sleep(0)
        file = self._files.pop(path)
        self._put(new_path, file.data, file.info.metadata)

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        await asyncio.sleep(0)
        for path in sorted(self._files):
            if path.startswith(prefix):
                yield self._files[path].info

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        await asyncio.sleep(0)
        below = {path.removeprefix(prefix) for path in self._files if path.startswith(prefix)}
        names = sorted({path.partition("/")[0] for path in below if "/" in path})
        rest = [name for name in names if continuation is None or name > continuation]
        page = tuple(rest[:limit])
        return FolderPage(page, page[-1] if len(rest) > limit else None)

    async def probe(self) -> None:
        await asyncio.sleep(0)

    async def close(self) -> None:
        await asyncio.sleep(0)

    def _check(self, path: str, if_match: str | None) -> None:
        file = self._files.get(path)
        if if_match is not None and (file is None or file.info.etag != if_match):
            raise StoreConflictError(f"{path} is not version {if_match!r} any more")

    def _put(self, path: str, data: bytes, metadata: Mapping[str, str] | None) -> str:
        etag = f'"{next(self._versions)}"'
        self._files[path] = _File(data, FileInfo(path, len(data), etag, self._now, dict(metadata or {})))
        return etag


@dataclass(slots=True)
class RecordingStore:
    """Record the calls of another store, and optionally die before a change.

    Attributes:
        inner: the store that does the work.
        reads: how often each path was read.
        changes: paths that were written, created, deleted or moved, in order, including lost races.
        listed: prefixes that were listed.
        changes_to_live: number of changes after which the next one kills the process; None: never.
    """

    inner: Store
    reads: Counter[str] = field(default_factory=Counter)
    changes: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    changes_to_live: int | None = None

    async def read(self, path: str) -> Content | None:
        self.reads[path] += 1
        return await self.inner.read(path)

    async def describe(self, path: str) -> FileInfo | None:
        return await self.inner.describe(path)

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        self._record_change(path)
        return await self.inner.write(path, data, content_type=content_type, metadata=metadata, if_match=if_match)

    def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        self.reads[path] += 1
        return self.inner.read_chunks(path)

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        self._record_change(path)
        await self.inner.write_chunks(path, chunks, content_type=content_type)

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        self._record_change(path)
        return await self.inner.create(path, data, content_type=content_type, metadata=metadata)

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        self._record_change(path)
        return await self.inner.delete(path, if_match=if_match)

    async def move(self, path: str, new_path: str) -> None:
        self._record_change(new_path)
        await self.inner.move(path, new_path)

    def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        self.listed.append(prefix)
        return self.inner.list_files(prefix)

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        return await self.inner.list_folders(prefix, limit=limit, continuation=continuation)

    async def probe(self) -> None:
        await self.inner.probe()

    async def close(self) -> None:
        await self.inner.close()

    def _record_change(self, path: str) -> None:
        if self.changes_to_live is not None and len(self.changes) >= self.changes_to_live:
            raise KilledError(path)
        self.changes.append(path)
