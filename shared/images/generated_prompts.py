"""Finds the prompt that an item's image was generated from; its row or an edit may lead to another one by now."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from shared.catalog.catalog_files import Batch
from shared.catalog.items import Item, SourceItem
from shared.catalog.prompt_files import BatchPrompts, iterate_batches_and_prompts
from shared.images.archived_rounds import find_archived_prompt
from shared.images.image_metadata import ImageMetadata, read_image_metadata
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
    """Yield the batches of these numbers; each item has the prompt that its image was generated from.

    An item without an image has the prompt for its future image.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    async for batch, prompts in iterate_batches_and_prompts(store, name, numbers):
        items = [
            await apply_generated_prompt(store, name, item, image_table.find(item.filename), prompts)
            for item in batch.items
        ]
        yield replace(batch, items=tuple(items))


async def apply_generated_prompt(
    store: Store, catalog: str, item: Item, image: StoredImage | None, prompts: BatchPrompts | None
) -> Item:
    """Return an item with the prompt that its image was generated from.

    Reads records only for an image whose prompt is none of those that the item has or had.

    Args:
        store: the store.
        catalog: the catalog.
        item: the item as its batch holds it.
        image: its image, if it has one.
        prompts: the prompts that were written for the batch.

    Raises:
        DamagedFileError: a record of a run cannot be read.
    """
    next_item = item if prompts is None else prompts.apply_to(item)
    if image is None:
        return next_item
    prompt = _find_known_prompt(item, prompts, image.prompt_digest)
    is_edited = prompts is not None and item.product_id in prompts.edited
    if prompt is None and image.prompt_digest is not None and (isinstance(item, SourceItem) or is_edited):
        metadata = read_image_metadata(await store.describe(paths.image_file(catalog, item.filename)))
        prompt = None if metadata is None else await _find_recorded_prompt(store, catalog, item, metadata)
    return next_item if prompt is None else item.model_copy(update={"image_prompt": prompt})


async def find_image_prompt(
    store: Store, catalog: str, item: Item, metadata: ImageMetadata, prompts: BatchPrompts | None
) -> str | None:
    """Return the prompt that an image of an item was generated from; None if it is not known.

    Args:
        store: the store.
        catalog: the catalog.
        item: the item as its batch holds it.
        metadata: of the image.
        prompts: the prompts that were written for the batch.

    Raises:
        DamagedFileError: a record of a run cannot be read.
    """
    prompt = _find_known_prompt(item, prompts, metadata.prompt_digest)
    return await _find_recorded_prompt(store, catalog, item, metadata) if prompt is None else prompt


def _find_known_prompt(item: Item, prompts: BatchPrompts | None, digest: int | None) -> str | None:
    """Return the prompt with this digest among those that an item has or had; None if there is none.

    Without a digest, the image is from before 0.4.0, and so from before row changes and edits were recorded.
    """
    earlier = item.earlier.prompt if isinstance(item, SourceItem) and item.earlier is not None else None
    if digest is None:
        return earlier or (item if prompts is None else prompts.apply_written_to(item)).image_prompt
    candidates = [item.image_prompt, *([] if prompts is None else prompts.list_prompts(item)), earlier]
    return next((prompt for prompt in candidates if prompt is not None and hash_text(prompt) == digest), None)


async def _find_recorded_prompt(store: Store, catalog: str, item: Item, metadata: ImageMetadata) -> str | None:
    """Return the prompt of an image from the records of its run, or from those of earlier images of the item."""
    if not metadata.run_id or metadata.prompt_digest is None:
        return None
    round_files = RoundFiles(store, metadata.run_id, item.product_id)
    for number in range(1, MAX_ROUNDS + 1):
        for rewrite in range(0 if number > 1 else 1, MAX_REWRITES + 1):
            record = await round_files.read_prompt(ImageStep(ImageAction.REWRITE, number, rewrite))
            if record is not None and hash_text(record.prompt) == metadata.prompt_digest:
                return record.prompt
    return await find_archived_prompt(store, catalog, item.product_id, metadata.sha256)
