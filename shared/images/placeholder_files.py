"""Placeholders in the store: they take the place of an image, and an image replaces them."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from shared.catalog.items import Item, find_content_type
from shared.errors import StoreConflictError
from shared.images.image_metadata import ImageMetadata, is_placeholder, read_placeholder_metadata
from shared.images.thumbnail_files import is_thumbnail_of
from shared.reasons import Reason
from shared.rendering.placeholder_card import PlaceholderCard, is_placeholder_file
from shared.storage import paths
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order


@dataclass(frozen=True, slots=True)
class WriteTarget:
    """Where a placeholder may be written: over the file with this ETag, or to a new file (None)."""

    etag: str | None


async def find_write_target(store: Store, catalog: str, filename: str) -> WriteTarget | None:
    """Return where to write a placeholder; None if an image or another file is there."""
    path = paths.image_file(catalog, filename)
    info = await store.describe(path)
    if info is None:
        return WriteTarget(None)
    if is_placeholder(info):
        return WriteTarget(info.etag)
    content = None if info.metadata else await store.read(path)
    # A process may have died before it wrote the metadata; the file itself is marked, too.
    if content is not None and is_placeholder_file(content.data):
        return WriteTarget(content.etag)
    return None


async def write_placeholder(
    store: Store, catalog: str, item: Item, card: PlaceholderCard, target: WriteTarget, *, run_id: str, reason: Reason
) -> ImageMetadata | None:
    """Write an item's placeholder and return its metadata; None if another file was written there meanwhile.

    Args:
        store: holds the catalog.
        catalog: its name.
        item: the item.
        card: its placeholder.
        target: where to write.
        run_id: the run that gave up on the image.
        reason: why it gave up.
    """
    path, content_type = paths.image_file(catalog, item.filename), find_content_type(item.filename)
    metadata = ImageMetadata(
        card.sha256,
        card.image.width,
        card.image.height,
        run_id=run_id,
        product_id=item.product_id,
        placeholder_reason=str(reason),
    )
    stored = metadata.to_json()
    if target.etag is None:
        return metadata if await store.create(path, card.data, content_type=content_type, metadata=stored) else None
    try:
        await store.write(path, card.data, content_type=content_type, metadata=stored, if_match=target.etag)
    except StoreConflictError:
        return None
    return metadata


async def remove_placeholders(store: Store, catalog: str, filenames: Iterable[str]) -> None:
    """Remove these placeholders and their thumbnails, except those that an image replaced meanwhile."""

    async def remove(filename: str) -> None:
        path, thumbnail_path = paths.image_file(catalog, filename), paths.thumbnail_file(catalog, filename)
        info = await store.describe(path)
        if info is None or not is_placeholder(info):
            return
        metadata = read_placeholder_metadata(info)
        thumbnail = await store.describe(thumbnail_path)
        with contextlib.suppress(StoreConflictError):
            await store.delete(path, if_match=info.etag)
            if thumbnail is None or metadata is None:
                return
            if is_thumbnail_of(thumbnail, filename, metadata.sha256):
                await store.delete(thumbnail_path, if_match=thumbnail.etag)

    async for _ in read_in_order(filenames, remove):
        pass
