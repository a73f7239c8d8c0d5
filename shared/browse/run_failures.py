"""Reads why images failed in a run: from its list once it has ended, until then from its records."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from shared.browse.catalog_index import RunFailures
from shared.browse.item_rows import ItemFailure
from shared.storage import paths
from shared.storage.json_files import parse_json, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

_ROWS = TypeAdapter(list[dict[str, Any]])


async def read_run_failures(store: Store, run_id: str | None, known: RunFailures) -> RunFailures:
    """Return why images failed in a run: from its list once it has ended, until then from its records.

    Args:
        store: the store.
        run_id: the run.
        known: what was read before; files that have not changed are not read again.

    Raises:
        DamagedFileError: a file of the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if run_id is None:
        return RunFailures()
    if known.run_id != run_id:
        known = RunFailures(run_id)
    path = paths.run_file(run_id, "failed_images.json")
    info = await store.describe(path)
    if info is None:
        return await _read_records(store, run_id, known)
    if known.etags == {path: info.etag}:
        return known
    content = await store.read(path)
    if content is None:
        return await _read_records(store, run_id, known)
    failures = parse_json(path, content.data, _parse_list)
    return RunFailures(run_id, failures, {path: content.etag})


async def _read_records(store: Store, run_id: str, known: RunFailures) -> RunFailures:
    listed = {
        info.path: info.etag
        async for info in store.list_files(paths.failure_folder(run_id))
        if info.path.endswith(".json")
    }
    if listed == known.etags:
        return known
    failures = dict(known.by_public_id)
    changed = [path for path, etag in listed.items() if known.etags.get(path) != etag]
    async for found in read_in_order(changed, lambda path: read_json(store, path, _parse_record)):
        failures |= found or {}
    return RunFailures(run_id, failures, listed)


def _parse_list(data: Any) -> dict[str, ItemFailure]:
    return {row["productId"]: _parse_failure(row) for row in _ROWS.validate_python(data)}


def _parse_record(data: Any) -> dict[str, ItemFailure]:
    return _parse_list([data])


def _parse_failure(row: Mapping[str, Any]) -> ItemFailure:
    return ItemFailure(str(row["reason"]), str(row["message"]))
