"""The port to the store, where catalogs and runs live."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a store knows of a file without reading it.

    Attributes:
        path: the path in the store, ``/``-separated, such as ``catalogs/lego/catalog.json``.
        size: bytes.
        etag: opaque; changes whenever the content is replaced.
        modified: when it was last written, with a time zone.
        metadata: what the writer said of it (``sha256``, ``width``, ...); empty when unknown.
    """

    path: str
    size: int
    etag: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """A whole file and the ETag to replace it with."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of a folder's sub-folders: bare names in name order, and where the next page starts."""

    names: tuple[str, ...]
    continuation: str | None


class Store(Protocol):
    """Where catalogs and runs live.

    Every write is atomic: a reader sees the file of before or the whole new one. The first segment of a path is the
    container (``catalogs``, ``runs``, ``inputs``, ``backups``). Every method raises StoreUnavailableError when the
    store cannot be reached.
    """

    async def read(self, path: str) -> Content | None:
        """Return the whole file, or None if there is none."""

    async def describe(self, path: str) -> FileInfo | None:
        """Return what is known of a file without reading it, or None if there is none."""

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        """Create or replace a file and return its ETag.

        Raises:
            StoreConflictError: ``if_match`` was given and the file has another ETag by now, or is gone.
        """

    def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        """Yield a file's content in pieces of at most 4 MiB, all of one version; not one piece if there is no file.

        Whoever does not read to the end closes it.

        Raises:
            StoreUnavailableError: also if the file was replaced meanwhile and its version of before is gone.
        """

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        """Create or replace a file from pieces, in flat memory; nothing is visible before the last one is in."""

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Write a file that must not exist yet; False, and no change, if it does."""

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        """Delete a file; False if there was none.

        Raises:
            StoreConflictError: ``if_match`` was given and the file has another ETag by now.
        """

    async def move(self, path: str, new_path: str) -> None:
        """Give a file another name in the same container, facts included; replaces what is there."""

    def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        """Yield the files whose path starts with ``prefix``, in path order, facts included."""

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        """Return the names of the folders right below ``prefix`` (which ends with ``/``), in name order.

        Raises:
            ValueError: ``continuation`` is not one that this store gave.
        """

    async def probe(self) -> None:
        """Raise StoreUnavailableError, naming what is wrong, if the store cannot be used right now."""

    async def close(self) -> None:
        """Release connections."""
