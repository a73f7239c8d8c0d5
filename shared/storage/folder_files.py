"""The folder store's file operations, blocking: one version of a file replaces another, whole or not at all.

The visible tree is exactly what Blob Storage would hold. Everything of our own lives in ``.seeder``: ``tmp`` for files
in the making, ``metadata`` for sidecars.
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
from pathlib import Path
from typing import BinaryIO

from shared.errors import StoreConflictError, StoreFullError, StoreUnavailableError
from shared.storage.folder_metadata import Sidecar, make_sidecar, matches_content, read_sidecar, remove_sidecar
from shared.storage.folder_versions import VERSION_CLOCK, lock_paths, make_etag
from shared.storage.protocol import Content, FileInfo

DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
"""No space left on the device; the user's quota on it is used up."""


class FolderFiles:
    """Files below ``root`` by their (already checked) store paths; methods raise OSError as it comes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._internal_folder = root / ".seeder"

    def find(self, path: str) -> FileInfo | None:
        """Return what the file system knows of a file, facts left out."""
        try:
            status = (self.root / path).stat()
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
        except FileNotFoundError:  # deleted this moment
            return None

    def read_metadata(self, info: FileInfo) -> FileInfo | None:
        """Return the file's info with its facts; None when the sidecar speaks of another version of the file."""
        sidecar = read_sidecar(self._sidecar_path(info.path))
        if sidecar is None:
            return info
        return replace(info, metadata=sidecar.metadata) if sidecar.etag == info.etag else None

    def refresh_metadata(self, path: str) -> FileInfo | None:
        """Return a file's info when its sidecar does not fit at first sight.

        Either it is being replaced right now, so the lock waits for that, or its ETag is new because the folder was
        copied: then the content decides, and the sidecar is brought up to date to spare the next reader the work.
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
            with contextlib.suppress(OSError):  # a folder on read-only media is read all the same
                self._write_sidecar(path, replace(sidecar, etag=info.etag))
            return replace(info, metadata=sidecar.metadata)

    @contextmanager
    def open_temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        """Open a new file in ``.seeder/tmp``; it is gone afterwards unless it was given another name."""
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
        """Bring a temporary file to the disk, as its own version, and return its ETag."""
        stream.flush()
        os.fsync(stream.fileno())  # otherwise a power cut may leave the name without the content
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
        """Write a file unless there is one; see the port."""
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
        """Give a finished temporary file its name; the caller holds the path's lock. False if ``only_new`` forbids it.

        The sidecar goes first: killed in between, the old file has none that fits, and a new one is never without it.
        """
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if sidecar is None:
            remove_sidecar(self._sidecar_path(path))
        else:
            self._write_sidecar(path, sidecar)
        if only_new:
            try:
                os.link(temporary, target)  # unlike a rename, fails if another process was faster
            except FileExistsError:
                return False
            except OSError:
                pass  # no hard links here (FAT, some network drives): the lock alone makes it create-only
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
        """Rename a file and its sidecar; see the port. A rename keeps the ETag, so the sidecar goes on to fit."""
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
        """Delete every temporary file and return how many there were."""
        leftovers = list((self._internal_folder / "tmp").glob("*"))
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)

    def check_root(self) -> None:
        """Raise NotADirectoryError if something that is no folder is in the root's place."""
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
            raise StoreConflictError(f"{path!r} was expected to be version {if_match!r}, but {found} by now")


def _make_file_info(path: str, status: os.stat_result) -> FileInfo:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return FileInfo(path=path, size=status.st_size, etag=make_etag(status), modified=modified)


@contextmanager
def translate_os_errors(action: str, subject: str, root: Path) -> Iterator[None]:
    """Turn an OSError into StoreUnavailableError, that of a full disk into StoreFullError: one line with the cause."""
    try:
        yield
    except OSError as exc:
        kind = StoreFullError if exc.errno in DISK_FULL_ERRNOS else StoreUnavailableError
        raise kind(f"the folder store at {root} could not {action} {subject!r}: {exc.strerror or exc}") from exc
