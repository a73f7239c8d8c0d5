"""The published files of a catalog, and the row of an item in each of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from shared.catalog.category_names import CategoryNames
from shared.catalog.items import Item, SourceItem, VariantRow, find_content_type
from shared.images.image_table import StoredImage, StoredVariant
from shared.inputs.row_values import append_members
from shared.rendering.perceptual_hash import format_dhash
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.json_array_encoder import RawJson, encode_row

PUBLISHED_FILES = ("catalog.json", "importer-catalog.json", "manifest.json", "upload-manifest.json")

PLACEHOLDER_MARK: Final[dict[str, bool]] = {"placeholder": True}
"""Member of rows whose image is a placeholder; importers ignore unknown members."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file to publish.

    Attributes:
        output: its name in a run's outputs.
        filename: its name below the catalog.
        describe_item: returns an item's row, given the item and its image or placeholder; None for no row.
    """

    output: str
    filename: str
    describe_item: Callable[[Item, StoredImage | None], object | None]


def make_published_files(request: SeedRequest, categories: CategoryNames, *, with_images: bool) -> list[PublishedFile]:
    """Return the files of a catalog, ``catalog.json`` first.

    Args:
        request: of the catalog's last run.
        categories: spelling of the categories; those of items are added.
        with_images: False counts items without an image as complete.
    """

    def write_item(item: Item, image: StoredImage | None) -> object | None:
        return (
            None if with_images and image is None else write_importer_row(item, categories) | _placeholder_mark(image)
        )

    def write_input_row(item: Item, image: StoredImage | None) -> object | None:
        if not isinstance(item, SourceItem):
            return write_item(item, image)
        row = write_source_row(item, request, has_image=image is not None, extra_members=_placeholder_mark(image))
        return RawJson(",\n".join([row, *map(write_variant_row, item.variants, repeat(item.source_id))]))

    def describe(item: Item, image: StoredImage | None) -> object | None:
        return None if image is None else _describe_image(request, item, image)

    def describe_upload(item: Item, image: StoredImage | None) -> object | None:
        if image is None:
            return None
        row, *others = _describe_upload(request, item, image)
        return RawJson(",\n".join(map(encode_row, (row, *others)))) if others else row

    if request.item_source.writes_items:
        return [
            PublishedFile("catalog", "catalog.json", write_item),
            PublishedFile("manifest", "manifest.json", describe),
        ]
    return [
        PublishedFile("catalog", "catalog.json", write_input_row),
        PublishedFile("importerCatalog", "importer-catalog.json", write_item),
        PublishedFile("manifest", "manifest.json", describe),
        PublishedFile("uploadManifest", "upload-manifest.json", describe_upload),
    ]


def _placeholder_mark(image: StoredImage | None) -> dict[str, bool]:
    return PLACEHOLDER_MARK if image is not None and image.is_placeholder else {}


def _describe_image(request: SeedRequest, item: Item, image: StoredImage) -> dict[str, object]:
    catalog = request.catalog
    described: dict[str, object] = {
        "productId": item.public_id,
        "filename": item.filename,
        "url": paths.image_file(catalog, item.filename),
        "bytes": image.size,
        "width": image.width,
        "height": image.height,
        "sha256": image.sha256,
        "contentType": find_content_type(item.filename),
        "thumbnail": paths.thumbnail_file(catalog, item.filename) if image.has_thumbnail else None,
        "dhash": None if image.dhash is None else format_dhash(image.dhash),
    }
    if request.image_variants:
        described["variants"] = [
            {"path": path, "bytes": variant.size, "width": variant.width, "height": variant.height, "contentType": kind}
            for variant, path, kind in _iterate_variants(request, item, image)
        ]
    if image.style is not None:
        described["styleReference"] = image.style
    if image.round is not None:
        described["iteration"] = image.round
    if isinstance(item, SourceItem) and item.importer_id not in {None, item.source_id}:
        described["importerId"] = item.importer_id
    return described | _placeholder_mark(image)


def _iterate_variants(request: SeedRequest, item: Item, image: StoredImage) -> Iterator[tuple[StoredVariant, str, str]]:
    """Yield the variants of an image with their path and media type."""
    for variant in image.variants:
        spec = request.image_variants[variant.place]
        path = paths.variant_file(request.catalog, spec.name, item.filename, spec.extension)
        yield variant, path, spec.content_type


def _describe_upload(request: SeedRequest, item: Item, image: StoredImage) -> list[dict[str, object]]:
    """Return the rows for copying an image and its variants to other storage."""
    row = {
        "productId": item.public_id,
        "path": paths.image_file(request.catalog, item.filename),
        "bytes": image.size,
        "contentType": find_content_type(item.filename),
        "sha256": image.sha256,
    } | _placeholder_mark(image)
    variants = [
        {
            "productId": item.public_id,
            "path": path,
            "bytes": variant.size,
            "contentType": kind,
            "sha256": variant.sha256,
            "variant": request.image_variants[variant.place].name,
        }
        for variant, path, kind in _iterate_variants(request, item, image)
    ]
    return [row, *variants]


def write_source_row(
    item: SourceItem, request: SeedRequest, *, has_image: bool, extra_members: Mapping[str, bool] = MappingProxyType({})
) -> str:
    """Return the row as given, with the file name and URL of its image, or null.

    Args:
        item: of the row.
        request: of the run.
        has_image: whether there is an image.
        extra_members: members to append.
    """
    base = "images" if request.image_base_url is None else request.image_base_url.rstrip("/")
    url = f"{base}/{quote(item.filename)}"
    return append_members(
        item.row,
        {
            "imageFile": item.filename if has_image else None,
            "imageUrl": url if has_image else None,
            **extra_members,
        },
    )


def write_variant_row(variant: VariantRow, source_id: str) -> str:
    """Return a variant's row as given, without an image, with the id of its product."""
    return append_members(variant.row, {"imageFile": None, "imageUrl": None, "variantOf": source_id})


def write_importer_row(item: Item, categories: CategoryNames) -> dict[str, Any]:
    """Return an item's row for the importer: with its id there, and the catalog's spelling of its category."""
    row = item.to_json() if not isinstance(item, SourceItem) else _describe_item(item)
    return row | {"category": categories.choose(item.category).name}


def _describe_item(item: SourceItem) -> dict[str, Any]:
    return {
        "productId": item.importer_id or item.source_id,
        "name": item.name,
        "description": item.description,
        "category": item.category,
        "filename": item.filename,
        "imagePrompt": item.image_prompt,
    }
