"""Finds the prompt that an item's image was generated from; its row may lead to another one by now."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from shared.catalog.catalog_files import Batch
from shared.catalog.items import Item, SourceItem
from shared.catalog.prompt_files import iterate_prompted_batches
from shared.images.image_metadata import read_image_metadata
from shared.images.image_table import ImageTable, StoredImage
from shared.images.round_files import RoundFiles
from shared.messages.images import ImageAction, ImageStep
from shared.storage import paths
from shared.storage.protocol import Store
from shared.text.digest_table import hash_text

MAX_ROUNDS: Final = 3
MAX_REWRITES: Final = 2
"""The maximum of a request."""


async def iterate_generated_batches(
    store: Store, name: str, numbers: Sequence[int], image_table: ImageTable
) -> AsyncIterator[Batch]:
    """Yield the batches of these numbers; each item of a row has the prompt that its image was generated from.

    An item without an image has the prompt for its future image.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    async for batch in iterate_prompted_batches(store, name, numbers):
        items = [
            await apply_generated_prompt(store, name, item, image_table.find(item.filename)) for item in batch.items
        ]
        yield replace(batch, items=tuple(items))


async def apply_generated_prompt(store: Store, catalog: str, item: Item, image: StoredImage | None) -> Item:
    """Return an item with the prompt that its image was generated from.

    Raises:
        DamagedFileError: a record of a run cannot be read.
    """
    if image is None or not isinstance(item, SourceItem):
        return item
    earlier = None if item.earlier is None else item.earlier.prompt
    if image.prompt_digest is None:  # from before 0.4.0, and so before row changes were recorded
        prompt = earlier
    elif image.prompt_digest == hash_text(item.image_prompt):
        prompt = None
    elif earlier is not None and image.prompt_digest == hash_text(earlier):
        prompt = earlier
    else:
        prompt = await _find_rewritten_prompt(store, catalog, item, image.prompt_digest)
    return item if prompt is None else item.model_copy(update={"image_prompt": prompt})


async def _find_rewritten_prompt(store: Store, catalog: str, item: SourceItem, digest: int) -> str | None:
    """Return the rewritten prompt with this digest that an image was generated from; None without a record."""
    metadata = read_image_metadata(await store.describe(paths.image_file(catalog, item.filename)))
    if metadata is None or not metadata.run_id:
        return None
    round_files = RoundFiles(store, metadata.run_id, item.product_id)
    for number in range(1, MAX_ROUNDS + 1):
        for rewrite in range(0 if number > 1 else 1, MAX_REWRITES + 1):
            record = await round_files.read_prompt(ImageStep(ImageAction.REWRITE, number, rewrite))
            if record is not None and hash_text(record.prompt) == digest:
                return record.prompt
    return None
