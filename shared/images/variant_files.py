"""Image variants in the store: made with the image, or later for an image that has none. None fails the image.

The metadata of a variant names its image by file name and SHA-256, and its quality. So a listing shows which variants
are current, and no image has to be read.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from shared.errors import StoreUnavailableError
from shared.images.image_metadata import VariantMetadata
from shared.images.image_table import ImageTable, StoredVariant
from shared.images.thumbnail_files import remove_derived_files
from shared.images.variant_spec import ImageVariant
from shared.rendering.encode_variant import EncodedVariant, encode_variant
from shared.rendering.inspect_image import BadImageError, decode_image
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store
from shared.storage.read_in_order import read_in_order

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_CONCURRENT_IMAGES: Final = 4
"""Images that are decoded at a time; an image of the largest size takes 64 MiB."""

MAX_WORK_PER_RUN: Final = 10_000
"""WebP variants of 1024x1024 images. At 50 ms each they take 9 of the 30 minutes that an activity may run."""

AVIF_WORK: Final = 3
"""An AVIF takes as long as three WebPs."""

STANDARD_IMAGE_PIXELS: Final = 1024 * 1024

Encoded = tuple[ImageVariant, EncodedVariant]


def encode_variants(image: "Image", variants: Sequence[ImageVariant]) -> list[Encoded]:
    """Return the variants of a decoded image; leaves out those that cannot be encoded. Thread-safe."""
    encoded: list[Encoded] = []
    for variant in variants:
        with contextlib.suppress(Exception):  # the image is billed, and usable without its variants
            made = encode_variant(image, width=variant.width, image_format=variant.format, quality=variant.quality)
            encoded.append((variant, made))
    return encoded


async def store_variants(
    store: Store, catalog: str, filename: str, image_sha256: str, encoded: Sequence[Encoded]
) -> None:
    """Write variants of a stored image. If the store does not answer, publishing makes them again."""
    with contextlib.suppress(StoreUnavailableError):
        for variant, made in encoded:
            metadata = VariantMetadata(filename, image_sha256, made.sha256, made.width, made.height, variant.quality)
            await store.write(
                paths.variant_file(catalog, variant.name, filename, variant.extension),
                made.data,
                content_type=variant.content_type,
                metadata=metadata.to_json(),
            )


async def ensure_variants(
    store: Store, catalog: str, filename: str, image_sha256: str, variants: Sequence[ImageVariant]
) -> None:
    """Write the missing variants of a stored image: a process may have died between the writes."""
    with contextlib.suppress(StoreUnavailableError):
        missing = []
        for variant in variants:
            path = paths.variant_file(catalog, variant.name, filename, variant.extension)
            if not _is_current(await store.describe(path), filename, image_sha256, variant):
                missing.append(variant)
        if missing:
            await _make_from_store(store, catalog, filename, missing)


async def match_variants(
    store: Store, catalog: str, image_table: ImageTable, variants: Sequence[ImageVariant]
) -> list[FileInfo]:
    """Note the current variants of the images of a table, and return obsolete ones.

    Obsolete is a variant of another version of an image, of a missing image, or one that the request does not name. A
    file without metadata of a variant is ignored, because a user placed it there.
    """
    folder = paths.variant_folder(catalog)
    places = {variant.name: (place, variant) for place, variant in enumerate(variants)}
    found: defaultdict[str, list[StoredVariant]] = defaultdict(list)
    obsolete = []
    async for info in store.list_files(folder):
        metadata = VariantMetadata.from_json(info.metadata)
        if metadata is None:
            continue
        image = image_table.find(metadata.filename)
        place, variant = places.get(info.path.removeprefix(folder).partition("/")[0], (0, None))
        if image is None or variant is None or not _is_current(info, metadata.filename, image.sha256, variant):
            obsolete.append(info)
            continue
        stored = StoredVariant(place, info.size, metadata.width, metadata.height, metadata.sha256)
        found[metadata.filename].append(stored)
    for filename, stored_variants in found.items():
        image_table.set_variants(filename, stored_variants)
    return obsolete


async def complete_variants(
    store: Store,
    catalog: str,
    image_table: ImageTable,
    variants: Sequence[ImageVariant],
    *,
    max_work: float = MAX_WORK_PER_RUN,
) -> int:
    """Write the missing variants of a catalog's images, and remove obsolete ones.

    Only images that lack a variant are read, a few at a time.

    Args:
        store: the store.
        catalog: the catalog's name.
        image_table: the catalog's images; their variants are noted in it.
        variants: of the request.
        max_work: of one run; see MAX_WORK_PER_RUN.

    Returns:
        How many images still lack a variant: there was too much work for one run, or they cannot be encoded.

    Raises:
        StoreUnavailableError: the store does not answer; a repetition continues.
    """
    await remove_derived_files(store, await match_variants(store, catalog, image_table, variants))
    if not _list_incomplete(image_table, variants):
        return 0

    async def make_one(filename: str) -> None:
        has = {variant.place for variant in image_table.list_variants(filename)}
        missing = [variant for place, variant in enumerate(variants) if place not in has]
        await _make_from_store(store, catalog, filename, missing)

    work = _limit_work(image_table, variants, max_work)
    async for _ in read_in_order(work, make_one, max_concurrent=MAX_CONCURRENT_IMAGES):
        pass
    await match_variants(store, catalog, image_table, variants)
    return len(_list_incomplete(image_table, variants))


def _is_current(info: FileInfo | None, filename: str, image_sha256: str, variant: ImageVariant) -> bool:
    metadata = None if info is None else VariantMetadata.from_json(info.metadata)
    if metadata is None:
        return False
    is_of_image = (metadata.filename, metadata.image_sha256) == (filename, image_sha256)
    return is_of_image and (variant.format == "png" or metadata.quality == variant.quality)


def _list_incomplete(image_table: ImageTable, variants: Sequence[ImageVariant]) -> list[str]:
    return [filename for filename in image_table if len(image_table.list_variants(filename)) < len(variants)]


def _limit_work(image_table: ImageTable, variants: Sequence[ImageVariant], max_work: float) -> Iterator[str]:
    """Yield images that lack a variant until they are too much work for one run."""
    for filename in _list_incomplete(image_table, variants):
        image = image_table.find(filename)
        pixels = STANDARD_IMAGE_PIXELS if image is None else image.width * image.height
        has = {variant.place for variant in image_table.list_variants(filename)}
        missing = [variant for place, variant in enumerate(variants) if place not in has]
        effort = sum(AVIF_WORK if variant.format == "avif" else 1 for variant in missing)
        max_work -= effort * max(1, pixels / STANDARD_IMAGE_PIXELS)
        if max_work < 0:
            return
        yield filename


async def _make_from_store(store: Store, catalog: str, filename: str, variants: Sequence[ImageVariant]) -> None:
    content = await store.read(paths.image_file(catalog, filename))
    if content is None:
        return
    try:
        sha256, encoded = await asyncio.to_thread(_decode_and_encode, content.data, variants)
    except BadImageError:
        return
    await store_variants(store, catalog, filename, sha256, encoded)


def _decode_and_encode(data: bytes, variants: Sequence[ImageVariant]) -> tuple[str, list[Encoded]]:
    decoded = decode_image(data)
    return decoded.properties.sha256, encode_variants(decoded.image, variants)
