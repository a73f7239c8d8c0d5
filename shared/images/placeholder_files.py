"""Placeholders in the store: they lie where an image would lie, and give way to it."""

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
    """Where a placeholder may be written: over the file of this ETag, or where there is none (None)."""

    etag: str | None


async def find_write_target(store: Store, catalog: str, filename: str) -> WriteTarget | None:
    """Return the place for a placeholder; None if there is something that is none: an image stays what it is."""
    path = paths.image_file(catalog, filename)
    info = await store.describe(path)
    if info is None:
        return WriteTarget(None)
    if is_placeholder(info):
        return WriteTarget(info.etag)
    content = None if info.metadata else await store.read(path)
    # A process may have died before it could say of the file what it is; the file says so itself.
    if content is not None and is_placeholder_file(content.data):
        return WriteTarget(content.etag)
    return None


async def write_placeholder(
    store: Store, catalog: str, item: Item, card: PlaceholderCard, target: WriteTarget, *, run_id: str, reason: Reason
) -> ImageMetadata | None:
    """Write an item's placeholder and return its facts; None if somebody has written something else there meanwhile.

    Args:
        store: where the catalog is.
        catalog: its name.
        item: the item.
        card: its placeholder.
        target: where it may go.
        run_id: the run that gave the image up.
        reason: why it did.
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
    """Remove these placeholders and their thumbnails, but for those that an image has replaced meanwhile."""

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
