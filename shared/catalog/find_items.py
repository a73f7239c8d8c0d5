"""Find items of a catalog by the ids that callers use."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.catalog import catalog_files
from shared.catalog.items import Item
from shared.storage.protocol import Store


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item, as its batch holds it.

    Attributes:
        item: the item.
        batch: number of the batch.
        place: place in the catalog's acceptance order.
    """

    item: Item
    batch: int
    place: int


@dataclass(frozen=True, slots=True)
class FoundItems:
    """The items that were found by their ids.

    Attributes:
        by_id: items by the id as it was given.
        total: number of items in the catalog.
    """

    by_id: dict[str, FoundItem]
    total: int


async def find_items(store: Store, catalog: str, ids: Iterable[str]) -> FoundItems:
    """Return the items with these ids: internal ids, or else ids in published files.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    wanted = set(ids)
    internal: dict[str, FoundItem] = {}
    public: dict[str, FoundItem] = {}
    total = 0
    numbers = await catalog_files.list_batch_numbers(store, catalog)
    async for batch in catalog_files.iterate_batches(store, catalog, numbers):
        for item in batch.items:
            if item.product_id in wanted:
                internal[item.product_id] = FoundItem(item, batch.batch, total)
            if item.public_id in wanted:
                public.setdefault(item.public_id, FoundItem(item, batch.batch, total))
            total += 1
    return FoundItems(public | internal, total)
