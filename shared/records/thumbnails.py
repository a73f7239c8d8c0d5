"""Thumbnails in the store: whose they are, which are missing, and which are of no use any more.

A thumbnail says which picture it was made of: by file name and SHA-256. So one whose picture was made again, or taken
away, is told from a good one by a listing, and nobody reads pictures to find out.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from shared.domain import paths
from shared.imaging.thumbnails import THUMBNAIL_TYPE
from shared.ports import FileInfo, Store, StoreConflictError
from shared.records.pictures import PictureTable, read_dhash


async def write_thumbnail(
    store: Store, catalog: str, filename: str, data: bytes, *, sha256: str, dhash: str | None
) -> None:
    """Write the thumbnail of a picture.

    Args:
        store: where the catalog is.
        catalog: its name.
        filename: the picture's.
        data: the thumbnail.
        sha256: of the picture's file, in hex.
        dhash: of the picture; pictures of before 0.3.0 do not have it themselves. None of a placeholder.
    """
    facts = {"picture": filename, "picture_sha256": sha256} | ({} if dhash is None else {"dhash": dhash})
    path = paths.thumbnail_file(catalog, filename)
    await store.write(path, data, content_type=THUMBNAIL_TYPE, facts=facts)


def is_thumbnail_of(info: FileInfo | None, filename: str, sha256: str) -> bool:
    """Tell whether a stored thumbnail was made of this version of a picture."""
    if info is None:
        return False
    return (info.facts.get("picture"), info.facts.get("picture_sha256")) == (filename, sha256)


async def match_thumbnails(store: Store, catalog: str, pictures: PictureTable) -> list[FileInfo]:
    """Note in the table which pictures have a thumbnail, and return thumbnails whose picture is another one, or gone.

    Placeholders have thumbnails, too.

    What somebody put there by hand is neither: it says of no picture that it was made of it.
    """
    useless = []
    async for info in store.list_files(paths.thumbnail_folder(catalog)):
        filename = info.facts.get("picture")
        if filename is None:
            continue
        picture = pictures.find(filename) or pictures.find_placeholder(filename)
        if picture is None or not is_thumbnail_of(info, filename, picture.sha256):
            useless.append(info)
            continue
        dhash = read_dhash(info) if picture.dhash is None and not picture.is_placeholder else picture.dhash
        pictures.add(filename, replace(picture, dhash=dhash, has_thumbnail=True))
    return useless


async def remove_thumbnails(store: Store, useless: Sequence[FileInfo]) -> None:
    """Remove these thumbnails, but for those that somebody has replaced meanwhile."""
    for info in useless:
        with contextlib.suppress(StoreConflictError):
            await store.delete(info.path, if_match=info.etag)
