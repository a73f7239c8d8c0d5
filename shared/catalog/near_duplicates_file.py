"""``near_duplicates.json``: items whose images look nearly alike. For information; the run does not act on it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from shared.catalog.near_duplicates import NearDuplicate, find_near_duplicates
from shared.catalog.publish import CatalogView, iterate_complete_items
from shared.storage import paths
from shared.storage.json_arrays import write_array
from shared.storage.protocol import Store

OUTPUT = "nearDuplicates"


async def write_near_duplicates(store: Store, run_id: str, view: CatalogView) -> tuple[dict[str, str], int]:
    """Write the list, even if empty: one row for each item whose image is near that of an earlier item.

    Returns:
        The path of the list, and its number of rows.
    """
    # In a thread, because it takes a second or more for the largest catalogs.
    duplicates = await asyncio.to_thread(find_near_duplicates, view.perceptual_hashes)
    output = {OUTPUT: paths.run_file(run_id, "near_duplicates.json")}
    await write_array(store, output[OUTPUT], _describe(store, view, duplicates))
    return output, len(duplicates)


async def _describe(store: Store, view: CatalogView, duplicates: list[NearDuplicate]) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows in acceptance order; keeps only the earlier items that they refer to."""
    if not duplicates:
        return
    duplicates_by_index = {duplicate.index: duplicate for duplicate in duplicates}
    earlier_indexes = {duplicate.earlier_index for duplicate in duplicates}
    earlier: dict[int, dict[str, str]] = {}
    index = 0
    async for item in iterate_complete_items(store, view):
        image = view.image_table.find(item.filename)
        if image is None or image.dhash is None:
            continue
        row = {"productId": item.public_id, "name": item.name, "filename": item.filename}
        if index in earlier_indexes:
            earlier[index] = row
        if (duplicate := duplicates_by_index.get(index)) is not None:
            yield row | {"near": earlier[duplicate.earlier_index], "distance": duplicate.distance}
        index += 1
