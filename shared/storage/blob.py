"""The Blob Storage store: catalogs and runs in the private containers of a storage account."""

import asyncio
import contextlib
import hashlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobBlock, BlobProperties, ContentSettings
from azure.storage.blob.aio import BlobClient, BlobPrefix, BlobServiceClient, ContainerClient

from shared.bounded_cache import BoundedCache
from shared.config import IdentitySettings, StoreSettings
from shared.errors import StoreConflictError, StoreUnavailableError
from shared.identity.sign_in_errors import SignInError
from shared.storage.blob_client import open_blob_client
from shared.storage.blob_errors import is_blob_missing, is_conflict, is_container_missing, translate_azure_errors
from shared.storage.protocol import Content, FileInfo, FolderPage
from shared.storage.store_contract import (
    CONTAINERS,
    check_limit,
    check_metadata,
    check_same_container,
    decode_continuation,
    encode_continuation,
    gather_blocks,
    split_folder,
    split_path,
    split_prefix,
)

BLOCK_BYTES: Final = 4 * 1024 * 1024

LIST_PAGE_BLOBS: Final = 1000
"""The client parses a page at once, which blocks other tasks: 0.1 s for 1,000 blobs, 0.5 s for the service's 5,000."""

MAX_CLIENTS: Final = 64
"""Clients of files that are kept: a host that waits reads the same few files again and again, and a client takes as
long to build as a third of its request."""

T = TypeVar("T")


class BlobStore:
    """The `Store` port over Azure Blob Storage.

    Callers retry, not the store. The first write to a missing container creates it, without public access. Metadata is
    percent-encoded, because blob metadata is limited to ASCII.

    Args:
        service: the account's client; closed with the store.
        containers: the container names of ``catalogs``, ``runs``, ``inputs`` and ``backups``.
        credential: the client's credential, if it has to be closed.
    """

    def __init__(
        self,
        service: BlobServiceClient,
        *,
        containers: Mapping[str, str],
        credential: AsyncTokenCredential | None = None,
    ) -> None:
        missing = [name for name in CONTAINERS if name not in containers]
        if missing:
            raise ValueError(f"containers are {dict(containers)!r}; expected a name for {', '.join(missing)} as well")
        self._service = service
        self._credential = credential
        self._containers = dict(containers)
        self._clients: BoundedCache[str, BlobClient] = BoundedCache(MAX_CLIENTS)

    @classmethod
    def from_settings(cls, settings: StoreSettings, identity: IdentitySettings | None = None) -> "BlobStore":
        """Open the configured store; connects to nothing yet.

        Args:
            settings: the account and the container names.
            identity: signs in without a key; None = the developer's credentials.

        Raises:
            SettingError: a setting is missing or invalid.
        """
        service, credential = open_blob_client(settings, identity or IdentitySettings())
        return cls(service, containers=settings.containers, credential=credential)

    async def read(self, path: str) -> Content | None:
        """Return a file, or None."""
        blob = self._get_blob(path)
        with translate_azure_errors("read", path):
            try:
                download = await blob.download_blob()
            except HttpResponseError as exc:
                if is_blob_missing(exc):
                    return None
                raise
            return Content(data=await download.readall(), etag=_quote_etag(download.properties.etag))

    async def describe(self, path: str) -> FileInfo | None:
        """Return a file's info, or None."""
        blob = self._get_blob(path)
        with translate_azure_errors("describe", path):
            try:
                return _make_file_info(path, await blob.get_blob_properties())
            except HttpResponseError as exc:
                if is_blob_missing(exc):
                    return None
                raise

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        """Create or replace a file and return its ETag; see the port."""
        with translate_azure_errors("write", path):
            return await self._put(
                path, data, content_type, _encode_metadata(metadata), overwrite=True, **_match_etag(if_match)
            )

    async def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        """Yield a file in chunks of 4 MiB; StoreUnavailableError if it is replaced meanwhile. See the port."""
        info = await self.describe(path)
        if info is None:
            return
        if not info.size:
            yield b""  # the service refuses an empty range
        blob = self._get_blob(path)
        for offset in range(0, info.size, BLOCK_BYTES):
            yield await self._read_range(blob, path, offset, info.etag)

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        """Create or replace a file from chunks, with about 8 MiB in memory.

        If two writers write one file at the same time, one can fail with StoreUnavailableError: a commit drops the
        blocks that others have staged.
        """
        split_path(path)
        with translate_azure_errors("write", path):
            await self._put_blocks(path, chunks, content_type)

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Create a file; False if it exists."""
        with translate_azure_errors("create", path):
            try:
                await self._put(path, data, content_type, _encode_metadata(metadata), overwrite=False)
            except HttpResponseError as exc:
                if is_conflict(exc):
                    return False
                raise
            return True

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        """Delete a file; False if there is none. See the port."""
        blob = self._get_blob(path)
        with translate_azure_errors("delete", path):
            try:
                await blob.delete_blob(**_match_etag(if_match))
            except HttpResponseError as exc:
                # a missing blob may count as a failed condition
                if is_blob_missing(exc) or (is_conflict(exc) and await self.describe(path) is None):
                    return False
                raise
            return True

    async def move(self, path: str, new_path: str) -> None:
        """Rename a file within its container. Without the file, do nothing: a repeated activity has moved it already.

        Blob Storage has no rename, and a server-side copy needs a signature for the source, so this process reads and
        writes the file. If it is killed in between, both names exist, and a repeated move deletes the old one.

        Raises:
            StoreConflictError: the file was replaced while it was copied; both versions are kept.
        """
        check_same_container(path, new_path)
        if path == new_path:
            return
        source = self._get_blob(path)
        with translate_azure_errors("move", path):
            try:
                download = await source.download_blob()
            except HttpResponseError as exc:
                if is_blob_missing(exc):
                    return
                raise
            data, properties = await download.readall(), download.properties
            content_type = properties.content_settings.content_type or "application/octet-stream"
            await self._put(new_path, data, content_type, properties.metadata or {}, overwrite=True)
            await source.delete_blob(**_match_etag(properties.etag))

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        """Yield the files whose path starts with ``prefix``, in path order, with metadata."""
        name, rest = split_prefix(prefix)
        with translate_azure_errors("list", prefix):
            try:
                async for properties in self._get_container(name).list_blobs(
                    name_starts_with=rest, include=["metadata"], results_per_page=LIST_PAGE_BLOBS
                ):
                    yield _make_file_info(f"{name}/{properties.name}", properties)
            except HttpResponseError as exc:
                if not is_container_missing(exc):
                    raise

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        """Return the folders directly below ``prefix``; see the port.

        The service's pages count files, too, so one page here may need several of them, and the last one may be empty.
        """
        name, rest = split_folder(prefix)
        check_limit(limit)
        marker = None if continuation is None else decode_continuation(prefix, continuation)
        names: list[str] = []
        with translate_azure_errors("list", prefix):
            while len(names) < limit:
                try:
                    found, marker = await self._list_page(name, rest, limit - len(names), marker)
                except HttpResponseError as exc:
                    if is_container_missing(exc):
                        break
                    if exc.status_code == HTTPStatus.BAD_REQUEST and continuation is not None:
                        raise ValueError(f"Blob Storage does not accept the continuation {continuation!r}") from exc
                    raise
                names += found
                if marker is None:
                    break
        return FolderPage(tuple(names), None if marker is None else encode_continuation(prefix, marker))

    async def probe(self) -> None:
        """Raise StoreUnavailableError if a container cannot be read."""
        results = await asyncio.gather(*map(self._probe_container, CONTAINERS), return_exceptions=True)
        failures = {
            self._containers[name]: result
            for name, result in zip(CONTAINERS, results, strict=True)
            if isinstance(result, BaseException)
        }
        if not failures:
            return
        first, *others = failures
        if not isinstance(failures[first], StoreUnavailableError):
            raise failures[first]
        if isinstance(failures[first].__cause__, SignInError):  # not about a container
            raise failures[first]
        also = f"; {', '.join(others)}: the same" if others else ""
        raise StoreUnavailableError(f"{failures[first]}{also}") from failures[first]

    async def close(self) -> None:
        """Release connections."""
        await self._service.close()
        if self._credential is not None:
            await self._credential.close()

    async def _probe_container(self, name: str) -> None:
        with translate_azure_errors("read", self._containers[name]):
            try:
                await self._get_container(name).get_container_properties()
            except HttpResponseError as exc:
                if not is_container_missing(exc):  # the first write creates it
                    raise

    def _get_container(self, name: str) -> ContainerClient:
        return self._service.get_container_client(self._containers[name])

    def _get_blob(self, path: str) -> BlobClient:
        client = self._clients.get(path)
        if client is None:
            container, name = split_path(path)
            client = self._clients[path] = self._service.get_blob_client(self._containers[container], name)
        return client

    async def _read_range(self, blob: BlobClient, path: str, offset: int, etag: str) -> bytes:
        try:
            with translate_azure_errors("read", path):
                download = await blob.download_blob(offset=offset, length=BLOCK_BYTES, **_match_etag(etag))
                data: bytes = await download.readall()
        except StoreConflictError as exc:  # a reader starts again
            raise StoreUnavailableError(f"{path!r} was replaced while it was read") from exc
        return data

    async def _put(self, path: str, data: bytes, content_type: str, metadata: dict[str, str], **options: Any) -> str:
        blob = self._get_blob(path)
        digest = hashlib.md5(data, usedforsecurity=False).digest()

        upload = partial(
            blob.upload_blob,
            data,
            length=len(data),
            metadata=metadata,
            content_settings=_make_content_settings(content_type, digest),
            **options,
        )
        return _quote_etag((await self._write_creating_container(path, upload))["etag"])

    async def _put_blocks(self, path: str, chunks: AsyncIterator[bytes], content_type: str) -> None:
        """Stage blocks and commit them. After an exception, the service drops staged blocks within a week."""
        blob = self._get_blob(path)
        writer = uuid.uuid4().hex  # keeps the blocks of two writers apart
        digest = hashlib.md5(usedforsecurity=False)
        staged: list[BlobBlock] = []
        async for block in gather_blocks(chunks, BLOCK_BYTES):
            if len(block) < BLOCK_BYTES and not staged:
                await self._put(path, block, content_type, {}, overwrite=True)
                return
            digest.update(block)
            staged.append(BlobBlock(f"{writer}-{len(staged):05d}"))
            await self._write_creating_container(
                path, partial(blob.stage_block, staged[-1].id, block, length=len(block))
            )
        await blob.commit_block_list(staged, content_settings=_make_content_settings(content_type, digest.digest()))

    async def _write_creating_container(self, path: str, operation: Callable[[], Awaitable[T]]) -> T:
        """Run a write; if the container is missing, create it and run the write again."""
        try:
            return await operation()
        except HttpResponseError as exc:
            if not is_container_missing(exc):
                raise
        with contextlib.suppress(ResourceExistsError):  # another writer has created it
            await self._get_container(split_path(path)[0]).create_container()
        return await operation()

    async def _list_page(self, name: str, rest: str, limit: int, marker: str | None) -> tuple[list[str], str | None]:
        """Return the folders of one page of the service, and the marker of the next page."""
        blobs = self._get_container(name).walk_blobs(name_starts_with=rest, results_per_page=limit)
        pages = blobs.by_page(marker)
        async for page in pages:
            names = [item.name[len(rest) : -1] async for item in page if isinstance(item, BlobPrefix)]
            # the SDK documents this attribute; its type annotation lacks it
            return names, getattr(pages, "continuation_token", None) or None
        return [], None


def _make_file_info(path: str, properties: BlobProperties) -> FileInfo:
    return FileInfo(
        path=path,
        size=properties.size,
        etag=_quote_etag(properties.etag),
        modified=properties.last_modified,
        metadata={name: unquote(value) for name, value in (properties.metadata or {}).items()},
    )


def _encode_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    return {name: quote(value, safe="/:;,+=()") for name, value in check_metadata(metadata).items()}


def _make_content_settings(content_type: str, md5: bytes) -> ContentSettings:
    return ContentSettings(content_type=content_type, content_md5=bytearray(md5))


def _match_etag(if_match: str | None) -> dict[str, Any]:
    return {} if if_match is None else {"etag": if_match, "match_condition": MatchConditions.IfNotModified}


def _quote_etag(etag: str) -> str:
    """Return an ETag in quotes; listings omit them."""
    return '"' + etag.strip('"') + '"'
