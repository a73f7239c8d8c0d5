"""Check every image variant of a catalog: its file, its metadata, and what the catalog's lists say of it."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from shared.config import Settings, StoreSettings
from shared.images.image_metadata import VariantMetadata
from shared.images.variant_spec import ImageVariant
from shared.services.container import build_store
from shared.storage import paths

MAX_PROPORTION_ERROR_PIXELS = 1


def check_variants(folder: Path, catalog: str, variants: Sequence[ImageVariant]) -> dict[str, tuple[int, int]]:
    """Return the number of files and their bytes, by the variants' names.

    Args:
        folder: of the store.
        catalog: a published catalog.
        variants: that each of its images must have.

    Raises:
        ValueError: a variant is missing, superfluous or wrong.
    """
    root = folder / "catalogs" / catalog
    stored = asyncio.run(_read_metadata(folder, catalog))
    uploads = {row["path"]: row for row in _read_rows(root / "upload-manifest.json")}
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for row in _read_rows(root / "manifest.json"):
        listed = {found["path"]: found for found in row["variants"]}
        image_file = root / "images" / row["filename"]
        image_sha256, image_size = _hash_file(image_file), _read_size(image_file)
        for variant in variants:
            path = paths.variant_file(catalog, variant.name, row["filename"], variant.extension)
            _expect(path in listed and path in uploads and path in stored, f"{path} is not stored and listed")
            _check_file(folder / path, variant, image_size, listed[path], uploads[path])
            metadata = stored.pop(path)
            _expect(metadata.filename == row["filename"], f"{path} names another image")
            _expect(metadata.image_sha256 == image_sha256, f"{path} was made from another version of the image")
            counts[variant.name] += 1
            sizes[variant.name] += (folder / path).stat().st_size
        _expect(len(listed) == len(variants), f"{row['filename']} has further variants in the manifest")
    _expect(not stored, f"there are obsolete variants, such as {next(iter(stored), None)}")
    return {name: (count, sizes[name]) for name, count in counts.items()}


def _check_file(
    file: Path, variant: ImageVariant, image_size: tuple[int, int], listed: dict[str, Any], upload: dict[str, Any]
) -> None:
    size = _read_size(file, variant.format.upper())
    width = min(variant.width, image_size[0])
    height = image_size[1] * width / image_size[0]
    _expect(size[0] == width, f"{file} has {size[0]} pixels in width; expected {width}")
    _expect(abs(size[1] - height) <= MAX_PROPORTION_ERROR_PIXELS, f"{file} has {size[1]} pixels in height: {height=}")
    expected = (file.stat().st_size, variant.content_type)
    _expect((listed["width"], listed["height"]) == size, f"{file} has another size in manifest.json")
    _expect((listed["bytes"], listed["contentType"]) == expected, f"{file} is described otherwise in manifest.json")
    _expect(
        (upload["bytes"], upload["contentType"]) == expected, f"{file} is described otherwise in upload-manifest.json"
    )
    _expect(upload["sha256"] == _hash_file(file), f"{file} has another SHA-256 in upload-manifest.json")


async def _read_metadata(folder: Path, catalog: str) -> dict[str, VariantMetadata]:
    """Return the metadata of all variants in the store, by path."""
    store = build_store(Settings(store=StoreSettings(folder=str(folder))))
    found = {}
    async for info in store.list_files(paths.variant_folder(catalog)):
        metadata = VariantMetadata.from_json(info.metadata)
        _expect(metadata is not None, f"{info.path} has no metadata")
        if metadata is not None:
            found[info.path] = metadata
    return found


def _read_rows(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return rows


def _read_size(file: Path, image_format: str | None = None) -> tuple[int, int]:
    """Decode all pixels of an image, and return its width and height."""
    with Image.open(file) as image:
        image.load()
        is_expected = image_format in {None, image.format}
        _expect(is_expected, f"{file} is {image.format}; expected {image_format}")
        return image.size


def _hash_file(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _expect(is_true: bool, problem: str) -> None:
    if not is_true:
        raise ValueError(problem)
