"""Prunes a catalog: removes the items without an image, after a backup."""

from dataclasses import replace
from typing import Any

from shared.catalog import catalog_files
from shared.catalog.items import Item, SourceItem
from shared.catalog.publish import PUBLISHED_FILES, iterate_missing_items, publish, read_catalog_view
from shared.catalog.publish_on_request import list_left_out
from shared.errors import NothingToKeepError
from shared.images.thumbnail_files import match_thumbnails, remove_derived_files
from shared.images.variant_files import match_variants
from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import hold_catalog
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, parse_json
from shared.storage.protocol import Store


async def claim_and_prune(services: Services, client: DurableClient, catalog: str) -> dict[str, Any]:
    """Prune a catalog that no run holds; see `prune_catalog`.

    Raises:
        UnknownCatalogError: the catalog does not exist.
        CatalogBusyError: a run holds the catalog.
        NothingToKeepError: no item has an image.
        StoreUnavailableError: the store does not answer.
    """
    async with hold_catalog(services, client, catalog) as claim_id:
        pruned = await prune_catalog(services.store, catalog, claim_id)
        await services.catalog_indexes.announce_change(catalog)
    return pruned


async def prune_catalog(store: Store, name: str, prune_id: str) -> dict[str, Any]:
    """Remove the items without an image from the catalog's state, and publish the rest.

    An interrupted prune leaves each batch complete; repeating it finishes the work. Thumbnails without an image are
    removed
    without a backup, because they can be rebuilt.

    Args:
        store: holds the catalog.
        name: the catalog.
        prune_id: names the backup.

    Returns:
        ``{catalog, pruned: [{productId, name, category}], items, leftOut, backup, outputs}``; ``items`` are published,
        ``backup`` is None without changes. Without ``outputs``, reviews leave out every item, and the published files
        are unchanged.

    Raises:
        NothingToKeepError: no item has an image, as after a dry run.
    """
    view = await read_catalog_view(store, name, with_images=True)
    if view.missing and not view.images:
        raise NothingToKeepError(name)
    missing = [item async for item in iterate_missing_items(store, view)]
    backup: str | None = None
    if missing:
        backup = paths.backup_file(prune_id, "")
        for published in PUBLISHED_FILES:
            await _back_up(store, paths.catalog_file(name, published), prune_id)
        missing_ids = {item.product_id for item in missing}
        for number in view.incomplete_batches:
            await _prune_batch(store, name, number, missing_ids, prune_id)
        view = await read_catalog_view(store, name, with_images=True)
    await remove_derived_files(store, await match_thumbnails(store, name, view.image_table))
    await remove_derived_files(store, await match_variants(store, name, view.image_table, view.request.image_variants))
    outputs = await publish(store, view)
    return {
        "catalog": name,
        "pruned": [_describe(item) for item in missing],
        "items": view.rows,
        "leftOut": list_left_out(view.left_out),
        "backup": backup,
        "outputs": outputs,
    }


async def _prune_batch(store: Store, name: str, number: int, missing: set[str], prune_id: str) -> None:
    path = paths.batch_file(name, number)
    content = await store.read(path)
    if content is None:
        return
    batch = parse_json(path, content.data, catalog_files.parse_batch)
    kept = tuple(item for item in batch.items if item.product_id not in missing)
    if len(kept) < len(batch.items):
        await _back_up(store, path, prune_id)
        retired = tuple(
            catalog_files.RetiredItem(item.source_id, item.importer_id or item.source_id)
            for item in batch.items
            if item.product_id in missing and isinstance(item, SourceItem)
        )
        pruned = replace(batch, items=kept, retired=batch.retired + retired)
        await catalog_files.replace_batch(store, name, pruned, etag=content.etag)


async def _back_up(store: Store, path: str, prune_id: str) -> None:
    if await store.describe(path) is not None:
        await store.write_chunks(paths.backup_file(prune_id, path), store.read_chunks(path), content_type=JSON_TYPE)


def _describe(item: Item) -> dict[str, str]:
    return {"productId": item.public_id, "name": item.name, "category": item.category}
