"""The decision log of a catalog: each request of a reviewer appends one file, so that reviewers never conflict.

`DecisionTable` merges the files in any order. When there are many, one process *compacts* them: it writes the merged
decisions to ``decisions.json``, on condition that no other process has replaced that file, and then deletes the
merged log files. So a log file is deleted only after its content is in ``decisions.json``, and ``decisions.json`` only
grows. A reader lists and reads the log first, and ``decisions.json`` afterwards: a log file that was deleted before
the reader listed or read it is then in the ``decisions.json`` that the reader gets. So a reader misses nothing, and a
process may die between any two steps.
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.bounded_cache import BoundedCache
from shared.errors import StoreConflictError, StoreUnavailableError
from shared.reviews.decisions import Decision, DecisionTable, parse_decisions, write_decisions
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError, parse_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_LOG_FILES: Final = 200
"""Log files before a compaction. A new process reads 200 files from Blob Storage in about 0.2 s."""

MAX_CACHED_CATALOGS: Final = 16


@dataclass(slots=True, eq=False)
class _CatalogDecisions:
    """What this process has read of a catalog's decisions.

    Attributes:
        table: the merged decisions; only later decisions are ever added.
        log_files: paths of the log files that are in the table and may still exist.
        snapshot_etag: of a ``decisions.json`` that is in the table; None = none was read.
        reading: held by the task that reads, so that others find what it has read.
    """

    table: DecisionTable = field(default_factory=DecisionTable)
    log_files: set[str] = field(default_factory=set)
    snapshot_etag: str | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class DecisionLog:
    """The decisions about all catalogs of a store, cached by catalog; reads only files that are new to this process.

    Args:
        store: the store.
        max_log_files: log files of a catalog before a compaction.
    """

    def __init__(self, store: Store, *, max_log_files: int = MAX_LOG_FILES) -> None:
        self._store = store
        self._max_log_files = max_log_files
        self._catalogs: BoundedCache[str, _CatalogDecisions] = BoundedCache(MAX_CACHED_CATALOGS)

    async def load(self, catalog: str) -> DecisionTable:
        """Return the latest decision about each image, with every decision that was appended before this call.

        Raises:
            DamagedFileError: a file of the log cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        return (await self._refresh(catalog)).table

    async def append(self, catalog: str, decisions: Sequence[Decision]) -> None:
        """Record decisions. Recording them twice is harmless; the latest decision about each image applies.

        Raises:
            StoreUnavailableError: the store does not answer; the decisions may have been recorded.
        """
        if not decisions:
            return
        latest_ms = int(max(decision.at for decision in decisions).timestamp() * 1000)
        path = paths.decision_log_file(catalog, latest_ms, secrets.token_hex(8))
        await self._store.create(path, _dump_compact(decisions), content_type=JSON_TYPE)
        known = self._find_catalog(catalog)
        known.table = known.table.merge(decisions)
        known.log_files.add(path)
        if len(known.log_files) > self._max_log_files:
            with contextlib.suppress(StoreUnavailableError):  # the decisions are recorded; a later append tries again
                await self.compact(catalog, min_log_files=self._max_log_files)

    async def compact(self, catalog: str, *, min_log_files: int = 1) -> bool:
        """Merge the log files into ``decisions.json`` and delete them; return whether this call has done so.

        Args:
            catalog: the catalog.
            min_log_files: do nothing with fewer, as after a compaction by another process.

        Raises:
            DamagedFileError: a file of the log cannot be read.
            StoreUnavailableError: the store does not answer. Log files that remain are merged again.
        """
        known = await self._refresh(catalog)
        merged = sorted(known.log_files)
        if len(merged) < min_log_files or not await self._write_snapshot(catalog, known):
            return False
        async for path in read_in_order(merged, self._delete):
            known.log_files.discard(path)
        return True

    def _find_catalog(self, catalog: str) -> _CatalogDecisions:
        return self._catalogs.setdefault(catalog, _CatalogDecisions())

    async def _refresh(self, catalog: str) -> _CatalogDecisions:
        """Read what is new: the log before ``decisions.json``, see the module."""
        known = self._find_catalog(catalog)
        async with known.reading:
            await self._read_log(catalog, known)
            await self._read_snapshot(catalog, known)
        return known

    async def _read_log(self, catalog: str, known: _CatalogDecisions) -> None:
        before = set(known.log_files)
        listed = {info.path async for info in self._store.list_files(paths.decision_log_folder(catalog))}
        known.log_files -= before - listed
        found: list[Decision] = []
        async for path, decisions in read_in_order(sorted(listed - before), self._read_log_file):
            if decisions is not None:  # None = deleted since the listing
                known.log_files.add(path)
                found += decisions
        known.table = known.table.merge(found)

    async def _read_log_file(self, path: str) -> tuple[str, list[Decision] | None]:
        content = await self._store.read(path)
        return path, None if content is None else _parse_file(path, content.data)

    async def _read_snapshot(self, catalog: str, known: _CatalogDecisions) -> None:
        path = paths.decisions_file(catalog)
        info = await self._store.describe(path)
        if info is None or info.etag == known.snapshot_etag:
            return
        content = await self._store.read(path)
        if content is not None:
            known.table = known.table.merge(_parse_file(path, content.data))
            known.snapshot_etag = content.etag

    async def _write_snapshot(self, catalog: str, known: _CatalogDecisions) -> bool:
        """Write the table; False if another process has written ``decisions.json`` since this one read it."""
        path, data = paths.decisions_file(catalog), _dump_compact(known.table)
        if known.snapshot_etag is None:
            return await self._store.create(path, data, content_type=JSON_TYPE)
        try:
            known.snapshot_etag = await self._store.write(
                path, data, content_type=JSON_TYPE, if_match=known.snapshot_etag
            )
        except StoreConflictError:
            return False
        return True

    async def _delete(self, path: str) -> str:
        await self._store.delete(path)
        return path


def _parse_file(path: str, data: bytes) -> list[Decision]:
    """Return the decisions of a file.

    Raises:
        DamagedFileError: they cannot be read, and no run can rebuild them.
    """
    try:
        return parse_json(path, data, parse_decisions)
    except DamagedFileError as error:
        raise DamagedFileError(path, error.problem, can_rebuild=False) from error


def _dump_compact(decisions: Iterable[Decision]) -> bytes:
    """Return the JSON text of decisions without indentation: there may be 50,000."""
    return json.dumps(write_decisions(decisions), ensure_ascii=False, separators=(",", ":")).encode()
