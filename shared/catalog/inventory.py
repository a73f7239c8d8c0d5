"""Reads what a catalog already has, for an estimate."""

from shared.catalog import catalog_files
from shared.catalog.items import is_outdated
from shared.catalog.prompt_files import iterate_batches_and_prompts
from shared.images.list_images import list_generating_runs
from shared.runs.estimate import Inventory
from shared.storage.protocol import Store


async def read_inventory(store: Store, name: str) -> Inventory:
    """Return what a catalog has; an empty inventory if it does not exist.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    categories = await catalog_files.read_categories(store, name)
    counts = {category.name: 0 for category in categories or ()}
    generating_runs = await list_generating_runs(store, name)
    images = written_prompts = 0
    numbers = await catalog_files.list_batch_numbers(store, name)
    async for batch, prompts in iterate_batches_and_prompts(store, name, numbers):
        for item in batch.items:
            counts[item.category] = counts.get(item.category, 0) + 1
            has_image = item.filename in generating_runs and not is_outdated(item, generating_runs[item.filename])
            images += has_image
            written_prompts += not has_image and prompts is not None and prompts.apply_to(item) is not item
    return Inventory(counts, images, has_categories=bool(categories), prompts=written_prompts)
