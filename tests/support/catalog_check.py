"""Check everything that a run left in a store, and list what is lost or corrupt."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.catalog.catalog_files import list_batch_numbers
from shared.catalog.items import Item
from shared.catalog.prompt_files import iterate_prompted_batches
from shared.images.image_metadata import is_valid_image
from shared.rendering.inspect_image import BadImageError, inspect_image
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store
from tests.support.importer_rules import ImportAbortedError, import_rows

ROOTS = ("catalogs/", "runs/", "backups/")


@dataclass(slots=True)
class Audit:
    """The problems of a catalog, one line each.

    Attributes:
        rows: of ``catalog.json``, or of ``importer-catalog.json`` for existing products.
        lost: missing parts.
        corrupt: unexpected or wrong parts.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)

    def describe_rows(self) -> list[dict[str, str]]:
        """Return the rows without the values that differ in every run."""
        reported = ("name", "category", "description", "imagePrompt")
        return sorted(({key: row[key] for key in reported} for row in self.rows), key=lambda row: row["name"])


async def check_catalog(store: Store, catalog: str, run_id: str, *, items: int, refused: str | None = None) -> Audit:
    """Check a catalog after its run.

    Args:
        store: the store of the catalog.
        catalog: its name.
        run_id: id of the run.
        items: the expected number of items.
        refused: text of prompts that the service refuses; such items are not published. None: it refuses none.
    """
    audit = Audit()
    published = [paths.catalog_file(catalog, name) for name in ("importer-catalog.json", "catalog.json")]
    is_of_rows = await store.describe(published[0]) is not None
    audit.rows = await _read_rows(store, published[0 if is_of_rows else 1], audit)
    accepted = await list_prompted_items(store, catalog)
    if len(accepted) != items:
        audit.lost.append(f"the batches hold {len(accepted)} items; expected {items}")
    expected = [item.product_id for item in accepted if refused is None or refused not in item.image_prompt]
    _check_rows(audit, expected)
    await _check_categories(store, catalog, audit)
    await _check_images(store, catalog, audit)
    await _check_temporary_files(store, catalog, run_id, audit)
    return audit


async def list_prompted_items(store: Store, catalog: str) -> list[Item]:
    """Return a catalog's items in order, each with its image prompt."""
    numbers = await list_batch_numbers(store, catalog)
    return [item async for batch in iterate_prompted_batches(store, catalog, numbers) for item in batch.items]


def find_temporary_files(folder: Path) -> list[str]:
    """Return the temporary files that a folder store left."""
    return [f"{path.name} is half written" for path in (folder / ".seeder/tmp").glob("**/*") if path.is_file()]


def _check_rows(audit: Audit, expected: list[str]) -> None:
    """Compare what is published with the batches, which are the source, in their order."""
    rows = audit.rows
    published = [row["productId"] for row in rows]
    audit.lost += [f"item {product_id} is not published" for product_id in expected if product_id not in published]
    if published != [product_id for product_id in expected if product_id in published]:
        audit.corrupt.append("catalog.json holds other items than the batches, or in another order")
    for key in ("productId", "filename", "name"):
        counts = Counter(row[key].casefold() for row in rows)
        audit.corrupt += [f"{key} {value!r} is there {count} times" for value, count in counts.items() if count > 1]
    audit.corrupt += [f"{row['productId']!r} is no UUID v4" for row in rows if UUID(row["productId"]).version != 4]
    try:
        imported = import_rows(rows)
    except ImportAbortedError as error:
        audit.corrupt.append(f"the importer aborts: {error}")
    else:
        if len(imported) != len(rows):
            audit.corrupt.append(f"the importer takes {len(imported)} of {len(rows)} rows")


async def _check_categories(store: Store, catalog: str, audit: Audit) -> None:
    numbers = await list_batch_numbers(store, catalog)
    if numbers != list(range(1, len(numbers) + 1)):
        audit.lost.append(f"batches are {numbers}; expected no gaps")
    known = {row["name"] for row in await _read_rows(store, paths.catalog_file(catalog, "categories.json"), audit)}
    unknown = {row["category"] for row in audit.rows} - known
    audit.corrupt += [f"categories.json does not know {name!r}" for name in sorted(unknown)]


async def _check_images(store: Store, catalog: str, audit: Audit) -> None:
    stored = {info.path: info async for info in store.list_files(paths.image_folder(catalog))}
    manifest = await _read_rows(store, paths.catalog_file(catalog, "manifest.json"), audit)
    if [row["productId"] for row in manifest] != [row["productId"] for row in audit.rows]:
        audit.corrupt.append("manifest.json and catalog.json are of different items")
    for row in manifest:
        info = stored.pop(paths.image_file(catalog, row["filename"]), None)
        content = None if info is None else await store.read(info.path)
        if info is None or content is None:
            audit.lost.append(f"image {row['filename']} is missing")
        else:
            audit.corrupt += _compare_image(info, content.data, row)
    audit.corrupt += [f"{path} belongs to no item" for path in stored]


def _compare_image(info: FileInfo, data: bytes, row: dict[str, Any]) -> list[str]:
    try:
        seen = inspect_image(data)
    except BadImageError as error:
        return [f"{info.path}: {error}"]
    reported = (row["bytes"], row["width"], row["height"], row["sha256"], row["contentType"])
    if reported != (len(data), seen.width, seen.height, seen.sha256, seen.content_type):
        return [f"manifest.json says {reported} of {info.path}"]
    if not is_valid_image(info) or info.metadata["sha256"] != seen.sha256:
        return [f"the facts of {info.path} are another image's: {dict(info.metadata)}"]
    return []


async def _check_temporary_files(store: Store, catalog: str, run_id: str, audit: Audit) -> None:
    found = [info.path for root in ROOTS async for info in store.list_files(root)]
    audit.corrupt += [f"{path} was put aside" for path in found if ".damaged-" in path]
    if paths.run_claim_file(catalog) in found:
        audit.corrupt.append("the catalog is still claimed")
    audit.lost += [
        f"{path} is missing"
        for path in (paths.run_file(run_id, name) for name in ("request.json", "summary.json", "failed_images.json"))
        if path not in found
    ]
    for path in found:
        if path.endswith(".json"):
            content = await store.read(path)
            try:
                json.loads(content.data if content is not None else b"")
            except ValueError:
                audit.corrupt.append(f"{path} is no JSON")


async def _read_rows(store: Store, path: str, audit: Audit) -> list[Any]:
    content = await store.read(path)
    if content is None:
        audit.lost.append(f"{path} is missing")
        return []
    rows: list[Any] = json.loads(content.data)
    return rows
