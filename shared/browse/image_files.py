"""Reads image files for HTTP answers: validated by ETag, and bounded in size."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

from shared.errors import ImageTooLargeError, UnknownImageError
from shared.images.image_metadata import ImageMetadata, ThumbnailMetadata
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store
from shared.storage.store_contract import is_file_name
from shared.text.entity_tags import matches_entity_tag

MAX_IMAGE_BYTES: Final = 64 * 1024 * 1024
"""``azure.functions.HttpResponse`` holds its whole body, and the worker copies it more than once."""

MAX_READS: Final = 3
"""How often a file is read that is replaced meanwhile."""

CONTENT_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file for an answer.

    Attributes:
        etag: strong, in quotes; follows from the content.
        content_type: by the file's name.
        is_immutable: the caller named the version of the image, so the answer to this address never changes.
        data: the content; None if the caller has this version.
    """

    etag: str
    content_type: str
    is_immutable: bool
    data: bytes | None


@dataclass(frozen=True, slots=True)
class CachedVersion:
    """What a caller knows of a file.

    Attributes:
        etags: value of ``If-None-Match``; empty = the caller has no version.
        sha256: SHA-256 of the image that the caller names in the address; empty = none.
    """

    etags: str = ""
    sha256: str = ""

    def matches(self, etag: str) -> bool:
        """Return whether the caller has the version with this ETag."""
        return matches_entity_tag(self.etags, etag)


async def read_catalog_image(store: Store, catalog: str, filename: str, cached: CachedVersion) -> ImageFile:
    """Return the image or the placeholder of a catalog with this file name.

    Raises:
        UnknownImageError: the catalog has no such image.
        ImageTooLargeError: the file is too large for an answer.
        StoreUnavailableError: the store does not answer.
    """
    if not is_file_name(filename) or _find_ending(filename) not in CONTENT_TYPES:
        raise UnknownImageError(catalog, filename)
    return await read_image_file(store, paths.image_file(catalog, filename), cached)


async def read_catalog_thumbnail(store: Store, catalog: str, filename: str, cached: CachedVersion) -> ImageFile:
    """Return a thumbnail of a catalog, by its own file name or by that of its image.

    Raises:
        UnknownImageError: the image has no thumbnail.
        ImageTooLargeError: the file is too large for an answer.
        StoreUnavailableError: the store does not answer.
    """
    if not is_file_name(filename) or not is_file_name(filename.rpartition(".")[0]):
        raise UnknownImageError(catalog, filename)
    path = paths.thumbnail_file(catalog, filename)
    info = await store.describe(path)
    metadata = None if info is None else ThumbnailMetadata.from_json(info.metadata)
    is_of_other_image = metadata is not None and filename not in {metadata.filename, path.rpartition("/")[2]}
    if info is None or is_of_other_image:
        raise UnknownImageError(catalog, filename)
    return await read_image_file(store, path, cached)


async def read_image_file(store: Store, path: str, cached: CachedVersion) -> ImageFile:
    """Return an image file.

    Raises:
        UnknownImageError: there is no such file.
        ImageTooLargeError: the file is too large for an answer.
        StoreUnavailableError: the store does not answer.
    """
    catalog, filename = path.split("/")[1], path.rpartition("/")[2]
    content_type = CONTENT_TYPES.get(_find_ending(filename), "application/octet-stream")
    for attempt in range(MAX_READS):
        info = await store.describe(path)
        if info is None:
            break
        if info.size > MAX_IMAGE_BYTES:
            raise ImageTooLargeError(path, info.size, MAX_IMAGE_BYTES)
        etag, sha256 = _find_etag(info), _find_image_sha256(info)
        is_immutable = sha256 is not None and cached.sha256.lower() == sha256
        if cached.matches(etag):
            return ImageFile(etag, content_type, is_immutable, None)
        content = await store.read(path)
        if content is None:
            break
        if content.etag == info.etag:
            return ImageFile(etag, content_type, is_immutable, content.data)
        if attempt == MAX_READS - 1:  # replaced again and again: the content is right, and describes itself
            digest = await asyncio.to_thread(hashlib.sha256, content.data)
            return ImageFile(f'"{digest.hexdigest()}"', content_type, is_immutable=False, data=content.data)
    raise UnknownImageError(catalog, filename)


def _find_ending(filename: str) -> str:
    return filename.rpartition(".")[2].lower()


def _find_etag(info: FileInfo) -> str:
    """Return the SHA-256 of an image whose metadata has it, otherwise the ETag of the store."""
    metadata = ImageMetadata.from_json(info.metadata)
    tag = info.etag.strip('"') if metadata is None else metadata.sha256
    return f'"{tag}"'


def _find_image_sha256(info: FileInfo) -> str | None:
    """Return the SHA-256 of the image that a file is, or that it is a thumbnail of."""
    image = ImageMetadata.from_json(info.metadata)
    if image is not None:
        return image.sha256
    thumbnail = ThumbnailMetadata.from_json(info.metadata)
    return None if thumbnail is None else thumbnail.sha256
