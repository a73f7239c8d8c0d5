"""Thumbnails in the store: which image each belongs to, and which are obsolete.

A thumbnail's metadata names its image by file name and SHA-256. So a listing shows which thumbnails are current, and no
image has to be read.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from shared.errors import StoreConflictError
from shared.images.image_metadata import ThumbnailMetadata
from shared.images.image_table import ImageTable
from shared.rendering.convert_image import THUMBNAIL_TYPE
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store


async def write_thumbnail(store: Store, catalog: str, data: bytes, metadata: ThumbnailMetadata) -> None:
    """Write the thumbnail of an image."""
    path = paths.thumbnail_file(catalog, metadata.filename)
    await store.write(path, data, content_type=THUMBNAIL_TYPE, metadata=metadata.to_json())


def is_thumbnail_of(info: FileInfo | None, filename: str, sha256: str) -> bool:
    """Return whether a stored file is the thumbnail of this version of an image."""
    metadata = None if info is None else ThumbnailMetadata.from_json(info.metadata)
    return metadata is not None and (metadata.filename, metadata.sha256) == (filename, sha256)


async def match_thumbnails(store: Store, catalog: str, image_table: ImageTable) -> list[FileInfo]:
    """Mark the images of a table that have a thumbnail, and return obsolete thumbnails.

    Obsolete is a thumbnail of another version of an image, or of a missing one. Placeholders have thumbnails, too. A
    file
    without thumbnail metadata is ignored, because a user placed it there.
    """
    obsolete = []
    async for info in store.list_files(paths.thumbnail_folder(catalog)):
        metadata = ThumbnailMetadata.from_json(info.metadata)
        if metadata is None:
            continue
        filename = metadata.filename
        image = image_table.find(filename) or image_table.find_placeholder(filename)
        if image is None or image.sha256 != metadata.sha256:
            obsolete.append(info)
            continue
        dhash = metadata.dhash if image.dhash is None and not image.is_placeholder else image.dhash
        image_table.add(filename, replace(image, dhash=dhash, has_thumbnail=True))
    return obsolete


async def remove_derived_files(store: Store, obsolete: Sequence[FileInfo]) -> None:
    """Remove these thumbnails or variants, except those that were replaced meanwhile."""
    for info in obsolete:
        with contextlib.suppress(StoreConflictError):
            await store.delete(info.path, if_match=info.etag)
