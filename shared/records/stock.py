"""What a catalog has before a run, as far as an estimate needs it; reads only."""

from shared.domain.estimates import Stock
from shared.domain.items import is_outdated
from shared.ports import Store
from shared.records import catalog
from shared.records.pictures import list_makers
from shared.records.prompts import iterate_batches_and_prompts


async def read_stock(store: Store, name: str) -> Stock:
    """Return what a catalog has; nothing of one that is not there.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    categories = await catalog.read_categories(store, name)
    counts = {category.name: 0 for category in categories or ()}
    pictures = await list_makers(store, name)
    images = written = 0
    numbers = await catalog.list_batch_numbers(store, name)
    async for batch, prompts in iterate_batches_and_prompts(store, name, numbers):
        for item in batch.items:
            counts[item.category] = counts.get(item.category, 0) + 1
            has_image = item.filename in pictures and not is_outdated(item, pictures[item.filename])
            images += has_image
            written += not has_image and prompts is not None and prompts.apply_to(item) is not item
    return Stock(counts, images, has_categories=bool(categories), prompts=written)
