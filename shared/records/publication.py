"""Publishing: what the importer reads is written last, atomically, and only where it changed.

A catalog may hold 50,000 items, so none of this holds them: each step reads the batches anew.
"""

from array import array
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from shared.domain import paths
from shared.domain.category_names import CategoryNames
from shared.domain.items import Item, SourceItem
from shared.domain.requests import SeedRequest
from shared.domain.sources.importer_ids import ChangedIds
from shared.ports import Store
from shared.records import catalog
from shared.records.files import read_json
from shared.records.importer_names import open_category_names, write_category_names
from shared.records.json_arrays import ArrayText, Fingerprint, write_array_if_changed
from shared.records.made_prompts import iterate_made_batches
from shared.records.pictures import Picture, PictureTable, list_pictures
from shared.records.placeholders import remove_placeholders
from shared.records.tables import PUBLISHED_FILES, Table, make_tables
from shared.records.thumbnails import match_thumbnails

__all__ = [
    "PUBLISHED_FILES",
    "CatalogView",
    "iterate_complete",
    "iterate_missing",
    "publish",
    "view_catalog",
    "write_partial",
]


@dataclass(frozen=True, slots=True)
class CatalogView:
    """What a catalog holds at one moment.

    An item is *complete* if its image is in the store, in a dry run always; all others are *missing*. A *row* is an
    item to publish: a complete one, or a missing one that has a placeholder.

    Attributes:
        name: the catalog.
        with_images: False takes items without an image for complete.
        batches: the numbers of its batches.
        incomplete_batches: those that hold missing items.
        pictures: the validated pictures in the store; some may belong to no item.
        category_names: how the catalog's categories are spelled.
        items: how many it holds.
        images: how many of the items have their image in the store.
        outdated: how many of the images show what the item's row said before.
        variants: how many rows are a variant of an item.
        placeholders: how many have a placeholder instead, to be published.
        changed_ids: the rows that have another id in the importer.
        useless_placeholders: file names of others: of items that are gone, or the catalog's last run wants none.
        dhashes: the perceptual hashes of these images, in acceptance order, of those that have one.
        request: of the catalog's last run: it says from what source the items are.
        files: what the files to publish will hold, by their names in a run's outputs.
    """

    name: str
    with_images: bool
    batches: tuple[int, ...]
    incomplete_batches: tuple[int, ...]
    pictures: PictureTable
    category_names: CategoryNames
    items: int
    images: int
    outdated: int
    variants: int
    placeholders: int
    changed_ids: ChangedIds
    useless_placeholders: tuple[str, ...]
    dhashes: "array[int]"
    request: SeedRequest
    files: Mapping[str, Fingerprint]

    @property
    def categories(self) -> int:
        """How many categories the catalog has."""
        return len(self.category_names.list_categories())

    @property
    def rows(self) -> int:
        """How many items there are to publish."""
        return self.images + self.placeholders if self.with_images else self.items

    @property
    def missing(self) -> int:
        """How many items are not complete; some of them may have a placeholder."""
        return self.items - self.images if self.with_images else 0

    def find_shown(self, item: Item) -> Picture | None:
        """Return what is published as an item's picture: that, or its placeholder."""
        return _find_shown(self.pictures, item, self.request)


async def view_pictures(store: Store, name: str) -> PictureTable:
    """Return the validated pictures of a catalog, and which of them have a thumbnail."""
    pictures = await list_pictures(store, name)
    await match_thumbnails(store, name, pictures)
    return pictures


async def view_catalog(
    store: Store,
    name: str,
    *,
    with_images: bool,
    pictures: PictureTable | None = None,
) -> CatalogView:
    """Return what a catalog holds.

    Args:
        store: where it is.
        name: the catalog.
        with_images: False takes items without an image for complete.
        pictures: its pictures, where they were looked at already.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
    """
    path = paths.state_file(name, "request.json")
    request = await read_json(store, path, SeedRequest.model_validate) or SeedRequest(catalog=name)
    names = await open_category_names(store, name, of_rows=request.source != "generate")
    pictures = await view_pictures(store, name) if pictures is None else pictures
    numbers = await catalog.list_batch_numbers(store, name)
    incomplete: list[int] = []
    items = images = outdated = variants = 0
    shown_placeholders: set[str] = set()
    dhashes = array("Q")
    changed_ids = ChangedIds()
    texts = [(table, ArrayText()) for table in make_tables(request, names, with_images=with_images)]
    async for batch in iterate_made_batches(store, name, numbers, pictures):
        for item in batch.items:
            picture = pictures.find(item.filename)
            items += 1
            images += picture is not None
            names.choose(item.category)
            changed_ids.note(item)
            outdated += picture is not None and shows_earlier(item, picture)
            variants += len(item.variants) if isinstance(item, SourceItem) else 0
            if picture is not None and picture.dhash is not None:
                dhashes.append(picture.dhash)
            if picture is None and with_images and incomplete[-1:] != [batch.batch]:
                incomplete.append(batch.batch)
            shown = _find_shown(pictures, item, request)
            if shown is not None and shown.is_placeholder:
                shown_placeholders.add(item.filename)
            for table, text in texts:
                row = table.write_row(item, shown)
                if row is not None:
                    text.add(row)
    for _, text in texts:
        text.end()
    return CatalogView(
        name=name,
        with_images=with_images,
        batches=tuple(numbers),
        incomplete_batches=tuple(incomplete),
        pictures=pictures,
        category_names=names,
        items=items,
        images=images,
        outdated=outdated,
        variants=variants,
        placeholders=len(shown_placeholders),
        changed_ids=changed_ids,
        useless_placeholders=tuple(name for name in pictures.list_placeholders() if name not in shown_placeholders),
        dhashes=dhashes,
        request=request,
        files={table.output: text.fingerprint() for table, text in texts},
    )


async def iterate_complete(store: Store, view: CatalogView) -> AsyncIterator[Item]:
    """Yield the items that have their image, in acceptance order; all of them in a dry run."""
    async for batch in catalog.iterate_batches(store, view.name, view.batches):
        for item in batch.items:
            if not view.with_images or item.filename in view.pictures:
                yield item


async def iterate_missing(store: Store, view: CatalogView) -> AsyncIterator[Item]:
    """Yield the items without an image, in acceptance order; none in a dry run."""
    async for batch in catalog.iterate_batches(store, view.name, view.incomplete_batches):
        for item in batch.items:
            if item.filename not in view.pictures:
                yield item


async def publish(store: Store, view: CatalogView) -> dict[str, str]:
    """Write what importers read: the categories first, the catalog last; files that hold this already are left alone.

    Placeholders that no row names any more are removed after that.
    """
    outputs = {
        "catalog": paths.catalog_file(view.name, "catalog.json"),
        "categories": paths.catalog_file(view.name, "categories.json"),
        "images": paths.image_folder(view.name),
    }
    await write_category_names(store, view.name, view.category_names, of_rows=view.request.source != "generate")
    for table in reversed(make_tables(view.request, view.category_names, with_images=view.with_images)):
        outputs[table.output] = paths.catalog_file(view.name, table.filename)
        rows = _write_rows(store, view, table)
        await write_array_if_changed(store, outputs[table.output], rows, view.files[table.output])
    await remove_placeholders(store, view.name, view.useless_placeholders)
    return outputs


async def write_partial(store: Store, run_id: str, view: CatalogView) -> dict[str, str]:
    """Write what would be published, for a look at a run that did not come so far or was asked to wait."""
    path = paths.run_file(run_id, "catalog.partial.json")
    table = make_tables(view.request, view.category_names, with_images=view.with_images)[0]
    await write_array_if_changed(store, path, _write_rows(store, view, table), view.files[table.output])
    return {"partialCatalog": path}


async def _write_rows(store: Store, view: CatalogView, table: Table) -> AsyncIterator[object]:
    async for batch in iterate_made_batches(store, view.name, view.batches, view.pictures):
        for item in batch.items:
            row = table.write_row(item, view.find_shown(item))
            if row is not None:
                yield row


def shows_earlier(item: Item, picture: Picture) -> bool:
    """Return whether an image shows what its item's row said before."""
    earlier = item.earlier if isinstance(item, SourceItem) else None
    if earlier is None or not earlier.is_outdated:
        return False
    return picture.maker_ms is None or picture.maker_ms > paths.read_countdown(earlier.run_id)


def _find_shown(pictures: PictureTable, item: Item, request: SeedRequest) -> Picture | None:
    picture = pictures.find(item.filename)
    return pictures.find_placeholder(item.filename) if picture is None and request.placeholder else picture
