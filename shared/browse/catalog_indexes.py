"""The catalogs that a process remembers for browsing, and how they stay up to date.

A catalog of 50,000 items takes seconds to list, so a page must not list it. An index is used again until a cheap check
or a time limit says that the catalog may have changed. The check compares the ETags of the run claim and of the last
request, which change when a run starts, reports or ends, and of a mark that promote, prune and publish change. Requests
that come together share one refresh, and a request that has an index waits only briefly for a newer one.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from shared.browse.catalog_index import CatalogIndex, CatalogScan, Marks, RunFailures
from shared.browse.catalog_scan import scan_batches, scan_images
from shared.browse.item_pages import PageCaches
from shared.browse.item_scores import ItemScores
from shared.browse.item_texts import ItemTexts
from shared.browse.run_failures import read_run_failures
from shared.browse.saved_index import read_saved_index, write_saved_index
from shared.errors import UnknownCatalogError
from shared.runs.last_run import LAST_RUN_NAME, find_last_runs
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from shared.storage.protocol import Store

MAX_CACHED_CATALOGS: Final = 64
MAX_CACHED_ITEMS: Final = 120_000
"""Items of all cached catalogs; about 1 kB each."""

ACTIVE_MAX_AGE_SECONDS: Final = 3.0
IDLE_MAX_AGE_SECONDS: Final = 60.0
MIN_AGE_PER_SCAN: Final = 5.0
"""An index is used for at least this many times as long as its scan took, so that scans take a fraction of the time."""

MAX_WAIT_SECONDS: Final = 2.0
"""How long a request that has an index waits for a newer one."""

OUTDATED_WAIT_SECONDS: Final = 8.0
"""The same if the catalog is known to have changed since."""

SAVED_MAX_AGE_SECONDS: Final = 15.0
"""How long a new process uses a saved index before it scans the catalog, unless a run has changed it since: the first
pages then do not compete with the scan."""

MIN_SAVED_SCAN_SECONDS: Final = 2.0
"""The index of a catalog is saved if its scan takes this long."""

MIN_SAVED_ITEMS: Final = 2_000
"""It is saved, too, if it has so many items: a scan of 5,000 takes 0.3 s of CPU in a folder, 1.5 s in Blob Storage."""

SAVE_AFTER_SECONDS: Final = 4.0
"""How old an index is before a request lets it be saved: the first pages do not compete with that either."""

MAX_STALE_SECONDS: Final = 300.0
"""An index of this age is not used while a newer one is being built."""

CHANGE_MARK_NAME: Final = "change.json"


@dataclass(slots=True)
class _Entry:
    """A cached index, and the task that builds a newer one.

    Attributes:
        index: the latest index, if any.
        generation: of the index.
        wanted: the generation that requests want; `CatalogIndexes.forget` raises it.
        built_at: when the index was complete, on the monotonic clock.
        used_at: when it was last requested.
        scan_seconds: how long the scan took.
        started_at: when the latest scan began.
        task: builds a newer index.
        is_opened: whether the saved index was read, if any.
        opening: held by the request that reads the saved index.
        saved_version: version of the index that is saved, as far as known.
        unsaved: the index of the latest scan, if it is to be saved.
        saving: saves the index.
    """

    index: CatalogIndex | None = None
    generation: int = 0
    wanted: int = 0
    built_at: float = 0.0
    used_at: float = 0.0
    scan_seconds: float = 0.0
    started_at: float = 0.0
    task: "asyncio.Task[None] | None" = None
    is_opened: bool = False
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    saved_version: str | None = None
    unsaved: CatalogIndex | None = None
    saving: "asyncio.Task[None] | None" = None


class CatalogIndexes:
    """The indexes of the catalogs of a store that this process browses.

    Args:
        store: the store.
        read_seconds: a monotonic clock.

    Attributes:
        pages: what is remembered between pages of items.
    """

    def __init__(self, store: Store, *, read_seconds: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._read_seconds = read_seconds
        self._entries: dict[str, _Entry] = {}
        self.pages = PageCaches(ItemTexts(store), ItemScores(store))

    async def load(self, catalog: str) -> CatalogIndex:
        """Return the index of a catalog.

        Args:
            catalog: a valid name.

        Raises:
            UnknownCatalogError: the catalog has no items, and no run works on it.
            DamagedFileError: a file of the catalog, or of its last run, cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        marks = await self._read_marks(catalog)
        entry = self._entries.setdefault(catalog, _Entry())
        entry.used_at = self._read_seconds()
        await self._open(catalog, entry)
        while not self._is_fresh(entry, marks):
            if entry.task is None:
                entry.started_at = self._read_seconds()
                entry.task = asyncio.create_task(self._refresh(catalog, entry, marks))
                entry.task.add_done_callback(_note_result)
            task = entry.task
            await asyncio.wait({task}, timeout=self._find_max_wait(entry, marks))
            if not task.done():
                break
            await task
        if entry.index is None:  # a refresh without an index raises
            raise UnknownCatalogError(catalog)
        if self._read_seconds() - entry.built_at >= SAVE_AFTER_SECONDS:
            self._start_saving(entry)
        return entry.index

    async def save(self, catalog: str) -> None:
        """Bring the index of a catalog up to date, and save it if it is large or its scan takes long.

        Raises:
            UnknownCatalogError: the catalog has no items.
            DamagedFileError: a file of the catalog, or of its last run, cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        await self.load(catalog)
        entry = self._entries.get(catalog)
        if entry is not None and entry.task is not None:
            await entry.task
        while entry is not None and (entry.saving is not None or entry.unsaved is not None):
            self._start_saving(entry)
            if entry.saving is not None:
                await entry.saving

    def forget(self, catalog: str) -> None:
        """Let the next request read the catalog again: this process has changed it."""
        entry = self._entries.get(catalog)
        if entry is not None:
            entry.wanted += 1

    async def announce_change(self, catalog: str) -> str:
        """Let every process read the catalog again: this one has changed it outside of a run.

        Returns:
            The ETag of the new mark.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        self.forget(catalog)
        path = paths.state_file(catalog, CHANGE_MARK_NAME)
        data = dump_json({"change": secrets.token_hex(8)})
        return await self._store.write(path, data, content_type=JSON_TYPE)

    async def update_image(self, catalog: str, filename: str) -> None:
        """Read one image again: this process has replaced it, and has changed nothing else.

        Other processes read the whole catalog again.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        before = await self._describe_etag(paths.state_file(catalog, CHANGE_MARK_NAME))
        change = await self.announce_change(catalog)
        entry = self._entries.get(catalog)
        if entry is None or entry.index is None or entry.task is not None or entry.generation != entry.wanted - 1:
            return  # the next request scans the catalog
        if entry.index.marks.change != before:
            return  # it does so because of another process, too
        index, wanted = entry.index, entry.wanted
        info = await self._store.describe(paths.image_file(catalog, filename))
        updated = await asyncio.to_thread(index.replace_image, filename, info, change)
        present = self._entries.get(catalog)
        if present is not None and present.index is index and present.task is None and present.wanted == wanted:
            present.index, present.generation = updated, wanted

    async def close(self) -> None:
        """End the tasks of this object."""
        entries = self._entries.values()
        tasks = [task for entry in entries for task in (entry.task, entry.saving) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_fresh(self, entry: _Entry, marks: Marks) -> bool:
        index = entry.index
        if index is None or entry.generation != entry.wanted or index.marks != marks:
            return False
        max_age = ACTIVE_MAX_AGE_SECONDS if marks.has_claim else IDLE_MAX_AGE_SECONDS
        return self._read_seconds() - entry.built_at < max(max_age, MIN_AGE_PER_SCAN * entry.scan_seconds)

    def _find_max_wait(self, entry: _Entry, marks: Marks) -> float | None:
        """Return how long to wait for a newer index; None = until it is there: the present one cannot be used."""
        index, now = entry.index, self._read_seconds()
        if index is None or now - entry.built_at >= MAX_STALE_SECONDS:
            return None
        if index.marks != marks or entry.generation != entry.wanted:
            return max(0.0, entry.started_at + OUTDATED_WAIT_SECONDS - now)
        if entry.scan_seconds >= MAX_WAIT_SECONDS:  # waiting briefly would be in vain
            return 0.0
        return max(0.0, entry.started_at + MAX_WAIT_SECONDS - now)

    async def _open(self, catalog: str, entry: _Entry) -> None:
        """Use the saved index until the first scan of this process is complete."""
        async with entry.opening:
            if entry.is_opened:
                return
            saved = await read_saved_index(self._store, catalog)
            entry.is_opened = True
            if saved is not None and entry.index is None:
                entry.index, entry.saved_version = saved, saved.version
                entry.built_at = self._read_seconds() - IDLE_MAX_AGE_SECONDS + SAVED_MAX_AGE_SECONDS
                entry.scan_seconds = MIN_SAVED_SCAN_SECONDS

    async def _read_marks(self, catalog: str) -> Marks:
        names = ("request.json", LAST_RUN_NAME, CHANGE_MARK_NAME)
        files = (paths.run_claim_file(catalog), *(paths.state_file(catalog, name) for name in names))
        return Marks(*await asyncio.gather(*map(self._describe_etag, files)))

    async def _describe_etag(self, path: str) -> str | None:
        info = await self._store.describe(path)
        return None if info is None else info.etag

    async def _refresh(self, catalog: str, entry: _Entry, marks: Marks) -> None:
        generation = entry.wanted
        try:
            index = await _scan(self._store, catalog, marks, entry.index)
        except BaseException:
            if self._entries.get(catalog) is entry and entry.index is None:
                del self._entries[catalog]
            raise
        finally:
            entry.task = None
        entry.index, entry.generation = index, generation
        entry.built_at = self._read_seconds()
        entry.scan_seconds = entry.built_at - entry.started_at
        self._evict()
        is_large = entry.scan_seconds >= MIN_SAVED_SCAN_SECONDS or len(index.items) >= MIN_SAVED_ITEMS
        is_worth_saving = is_large and not marks.has_claim and entry.saved_version != index.version
        entry.unsaved = index if is_worth_saving else None

    def _start_saving(self, entry: _Entry) -> None:
        """Save the index of the latest scan, unless it is saved or need not be."""
        if entry.unsaved is not None and entry.saving is None:
            entry.saving = asyncio.create_task(self._save(entry, entry.unsaved))
            entry.saving.add_done_callback(_note_result)
            entry.unsaved = None

    async def _save(self, entry: _Entry, index: CatalogIndex) -> None:
        try:
            await write_saved_index(self._store, index)
            entry.saved_version = index.version
        finally:
            entry.saving = None

    def _evict(self) -> None:
        """Drop the indexes that were not used for longest until the rest is small enough; keep the latest one."""
        idle = sorted(
            (name for name, entry in self._entries.items() if entry.task is None),
            key=lambda name: self._entries[name].used_at,
        )
        for name in idle[:-1]:
            items = sum(len(entry.index.items) for entry in self._entries.values() if entry.index is not None)
            if len(self._entries) <= MAX_CACHED_CATALOGS and items <= MAX_CACHED_ITEMS:
                return
            del self._entries[name]


async def _scan(store: Store, catalog: str, marks: Marks, previous: CatalogIndex | None) -> CatalogIndex:
    known = {} if previous is None else previous.batches
    batches, images = await asyncio.gather(scan_batches(store, catalog, known), scan_images(store, catalog))
    if not batches and marks == Marks():
        raise UnknownCatalogError(catalog)
    runs = await find_last_runs(store, catalog, {*(batch.run_id for batch in batches.values()), *images.runs})
    read_before = RunFailures() if previous is None else previous.failed
    failed = replace(await read_run_failures(store, runs.last, read_before), earlier=None)
    if runs.whole is not None:
        earlier = await read_run_failures(store, runs.whole, read_before.earlier or RunFailures())
        failed = replace(failed, earlier=earlier)
    scan = CatalogScan(catalog, batches, images, failed, marks)
    return await asyncio.to_thread(CatalogIndex.build, scan, None if previous is None else previous.grouping)


def _note_result(task: "asyncio.Task[None]") -> None:
    """Take note of an error that no request waited for; the next request scans the catalog again and reports it."""
    if not task.cancelled():
        task.exception()
