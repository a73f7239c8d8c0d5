"""Thumbnails: encoded with the image, or later for an image that has none. A missing thumbnail fails nothing."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from shared.errors import StoreUnavailableError
from shared.images.image_metadata import ImageMetadata, ThumbnailMetadata
from shared.images.image_table import ImageTable
from shared.images.list_images import list_stored_images
from shared.images.thumbnail_files import is_thumbnail_of, match_thumbnails, remove_derived_files, write_thumbnail
from shared.rendering.convert_image import make_thumbnail
from shared.rendering.inspect_image import BadImageError, ImageProperties, decode_image
from shared.storage import paths
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_CONCURRENT_THUMBNAILS: Final = 4
"""Images that are decoded at a time; an image of the largest size takes 64 MiB."""

MAX_THUMBNAILS_PER_RUN: Final = 5_000
"""Thumbnails of 1024x1024 images. At 60 ms each they take 5 of the 30 minutes that an activity may run."""

STANDARD_IMAGE_PIXELS: Final = 1024 * 1024


def try_make_thumbnail(image: "Image") -> bytes | None:
    """Return the thumbnail of a decoded image, or None if it cannot be encoded. Thread-safe."""
    try:
        return make_thumbnail(image)
    except Exception:  # noqa: BLE001 - the image is billed, and usable without a thumbnail
        return None


async def store_thumbnail(store: Store, catalog: str, filename: str, thumbnail: bytes, image: ImageMetadata) -> None:
    """Write the thumbnail of a stored image. If the store does not answer, publishing encodes it again.

    Args:
        store: the store.
        catalog: the catalog's name.
        filename: the image's file name.
        thumbnail: the WebP file.
        image: metadata of the image.
    """
    with contextlib.suppress(StoreUnavailableError):
        await write_thumbnail(store, catalog, thumbnail, ThumbnailMetadata(filename, image.sha256, image.dhash))


async def ensure_thumbnail(store: Store, catalog: str, filename: str, sha256: str) -> None:
    """Write the thumbnail of a stored image if it is missing: a process may have died between the two writes."""
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
    """Write the missing thumbnails of a catalog, and remove those of images that were replaced or deleted.

    Only images without a thumbnail are read, a few at a time.

    Args:
        store: the store.
        catalog: the catalog's name.
        make: False writes no thumbnails.
        max_count: of thumbnails in one run; an image larger than 1024x1024 counts as several.

    Returns:
        The catalog's images, and how many of them should have a thumbnail and have none: there were too many for one
        run, or they cannot be decoded.

    Raises:
        StoreUnavailableError: the store does not answer; a repetition continues.
    """
    images = await list_stored_images(store, catalog)
    await remove_derived_files(store, await match_thumbnails(store, catalog, images))
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
    """Yield file names until their images are as much work as ``max_count`` images of 1024x1024."""
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
