"""Prune: gives up on the items that have no image, so that the catalog has no gaps; a backup comes first."""

from dataclasses import replace
from typing import Any

from shared.domain import paths
from shared.domain.items import Item, SourceItem
from shared.ports import CatalogSeederError, Store
from shared.records import catalog
from shared.records.files import JSON_TYPE, parse_json
from shared.records.publication import PUBLISHED_FILES, iterate_missing, publish, view_catalog
from shared.records.thumbnails import match_thumbnails, remove_thumbnails


class NothingToKeepError(CatalogSeederError):
    """No item of the catalog has an image, so pruning would empty it."""


async def prune_catalog(store: Store, name: str, prune_id: str) -> dict[str, Any]:
    """Remove the items without an image from the catalog's state and publish the rest.

    A killed prune leaves each batch whole, of before or after; doing it again finishes it. Thumbnails without their
    picture go, too; they have no backup, as they are made of pictures.

    Args:
        store: where the catalog lives.
        name: the catalog.
        prune_id: names the backup.

    Returns:
        ``{catalog, pruned: [{productId, name, category}], items, backup, outputs}``; ``backup`` is None if nothing
        had to change.

    Raises:
        NothingToKeepError: no item has an image, as after a dry run.
    """
    view = await view_catalog(store, name, with_images=True)
    if view.missing and not view.images:
        raise NothingToKeepError(f"no item of catalog {name!r} has an image; expected one at least: repair it first")
    missing = [item async for item in iterate_missing(store, view)]
    backup: str | None = None
    if missing:
        backup = paths.backup_file(prune_id, "")
        for published in PUBLISHED_FILES:
            await _back_up(store, paths.catalog_file(name, published), prune_id)
        given_up = {item.product_id for item in missing}
        for number in view.incomplete_batches:
            await _prune_batch(store, name, number, given_up, prune_id)
        view = await view_catalog(store, name, with_images=True)
    await remove_thumbnails(store, await match_thumbnails(store, name, view.pictures))
    outputs = await publish(store, view)
    return {
        "catalog": name,
        "pruned": [_describe(item) for item in missing],
        "items": view.items,
        "backup": backup,
        "outputs": outputs,
    }


async def _prune_batch(store: Store, name: str, number: int, missing: set[str], prune_id: str) -> None:
    path = paths.batch_file(name, number)
    content = await store.read(path)
    if content is None:
        return
    batch = parse_json(path, content.data, catalog.parse_batch)
    kept = tuple(item for item in batch.items if item.product_id not in missing)
    if len(kept) < len(batch.items):
        await _back_up(store, path, prune_id)
        retired = tuple(
            catalog.RetiredItem(item.source_id, item.importer_id or item.source_id)
            for item in batch.items
            if item.product_id in missing and isinstance(item, SourceItem)
        )
        pruned = replace(batch, items=kept, retired=batch.retired + retired)
        await catalog.replace_batch(store, name, pruned, etag=content.etag)


async def _back_up(store: Store, path: str, prune_id: str) -> None:
    if await store.describe(path) is not None:
        await store.write_chunks(paths.backup_file(prune_id, path), store.read_chunks(path), content_type=JSON_TYPE)


def _describe(item: Item) -> dict[str, str]:
    return {"productId": item.shown_id, "name": item.name, "category": item.category}
