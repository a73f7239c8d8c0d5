"""Thumbnails in the store: whose they are, which are missing, and which are of no use any more.

A thumbnail says which image it was made of: by file name and SHA-256. So one whose image was made again, or taken
away, is told from a good one by a listing, and nobody reads images to find out.
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
    """Note in the table which images have a thumbnail, and return thumbnails whose image is another one, or gone.

    Placeholders have thumbnails, too.

    What somebody put there by hand is neither: it says of no image that it was made of it.
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


async def remove_thumbnails(store: Store, obsolete: Sequence[FileInfo]) -> None:
    """Remove these thumbnails, but for those that somebody has replaced meanwhile."""
    for info in obsolete:
        with contextlib.suppress(StoreConflictError):
            await store.delete(info.path, if_match=info.etag)
