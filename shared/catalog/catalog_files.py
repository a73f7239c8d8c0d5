"""The stored state of a catalog: its categories, and its batches of items."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.bounded_cache import BoundedCache
from shared.catalog.draft_rules import NameIndex
from shared.catalog.items import Category, Item, SourceItem, make_slug
from shared.messages.base import Cost
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_json, write_json_if_changed
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_CACHED_CATALOGS = 8


@dataclass(frozen=True, slots=True)
class RetiredItem:
    """The ids of a pruned item: the importer may know it, so no other row may get its id there."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    source_id: str
    importer_id: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The accepted items of a text call or of input rows; written once, and the record of the items' ids.

    Attributes:
        batch: number, from 1.
        run_id: the run that wrote it.
        items: accepted items, in acceptance order.
        asked: number of requested drafts.
        rejected: rejected drafts by reason code.
        cost: of the text call.
        writer: name of the call within the run, by which a redelivery finds the batch; None for input rows and
            for batches of version 0.1.
        retired: ids of pruned rows.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    batch: int
    run_id: str
    items: tuple[SourceItem | Item, ...]
    asked: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)
    writer: str | None = None
    retired: tuple[RetiredItem, ...] = ()


_BATCH = TypeAdapter(Batch)
_CATEGORIES = TypeAdapter(list[Category])


async def read_categories(store: Store, catalog: str) -> list[Category] | None:
    """Return the catalog's categories, or None if it has none yet.

    Raises:
        DamagedFileError: the file cannot be read.
    """
    return await read_json(store, paths.catalog_file(catalog, "categories.json"), _CATEGORIES.validate_python)


async def write_categories(store: Store, catalog: str, categories: list[Category]) -> None:
    """Write the catalog's categories if they differ from the stored ones."""
    data = [{"name": category.name, "slug": category.slug} for category in categories]
    await write_json_if_changed(store, paths.catalog_file(catalog, "categories.json"), data)


async def read_batch(store: Store, catalog: str, batch: int) -> Batch | None:
    """Return a batch, or None if it does not exist.

    Raises:
        DamagedFileError: the file cannot be read.
    """
    return await read_json(store, paths.batch_file(catalog, batch), _BATCH.validate_python)


async def create_batch(store: Store, catalog: str, batch: Batch) -> bool:
    """Create a batch; return False, without a change, if it exists."""
    return await store.create(paths.batch_file(catalog, batch.batch), _dump_batch(batch), content_type=JSON_TYPE)


async def replace_batch(store: Store, catalog: str, batch: Batch, *, etag: str) -> None:
    """Replace a batch.

    Raises:
        StoreConflictError: the batch was replaced since it was read.
    """
    path = paths.batch_file(catalog, batch.batch)
    await store.write(path, _dump_batch(batch), content_type=JSON_TYPE, if_match=etag)


def _dump_batch(batch: Batch) -> bytes:
    data = _BATCH.dump_python(batch, mode="json", by_alias=True, exclude_none=True)
    if not batch.retired:
        del data["retired"]
    return dump_json(data)


def parse_batch(data: object) -> Batch:
    """Return the batch of parsed JSON data."""
    return _BATCH.validate_python(data)


async def list_batch_numbers(store: Store, catalog: str) -> list[int]:
    """Return the numbers of the stored batches, ascending, without damaged ones that were moved away."""
    numbers = []
    async for info in store.list_files(paths.batch_folder(catalog)):
        stem, _, ending = info.path.rpartition("/")[2].partition(".")
        if ending == "json" and stem.isdecimal():
            numbers.append(int(stem))
    return sorted(numbers)


async def iterate_batches(store: Store, catalog: str, numbers: Sequence[int]) -> AsyncIterator[Batch]:
    """Yield the batches of these numbers, a few in memory at a time; skips numbers without a batch.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    async for batch in read_in_order(numbers, lambda number: read_batch(store, catalog, number)):
        if batch is not None:
            yield batch


async def iterate_items(store: Store, catalog: str) -> AsyncIterator[Item]:
    """Yield the catalog's items in acceptance order, a few batches in memory at a time."""
    async for batch in iterate_batches(store, catalog, await list_batch_numbers(store, catalog)):
        for item in batch.items:
            yield item


async def count_items(store: Store, catalog: str) -> int:
    """Return the number of items."""
    numbers = await list_batch_numbers(store, catalog)
    return sum([len(batch.items) async for batch in iterate_batches(store, catalog, numbers)])


@dataclass(slots=True)
class CatalogIndex:
    """What planning a batch needs from the catalog, kept in memory and extended batch by batch.

    Reading all batches for each new one would take quadratic time; with the index a process reads each batch once.
    """

    names: NameIndex = field(default_factory=NameIndex)
    item_names_by_category: dict[str, list[str]] = field(default_factory=dict)
    filenames: list[str] = field(default_factory=list)
    last_batch: int = 0
    _numbers_by_writer: dict[tuple[str, str], int] = field(default_factory=dict)
    _is_listed: bool = False
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def catch_up(self, store: Store, catalog: str, *, before: int) -> None:
        """Read unread batches with a number below ``before``; skips gaps."""
        async with self._reading:
            await self._read(store, catalog, range(self.last_batch + 1, before))

    async def read_new_batches(self, store: Store, catalog: str) -> None:
        """Read all unread batches; ``last_batch + 1`` is free afterwards.

        Lists the store only the first time: earlier batches may have gaps, later ones do not, because each writer takes
        a
        number after it has read all lower ones.
        """
        async with self._reading:
            if not self._is_listed:
                numbers = await list_batch_numbers(store, catalog)
                await self._read(store, catalog, [number for number in numbers if number > self.last_batch])
                self._is_listed = True
            while True:
                number = self.last_batch + 1
                batch = await read_batch(store, catalog, number)
                if batch is not None:
                    self.add_batch(number, batch)
                elif (
                    number > self.last_batch
                ):  # else a writer of this process took the number meanwhile, and added its batch
                    return

    def add_batch(self, number: int, batch: Batch | None) -> None:
        """Add the batch of a number, None for a gap; a batch that was added before changes nothing."""
        if number <= self.last_batch:
            return
        self.last_batch = number
        if batch is None:
            return
        if batch.writer is not None:
            self._numbers_by_writer[batch.run_id, batch.writer] = number
        for item in batch.items:
            self.add(item)

    def find_batch_number(self, run_id: str, writer: str) -> int | None:
        """Return the number of the batch that a call of a run has written, or None."""
        return self._numbers_by_writer.get((run_id, writer))

    def add(self, item: Item) -> None:
        """Add an accepted item."""
        self.names.add(item.name, item.category)
        self.item_names_by_category.setdefault(item.category, []).append(item.name)
        self.filenames.append(item.filename)

    def count_items(self) -> int:
        """Return the number of items."""
        return len(self.filenames)

    def count_by_category(self, categories: list[Category]) -> dict[str, int]:
        """Return the number of items of each category, in the order of the categories."""
        return {category.name: len(self.item_names_by_category.get(category.name, ())) for category in categories}

    async def _read(self, store: Store, catalog: str, numbers: Sequence[int]) -> None:
        async def read(number: int) -> tuple[int, Batch | None]:
            return number, await read_batch(store, catalog, number)

        async for number, batch in read_in_order(numbers, read):
            self.add_batch(number, batch)


class IndexCache:
    """The indexes of the catalogs that this process works on, by run: a new run reads the store again."""

    def __init__(self) -> None:
        self._indexes: BoundedCache[tuple[str, str], CatalogIndex] = BoundedCache(MAX_CACHED_CATALOGS)

    async def load(self, store: Store, catalog: str, run_id: str, *, before: int) -> CatalogIndex:
        """Return the index of all batches with a number below ``before``."""
        key = (catalog, run_id)
        index = self._indexes.get(key)
        if index is None or index.last_batch >= before:
            index = CatalogIndex()
        await index.catch_up(store, catalog, before=before)
        self._indexes[key] = index
        return index

    async def load_all(self, store: Store, catalog: str, run_id: str) -> CatalogIndex:
        """Return the index of all stored batches; the run's writers in this process share it."""
        key = (catalog, run_id)
        index = self._indexes.get(key) or CatalogIndex()
        self._indexes[key] = index
        await index.read_new_batches(store, catalog)
        return index

    def forget(self, catalog: str, run_id: str) -> None:
        """Drop an index that may hold more than the store does."""
        self._indexes.pop((catalog, run_id), None)


def find_used_categories(index: CatalogIndex) -> list[Category]:
    """Return the categories of the items, to rebuild a lost ``categories.json``."""
    return [Category(name, make_slug(name)) for name in index.item_names_by_category]
