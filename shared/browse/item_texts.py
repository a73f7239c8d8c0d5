"""Reads the items of a page from their batches: names, descriptions, and the prompts of their images."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.bounded_cache import BoundedCache
from shared.browse.catalog_index import CatalogIndex
from shared.catalog.catalog_files import parse_batch
from shared.catalog.items import Item
from shared.catalog.prompt_files import BatchPrompts, read_prompts
from shared.images.generated_prompts import find_image_prompt
from shared.storage import paths
from shared.storage.json_files import parse_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_CACHED_BATCHES: Final = 64
MAX_CACHED_PROMPTS: Final = 5_000


@dataclass(frozen=True, slots=True)
class _CachedBatch:
    """A batch with the prompts that were written for it, and the version of the catalog that they are from."""

    version: str
    items: Mapping[str, Item]
    prompts: BatchPrompts | None


class ItemTexts:
    """Reads items; keeps the batches of the latest pages.

    Args:
        store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batches: BoundedCache[tuple[str, int], _CachedBatch] = BoundedCache(MAX_CACHED_BATCHES)
        self._prompts: BoundedCache[tuple[str, str, str, str], str] = BoundedCache(MAX_CACHED_PROMPTS)

    async def read(self, index: CatalogIndex, numbers: Sequence[int]) -> Mapping[int, Item]:
        """Return these items, each with the prompt that its image was generated from, or will be.

        An item that was pruned since the index was built is left out.

        Raises:
            DamagedFileError: a batch, or a record of a run, cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        wanted = dict.fromkeys(index.positions[number][0] for number in numbers)

        async def read_batch(batch: int) -> tuple[int, _CachedBatch]:
            return batch, await self._read_batch(index, batch)

        batches = {batch: cached async for batch, cached in read_in_order(wanted, read_batch)}

        async def read_item(number: int) -> tuple[int, Item | None]:
            batch = batches[index.positions[number][0]]
            item = batch.items.get(index.items[number].item_id)
            return number, None if item is None else await self._apply_prompt(index, number, item, batch.prompts)

        return {number: item async for number, item in read_in_order(numbers, read_item) if item is not None}

    async def _read_batch(self, index: CatalogIndex, number: int) -> _CachedBatch:
        key = (index.catalog, number)
        cached = self._batches.get(key)
        if cached is None or cached.version != index.version:
            path = paths.batch_file(index.catalog, number)
            content, prompts = await asyncio.gather(
                self._store.read(path), read_prompts(self._store, index.catalog, number)
            )
            batch = None if content is None else parse_json(path, content.data, parse_batch)
            items = () if batch is None else batch.items
            cached = _CachedBatch(index.version, {item.product_id: item for item in items}, prompts)
            self._batches[key] = cached
        return cached

    async def _apply_prompt(self, index: CatalogIndex, number: int, item: Item, prompts: BatchPrompts | None) -> Item:
        """Return an item with the prompt of its image; the records of its run may have to be searched for it."""
        next_item = item if prompts is None else prompts.apply_to(item)
        image = index.find_image(number)
        if image is None or image.is_placeholder:
            return next_item
        key = (index.catalog, item.product_id, image.sha256, next_item.image_prompt)
        if key not in self._prompts:
            found = await find_image_prompt(self._store, index.catalog, item, image.to_metadata(), prompts)
            self._prompts[key] = next_item.image_prompt if found is None else found
        return next_item.model_copy(update={"image_prompt": self._prompts[key]})
