"""Build a catalog's batches from the rows of an input."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from shared.catalog import catalog_files
from shared.catalog.category_names import CategoryNames
from shared.catalog.importer_state import load_category_names, read_published_ids, write_category_names
from shared.catalog.items import Item, SourceItem, VariantRow, is_outdated
from shared.catalog.planning import ROWS_PER_BATCH
from shared.catalog.prompt_files import read_prompts
from shared.errors import StoreConflictError
from shared.images.list_images import list_generating_runs
from shared.inputs.filenames import FileNames
from shared.inputs.importer_ids import ImporterIds
from shared.inputs.input_files import iterate_input, summarize_input
from shared.inputs.item_builder import build_item, build_item_with_names
from shared.inputs.raw_rows import InputError
from shared.inputs.row_changes import (
    CurrentImage,
    ItemIdentities,
    RowChange,
    apply_change,
    hash_content,
    hash_variant,
    put_variant,
)
from shared.inputs.row_reader import RowReader
from shared.inputs.rows import Row, Variant
from shared.messages.base import Failure
from shared.messages.run import ImportedInput, RunRef
from shared.reasons import Reason, shorten_message
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.run_guard import check_run_guard
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import parse_json
from shared.storage.protocol import Store
from shared.text.digest_table import DigestTable, hash_text

MAX_BATCH_CHARACTERS = 400_000
"""Characters of the rows of one batch; see also ROWS_PER_BATCH."""

MAX_PENDING_CHANGES = 200
"""Changed rows are collected up to this number, so that a batch with several of them is written once."""

GUARD_EVERY_BATCHES = 100


async def run_import_input(services: Services, ref: RunRef) -> ImportedInput:
    """Add new rows to the catalog in batches, and update the batches whose rows have changed.

    Items are identified by the ids of their rows, so a repeated activity and the next run find them.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, ref.run_id)
    path = str(request.input)
    if await store.describe(path) is None:
        return _refuse(f"Input {path!r} is not in the store. Upload it with PUT /api/inputs/NAME.")
    try:
        async with aclosing(store.read_chunks(path)) as chunks:
            summary = await summarize_input(chunks, _make_reader(request))
        if summary.problems and not request.skip_invalid:
            return _refuse(f"{path}: {summary.describe_problems()}")
        await run_files.write_rejected_input_rows(
            store, ref.run_id, [problem.to_json() for problem in summary.problems]
        )
        while True:
            row_import = _InputImport(services, ref, request, summary.reader)
            if await row_import.import_rows():
                break
    except InputError as error:
        return _refuse(f"{path} {error}")
    return replace(row_import.make_result(), rejected=summary.count_problems())


def _refuse(message: str) -> ImportedInput:
    return ImportedInput(failure=Failure(Reason.BAD_INPUT, shorten_message(message)))


def _make_reader(request: SeedRequest) -> RowReader:
    return RowReader(
        request.row_source, str(request.input), request.field_mapping, variants_are_rows=request.variant_images
    )


@dataclass(slots=True)
class _InputImport:
    """One pass over the input.

    Attributes:
        services: the services of this process.
        ref: the run.
        request: its request.
        summary: the reader of an earlier pass over the input, with its column mapping.
        known: by the identity of each item, its batch, its index there, and a digest of its row.
        variants: by variant, a digest of its row.
        names: the file names that are taken.
        ids: the importer's ids that are taken.
        category_names: the catalog's categories.
        next_batch: the first unused batch number.
        added: items that this run has written.
        outdated: items whose image shows an earlier text of their row.
    """

    services: Services
    ref: RunRef
    request: SeedRequest
    summary: RowReader
    known: DigestTable = field(default_factory=lambda: DigestTable(3))
    variants: DigestTable = field(default_factory=lambda: DigestTable(1))
    names: FileNames = field(default_factory=FileNames)
    ids: ImporterIds = field(default_factory=ImporterIds)
    category_names: CategoryNames = field(default_factory=CategoryNames)
    next_batch: int = 1
    added: int = 0
    outdated: int = 0
    _source_ids: DigestTable = field(default_factory=DigestTable)
    _variant_counts: DigestTable = field(default_factory=lambda: DigestTable(1))
    _new_items: list[SourceItem] = field(default_factory=list)
    _new_places: dict[int, int] = field(default_factory=dict)
    _new_characters: int = 0
    _pending_changes: dict[int, list[RowChange]] = field(default_factory=dict)
    _retired: dict[str, str] = field(default_factory=dict)
    _has_lost_race: bool = False
    _is_stopped: bool = False

    async def import_rows(self) -> bool:
        """Import all rows; False if another delivery writes the same batches, and this pass has to be repeated."""
        await self._load_catalog()
        async for row in self._iterate_rows():
            if isinstance(row, Variant):
                await self._import_variant(row)
            else:
                await self._import_row(row)
            if self._has_lost_race or self._is_stopped:
                return not self._has_lost_race
        await self._write_new_batch()
        await self._write_changes()
        if self._has_lost_race:
            return False
        await write_category_names(self._store, self.ref.catalog, self.category_names, from_input=True)
        return True

    def make_result(self) -> ImportedInput:
        """Return the result of the activity."""
        return ImportedInput(
            categories=len(self.category_names.list_categories()),
            items=len(self.known),
            added=self.added,
            next_batch=self.next_batch,
            outdated=0 if self.request.keep_changed else self.outdated,
        )

    @property
    def _store(self) -> Store:
        return self.services.store

    async def _load_catalog(self) -> None:
        self.category_names = await load_category_names(self._store, self.ref.catalog, from_input=True)
        self.ids = ImporterIds(await read_published_ids(self._store, self.ref.catalog))
        numbers = await catalog_files.list_batch_numbers(self._store, self.ref.catalog)
        self.next_batch = max(numbers, default=0) + 1
        identify = ItemIdentities(self.request.row_source, self.summary.mapping)
        marked: list[SourceItem] = []
        async for batch in catalog_files.iterate_batches(self._store, self.ref.catalog, numbers):
            for index, item in enumerate(batch.items):
                identity = identify.find(item)
                self._index_item(item, identity, batch.batch, index)
                if isinstance(item, SourceItem):
                    self._index_variants(item, identity)
                    if item.earlier is not None and item.earlier.run_id == self.ref.run_id:
                        marked.append(item)
                self.names.take(item.product_id)
                self.names.take(item.filename.rpartition(".")[0])
                if isinstance(item, SourceItem) and item.importer_id is not None:
                    self.ids.claim(item.importer_id)
            self._retired |= {item.source_id: item.importer_id for item in batch.retired}
            self.added += len(batch.items) if batch.run_id == self.ref.run_id else 0
        # A retired row keeps its importer's id unless an item has the same one.
        self._retired = {source: given for source, given in self._retired.items() if self.ids.claim(given)}
        generating_runs = await list_generating_runs(self._store, self.ref.catalog) if marked else {}
        self.outdated = sum(
            item.filename in generating_runs and is_outdated(item, generating_runs[item.filename]) for item in marked
        )

    def _index_item(self, item: Item, identity: str, batch: int, index: int) -> None:
        self.known.put(hash_text(identity), batch, index, hash_content(item))
        self._source_ids.put(hash_text(item.public_id))
        self.category_names.choose(item.category)

    def _index_variants(self, item: SourceItem, identity: str) -> None:
        for variant in item.variants:
            self.variants.put(hash_variant(hash_text(identity), variant.key), hash_text(variant.row))

    async def _iterate_rows(self) -> AsyncIterator[Row | Variant]:
        async with aclosing(self._store.read_chunks(str(self.request.input))) as chunks:
            async for found in iterate_input(chunks, _make_reader(self.request)):
                if isinstance(found, Row | Variant):
                    yield found

    async def _import_row(self, row: Row) -> None:
        await self._detach_from_parent(row)
        known = self.known.get(hash_text(row.identity))
        if known is None:
            await self._add_item(self._assign_row_id(row))
            return
        batch, index, content = known
        if content != hash_content(build_item_with_names(row, self.request, product_id="", filename="")):
            await self._queue_change(batch, RowChange(index, row=row))

    async def _detach_from_parent(self, row: Row) -> None:
        """Remove a variant that has an image of its own from its former product."""
        if row.parent_digest is None or hash_variant(row.parent_digest, row.id) not in self.variants:
            return
        known = self.known.get(row.parent_digest)
        if known is not None:
            await self._queue_change(known[0], RowChange(known[1], removed_variant=row.id))

    async def _import_variant(self, variant: Variant) -> None:
        if variant.key and hash_text(variant.key) in self.known:
            return  # an earlier run with variantImages gave it an image of its own
        digest = hash_variant(variant.parent_digest, variant.key)
        (count,) = self._variant_counts.get(digest) or (0,)
        self._variant_counts.put(digest, count + 1)
        key = variant.key if variant.key and not count else f"{variant.key}#{count + 1}"
        digest = hash_variant(variant.parent_digest, key)
        if self.variants.get(digest) == (hash_text(variant.text),):
            return
        self.variants.put(digest, hash_text(variant.text))
        row = VariantRow(key=key, row=variant.text)
        index = self._new_places.get(variant.parent_digest)
        known = self.known.get(variant.parent_digest)
        if index is not None:
            self._new_items[index] = put_variant(self._new_items[index], row)
            self._new_characters += len(row.row)
        elif known is not None:
            await self._queue_change(known[0], RowChange(known[1], variant=row))

    def _assign_row_id(self, row: Row) -> Row:
        """Return the row, with an id from its number if the input has no ids."""
        number, row_id = len(self.known) + len(self._new_items), row.id
        while not row.has_id and hash_text(row_id) in self._source_ids:
            number += 1
            row_id = self.request.row_source.make_row_id(number)
        return replace(row, id=row_id)

    async def _add_item(self, row: Row) -> None:
        item = build_item(row, self.request, self.names)
        retired = self._retired.get(row.id)
        item = self.ids.assign(item) if retired is None else item.model_copy(update={"importer_id": retired})
        if self._new_items and (
            len(self._new_items) == ROWS_PER_BATCH or self._new_characters + len(item.row) > MAX_BATCH_CHARACTERS
        ):
            await self._write_new_batch()
        self._new_places[hash_text(row.identity)] = len(self._new_items)
        self._source_ids.put(hash_text(item.source_id))
        self._new_items.append(item)
        self._new_characters += len(item.row)

    async def _write_new_batch(self) -> None:
        if not self._new_items or self._has_lost_race:
            return
        number, items = self.next_batch, tuple(self._new_items)
        batch = catalog_files.Batch(batch=number, run_id=self.ref.run_id, items=items, asked=len(items))
        self._has_lost_race = not await catalog_files.create_batch(self._store, self.ref.catalog, batch)
        identities = {index: digest for digest, index in self._new_places.items()}
        for index, item in enumerate(items):
            self.known.put(identities[index], number, index, hash_content(item))
            self.category_names.choose(item.category)
        self.added += len(items)
        self.next_batch += 1
        self._new_items, self._new_places, self._new_characters = [], {}, 0
        if number % GUARD_EVERY_BATCHES == 0:
            host_id = self.services.settings.host_id
            guard = await check_run_guard(self._store, self.ref.catalog, self.ref.run_id, host_id)
            self._is_stopped = not guard.may_spend

    async def _queue_change(self, batch: int, change: RowChange) -> None:
        self._pending_changes.setdefault(batch, []).append(change)
        if sum(map(len, self._pending_changes.values())) >= MAX_PENDING_CHANGES:
            await self._write_changes()

    async def _write_changes(self) -> None:
        """Replace the batches whose rows have changed; ids, file names and images stay."""
        changed, self._pending_changes = self._pending_changes, {}
        generating_runs = await list_generating_runs(self._store, self.ref.catalog) if changed else {}
        for number, changes in changed.items():
            path = paths.batch_file(self.ref.catalog, number)
            content = await self._store.read(path)
            if content is None:
                continue
            batch = parse_json(path, content.data, catalog_files.parse_batch)
            prompts = await read_prompts(self._store, self.ref.catalog, number)
            items = list(batch.items)
            for change in changes:
                old = items[change.index]
                prompt = (old if prompts is None else prompts.apply_to(old)).image_prompt
                generating_run = generating_runs.get(old.filename)
                image = None if generating_run is None else CurrentImage(generating_run, prompt)
                items[change.index] = apply_change(
                    old, change, self.request, self.summary.mapping, image, run_id=self.ref.run_id
                )
                self.category_names.choose(items[change.index].category)
            self.outdated += sum(map(_becomes_outdated, batch.items, items))
            if tuple(items) == batch.items:
                continue
            try:
                await catalog_files.replace_batch(
                    self._store, self.ref.catalog, replace(batch, items=tuple(items)), etag=content.etag
                )
            except StoreConflictError:
                self._has_lost_race = True


def _becomes_outdated(old: Item, new: Item) -> bool:
    """Return whether an item's image is outdated since its row changed."""
    was = old.earlier if isinstance(old, SourceItem) else None
    now = new.earlier if isinstance(new, SourceItem) else None
    return now is not None and now.is_outdated and (was is None or not was.is_outdated or now.run_id != was.run_id)
