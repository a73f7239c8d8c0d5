"""Scans the store for what a catalog holds: one listing of its batches and one of its images.

A later scan reads only the batches whose ETag has changed: a prune, or rows that changed, replace a batch.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from shared.browse.catalog_index import ScannedBatch, ScannedImages
from shared.browse.item_rows import read_indexed_item
from shared.browse.listed_images import RunNames, pack_image
from shared.images.list_images import iterate_image_files
from shared.storage import paths
from shared.storage.json_files import parse_json
from shared.storage.protocol import FileInfo, Store
from shared.storage.read_in_order import read_in_order

MAX_CONCURRENT_READS = 32
PARSE_PAUSE_BATCHES = 64


async def scan_batches(store: Store, catalog: str, known: Mapping[int, ScannedBatch]) -> dict[int, ScannedBatch]:
    """Return the batches of a catalog by number, ascending.

    Args:
        store: the store.
        catalog: the catalog.
        known: the batches of an earlier scan; those that have not changed are not read again.

    Raises:
        DamagedFileError: a batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    listed: dict[int, FileInfo] = {}
    async for info in store.list_files(paths.batch_folder(catalog)):
        stem, _, ending = info.path.rpartition("/")[2].partition(".")
        if ending == "json" and stem.isdecimal():
            listed[int(stem)] = info
    found = {
        number: known[number] for number, info in listed.items() if number in known and known[number].etag == info.etag
    }

    async def read(number: int) -> tuple[int, ScannedBatch | None]:
        return number, await _read_batch(store, listed[number].path)

    missing = [number for number in listed if number not in found]
    async for number, batch in read_in_order(missing, read, max_concurrent=MAX_CONCURRENT_READS):
        if batch is not None:
            found[number] = batch
        if number % PARSE_PAUSE_BATCHES == 0:
            await asyncio.sleep(0)
    return {number: found[number] for number in sorted(found)}


async def scan_images(store: Store, catalog: str) -> ScannedImages:
    """Return the validated images and the placeholders of a catalog, from one listing.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    packed: dict[str, bytes] = {}
    runs = RunNames()
    digest = hashlib.blake2b(digest_size=16)
    async for filename, info in iterate_image_files(store, catalog):
        digest.update(f"{filename}\n{info.etag}\n".encode("utf-8", "surrogatepass"))
        image = pack_image(info, runs)
        if image is not None:
            packed[filename] = image
    return ScannedImages(packed, runs.list_ids(), digest.hexdigest())


async def _read_batch(store: Store, path: str) -> ScannedBatch | None:
    content = await store.read(path)
    return None if content is None else parse_json(path, content.data, lambda data: _parse_batch(content.etag, data))


def _parse_batch(etag: str, data: Any) -> ScannedBatch:
    if not isinstance(data["runId"], str):
        raise TypeError("runId is not a text")
    return ScannedBatch(etag, data["runId"], tuple(map(read_indexed_item, data["items"])))
