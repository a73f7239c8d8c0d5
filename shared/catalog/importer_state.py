"""``state/importer.json``: the categories in the spelling that the importer knows, so that later runs keep it.

The importer's ids of rows are in the batches, assigned once when a row becomes an item.
"""

import contextlib
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from shared.catalog import catalog_files
from shared.catalog.category_names import CategoryNames
from shared.catalog.items import Category, Item, SourceItem
from shared.errors import StoreConflictError
from shared.inputs.importer_ids import ImporterIds
from shared.storage import paths
from shared.storage.json_array_check import check_json_array
from shared.storage.json_files import DamagedFileError, parse_json, read_json, write_json_if_changed
from shared.storage.protocol import Store

_NAMES: Final = TypeAdapter(list[str])


async def load_category_names(store: Store, name: str, *, from_input: bool) -> CategoryNames:
    """Return the spelling of a catalog's categories; assigns missing importer ids in a catalog of rows.

    Args:
        store: holds the catalog.
        name: the catalog.
        from_input: whether the items come from rows.

    Raises:
        DamagedFileError: a batch cannot be read.
    """
    if not from_input:
        return CategoryNames(category.name for category in await catalog_files.read_categories(store, name) or ())
    recorded = await _read_recorded(store, name)
    return await _upgrade_catalog(store, name) if recorded is None else CategoryNames(recorded)


async def write_category_names(store: Store, name: str, names: CategoryNames, *, from_input: bool) -> None:
    """Record the categories, then publish them; writes each file only if it changes, and none without categories."""
    categories = names.list_categories()
    if from_input:
        await _record(store, name, names)
    if categories:
        await catalog_files.write_categories(store, name, categories)


async def list_known_categories(store: Store, name: str) -> list[str]:
    """Return the categories of a generated catalog, current and earlier ones: the importer may know them all."""
    current = [category.name for category in await catalog_files.read_categories(store, name) or ()]
    return [*(await _read_recorded(store, name) or ()), *current]


async def record_dropped_categories(store: Store, name: str, categories: list[Category]) -> None:
    """Record the known categories of a generated catalog before the given ones replace them."""
    known = await list_known_categories(store, name)
    if not {category.name for category in categories}.issuperset(known):
        await _record(store, name, CategoryNames(known))


async def read_published_ids(store: Store, name: str) -> list[str]:
    """Return the ids that the importer may know from rows of a lost batch; empty if no batch was lost."""
    async for info in store.list_files(paths.batch_folder(name)):
        if ".damaged-" in info.path:
            return [product_id for product_id, _ in await _read_published(store, name)]
    return []


async def _upgrade_catalog(store: Store, name: str) -> CategoryNames:
    """Assign importer ids to the items of version 0.3, and collect the published spelling of the categories."""
    published = await _read_published(store, name)
    names = CategoryNames(category for _, category in published)
    with contextlib.suppress(DamagedFileError):
        for category in await catalog_files.read_categories(store, name) or ():
            names.choose(category.name)
    ids = ImporterIds(product_id for product_id, _ in published)
    for number in await catalog_files.list_batch_numbers(store, name):
        await _upgrade_batch(store, name, number, ids, names)
    await _record(store, name, names)
    return names


async def _upgrade_batch(store: Store, name: str, number: int, ids: ImporterIds, names: CategoryNames) -> None:
    path = paths.batch_file(name, number)
    content = await store.read(path)
    if content is None:
        return
    batch = parse_json(path, content.data, catalog_files.parse_batch)
    for item in batch.items:
        names.choose(item.category)
    items = tuple(_upgrade_item(item, ids) for item in batch.items)
    if items != batch.items:
        with contextlib.suppress(StoreConflictError):  # another delivery did the same
            await catalog_files.replace_batch(store, name, replace(batch, items=items), etag=content.etag)


def _upgrade_item(item: Item, ids: ImporterIds) -> Item:
    if not isinstance(item, SourceItem) or (item.importer_id is not None and ids.claim(item.importer_id)):
        return item
    return ids.assign_existing(item)


async def _read_published(store: Store, name: str) -> list[tuple[str, str]]:
    """Return id and category of each published row; empty if the file cannot be read."""
    published: list[tuple[str, str]] = []

    def note(row: Any) -> None:
        if isinstance(row, dict) and isinstance(row.get("productId"), str) and isinstance(row.get("category"), str):
            published.append((row["productId"], row["category"]))

    with contextlib.suppress(DamagedFileError):
        await check_json_array(store, paths.catalog_file(name, "importer-catalog.json"), visit=note)
    return published


async def _read_recorded(store: Store, name: str) -> list[str] | None:
    """Return the recorded categories; None without a readable record, which can be rebuilt."""
    with contextlib.suppress(DamagedFileError):
        return await read_json(store, _path(name), lambda data: _NAMES.validate_python(data["categories"]))
    return None


async def _record(store: Store, name: str, names: CategoryNames) -> None:
    data = {"categories": [category.name for category in names.list_categories()]}
    await write_json_if_changed(store, _path(name), data)


def _path(name: str) -> str:
    return paths.state_file(name, "importer.json")
