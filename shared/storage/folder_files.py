"""The folder store's blocking file operations; each write replaces a whole file or nothing.

The visible tree is exactly the one that Blob Storage holds. The folder ``.seeder`` holds what belongs to the store:
``tmp`` for files that are being written, ``facts`` for sidecars (the name that version 0.3 gave it).
"""

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from shared.errors import StoreConflictError, StoreFullError, StoreUnavailableError
from shared.storage.folder_versions import (
    VERSION_CLOCK,
    Sidecar,
    lock_paths,
    make_etag,
    make_sidecar,
    matches_content,
    read_sidecar,
    remove_sidecar,
)
from shared.storage.protocol import Content, FileInfo, FolderPage
from shared.storage.store_contract import decode_continuation, encode_continuation, is_file_name

DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
"""No space left on the device; the user's disk quota is used up."""


class FolderFiles:
    """Files below ``root``, by valid store paths. Methods raise OSError."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._internal_folder = root / ".seeder"
        # A listing asks for thousands of files: a `Path` for each costs more than its `stat`.
        self._root_text, self._sidecar_text = str(root), str(self._internal_folder / "facts")

    def find(self, path: str) -> FileInfo | None:
        """Return a file's info without its metadata."""
        try:
            status = os.stat(f"{self._root_text}/{path}")  # noqa: PTH116 - see __init__
        except (FileNotFoundError, NotADirectoryError):
            self.check_root()
            return None
        return _make_file_info(path, status) if stat.S_ISREG(status.st_mode) else None

    def read(self, path: str) -> Content | None:
        """Return a file's content and the ETag of exactly that content."""
        if self.find(path) is None:
            return None
        try:
            with (self.root / path).open("rb") as stream:
                return Content(data=stream.read(), etag=make_etag(os.fstat(stream.fileno())))
        except FileNotFoundError:  # deleted since `find`
            return None

    def read_metadata(self, info: FileInfo) -> FileInfo | None:
        """Return a file's info with its metadata; None if its sidecar has another ETag."""
        sidecar = read_sidecar(f"{self._sidecar_text}/{info.path}.json")
        if sidecar is None:
            return info
        return replace(info, metadata=sidecar.metadata) if sidecar.etag == info.etag else None

    def refresh_metadata(self, path: str) -> FileInfo | None:
        """Return a file's info if its sidecar has another ETag.

        Either the file is being replaced, which the lock waits for, or the folder was copied, so that the file has a
        new ETag: then the content is compared, and the sidecar gets the new ETag, so that the next reader compares
        ETags only.
        """
        with lock_paths(path):
            info = self.find(path)
            if info is None:
                return None
            if (current := self.read_metadata(info)) is not None:
                return current
            sidecar = read_sidecar(self._sidecar_path(path))
            if sidecar is None or not matches_content(sidecar, self.root / path):
                return info
            with contextlib.suppress(OSError):  # read-only media
                self._write_sidecar(path, replace(sidecar, etag=info.etag))
            return replace(info, metadata=sidecar.metadata)

    @contextmanager
    def open_temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        """Open a new file in ``.seeder/tmp``; it is deleted at the end unless it was renamed."""
        path = self._internal_folder / "tmp" / uuid.uuid4().hex
        try:
            stream = path.open("xb")
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = path.open("xb")
        try:
            with stream:
                yield stream, path
        finally:
            path.unlink(missing_ok=True)

    def flush_temporary(self, stream: BinaryIO, path: Path) -> str:
        """Flush a temporary file to the disk with a unique modification time, and return its ETag."""
        stream.flush()
        os.fsync(stream.fileno())  # otherwise a power failure may leave the name without the content
        stream.close()  # Windows renames closed files only
        now = VERSION_CLOCK.next_ns()
        os.utime(path, ns=(now, now))
        return make_etag(path.stat())

    def write(self, path: str, data: bytes, metadata: Mapping[str, str], if_match: str | None) -> str:
        """Create or replace a file; see the port."""
        with self.open_temporary() as (stream, temporary):
            stream.write(data)
            etag = self.flush_temporary(stream, temporary)
            sidecar = make_sidecar(etag, data, metadata) if metadata else None
            with lock_paths(path):
                self._check_etag(path, if_match)
                self.rename_into_place(temporary, path, sidecar)
            return etag

    def create(self, path: str, data: bytes, metadata: Mapping[str, str]) -> bool:
        """Write a file unless it exists; see the port."""
        if self.find(path) is not None:
            return False
        with self.open_temporary() as (stream, temporary):
            stream.write(data)
            etag = self.flush_temporary(stream, temporary)
            sidecar = make_sidecar(etag, data, metadata) if metadata else None
            with lock_paths(path):
                if self.find(path) is not None:
                    return False
                return self.rename_into_place(temporary, path, sidecar, only_new=True)

    def rename_into_place(self, temporary: Path, path: str, sidecar: Sidecar | None, *, only_new: bool = False) -> bool:
        """Rename a temporary file to its path, whose lock the caller holds; False if ``only_new`` and the path exists.

        The sidecar is written first. If the process is killed in between, the old file has no valid sidecar, and a new
        file is never without one.
        """
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if sidecar is None:
            remove_sidecar(self._sidecar_path(path))
        else:
            self._write_sidecar(path, sidecar)
        if only_new:
            try:
                os.link(temporary, target)  # fails if another process has created it, unlike a rename
            except FileExistsError:
                return False
            except OSError:
                pass  # no hard links (FAT, some network drives): the lock alone makes it create-only
            else:
                return True
        temporary.replace(target)
        return True

    def delete(self, path: str, if_match: str | None) -> bool:
        """Delete a file; see the port."""
        with lock_paths(path):
            if self.find(path) is None:
                return False
            self._check_etag(path, if_match)
            (self.root / path).unlink()
            remove_sidecar(self._sidecar_path(path))
            return True

    def move(self, path: str, new_path: str) -> None:
        """Rename a file and its sidecar; see the port. A rename keeps the ETag, so the sidecar stays valid."""
        with lock_paths(path, new_path):
            info = self.find(path)
            if info is None or path == new_path:
                return
            source = self._sidecar_path(path)
            sidecar = read_sidecar(source)
            if sidecar is None:
                remove_sidecar(self._sidecar_path(new_path))
            else:
                self._write_sidecar(new_path, sidecar)
            target = self.root / new_path
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).replace(target)
            remove_sidecar(source)

    def sweep(self) -> int:
        """Delete all temporary files and return their number."""
        leftovers = list((self._internal_folder / "tmp").glob("*"))
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)

    def check_root(self) -> None:
        """Raise NotADirectoryError if the root exists and is not a folder."""
        if self.root.exists() and not self.root.is_dir():
            raise NotADirectoryError(f"{self.root} is not a folder")

    def _sidecar_path(self, path: str) -> Path:
        return self._internal_folder / "facts" / f"{path}.json"

    def _write_sidecar(self, path: str, sidecar: Sidecar) -> None:
        target = self._sidecar_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.open_temporary() as (stream, temporary):
            stream.write(sidecar.to_json())
            stream.close()
            temporary.replace(target)

    def _check_etag(self, path: str, if_match: str | None) -> None:
        if if_match is None:
            return
        info = self.find(path)
        if info is None or info.etag != if_match:
            found = "it is gone" if info is None else f"it is {info.etag!r}"
            raise StoreConflictError(f"{path!r} was expected to be version {if_match!r}, but {found}")


def walk_paths(root: Path, container: str, prefix: str) -> Iterator[str]:
    """Yield the paths that start with ``container/prefix`` in Blob Storage's order: by the bytes of the whole path."""
    folder, _, name_start = f"{container}/{prefix}".rpartition("/")
    yield from _walk(root, folder, name_start)


def list_folder_page(root: Path, prefix: str, limit: int, continuation: str | None) -> FolderPage:
    """Return a page of the folders directly below ``prefix``; see the port."""
    after = "" if continuation is None else decode_continuation(prefix, continuation)
    keys = (key for key in _list_folder(root, prefix.rstrip("/")) if key.endswith("/") and key > after)
    # Blob Storage has no empty folders
    found = list(islice((key for key in keys if any(_walk(root, f"{prefix}{key[:-1]}"))), limit + 1))
    page = found[:limit]
    more = len(found) > limit
    return FolderPage(
        names=tuple(key[:-1] for key in page),
        continuation=encode_continuation(prefix, page[-1]) if more else None,
    )


def _walk(root: Path, folder: str, name_start: str = "") -> Iterator[str]:
    for key in _list_folder(root, folder):
        if not key.startswith(name_start):
            continue
        if key.endswith("/"):
            yield from _walk(root, f"{folder}/{key[:-1]}")
        else:
            yield f"{folder}/{key}"


def _list_folder(root: Path, folder: str) -> list[str]:
    """Return the sorted names in a folder; names of folders end with ``/``.

    The ``/`` sorts them like whole paths: ``a-b/x`` before ``a/x``.
    """
    try:
        with os.scandir(root / folder) as entries:
            return sorted(
                f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries if is_file_name(entry.name)
            )
    except (FileNotFoundError, NotADirectoryError):
        return []


def _make_file_info(path: str, status: os.stat_result) -> FileInfo:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return FileInfo(path=path, size=status.st_size, etag=make_etag(status), modified=modified)


@contextmanager
def translate_os_errors(action: str, subject: str, root: Path) -> Iterator[None]:
    """Translate OSError into StoreUnavailableError, and that of a full disk into StoreFullError."""
    try:
        yield
    except OSError as exc:
        kind = StoreFullError if exc.errno in DISK_FULL_ERRNOS else StoreUnavailableError
        raise kind(f"the folder store at {root} could not {action} {subject!r}: {exc.strerror or exc}") from exc
