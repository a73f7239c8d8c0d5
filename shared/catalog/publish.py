"""Publishes a catalog: the importer's files are written last, atomically, and only if they change.

A catalog may hold 50,000 items, so each step streams the batches instead of keeping the items.
"""

from array import array
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from shared.catalog import catalog_files
from shared.catalog.category_names import CategoryNames
from shared.catalog.importer_state import load_category_names, write_category_names
from shared.catalog.items import Item, SourceItem
from shared.catalog.published_files import PUBLISHED_FILES, PublishedFile, make_published_files
from shared.images.generated_prompts import iterate_generated_batches
from shared.images.image_table import ImageTable, StoredImage
from shared.images.list_images import list_stored_images
from shared.images.placeholder_files import remove_placeholders
from shared.images.thumbnail_files import match_thumbnails
from shared.images.variant_files import match_variants
from shared.inputs.importer_ids import ChangedIds
from shared.reviews.decision_log import DecisionLog
from shared.reviews.decisions import DecisionTable
from shared.reviews.publishing_gate import REVIEW_REASONS, LeftOut, LeftOutCounter, PublishingGate
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.json_array_encoder import ContentDigest, JsonArrayEncoder
from shared.storage.json_arrays import write_array, write_array_if_changed
from shared.storage.json_files import read_json
from shared.storage.protocol import Store

__all__ = [
    "PUBLISHED_FILES",
    "CatalogView",
    "iterate_complete_items",
    "iterate_missing_items",
    "publish",
    "read_catalog_view",
    "write_partial_catalog",
]


@dataclass(frozen=True, slots=True)
class CatalogView:
    """What a catalog holds at one time.

    An item is *complete* if its image is in the store, in a dry run always; otherwise it is *missing*. A *row* is a
    published item: a complete one, or a missing one with a placeholder, unless reviews leave it out.

    Attributes:
        name: the catalog.
        with_images: False counts items without an image as complete.
        batches: numbers of its batches.
        incomplete_batches: numbers of the batches with missing items.
        image_table: the validated images in the store; some may belong to no item.
        category_names: spelling of the categories.
        items: number of items.
        images: number of items with their image in the store.
        outdated: number of images that show an earlier version of the item's row.
        variants: number of rows that are variants of an item.
        placeholders: number of items with a placeholder to publish in place of an image.
        changed_ids: rows with another id in the importer.
        obsolete_placeholders: file names of other placeholders: their item is gone, or the last run wants none.
        perceptual_hashes: hashes of the items' images, in acceptance order.
        request: of the catalog's last run; determines the source of the items.
        gate: decides which items are published.
        left_out: the items that are not published, by reason.
        files: content of the files to publish, by their names in a run's outputs.
    """

    name: str
    with_images: bool
    batches: tuple[int, ...]
    incomplete_batches: tuple[int, ...]
    image_table: ImageTable
    category_names: CategoryNames
    items: int
    images: int
    outdated: int
    variants: int
    placeholders: int
    changed_ids: ChangedIds
    obsolete_placeholders: tuple[str, ...]
    perceptual_hashes: "array[int]"
    request: SeedRequest
    gate: PublishingGate
    left_out: tuple[LeftOut, ...]
    files: Mapping[str, ContentDigest]

    @property
    def categories(self) -> int:
        """Number of categories."""
        return len(self.category_names.list_categories())

    @property
    def rows(self) -> int:
        """Number of items to publish."""
        return self.items - sum(group.count for group in self.left_out)

    @property
    def is_held_back(self) -> bool:
        """Whether reviews leave nothing to publish: an empty file would replace one that an importer may be using."""
        is_reviewed = self.gate.approved_only or any(group.reason in REVIEW_REASONS for group in self.left_out)
        return is_reviewed and bool(self.items) and not self.rows

    @property
    def missing(self) -> int:
        """Number of items that are not complete; some may have a placeholder."""
        return self.items - self.images if self.with_images else 0

    def find_published_image(self, item: Item) -> StoredImage | None:
        """Return the image of an item, or the placeholder to publish instead."""
        return _find_published_image(self.image_table, item, self.request)


@dataclass(slots=True)
class _CatalogContents:
    """Counts the items of a catalog, with what belongs to them; `CatalogView` describes the counts."""

    items: int = 0
    images: int = 0
    outdated: int = 0
    variants: int = 0
    incomplete_batches: list[int] = field(default_factory=list)
    placeholders: set[str] = field(default_factory=set)
    changed_ids: ChangedIds = field(default_factory=ChangedIds)
    left_out: LeftOutCounter = field(default_factory=LeftOutCounter)
    perceptual_hashes: "array[int]" = field(default_factory=lambda: array("Q"))

    def add(self, item: Item, batch: int, image: StoredImage | None) -> None:
        self.items += 1
        self.changed_ids.note(item)
        self.variants += len(item.variants) if isinstance(item, SourceItem) else 0
        if image is not None:
            self.images += 1
            self.outdated += is_image_outdated(item, image)
            if image.dhash is not None:
                self.perceptual_hashes.append(image.dhash)
        elif self.incomplete_batches[-1:] != [batch]:
            self.incomplete_batches.append(batch)


async def read_image_table(store: Store, name: str) -> ImageTable:
    """Return the validated images of a catalog, and which of them have a thumbnail."""
    image_table = await list_stored_images(store, name)
    await match_thumbnails(store, name, image_table)
    return image_table


async def read_catalog_view(
    store: Store,
    name: str,
    *,
    with_images: bool,
    image_table: ImageTable | None = None,
    decisions: DecisionTable | None = None,
    approved_only: bool = False,
) -> CatalogView:
    """Return what a catalog holds, and which of it is published.

    Args:
        store: holds the catalog.
        name: the catalog.
        with_images: False counts items without an image as complete.
        image_table: the images, if they have been read.
        decisions: of reviewers, if they have been read.
        approved_only: publish approved items only, even if the last request does not require a review.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
    """
    path = paths.state_file(name, "request.json")
    request = await read_json(store, path, SeedRequest.model_validate) or SeedRequest(catalog=name)
    gate = PublishingGate(
        decisions=await DecisionLog(store).load(name) if decisions is None else decisions,
        approved_only=approved_only or request.requires_review,
        with_images=with_images,
    )
    names = await load_category_names(store, name, from_input=not request.item_source.writes_items)
    if image_table is None:
        image_table = await read_image_table(store, name)
        await match_variants(store, name, image_table, request.image_variants)
    numbers = await catalog_files.list_batch_numbers(store, name)
    contents = _CatalogContents()
    texts = [(file, JsonArrayEncoder()) for file in make_published_files(request, names, with_images=with_images)]
    async for batch in iterate_generated_batches(store, name, numbers, image_table):
        for item in batch.items:
            names.choose(item.category)
            contents.add(item, batch.batch, image_table.find(item.filename))
            published_image = _find_published_image(image_table, item, request)
            if published_image is not None and published_image.is_placeholder:
                contents.placeholders.add(item.filename)
            if (reason := gate.find_reason(item, published_image)) is not None:
                contents.left_out.add(item, reason)
            for file, text in texts:
                row = _describe_row(file, gate, item, published_image)
                if row is not None:
                    text.add(row)
    for _, text in texts:
        text.end()
    return CatalogView(
        name=name,
        with_images=with_images,
        batches=tuple(numbers),
        incomplete_batches=tuple(contents.incomplete_batches) if with_images else (),
        image_table=image_table,
        category_names=names,
        items=contents.items,
        images=contents.images,
        outdated=contents.outdated,
        variants=contents.variants,
        placeholders=len(contents.placeholders),
        changed_ids=contents.changed_ids,
        obsolete_placeholders=tuple(
            name for name in image_table.list_placeholders() if name not in contents.placeholders
        ),
        perceptual_hashes=contents.perceptual_hashes,
        request=request,
        gate=gate,
        left_out=contents.left_out.list_groups(),
        files={file.output: text.content_digest() for file, text in texts},
    )


async def iterate_complete_items(store: Store, view: CatalogView) -> AsyncIterator[Item]:
    """Yield the items with an image, in acceptance order; all items in a dry run."""
    async for batch in catalog_files.iterate_batches(store, view.name, view.batches):
        for item in batch.items:
            if not view.with_images or item.filename in view.image_table:
                yield item


async def iterate_missing_items(store: Store, view: CatalogView) -> AsyncIterator[Item]:
    """Yield the items without an image, in acceptance order; none in a dry run."""
    async for batch in catalog_files.iterate_batches(store, view.name, view.incomplete_batches):
        for item in batch.items:
            if item.filename not in view.image_table:
                yield item


async def publish(store: Store, view: CatalogView) -> dict[str, str]:
    """Write the importer's files: the categories first, the catalog last; skips unchanged files.

    Then removes placeholders that are not published.

    Returns:
        The paths of the files; empty, without any change, if reviews hold the catalog back.
    """
    if view.is_held_back:
        return {}
    outputs = {
        "catalog": paths.catalog_file(view.name, "catalog.json"),
        "categories": paths.catalog_file(view.name, "categories.json"),
        "images": paths.image_folder(view.name),
    }
    await write_category_names(
        store, view.name, view.category_names, from_input=not view.request.item_source.writes_items
    )
    for file in reversed(make_published_files(view.request, view.category_names, with_images=view.with_images)):
        outputs[file.output] = paths.catalog_file(view.name, file.filename)
        rows = _write_rows(store, view, file, view.gate)
        await write_array_if_changed(store, outputs[file.output], rows, view.files[file.output])
    await remove_placeholders(store, view.name, view.obsolete_placeholders)
    return outputs


async def write_partial_catalog(store: Store, run_id: str, view: CatalogView) -> dict[str, str]:
    """Write what a run that ended early, or waits for a review, would publish if every undecided item was approved."""
    path = paths.run_file(run_id, "catalog.partial.json")
    file = make_published_files(view.request, view.category_names, with_images=view.with_images)[0]
    rows = _write_rows(store, view, file, view.gate.admit_undecided())
    if view.gate.approved_only:  # the view has the digest of the approved items only
        await write_array(store, path, rows)
    else:
        await write_array_if_changed(store, path, rows, view.files[file.output])
    return {"partialCatalog": path}


async def _write_rows(
    store: Store, view: CatalogView, file: PublishedFile, gate: PublishingGate
) -> AsyncIterator[object]:
    async for batch in iterate_generated_batches(store, view.name, view.batches, view.image_table):
        for item in batch.items:
            row = _describe_row(file, gate, item, view.find_published_image(item))
            if row is not None:
                yield row


def _describe_row(file: PublishedFile, gate: PublishingGate, item: Item, image: StoredImage | None) -> object | None:
    """Return the row of an item in a file, or None; the only place where items enter published files."""
    return file.describe_item(item, image) if gate.admits(item, image) else None


def is_image_outdated(item: Item, image: StoredImage) -> bool:
    """Return whether an image shows an earlier version of its item's row."""
    earlier = item.earlier if isinstance(item, SourceItem) else None
    if earlier is None or not earlier.is_outdated:
        return False
    return image.run_countdown_ms is None or image.run_countdown_ms > paths.parse_inverted_time(earlier.run_id)


def _find_published_image(image_table: ImageTable, item: Item, request: SeedRequest) -> StoredImage | None:
    image = image_table.find(item.filename)
    return image_table.find_placeholder(item.filename) if image is None and request.placeholder else image
