"""Listing of the folder store, blocking, in the order in which Blob Storage lists: by the bytes of the whole path."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from shared.storage.protocol import FolderPage
from shared.storage.store_rules import decode_continuation, encode_continuation, is_file_name


def walk_paths(root: Path, container: str, prefix: str) -> Iterator[str]:
    """Yield the store paths of all files whose path starts with ``container/prefix``; holds one folder at a time."""
    folder, _, name_start = f"{container}/{prefix}".rpartition("/")
    yield from _walk(root, folder, name_start)


def list_folder_page(root: Path, prefix: str, limit: int, continuation: str | None) -> FolderPage:
    """Return the next folders right below ``prefix``; see the port."""
    after = "" if continuation is None else decode_continuation(prefix, continuation)
    keys = (key for key in _list_folder(root, prefix.rstrip("/")) if key.endswith("/") and key > after)
    # Blob Storage knows no empty folders
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
    """Return the sorted names in a folder, those of folders with a ``/`` behind.

    The ``/`` makes it the order of whole paths: ``a-b/x`` comes before ``a/x``.
    """
    try:
        with os.scandir(root / folder) as entries:
            return sorted(
                f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries if is_file_name(entry.name)
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
