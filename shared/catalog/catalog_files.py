"""What lasts of a catalog: its categories, its batches of items, and which images it has."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

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
    """The ids of an item that was taken out: the importer may have it, so that no other row may get its id there."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    source_id: str
    importer_id: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch's accepted items and what they cost: written once, and the record of their ids.

    Attributes:
        batch: its number, from 1.
        run_id: the run that wrote it.
        items: accepted items, in acceptance order.
        asked: drafts that were asked for.
        rejected: rejected drafts by reason code.
        cost: of the call that brought it.
        writer: the call's name within the run, by which a redelivery finds the batch; None in batches of an
            input's rows, and in those that 0.1 wrote.
        retired: of the rows that prune took out.
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
    """Write the catalog's categories, unless they are these already."""
    data = [{"name": category.name, "slug": category.slug} for category in categories]
    await write_json_if_changed(store, paths.catalog_file(catalog, "categories.json"), data)


async def read_batch(store: Store, catalog: str, batch: int) -> Batch | None:
    """Return a batch, or None if it was not written.

    Raises:
        DamagedFileError: the file cannot be read.
    """
    return await read_json(store, paths.batch_file(catalog, batch), _BATCH.validate_python)


async def create_batch(store: Store, catalog: str, batch: Batch) -> bool:
    """Write a batch that must not exist yet; False, and no change, if it does."""
    return await store.create(paths.batch_file(catalog, batch.batch), _dump_batch(batch), content_type=JSON_TYPE)


async def replace_batch(store: Store, catalog: str, batch: Batch, *, etag: str) -> None:
    """Replace a batch; only prune does this, and only after a backup.

    Raises:
        StoreConflictError: it is not the version that was read.
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
    """Return the numbers of the batches that were written, ascending; damaged ones that were moved away are not."""
    numbers = []
    async for info in store.list_files(paths.batch_folder(catalog)):
        stem, _, ending = info.path.rpartition("/")[2].partition(".")
        if ending == "json" and stem.isdecimal():
            numbers.append(int(stem))
    return sorted(numbers)


async def iterate_batches(store: Store, catalog: str, numbers: Sequence[int]) -> AsyncIterator[Batch]:
    """Yield the batches of these numbers, a few in memory at a time; numbers without a batch are passed over.

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
    """Return how many items the catalog holds."""
    numbers = await list_batch_numbers(store, catalog)
    return sum([len(batch.items) async for batch in iterate_batches(store, catalog, numbers)])


@dataclass(slots=True)
class CatalogIndex:
    """What the planning of batches needs of a catalog, kept in memory and caught up batch by batch.

    Reading all batches for each new one would cost with the square of the catalog; a process reads each batch once.
    """

    names: NameIndex = field(default_factory=NameIndex)
    item_names_by_category: dict[str, list[str]] = field(default_factory=dict)
    filenames: list[str] = field(default_factory=list)
    last_batch: int = 0
    _numbers_by_writer: dict[tuple[str, str], int] = field(default_factory=dict)
    _is_listed: bool = False
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def catch_up(self, store: Store, catalog: str, *, before: int) -> None:
        """Read the batches that this index has not seen, up to the one before ``before``; gaps are passed over."""
        async with self._reading:
            await self._read(store, catalog, range(self.last_batch + 1, before))

    async def read_new_batches(self, store: Store, catalog: str) -> None:
        """Read the batches that this index has not seen, all of them; ``last_batch + 1`` is then free.

        The store is listed the first time only: there may be gaps among what is there by then, and behind it there are
        none, as each number is taken by somebody who has seen all that come before.
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
                elif number > self.last_batch:  # else a writer of this process took it meanwhile, and counted it in
                    return

    def add_batch(self, number: int, batch: Batch | None) -> None:
        """Count in the batch of a number, or that there is none; one that was counted in already changes nothing."""
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
        """Return the number of the batch that a run's call has written, or None if there is none."""
        return self._numbers_by_writer.get((run_id, writer))

    def add(self, item: Item) -> None:
        """Count an accepted item in."""
        self.names.add(item.name, item.category)
        self.item_names_by_category.setdefault(item.category, []).append(item.name)
        self.filenames.append(item.filename)

    def count_items(self) -> int:
        """Return how many items the catalog holds."""
        return len(self.filenames)

    def count_by_category(self, categories: list[Category]) -> dict[str, int]:
        """Return accepted items of each of the categories, in their order."""
        return {category.name: len(self.item_names_by_category.get(category.name, ())) for category in categories}

    async def _read(self, store: Store, catalog: str, numbers: Sequence[int]) -> None:
        async def read(number: int) -> tuple[int, Batch | None]:
            return number, await read_batch(store, catalog, number)

        async for number, batch in read_in_order(numbers, read):
            self.add_batch(number, batch)


class IndexCache:
    """The indexes of the catalogs that this process works on, by run: a new run reads the store anew."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[str, str], CatalogIndex] = OrderedDict()

    async def load(self, store: Store, catalog: str, run_id: str, *, before: int) -> CatalogIndex:
        """Return the index of all batches before ``before``."""
        key = (catalog, run_id)
        index = self._indexes.get(key)
        if index is None or index.last_batch >= before:
            index = CatalogIndex()
        await index.catch_up(store, catalog, before=before)
        self._keep(key, index)
        return index

    async def load_all(self, store: Store, catalog: str, run_id: str) -> CatalogIndex:
        """Return the index of all batches that are stored; the run's writers in this process share it."""
        key = (catalog, run_id)
        index = self._indexes.get(key) or CatalogIndex()
        self._keep(key, index)
        await index.read_new_batches(store, catalog)
        return index

    def forget(self, catalog: str, run_id: str) -> None:
        """Drop an index that may hold more than the store does."""
        self._indexes.pop((catalog, run_id), None)

    def _keep(self, key: tuple[str, str], index: CatalogIndex) -> None:
        self._indexes[key] = index
        self._indexes.move_to_end(key)
        while len(self._indexes) > MAX_CACHED_CATALOGS:
            self._indexes.popitem(last=False)


def find_used_categories(index: CatalogIndex) -> list[Category]:
    """Return the categories that items belong to: what a lost categories.json is rebuilt from."""
    return [Category(name, make_slug(name)) for name in index.item_names_by_category]
