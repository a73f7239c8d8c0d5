"""``take_input``: the rows of an input become a catalog's batches, so that all that follows works as with any items."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import azure.durable_functions as df

from activities.failures import shorten, tell_failures
from shared.domain import paths
from shared.domain.category_names import CategoryNames
from shared.domain.items import Item, SourceItem, VariantRow, is_outdated
from shared.domain.messages import Failure, RunRef
from shared.domain.planning import ROWS_A_BATCH
from shared.domain.requests import SeedRequest
from shared.domain.source_messages import InputTaken
from shared.domain.sources.changes import (
    ItemIdentities,
    RowChange,
    StandingImage,
    apply_change,
    hash_content,
    hash_variant,
    put_variant,
)
from shared.domain.sources.digests import DigestTable, hash_text
from shared.domain.sources.importer_ids import ImporterIds
from shared.domain.sources.making import describe_row, make_item
from shared.domain.sources.naming import FileNames
from shared.domain.sources.reading import Row, RowReader, Variant, name_prompt_row
from shared.domain.sources.splitting import InputError
from shared.ports import Store, StoreConflictError
from shared.reasons import Reason
from shared.records import catalog, run
from shared.records.files import parse_json
from shared.records.importer_names import open_category_names, read_published_ids, write_category_names
from shared.records.inputs import iterate_input, survey_input
from shared.records.pictures import list_makers
from shared.records.prompts import read_prompts
from shared.records.standing import check_standing
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()

MOST_CHARACTERS = 400_000
"""Of a batch, see ROWS_A_BATCH."""

CHANGED_AT_ONCE = 200
"""Changed rows are kept until there are so many, or batches that hold several would be written again for each."""

LOOK_EVERY_BATCHES = 100


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def take_input(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``InputTaken`` out."""
    services, ref = get_services(), RunRef.from_json(payload)
    taken = await tell_failures(services, ref.run_id, InputTaken, lambda: run_take_input(services, ref))
    return taken.to_json()


async def run_take_input(services: Services, ref: RunRef) -> InputTaken:
    """Write a batch for every few rows that the catalog does not have, and again those whose rows have changed.

    Items are known by their rows' ids, so a repeated activity, and the next run, finds what is there.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await services.caches.read_request(store, ref.run_id)
    path = str(request.input)
    if await store.describe(path) is None:
        return _refuse(f"{path} is not in the store; expected the input that the request names")
    try:
        async with aclosing(store.read_chunks(path)) as chunks:
            survey = await survey_input(chunks, _make_reader(request))
        if survey.problems and not request.skip_invalid:
            return _refuse(f"{path}: {survey.describe_problems()}")
        await run.write_row_problems(store, ref.run_id, [problem.to_json() for problem in survey.problems])
        while True:
            taking = _Taking(services, ref, request, survey.reader)
            if await taking.take():
                break
    except InputError as error:
        return _refuse(f"{path} {error}")
    return replace(taking.tell(), rejected=survey.count_problems())


def _refuse(message: str) -> InputTaken:
    return InputTaken(failure=Failure(Reason.BAD_INPUT, shorten(message)))


def _make_reader(request: SeedRequest) -> RowReader:
    return RowReader(
        request.source, str(request.input), request.field_mapping, variants_are_rows=request.variant_images
    )


@dataclass(slots=True)
class _Taking:
    """One way through the input: what the catalog has, and what was added to it.

    ``known`` has for the identity of each item its batch, its place there, and a digest of what its row said;
    ``variants`` has for each variant a digest of what its row said.
    """

    services: Services
    ref: RunRef
    request: SeedRequest
    survey: RowReader
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
    _new: list[SourceItem] = field(default_factory=list)
    _new_places: dict[int, int] = field(default_factory=dict)
    _new_characters: int = 0
    _changed: dict[int, list[RowChange]] = field(default_factory=dict)
    _retired: dict[str, str] = field(default_factory=dict)
    _is_beaten: bool = False
    _is_stopped: bool = False

    async def take(self) -> bool:
        """Take all rows; False if another delivery writes the same batches: then what it wrote is to be seen first."""
        await self._see_what_is_there()
        async for row in self._iterate_rows():
            if isinstance(row, Variant):
                await self._take_variant(row)
            else:
                await self._take_row(row)
            if self._is_beaten or self._is_stopped:
                return not self._is_beaten
        await self._write_new()
        await self._write_changes()
        if self._is_beaten:
            return False
        await write_category_names(self._store, self.ref.catalog, self.category_names, of_rows=True)
        return True

    def tell(self) -> InputTaken:
        """Return what came of it."""
        return InputTaken(
            categories=len(self.category_names.list_categories()),
            items=len(self.known),
            added=self.added,
            next_batch=self.next_batch,
            outdated=0 if self.request.keep_changed else self.outdated,
        )

    @property
    def _store(self) -> Store:
        return self.services.store

    async def _see_what_is_there(self) -> None:
        self.category_names = await open_category_names(self._store, self.ref.catalog, of_rows=True)
        self.ids = ImporterIds(await read_published_ids(self._store, self.ref.catalog))
        numbers = await catalog.list_batch_numbers(self._store, self.ref.catalog)
        self.next_batch = max(numbers, default=0) + 1
        identify = ItemIdentities(self.request.source, self.survey.mapping)
        marked: list[SourceItem] = []
        async for batch in catalog.iterate_batches(self._store, self.ref.catalog, numbers):
            for place, item in enumerate(batch.items):
                identity = identify.find(item)
                self._count_in(item, identity, batch.batch, place)
                if isinstance(item, SourceItem):
                    self._know_variants(item, identity)
                    if item.earlier is not None and item.earlier.run_id == self.ref.run_id:
                        marked.append(item)
                self.names.take(item.product_id)
                self.names.take(item.filename.rpartition(".")[0])
                if isinstance(item, SourceItem) and item.importer_id is not None:
                    self.ids.claim(item.importer_id)
            self._retired |= {item.source_id: item.importer_id for item in batch.retired}
            self.added += len(batch.items) if batch.run_id == self.ref.run_id else 0
        # an item has its id, whatever rows before it had; so only the ids that no item has stand for retired rows
        self._retired = {source: given for source, given in self._retired.items() if self.ids.claim(given)}
        makers = await list_makers(self._store, self.ref.catalog) if marked else {}
        self.outdated = sum(item.filename in makers and is_outdated(item, makers[item.filename]) for item in marked)

    def _count_in(self, item: Item, identity: str, batch: int, place: int) -> None:
        self.known.put(hash_text(identity), batch, place, hash_content(item))
        self._source_ids.put(hash_text(item.shown_id))
        self.category_names.choose(item.category)

    def _know_variants(self, item: SourceItem, identity: str) -> None:
        for variant in item.variants:
            self.variants.put(hash_variant(hash_text(identity), variant.key), hash_text(variant.row))

    async def _iterate_rows(self) -> AsyncIterator[Row | Variant]:
        async with aclosing(self._store.read_chunks(str(self.request.input))) as chunks:
            async for found in iterate_input(chunks, _make_reader(self.request)):
                if isinstance(found, Row | Variant):
                    yield found

    async def _take_row(self, row: Row) -> None:
        await self._take_off_parent(row)
        known = self.known.get(hash_text(row.identity))
        if known is None:
            await self._add(self._number(row))
            return
        batch, place, content = known
        if content != hash_content(describe_row(row, self.request, product_id="", filename="")):
            await self._note_change(batch, RowChange(place, row=row))

    async def _take_off_parent(self, row: Row) -> None:
        """Take a variant that has an image of its own off the product that had it before."""
        if row.parent_digest is None or hash_variant(row.parent_digest, row.id) not in self.variants:
            return
        known = self.known.get(row.parent_digest)
        if known is not None:
            await self._note_change(known[0], RowChange(known[1], dropped=row.id))

    async def _take_variant(self, variant: Variant) -> None:
        if variant.key and hash_text(variant.key) in self.known:
            return  # it has an image of its own, from a run that was asked for it
        digest = hash_variant(variant.parent_digest, variant.key)
        (count,) = self._variant_counts.get(digest) or (0,)
        self._variant_counts.put(digest, count + 1)
        key = variant.key if variant.key and not count else f"{variant.key}#{count + 1}"
        digest = hash_variant(variant.parent_digest, key)
        if self.variants.get(digest) == (hash_text(variant.text),):
            return
        self.variants.put(digest, hash_text(variant.text))
        row = VariantRow(key=key, row=variant.text)
        place = self._new_places.get(variant.parent_digest)
        known = self.known.get(variant.parent_digest)
        if place is not None:
            self._new[place] = put_variant(self._new[place], row)
            self._new_characters += len(row.row)
        elif known is not None:
            await self._note_change(known[0], RowChange(known[1], variant=row))

    def _number(self, row: Row) -> Row:
        """Return a row with an id that no item has: one of its number, if it has none."""
        number, row_id = len(self.known) + len(self._new), row.id
        while not row.has_id and hash_text(row_id) in self._source_ids:
            number += 1
            row_id = name_prompt_row(number)
        return replace(row, id=row_id)

    async def _add(self, row: Row) -> None:
        item = make_item(row, self.request, self.names)
        retired = self._retired.get(row.id)
        item = self.ids.assign(item) if retired is None else item.model_copy(update={"importer_id": retired})
        if self._new and (len(self._new) == ROWS_A_BATCH or self._new_characters + len(item.row) > MOST_CHARACTERS):
            await self._write_new()
        self._new_places[hash_text(row.identity)] = len(self._new)
        self._source_ids.put(hash_text(item.source_id))
        self._new.append(item)
        self._new_characters += len(item.row)

    async def _write_new(self) -> None:
        if not self._new or self._is_beaten:
            return
        number, items = self.next_batch, tuple(self._new)
        batch = catalog.Batch(batch=number, run_id=self.ref.run_id, items=items, asked=len(items))
        self._is_beaten = not await catalog.create_batch(self._store, self.ref.catalog, batch)
        identities = {place: digest for digest, place in self._new_places.items()}
        for place, item in enumerate(items):
            self.known.put(identities[place], number, place, hash_content(item))
            self.category_names.choose(item.category)
        self.added += len(items)
        self.next_batch += 1
        self._new, self._new_places, self._new_characters = [], {}, 0
        if number % LOOK_EVERY_BATCHES == 0:
            host_id = self.services.settings.host_id
            standing = await check_standing(self._store, self.ref.catalog, self.ref.run_id, host_id)
            self._is_stopped = not standing.may_pay

    async def _note_change(self, batch: int, change: RowChange) -> None:
        self._changed.setdefault(batch, []).append(change)
        if sum(map(len, self._changed.values())) >= CHANGED_AT_ONCE:
            await self._write_changes()

    async def _write_changes(self) -> None:
        """Write batches again whose rows say something else by now; ids, file names and images stay."""
        changed, self._changed = self._changed, {}
        makers = await list_makers(self._store, self.ref.catalog) if changed else {}
        for number, changes in changed.items():
            path = paths.batch_file(self.ref.catalog, number)
            content = await self._store.read(path)
            if content is None:
                continue
            batch = parse_json(path, content.data, catalog.parse_batch)
            prompts = await read_prompts(self._store, self.ref.catalog, number)
            items = list(batch.items)
            for change in changes:
                old = items[change.place]
                made_from = (old if prompts is None else prompts.apply_to(old)).image_prompt
                maker = makers.get(old.filename)
                image = None if maker is None else StandingImage(maker, made_from)
                items[change.place] = apply_change(
                    old, change, self.request, self.survey.mapping, image, run_id=self.ref.run_id
                )
                self.category_names.choose(items[change.place].category)
            self.outdated += sum(map(_becomes_outdated, batch.items, items))
            if tuple(items) == batch.items:
                continue
            try:
                await catalog.replace_batch(
                    self._store, self.ref.catalog, replace(batch, items=tuple(items)), etag=content.etag
                )
            except StoreConflictError:
                self._is_beaten = True


def _becomes_outdated(old: Item, new: Item) -> bool:
    """Return whether a change of an item's row makes its image outdated."""
    was = old.earlier if isinstance(old, SourceItem) else None
    now = new.earlier if isinstance(new, SourceItem) else None
    return now is not None and now.is_outdated and (was is None or not was.is_outdated or now.run_id != was.run_id)
