"""``near_duplicates.json``: items whose pictures look nearly alike. They are told, and nothing is done about them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from shared.domain import paths
from shared.domain.near_duplicates import NearDuplicate, find_near_duplicates
from shared.ports import Store
from shared.records.json_arrays import write_array
from shared.records.publication import CatalogView, iterate_complete

OUTPUT = "nearDuplicates"


async def write_near_duplicates(store: Store, run_id: str, view: CatalogView) -> tuple[dict[str, str], int]:
    """Write the list, also an empty one: one row for each item whose picture is near that of an earlier item.

    Returns:
        The list's path, and how many rows it has.
    """
    # In a thread of its own: a second or more for the largest catalogs.
    duplicates = await asyncio.to_thread(find_near_duplicates, view.dhashes)
    output = {OUTPUT: paths.run_file(run_id, "near_duplicates.json")}
    await write_array(store, output[OUTPUT], _describe(store, view, duplicates))
    return output, len(duplicates)


async def _describe(store: Store, view: CatalogView, duplicates: list[NearDuplicate]) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows, in acceptance order; only the earlier items that they name are held."""
    if not duplicates:
        return
    by_place = {duplicate.place: duplicate for duplicate in duplicates}
    named = {duplicate.earlier for duplicate in duplicates}
    earlier: dict[int, dict[str, str]] = {}
    place = 0
    async for item in iterate_complete(store, view):
        picture = view.pictures.find(item.filename)
        if picture is None or picture.dhash is None:
            continue
        told = {"productId": item.shown_id, "name": item.name, "filename": item.filename}
        if place in named:
            earlier[place] = told
        if (duplicate := by_place.get(place)) is not None:
            yield told | {"near": earlier[duplicate.earlier], "distance": duplicate.distance}
        place += 1
