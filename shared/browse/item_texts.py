"""Names, descriptions and prompts of the items of a page, read from their batches."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.bounded_cache import BoundedCache
from shared.browse.catalog_index import CatalogIndex
from shared.catalog.catalog_files import parse_batch
from shared.catalog.items import Item
from shared.catalog.prompt_files import read_prompts
from shared.images.generated_prompts import apply_generated_prompt
from shared.storage import paths
from shared.storage.json_files import parse_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_CACHED_BATCHES: Final = 64
MAX_CACHED_PROMPTS: Final = 5_000


@dataclass(frozen=True, slots=True)
class ItemText:
    """The texts of an item; ``image_prompt`` is the one that its image was generated from, or will be."""

    name: str
    description: str
    image_prompt: str


@dataclass(frozen=True, slots=True)
class _CachedBatch:
    """A batch with the prompts that the text model wrote for it, and the version of the catalog they are from."""

    version: str
    items: Mapping[str, Item]


class ItemTexts:
    """Reads the texts of items; keeps the batches of the latest pages.

    Args:
        store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batches: BoundedCache[tuple[str, int], _CachedBatch] = BoundedCache(MAX_CACHED_BATCHES)
        self._prompts: BoundedCache[tuple[str, str, str, str], str] = BoundedCache(MAX_CACHED_PROMPTS)

    async def read(self, index: CatalogIndex, numbers: Sequence[int]) -> Mapping[int, ItemText]:
        """Return the texts of these items.

        Raises:
            DamagedFileError: a batch, or a record of a run, cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        wanted = dict.fromkeys(index.positions[number][0] for number in numbers)

        async def read_batch(batch: int) -> tuple[int, Mapping[str, Item]]:
            return batch, await self._read_batch(index, batch)

        batches = {batch: items async for batch, items in read_in_order(wanted, read_batch)}

        async def read_text(number: int) -> tuple[int, ItemText]:
            item = batches[index.positions[number][0]].get(index.items[number].item_id)
            if item is None:  # pruned since the scan
                return number, ItemText("", "", "")
            return number, ItemText(item.name, item.description, await self._read_prompt(index, number, item))

        return {number: text async for number, text in read_in_order(numbers, read_text)}

    async def _read_batch(self, index: CatalogIndex, number: int) -> Mapping[str, Item]:
        key = (index.catalog, number)
        cached = self._batches.get(key)
        if cached is None or cached.version != index.version:
            cached = _CachedBatch(index.version, await self._load_batch(index.catalog, number))
            self._batches[key] = cached
        return cached.items

    async def _load_batch(self, catalog: str, number: int) -> Mapping[str, Item]:
        path = paths.batch_file(catalog, number)
        content, prompts = await asyncio.gather(self._store.read(path), read_prompts(self._store, catalog, number))
        if content is None:
            return {}
        batch = parse_json(path, content.data, parse_batch)
        return {item.product_id: item if prompts is None else prompts.apply_to(item) for item in batch.items}

    async def _read_prompt(self, index: CatalogIndex, number: int, item: Item) -> str:
        """Return the prompt of an item's image; the records of its run may have to be searched for it."""
        image = index.find_image(number)
        if image is None or image.is_placeholder:
            return item.image_prompt
        key = (index.catalog, item.product_id, image.sha256, item.image_prompt)
        if key not in self._prompts:
            stored = image.to_stored_image()
            found = await apply_generated_prompt(self._store, index.catalog, item, stored)
            self._prompts[key] = found.image_prompt
        return self._prompts[key]
