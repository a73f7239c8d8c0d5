"""Thumbnails: made with the image, or later for one that has none. Nothing fails for want of one."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from shared.errors import StoreUnavailableError
from shared.images.image_metadata import ImageMetadata, ThumbnailMetadata
from shared.images.image_table import ImageTable
from shared.images.list_images import list_stored_images
from shared.images.thumbnail_files import is_thumbnail_of, match_thumbnails, remove_thumbnails, write_thumbnail
from shared.rendering.convert_image import make_thumbnail
from shared.rendering.inspect_image import BadImageError, ImageProperties, decode_image
from shared.storage import paths
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_CONCURRENT_THUMBNAILS: Final = 4
"""Images that are in memory to be made small; one of the largest size takes 64 MiB."""

MAX_THUMBNAILS_PER_RUN: Final = 5_000
"""In one run, of 1024x1024. At 60 ms each that is five minutes of the thirty that an activity may take."""

STANDARD_IMAGE_PIXELS: Final = 1024 * 1024


def try_make_thumbnail(image: "Image") -> bytes | None:
    """Return the thumbnail of a decoded image, or None if that cannot be made. For any thread."""
    try:
        return make_thumbnail(image)
    except Exception:  # noqa: BLE001 - whatever Pillow cannot do: the image is paid for, and good without it
        return None


async def store_thumbnail(store: Store, catalog: str, filename: str, thumbnail: bytes, image: ImageMetadata) -> None:
    """Write the thumbnail of an image that is stored; if the store does not take it, publishing makes it again.

    Args:
        store: where the catalog is.
        catalog: its name.
        filename: the image's.
        thumbnail: its thumbnail.
        image: metadata of the image.
    """
    with contextlib.suppress(StoreUnavailableError):
        await write_thumbnail(store, catalog, thumbnail, ThumbnailMetadata(filename, image.sha256, image.dhash))


async def ensure_thumbnail(store: Store, catalog: str, filename: str, sha256: str) -> None:
    """Make the thumbnail of a stored image unless it is there: a process may have died between the two."""
    with contextlib.suppress(StoreUnavailableError):
        present = await store.describe(paths.thumbnail_file(catalog, filename))
        if not is_thumbnail_of(present, filename, sha256):
            await _make_from_store(store, catalog, filename)


async def complete_thumbnails(
    store: Store,
    catalog: str,
    *,
    make: bool,
    max_count: int = MAX_THUMBNAILS_PER_RUN,
) -> tuple[ImageTable, int]:
    """Bring a catalog's thumbnails in line with its images.

    Only images without one are read, a few at a time. Thumbnails whose image is another one by now, or gone, are
    removed.

    Args:
        store: where the catalog is.
        catalog: its name.
        make: False makes none.
        max_count: that are made at one time; an image larger than 1024x1024 counts as several.

    Returns:
        The catalog's images, and how many of them should have a thumbnail and have none: there were too many for one
        run, or they cannot be made small.

    Raises:
        StoreUnavailableError: the store does not answer; what was made by then is found the next time.
    """
    images = await list_stored_images(store, catalog)
    await remove_thumbnails(store, await match_thumbnails(store, catalog, images))
    missing = [filename for filename in images if not _has_thumbnail(images, filename)] if make else []
    if not missing:
        return images, 0

    async def make_one(filename: str) -> None:
        await _make_from_store(store, catalog, filename)

    async for _ in read_in_order(
        _limit_work(images, missing, max_count), make_one, max_concurrent=MAX_CONCURRENT_THUMBNAILS
    ):
        pass
    await match_thumbnails(store, catalog, images)
    return images, sum(not _has_thumbnail(images, filename) for filename in missing)


def _limit_work(images: ImageTable, filenames: Iterable[str], max_count: float) -> Iterator[str]:
    """Yield the first file names, until their images together are as much work as ``max_count`` of 1024x1024."""
    for filename in filenames:
        image = images.find(filename)
        if image is not None:
            max_count -= max(1, image.width * image.height / STANDARD_IMAGE_PIXELS)
        if max_count < 0:
            return
        yield filename


async def _make_from_store(store: Store, catalog: str, filename: str) -> None:
    content = await store.read(paths.image_file(catalog, filename))
    if content is None:
        return
    try:
        properties, thumbnail = await asyncio.to_thread(_inspect_and_shrink, content.data)
    except BadImageError:
        return
    if thumbnail is not None:
        metadata = ThumbnailMetadata(filename, properties.sha256, properties.dhash)
        await write_thumbnail(store, catalog, thumbnail, metadata)


def _inspect_and_shrink(data: bytes) -> tuple[ImageProperties, bytes | None]:
    decoded = decode_image(data)
    return decoded.properties, try_make_thumbnail(decoded.image)


def _has_thumbnail(images: ImageTable, filename: str) -> bool:
    image = images.find(filename)
    return image is not None and image.has_thumbnail
