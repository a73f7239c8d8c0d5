"""Files that the app serves as they are: the review page and the OpenAPI document."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import UnknownFileError

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Media type by suffix; files with another suffix are not served."""

DEVELOPMENT_FILES: Final = frozenset({"jsconfig.json", "package-lock.json", "package.json", "tsconfig.json"})
"""Names of files for developers, which are not served."""

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's content, its media type and a strong ETag with its quotes."""

    data: bytes
    media_type: str
    etag: str


async def read_static_file(folder: Path, path: str) -> StaticFile:
    """Return a file of a folder.

    Args:
        folder: the folder.
        path: segments with slashes between them, decoded. Names that begin with a dot are not served.

    Raises:
        UnknownFileError: the folder has no such file, or it is not served.
    """
    segments = path.split("/")
    media_type = MEDIA_TYPES.get(Path(segments[-1]).suffix)
    is_safe = all(_SEGMENT.fullmatch(segment) for segment in segments)
    if media_type is None or not is_safe or segments[-1] in DEVELOPMENT_FILES:
        raise UnknownFileError(path)
    data = await asyncio.to_thread(_read, folder, folder.joinpath(*segments))
    if data is None:
        raise UnknownFileError(path)
    return StaticFile(data, media_type, f'"{hashlib.sha256(data).hexdigest()}"')


def _read(folder: Path, path: Path) -> bytes | None:
    """Return the content; None if there is no such file, or a link leads out of the folder."""
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return None
    return path.read_bytes()
