"""What both stores share: rules for paths, metadata and pages, and the blocks of a streamed file. Pure.

A path names the same file in a folder on Windows, in a folder on Linux and in Blob Storage, and never leaves the store.
The rules come from
https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata and
https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Final

CONTAINERS: Final = ("catalogs", "runs", "inputs", "backups")
"""The first segment of every path."""

MAX_METADATA_BYTES: Final = 8192
"""Limit of Blob Storage."""

MAX_PAGE_FOLDERS: Final = 5000
"""Limit of one listing of Blob Storage."""

_SEGMENT = re.compile(r"""[^\x00-\x1f\x7f"*:<>?|\\/\ud800-\udfff]*[^\x00-\x1f\x7f"*:<>?|\\/\ud800-\udfff. ]""")
_METADATA_NAME = re.compile(r"[a-z][a-z0-9_]*")


def is_file_name(name: str) -> bool:
    """Return whether a name can be a segment of a path; empty names, ``.`` and ``..`` cannot."""
    return _SEGMENT.fullmatch(name) is not None


def split_path(path: str) -> tuple[str, str]:
    """Return the container of a path, and the rest.

    Raises:
        ValueError: the path is not ``container/name`` or ``container/folder/.../name`` with portable names.
    """
    container, *names = path.split("/")
    if container not in CONTAINERS or not names or not all(map(is_file_name, names)):
        raise ValueError(
            f"store path {path!r} cannot be used; expected names without reserved characters, separated by '/', "
            f"the first one of {', '.join(CONTAINERS)}",
        )
    return container, "/".join(names)


def split_prefix(prefix: str) -> tuple[str, str]:
    """Return the container of a prefix, and the rest, which may be empty or end inside a name.

    Raises:
        ValueError: the prefix does not start with ``container/``, or holds a name that no path can hold.
    """
    container, *names = prefix.split("/")
    folders, start = names[:-1], names[-1] if names else ""
    if container not in CONTAINERS or not names or not all(map(is_file_name, folders)) or not is_file_name(f"{start}x"):
        raise ValueError(
            f"store prefix {prefix!r} cannot be used; expected one like 'runs/' or 'catalogs/lego/images/'"
        )
    return container, "/".join(names)


def split_folder(prefix: str) -> tuple[str, str]:
    """Return the container of a folder's prefix, and the rest, which is empty or ends with ``/``.

    Raises:
        ValueError: the prefix does not end with ``/``, or no path can start with it.
    """
    if not prefix.endswith("/"):
        raise ValueError(f"store folder {prefix!r} cannot be used; expected one that ends with '/', such as 'runs/'")
    return split_prefix(prefix)


def check_same_container(path: str, new_path: str) -> None:
    """Check the paths of a move.

    Raises:
        ValueError: a path is invalid, or the paths are in different containers.
    """
    if split_path(path)[0] != split_path(new_path)[0]:
        raise ValueError(f"store path {path!r} cannot move to {new_path!r}; expected one in the same container")


def check_limit(limit: int) -> None:
    """Check the number of folders of a page.

    Raises:
        ValueError: it is not 1 to MAX_PAGE_FOLDERS.
    """
    if not 1 <= limit <= MAX_PAGE_FOLDERS:
        raise ValueError(f"limit is {limit!r}; expected 1 to {MAX_PAGE_FOLDERS}")


def check_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return a copy of the metadata.

    Raises:
        ValueError: a name is not snake_case, a value is empty, or the total exceeds MAX_METADATA_BYTES.
    """
    checked = dict(metadata or {})
    for name, value in checked.items():
        if not _METADATA_NAME.fullmatch(name) or not value:
            raise ValueError(f"store metadata {name!r} is {value!r}; expected a snake_case name and a value")
    size = sum(len(name) + 3 * len(value.encode()) for name, value in checked.items())
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"store metadata {sorted(checked)} takes {size} bytes; expected at most {MAX_METADATA_BYTES}")
    return checked


def encode_continuation(prefix: str, marker: str) -> str:
    """Return an opaque, URL-safe token for the start of the next page of ``prefix``."""
    return base64.urlsafe_b64encode(json.dumps([prefix, marker]).encode()).decode().rstrip("=")


def decode_continuation(prefix: str, token: str) -> str:
    """Return the marker in a token of `encode_continuation`.

    Raises:
        ValueError: the token is invalid, or belongs to another prefix.
    """
    try:
        decoded = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        decoded = None
    match decoded:
        case [str(made_for), str(marker)] if made_for == prefix:
            return marker
        case _:
            raise ValueError(f"continuation {token!r} is not one of {prefix!r}; expected that of the previous page")


async def gather_blocks(chunks: AsyncIterator[bytes], block_bytes: int) -> AsyncIterator[bytes]:
    """Yield the bytes of chunks in blocks of at least ``block_bytes``.

    There is at least one block. Only the last one can be shorter, and it may be empty.
    """
    block = bytearray()
    async for chunk in chunks:
        if len(block) >= block_bytes:
            yield bytes(block)
            block.clear()
        block += chunk
    yield bytes(block)
