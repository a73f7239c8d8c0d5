"""Publishing: what the importer reads is written last, atomically, and only where it changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.domain import paths
from shared.domain.items import Item
from shared.domain.messages import Failure
from shared.ports import FileInfo, Store
from shared.reasons import Reason
from shared.records import catalog, run
from shared.records.files import JSON_TYPE, dump_json, write_json_if_changed


@dataclass(frozen=True, slots=True)
class CatalogView:
    """What a catalog holds at one moment.

    Attributes:
        rows: the items to publish: all whose image is in the store (all in a dry run), in acceptance order.
        missing: the items without an image, in acceptance order.
        pictures: the stored pictures of the rows, by file name.
        categories: how many the catalog has.
    """

    rows: list[Item]
    missing: list[Item]
    pictures: dict[str, FileInfo]
    categories: int

    @property
    def items(self) -> int:
        """How many items the catalog holds."""
        return len(self.rows) + len(self.missing)

    @property
    def images(self) -> int:
        """How many of its items have their image in the store."""
        return len(self.pictures)


async def view_catalog(store: Store, name: str, *, with_images: bool) -> CatalogView:
    """Return what a catalog holds; ``with_images=False`` takes items without an image for complete.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
    """
    stored = await catalog.list_images(store, name)
    rows: list[Item] = []
    missing: list[Item] = []
    pictures: dict[str, FileInfo] = {}
    async for item in catalog.iterate_items(store, name):
        picture = stored.get(item.filename)
        if picture is not None and catalog.is_valid_image(picture):
            pictures[item.filename] = picture
            rows.append(item)
        elif with_images:
            missing.append(item)
        else:
            rows.append(item)
    categories = await catalog.read_categories(store, name) or []
    return CatalogView(rows, missing, pictures, len(categories))


async def publish(store: Store, name: str, view: CatalogView) -> dict[str, str]:
    """Write manifest and catalog, the catalog last; files that hold this already are left alone."""
    manifest = list(_describe_pictures(name, view))
    await write_json_if_changed(store, paths.catalog_file(name, "manifest.json"), manifest)
    rows = [item.to_json() for item in view.rows]
    await write_json_if_changed(store, paths.catalog_file(name, "catalog.json"), rows)
    return {
        "catalog": paths.catalog_file(name, "catalog.json"),
        "categories": paths.catalog_file(name, "categories.json"),
        "manifest": paths.catalog_file(name, "manifest.json"),
        "images": paths.image_folder(name),
    }


async def write_partial(store: Store, run_id: str, view: CatalogView) -> dict[str, str]:
    """Write what would be published, for a look at a run that did not come so far or was asked to wait."""
    path = paths.run_file(run_id, "catalog.partial.json")
    await write_json_if_changed(store, path, [item.to_json() for item in view.rows])
    return {"partialCatalog": path}


async def find_failed_images(
    store: Store,
    run_id: str,
    view: CatalogView,
    why: Failure | None,
    *,
    forced: bool,
) -> list[dict[str, Any]]:
    """Return the rows of ``failed_images.json``: one for each item without an image.

    An item that was never tried carries the reason that ended the run. Where every image was to be made again
    (``forced``), an item that only has its image of before counts, too.
    """
    tried = {row["productId"]: row async for row in run.iterate_failures(store, run_id)}
    untried = {
        "reason": str(why.reason if why is not None else Reason.NOT_TRIED),
        "message": why.message if why is not None else "the run ended before this image was tried",
        "attempts": 0,
        "requestId": None,
        "at": None,
    }
    rows = [
        tried.get(item.product_id, {"productId": item.product_id, "name": item.name} | untried) for item in view.missing
    ]
    return rows + [tried[item.product_id] for item in view.rows if forced and item.product_id in tried]


async def write_run_lists(store: Store, run_id: str, failed: list[dict[str, Any]]) -> dict[str, str]:
    """Write ``failed_images.json`` and ``rejected_items.json``; both are there even if they are empty."""
    outputs = {
        "failedImages": paths.run_file(run_id, "failed_images.json"),
        "rejectedItems": paths.run_file(run_id, "rejected_items.json"),
    }
    await store.write(outputs["failedImages"], dump_json(failed), content_type=JSON_TYPE)
    rejected = [row async for row in run.iterate_rejections(store, run_id)]
    await store.write(outputs["rejectedItems"], dump_json(rejected), content_type=JSON_TYPE)
    return outputs


def _describe_pictures(name: str, view: CatalogView) -> Iterator[dict[str, Any]]:
    for item in view.rows:
        picture = view.pictures.get(item.filename)
        if picture is not None:
            yield {
                "productId": item.product_id,
                "filename": item.filename,
                "url": paths.image_file(name, item.filename),
                "bytes": picture.size,
                "width": int(picture.facts["width"]),
                "height": int(picture.facts["height"]),
                "sha256": picture.facts["sha256"],
                "contentType": "image/jpeg" if item.filename.endswith(".jpg") else "image/png",
            }
