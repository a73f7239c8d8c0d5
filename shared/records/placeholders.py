"""Placeholders in the store: they lie where a picture would lie, and give way to it."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain import paths
from shared.domain.items import Item, find_content_type
from shared.imaging.placeholder import DrawnPlaceholder, is_placeholder_file
from shared.ports import Store, StoreConflictError
from shared.reasons import Reason
from shared.records.pictures import PLACEHOLDER_FACT, is_placeholder
from shared.records.reading import read_in_order
from shared.records.thumbnails import is_thumbnail_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a placeholder may be written: over the file of this ETag, or where there is none (None)."""

    etag: str | None


async def find_place(store: Store, catalog: str, filename: str) -> Place | None:
    """Return the place for a placeholder; None if there is something that is none: a picture stays what it is."""
    path = paths.image_file(catalog, filename)
    info = await store.describe(path)
    if info is None:
        return Place(None)
    if is_placeholder(info):
        return Place(info.etag)
    content = None if info.facts else await store.read(path)
    # A process may have died before it could say of the file what it is; the file says so itself.
    if content is not None and is_placeholder_file(content.data):
        return Place(content.etag)
    return None


async def write_placeholder(
    store: Store, catalog: str, item: Item, drawn: DrawnPlaceholder, place: Place, *, run_id: str, reason: Reason
) -> Mapping[str, str] | None:
    """Write an item's placeholder and return its facts; None if somebody has written something else there meanwhile.

    Args:
        store: where the catalog is.
        catalog: its name.
        item: the item.
        drawn: its placeholder.
        place: where it may go.
        run_id: the run that gave the picture up.
        reason: why it did.
    """
    path, content_type = paths.image_file(catalog, item.filename), find_content_type(item.filename)
    facts = drawn.to_facts() | {PLACEHOLDER_FACT: str(reason), "run_id": run_id, "product_id": item.product_id}
    if place.etag is None:
        return facts if await store.create(path, drawn.data, content_type=content_type, facts=facts) else None
    try:
        await store.write(path, drawn.data, content_type=content_type, facts=facts, if_match=place.etag)
    except StoreConflictError:
        return None
    return facts


async def remove_placeholders(store: Store, catalog: str, filenames: Iterable[str]) -> None:
    """Remove these placeholders and their thumbnails, but for those that a picture has replaced meanwhile."""

    async def remove(filename: str) -> None:
        path, thumbnail_path = paths.image_file(catalog, filename), paths.thumbnail_file(catalog, filename)
        info = await store.describe(path)
        if info is None or not is_placeholder(info):
            return
        thumbnail = await store.describe(thumbnail_path)
        with contextlib.suppress(StoreConflictError):
            await store.delete(path, if_match=info.etag)
            if thumbnail is not None and is_thumbnail_of(thumbnail, filename, info.facts.get("sha256", "")):
                await store.delete(thumbnail_path, if_match=thumbnail.etag)

    async for _ in read_in_order(filenames, remove):
        pass
