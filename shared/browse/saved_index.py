"""``state/browse_index.z``: a copy of a large catalog's index, so that a new process need not scan the store first.

The copy is derived and may be deleted: a process that cannot read it scans the store. One that can read it answers from
it, and scans the store meanwhile, because the catalog may have changed since. It is JSON, compressed.
"""

import asyncio
import base64
import json
import logging
import zlib
from dataclasses import astuple, replace
from typing import Any, Final

from shared.browse.catalog_index import (
    CatalogIndex,
    CatalogScan,
    Grouping,
    Marks,
    RunFailures,
    ScannedBatch,
    ScannedImages,
)
from shared.browse.item_rows import IndexedItem, ItemFailure
from shared.storage import paths
from shared.storage.protocol import Store

FORMAT: Final = 3
FILE_NAME: Final = "browse_index.z"
FILE_TYPE: Final = "application/octet-stream"
COMPRESSION_LEVEL: Final = 1

logger = logging.getLogger(__name__)


async def read_saved_index(store: Store, catalog: str) -> CatalogIndex | None:
    """Return the saved index of a catalog; None if there is none, or it cannot be used.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    content = await store.read(paths.state_file(catalog, FILE_NAME))
    if content is None:
        return None
    try:
        return await asyncio.to_thread(_decode, catalog, content.data)
    except (zlib.error, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        logger.warning("the saved index of catalog %s is ignored: %r", catalog, error)
        return None


async def write_saved_index(store: Store, index: CatalogIndex) -> None:
    """Save the index of a catalog.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    data = await asyncio.to_thread(_encode, index)
    await store.write(paths.state_file(index.catalog, FILE_NAME), data, content_type=FILE_TYPE)


def _encode(index: CatalogIndex) -> bytes:
    categories: dict[str, int] = {}

    def encode_item(item: IndexedItem) -> list[Any]:
        public_id = None if item.public_id is item.item_id else item.public_id
        category = categories.setdefault(item.category, len(categories))
        return [item.item_id, public_id, category, item.filename, item.search_text.decode("utf-8", "surrogatepass")]

    data = {
        "format": FORMAT,
        "marks": astuple(index.marks),
        "batches": [
            [number, batch.etag, batch.run_id, [encode_item(item) for item in batch.items]]
            for number, batch in index.batches.items()
        ],
        "categories": list(categories),
        "images": [None if image is None else base64.b64encode(image).decode() for image in index.images],
        "runs": index.runs,
        "imagesDigest": index.images_digest,
        "failed": _encode_failures(index.failed),
        "failedEarlier": None if index.failed.earlier is None else _encode_failures(index.failed.earlier),
        "groupsDigest": index.grouping.digest,
        "groups": list(index.grouping.firsts.items()),
    }
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), COMPRESSION_LEVEL)


def _encode_failures(failed: RunFailures) -> dict[str, Any]:
    failures = {name: [one.reason, one.message] for name, one in failed.by_public_id.items()}
    return {"run": failed.run_id, "failures": failures, "etags": dict(failed.etags)}


def _decode_failures(saved: dict[str, Any]) -> RunFailures:
    failures = {name: ItemFailure(reason, message) for name, (reason, message) in saved["failures"].items()}
    return RunFailures(saved["run"], failures, saved["etags"])


def _decode(catalog: str, data: bytes) -> CatalogIndex:
    saved = json.loads(zlib.decompress(data))
    if saved["format"] != FORMAT:
        raise ValueError(f"its format is {saved['format']!r}; expected {FORMAT}")
    categories: list[str] = saved["categories"]

    def decode_item(row: list[Any]) -> IndexedItem:
        item_id, public_id, category, filename, text = row
        search_text = text.encode("utf-8", "surrogatepass")
        return IndexedItem(
            item_id, item_id if public_id is None else public_id, categories[category], filename, search_text
        )

    batches = {
        number: ScannedBatch(etag, run_id, tuple(map(decode_item, rows)))
        for number, etag, run_id, rows in saved["batches"]
    }
    items = (item for batch in batches.values() for item in batch.items)
    packed = {
        item.filename: base64.b64decode(image)
        for item, image in zip(items, saved["images"], strict=True)
        if image is not None
    }
    failed, earlier = _decode_failures(saved["failed"]), saved["failedEarlier"]
    if earlier is not None:
        failed = replace(failed, earlier=_decode_failures(earlier))
    scan = CatalogScan(
        catalog,
        batches,
        ScannedImages(packed, tuple(saved["runs"]), saved["imagesDigest"]),
        failed,
        Marks(*saved["marks"]),
    )
    return CatalogIndex.build(scan, Grouping(saved["groupsDigest"], dict(saved["groups"])))
