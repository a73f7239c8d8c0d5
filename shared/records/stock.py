"""What a catalog has before a run, as far as an estimate needs it; reads only."""

from shared.domain.estimates import Stock
from shared.ports import Store
from shared.records import catalog
from shared.records.pictures import list_makers


async def read_stock(store: Store, name: str) -> Stock:
    """Return what a catalog has; nothing of one that is not there.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    categories = await catalog.read_categories(store, name)
    counts = {category.name: 0 for category in categories or ()}
    pictures = await list_makers(store, name)
    images = 0
    async for item in catalog.iterate_items(store, name):
        counts[item.category] = counts.get(item.category, 0) + 1
        images += item.filename in pictures
    return Stock(counts, images, has_categories=bool(categories))
