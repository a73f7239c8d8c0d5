"""Publishing: what the importer reads is written last, atomically, and only where it changed.

A catalog may hold 50,000 items, so none of this holds them: each step reads the batches anew.
"""

from array import array
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from shared.domain import paths
from shared.domain.items import Item
from shared.imaging.dhash import format_dhash
from shared.ports import Store
from shared.records import catalog
from shared.records.json_arrays import ArrayText, Fingerprint, write_array_if_changed
from shared.records.pictures import Picture, PictureTable, list_pictures
from shared.records.thumbnails import match_thumbnails


@dataclass(frozen=True, slots=True)
class CatalogView:
    """What a catalog holds at one moment.

    A *row* is an item to publish: one whose image is in the store, or in a dry run any; all others are *missing*.

    Attributes:
        name: the catalog.
        with_images: False takes items without an image for complete.
        batches: the numbers of its batches.
        incomplete_batches: those that hold missing items.
        pictures: the validated pictures in the store; some may belong to no item.
        categories: how many the catalog has.
        items: how many it holds.
        images: how many of the items have their image in the store.
        dhashes: the perceptual hashes of these images, in acceptance order, of those that have one.
        catalog_file: what catalog.json will hold.
        manifest_file: what manifest.json will hold.
    """

    name: str
    with_images: bool
    batches: tuple[int, ...]
    incomplete_batches: tuple[int, ...]
    pictures: PictureTable
    categories: int
    items: int
    images: int
    dhashes: "array[int]"
    catalog_file: Fingerprint
    manifest_file: Fingerprint

    @property
    def rows(self) -> int:
        """How many items there are to publish."""
        return self.images if self.with_images else self.items

    @property
    def missing(self) -> int:
        """How many items are not."""
        return self.items - self.rows


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
    pictures = await view_pictures(store, name) if pictures is None else pictures
    numbers = await catalog.list_batch_numbers(store, name)
    incomplete: list[int] = []
    items = images = 0
    dhashes = array("Q")
    rows, manifest = ArrayText(), ArrayText()
    async for batch in catalog.iterate_batches(store, name, numbers):
        for item in batch.items:
            picture = pictures.find(item.filename)
            items += 1
            if picture is not None:
                images += 1
                if picture.dhash is not None:
                    dhashes.append(picture.dhash)
                manifest.add(_describe_picture(name, item, picture))
            if picture is not None or not with_images:
                rows.add(item.to_json())
            elif incomplete[-1:] != [batch.batch]:
                incomplete.append(batch.batch)
    rows.end()
    manifest.end()
    return CatalogView(
        name=name,
        with_images=with_images,
        batches=tuple(numbers),
        incomplete_batches=tuple(incomplete),
        pictures=pictures,
        categories=len(await catalog.read_categories(store, name) or []),
        items=items,
        images=images,
        dhashes=dhashes,
        catalog_file=rows.fingerprint(),
        manifest_file=manifest.fingerprint(),
    )


async def iterate_rows(store: Store, view: CatalogView) -> AsyncIterator[Item]:
    """Yield the items to publish, in acceptance order."""
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
    """Write manifest and catalog, the catalog last; files that hold this already are left alone."""
    outputs = {
        "catalog": paths.catalog_file(view.name, "catalog.json"),
        "categories": paths.catalog_file(view.name, "categories.json"),
        "manifest": paths.catalog_file(view.name, "manifest.json"),
        "images": paths.image_folder(view.name),
    }
    await write_array_if_changed(store, outputs["manifest"], _dump_manifest(store, view), view.manifest_file)
    await write_array_if_changed(store, outputs["catalog"], _dump_rows(store, view), view.catalog_file)
    return outputs


async def write_partial(store: Store, run_id: str, view: CatalogView) -> dict[str, str]:
    """Write what would be published, for a look at a run that did not come so far or was asked to wait."""
    path = paths.run_file(run_id, "catalog.partial.json")
    await write_array_if_changed(store, path, _dump_rows(store, view), view.catalog_file)
    return {"partialCatalog": path}


async def _dump_rows(store: Store, view: CatalogView) -> AsyncIterator[dict[str, Any]]:
    async for item in iterate_rows(store, view):
        yield item.to_json()


async def _dump_manifest(store: Store, view: CatalogView) -> AsyncIterator[dict[str, Any]]:
    async for item in iterate_rows(store, view):
        picture = view.pictures.find(item.filename)
        if picture is not None:
            yield _describe_picture(view.name, item, picture)


def _describe_picture(name: str, item: Item, picture: Picture) -> dict[str, Any]:
    return {
        "productId": item.product_id,
        "filename": item.filename,
        "url": paths.image_file(name, item.filename),
        "bytes": picture.size,
        "width": picture.width,
        "height": picture.height,
        "sha256": picture.sha256,
        "contentType": "image/jpeg" if item.filename.endswith(".jpg") else "image/png",
        "thumbnail": paths.thumbnail_file(name, item.filename) if picture.has_thumbnail else None,
        "dhash": None if picture.dhash is None else format_dhash(picture.dhash),
    }
