"""What both stores hold their callers to, so that a program that works on one works on the other.

A path must mean the same file in a folder on Windows, in a folder on Linux and in Blob Storage, and can never lead
out of the store: https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
and https://learn.microsoft.com/windows/win32/fileio/naming-a-file are the two lists of rules behind it.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Final

CONTAINERS: Final = ("catalogs", "runs", "inputs", "backups")
"""The first segment of every path."""

MAX_METADATA_BYTES: Final = 8192
"""Blob Storage takes no more metadata than this."""

MAX_PAGE_FOLDERS: Final = 5000
"""Blob Storage lists no more at once."""

_SEGMENT = re.compile(r"""[^\x00-\x1f\x7f"*:<>?|\\/\ud800-\udfff]*[^\x00-\x1f\x7f"*:<>?|\\/\ud800-\udfff. ]""")
_METADATA_NAME = re.compile(r"[a-z][a-z0-9_]*")


def is_file_name(name: str) -> bool:
    """Tell whether ``name`` can be one segment of a path: in particular it is not empty, ``.`` or ``..``."""
    return _SEGMENT.fullmatch(name) is not None


def split_path(path: str) -> tuple[str, str]:
    """Return the container of a file's path and the rest of it.

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
    """Return the container of a prefix and the rest of it, which may be empty or end inside a name.

    Raises:
        ValueError: the prefix does not begin with ``container/`` or holds a name that no path can hold.
    """
    container, *names = prefix.split("/")
    folders, start = names[:-1], names[-1] if names else ""
    if container not in CONTAINERS or not names or not all(map(is_file_name, folders)) or not is_file_name(f"{start}x"):
        raise ValueError(
            f"store prefix {prefix!r} cannot be used; expected one like 'runs/' or 'catalogs/lego/images/'"
        )
    return container, "/".join(names)


def split_folder(prefix: str) -> tuple[str, str]:
    """Return the container of a folder's prefix and the rest of it, which is empty or ends with ``/``.

    Raises:
        ValueError: the prefix does not end with ``/`` or is no prefix of a path.
    """
    if not prefix.endswith("/"):
        raise ValueError(f"store folder {prefix!r} cannot be used; expected one that ends with '/', such as 'runs/'")
    return split_prefix(prefix)


def check_same_container(path: str, new_path: str) -> None:
    """Check both paths of a move.

    Raises:
        ValueError: a path cannot be used, or they are in different containers.
    """
    if split_path(path)[0] != split_path(new_path)[0]:
        raise ValueError(f"store path {path!r} cannot move to {new_path!r}; expected one in the same container")


def check_limit(limit: int) -> None:
    """Check how many folders a page may hold.

    Raises:
        ValueError: it is not a number that Blob Storage accepts.
    """
    if not 1 <= limit <= MAX_PAGE_FOLDERS:
        raise ValueError(f"limit is {limit!r}; expected 1 to {MAX_PAGE_FOLDERS}")


def check_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return a copy of the facts.

    Raises:
        ValueError: a name is not snake_case, a value is empty, or all together are too long.
    """
    checked = dict(metadata or {})
    for name, value in checked.items():
        if not _METADATA_NAME.fullmatch(name) or not value:
            raise ValueError(f"store fact {name!r} is {value!r}; expected a snake_case name and a value")
    size = sum(len(name) + 3 * len(value.encode()) for name, value in checked.items())
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"store facts {sorted(checked)} may take {size} bytes; expected at most {MAX_METADATA_BYTES}")
    return checked


def encode_continuation(prefix: str, marker: str) -> str:
    """Return an opaque token for callers: where the next page of ``prefix`` starts, fit for a URL."""
    return base64.urlsafe_b64encode(json.dumps([prefix, marker]).encode()).decode().rstrip("=")


def decode_continuation(prefix: str, token: str) -> str:
    """Return the marker in a token of `encode_continuation`.

    Raises:
        ValueError: the token was not made by it, or for another prefix.
    """
    try:
        decoded = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        decoded = None
    match decoded:
        case [str(made_for), str(marker)] if made_for == prefix:
            return marker
        case _:
            raise ValueError(f"continuation {token!r} is not known for {prefix!r}; expected one of the page before")
