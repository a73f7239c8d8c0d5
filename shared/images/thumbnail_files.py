"""Thumbnails in the store: whose they are, which are missing, and which are of no use any more.

A thumbnail says which image it was made of: by file name and SHA-256. So one whose image was made again, or taken
away, is told from a good one by a listing, and nobody reads images to find out.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from shared.errors import StoreConflictError
from shared.images.image_metadata import ImageTable, read_dhash
from shared.rendering.thumbnail_encoding import THUMBNAIL_TYPE
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store


async def write_thumbnail(
    store: Store, catalog: str, filename: str, data: bytes, *, sha256: str, dhash: str | None
) -> None:
    """Write the thumbnail of an image.

    Args:
        store: where the catalog is.
        catalog: its name.
        filename: the image's.
        data: the thumbnail.
        sha256: of the image's file, in hex.
        dhash: of the image; images of before 0.3.0 do not have it themselves. None of a placeholder.
    """
    metadata = {"picture": filename, "picture_sha256": sha256} | ({} if dhash is None else {"dhash": dhash})
    path = paths.thumbnail_file(catalog, filename)
    await store.write(path, data, content_type=THUMBNAIL_TYPE, metadata=metadata)


def is_thumbnail_of(info: FileInfo | None, filename: str, sha256: str) -> bool:
    """Tell whether a stored thumbnail was made of this version of an image."""
    if info is None:
        return False
    return (info.metadata.get("picture"), info.metadata.get("picture_sha256")) == (filename, sha256)


async def match_thumbnails(store: Store, catalog: str, image_table: ImageTable) -> list[FileInfo]:
    """Note in the table which images have a thumbnail, and return thumbnails whose image is another one, or gone.

    Placeholders have thumbnails, too.

    What somebody put there by hand is neither: it says of no image that it was made of it.
    """
    obsolete = []
    async for info in store.list_files(paths.thumbnail_folder(catalog)):
        filename = info.metadata.get("picture")
        if filename is None:
            continue
        image = image_table.find(filename) or image_table.find_placeholder(filename)
        if image is None or not is_thumbnail_of(info, filename, image.sha256):
            obsolete.append(info)
            continue
        dhash = read_dhash(info) if image.dhash is None and not image.is_placeholder else image.dhash
        image_table.add(filename, replace(image, dhash=dhash, has_thumbnail=True))
    return obsolete


async def remove_thumbnails(store: Store, obsolete: Sequence[FileInfo]) -> None:
    """Remove these thumbnails, but for those that somebody has replaced meanwhile."""
    for info in obsolete:
        with contextlib.suppress(StoreConflictError):
            await store.delete(info.path, if_match=info.etag)
