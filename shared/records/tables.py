"""The files of a catalog that others read, and how an item is written in each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from shared.domain import paths
from shared.domain.category_names import CategoryNames
from shared.domain.items import Item, SourceItem, find_content_type
from shared.domain.requests import SeedRequest
from shared.domain.sources.making import write_importer_row, write_source_row, write_variant_row
from shared.imaging.dhash import format_dhash
from shared.records.json_arrays import JsonText
from shared.records.pictures import Picture

PUBLISHED_FILES = ("catalog.json", "importer-catalog.json", "manifest.json", "upload-manifest.json")


PLACEHOLDER_MARK: Final[dict[str, bool]] = {"placeholder": True}
"""What a row has whose picture is a placeholder, and no other row: importers pass over what they do not know."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file to publish.

    Attributes:
        output: its name in a run's outputs.
        filename: its name below the catalog.
        write_row: an item's row, by the item and its picture or placeholder if it has one; None = the item has none.
    """

    output: str
    filename: str
    write_row: Callable[[Item, Picture | None], object | None]


def make_tables(request: SeedRequest, categories: CategoryNames, *, with_images: bool) -> list[Table]:
    """Return the files of a catalog, ``catalog.json`` first.

    Args:
        request: of the catalog's last run.
        categories: how they are spelled; those of items are added.
        with_images: False takes items without an image for complete.
    """

    def write_item(item: Item, picture: Picture | None) -> object | None:
        return None if with_images and picture is None else write_importer_row(item, categories) | _mark(picture)

    def write_given_row(item: Item, picture: Picture | None) -> object | None:
        if not isinstance(item, SourceItem):
            return write_item(item, picture)
        row = write_source_row(item, request, has_image=picture is not None, more=_mark(picture))
        return JsonText(",\n".join([row, *map(write_variant_row, item.variants, repeat(item.source_id))]))

    def describe(item: Item, picture: Picture | None) -> object | None:
        return None if picture is None else _describe_picture(request.catalog, item, picture)

    def describe_upload(item: Item, picture: Picture | None) -> object | None:
        return None if picture is None else _describe_upload(request.catalog, item, picture)

    if request.source == "generate":
        return [Table("catalog", "catalog.json", write_item), Table("manifest", "manifest.json", describe)]
    return [
        Table("catalog", "catalog.json", write_given_row),
        Table("importerCatalog", "importer-catalog.json", write_item),
        Table("manifest", "manifest.json", describe),
        Table("uploadManifest", "upload-manifest.json", describe_upload),
    ]


def _mark(picture: Picture | None) -> dict[str, bool]:
    return PLACEHOLDER_MARK if picture is not None and picture.is_placeholder else {}


def _describe_picture(catalog: str, item: Item, picture: Picture) -> dict[str, object]:
    described: dict[str, object] = {
        "productId": item.shown_id,
        "filename": item.filename,
        "url": paths.image_file(catalog, item.filename),
        "bytes": picture.size,
        "width": picture.width,
        "height": picture.height,
        "sha256": picture.sha256,
        "contentType": find_content_type(item.filename),
        "thumbnail": paths.thumbnail_file(catalog, item.filename) if picture.has_thumbnail else None,
        "dhash": None if picture.dhash is None else format_dhash(picture.dhash),
    }
    if picture.iteration is not None:
        described["iteration"] = picture.iteration
    if isinstance(item, SourceItem) and item.importer_id not in {None, item.source_id}:
        described["importerId"] = item.importer_id
    return described | _mark(picture)


def _describe_upload(catalog: str, item: Item, picture: Picture) -> dict[str, object]:
    """Return what a copy to other storage needs."""
    return {
        "productId": item.shown_id,
        "path": paths.image_file(catalog, item.filename),
        "bytes": picture.size,
        "contentType": find_content_type(item.filename),
        "sha256": picture.sha256,
    } | _mark(picture)
