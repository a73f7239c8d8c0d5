"""Thumbnails: made with the picture, or later for one that has none. Nothing fails for want of one."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from shared.domain import paths
from shared.imaging.pictures import BadImageError, ImageFacts, decode_picture
from shared.imaging.thumbnails import make_thumbnail
from shared.ports import FileInfo, Store, StoreUnavailableError
from shared.records.pictures import PictureTable, list_pictures
from shared.records.reading import read_in_order
from shared.records.thumbnails import is_thumbnail_of, match_thumbnails, remove_thumbnails, write_thumbnail

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_MADE_AT_ONCE: Final = 4
"""Pictures that are in memory to be made small; one of the largest size takes 64 MiB."""

MOST_MADE_LATER: Final = 5_000
"""In one run, of 1024x1024. At 60 ms each that is five minutes of the thirty that an activity may take."""

PIXELS_OF_ONE: Final = 1024 * 1024


def try_thumbnail(image: "Image") -> bytes | None:
    """Return the thumbnail of a decoded picture, or None if that cannot be made. For any thread."""
    try:
        return make_thumbnail(image)
    except Exception:  # noqa: BLE001 - whatever Pillow cannot do: the picture is paid for, and good without it
        return None


async def keep_thumbnail(store: Store, catalog: str, filename: str, thumbnail: bytes, facts: Mapping[str, str]) -> None:
    """Write the thumbnail of a picture that is stored; if the store does not take it, publishing makes it again.

    Args:
        store: where the catalog is.
        catalog: its name.
        filename: the picture's.
        thumbnail: its thumbnail.
        facts: those of the picture.
    """
    with contextlib.suppress(StoreUnavailableError):
        await write_thumbnail(store, catalog, filename, thumbnail, sha256=facts["sha256"], dhash=facts.get("dhash"))


async def restore_thumbnail(store: Store, catalog: str, filename: str, picture: FileInfo) -> None:
    """Make the thumbnail of a stored picture unless it is there: a process may have died between the two."""
    with contextlib.suppress(StoreUnavailableError):
        present = await store.describe(paths.thumbnail_file(catalog, filename))
        if not is_thumbnail_of(present, filename, picture.facts["sha256"]):
            await _make_from_store(store, catalog, filename)


async def complete_thumbnails(
    store: Store,
    catalog: str,
    *,
    make: bool,
    most: int = MOST_MADE_LATER,
) -> tuple[PictureTable, int]:
    """Bring a catalog's thumbnails in line with its pictures.

    Only pictures without one are read, a few at a time. Thumbnails whose picture is another one by now, or gone, are
    removed.

    Args:
        store: where the catalog is.
        catalog: its name.
        make: False makes none.
        most: that are made at one time; a picture larger than 1024x1024 counts as several.

    Returns:
        The catalog's pictures, and how many of them should have a thumbnail and have none: there were too many for one
        run, or they cannot be made small.

    Raises:
        StoreUnavailableError: the store does not answer; what was made by then is found the next time.
    """
    pictures = await list_pictures(store, catalog)
    await remove_thumbnails(store, await match_thumbnails(store, catalog, pictures))
    bare = [filename for filename in pictures if not _has_thumbnail(pictures, filename)] if make else []
    if not bare:
        return pictures, 0

    async def make_one(filename: str) -> None:
        await _make_from_store(store, catalog, filename)

    async for _ in read_in_order(_take_some(pictures, bare, most), make_one, at_once=MOST_MADE_AT_ONCE):
        pass
    await match_thumbnails(store, catalog, pictures)
    return pictures, sum(not _has_thumbnail(pictures, filename) for filename in bare)


def _take_some(pictures: PictureTable, filenames: Iterable[str], most: float) -> Iterator[str]:
    """Yield the first file names, until their pictures together are as much work as ``most`` of 1024x1024."""
    for filename in filenames:
        picture = pictures.find(filename)
        if picture is not None:
            most -= max(1, picture.width * picture.height / PIXELS_OF_ONE)
        if most < 0:
            return
        yield filename


async def _make_from_store(store: Store, catalog: str, filename: str) -> None:
    content = await store.read(paths.image_file(catalog, filename))
    if content is None:
        return
    try:
        facts, thumbnail = await asyncio.to_thread(_look_and_shrink, content.data)
    except BadImageError:
        return
    if thumbnail is not None:
        await write_thumbnail(store, catalog, filename, thumbnail, sha256=facts.sha256, dhash=facts.dhash)


def _look_and_shrink(data: bytes) -> tuple[ImageFacts, bytes | None]:
    picture = decode_picture(data)
    return picture.facts, try_thumbnail(picture.image)


def _has_thumbnail(pictures: PictureTable, filename: str) -> bool:
    picture = pictures.find(filename)
    return picture is not None and picture.has_thumbnail
