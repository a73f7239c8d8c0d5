"""The port to the store, where catalogs and runs live."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file without its content.

    Attributes:
        path: the path in the store, such as ``catalogs/lego/catalog.json``.
        size: in bytes.
        etag: opaque; changes with the content.
        modified: the time of the last write, with a time zone.
        metadata: what the writer stored with the file (``sha256``, ``width``, ...); empty if unknown.
    """

    path: str
    size: int
    etag: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """A whole file, and the ETag to replace it with."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class FolderPage:
    """A page of a folder's sub-folders: names in name order, and the token for the next page."""

    names: tuple[str, ...]
    continuation: str | None


class Store(Protocol):
    """Where catalogs and runs live.

    Paths are separated by ``/``; the first segment is the container (``catalogs``, ``runs``, ``inputs``, ``backups``).
    Every write is atomic: a reader gets the previous file or the whole new one. Every method raises
    StoreUnavailableError if the store cannot be reached, and ValueError for an invalid path.
    """

    async def read(self, path: str) -> Content | None:
        """Return a file, or None."""

    async def describe(self, path: str) -> FileInfo | None:
        """Return a file's info, or None."""

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
            StoreConflictError: ``if_match`` was given, and the file has another ETag or does not exist.
        """

    def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        """Yield a file in chunks of at most 4 MiB, all of one version; no chunk if there is no file.

        A caller that does not read to the end closes the generator.

        Raises:
            StoreUnavailableError: the file was replaced while it was read.
        """

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        """Create or replace a file from chunks, in constant memory; the file appears after the last chunk."""

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Create a file; False, and no change, if it exists."""

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        """Delete a file; False if there is none.

        Raises:
            StoreConflictError: ``if_match`` was given, and the file has another ETag.
        """

    async def move(self, path: str, new_path: str) -> None:
        """Rename a file within its container, with its metadata; replaces an existing file."""

    def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        """Yield the files whose path starts with ``prefix``, in path order, with metadata."""

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        """Return the names of the folders directly below ``prefix`` (which ends with ``/``), in name order.

        Raises:
            ValueError: ``continuation`` does not come from this store.
        """

    async def probe(self) -> None:
        """Raise StoreUnavailableError, with the cause, if the store cannot be used."""

    async def close(self) -> None:
        """Release connections."""
