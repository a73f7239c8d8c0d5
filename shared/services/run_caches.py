"""What a process remembers of the runs that it works on. All of it can be read again from the store."""

from dataclasses import dataclass, field

from shared.bounded_cache import BoundedCache
from shared.catalog.catalog_files import Batch, IndexCache, read_batch
from shared.catalog.prompt_files import BatchPrompts, read_prompts
from shared.images import round_files
from shared.images.list_images import list_generating_runs
from shared.images.style_files import find_rejected, load_style, read_style
from shared.images.style_reference import LoadedStyle
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.storage.protocol import Store

MAX_CACHED_BATCHES, MAX_CACHED_RUNS = 64, 16
MAX_CACHED_STYLES = 4
"""Each holds up to four JPEGs of up to a megabyte."""

BatchKey = tuple[str, str, int]
"""Catalog, run id and batch number."""

ResumeKey = tuple[str, int]
"""Run id and resume count."""


@dataclass(slots=True)
class RunCaches:
    """Requests, batches and lists of images, by run. Each method raises StoreUnavailableError if it has to read."""

    indexes: IndexCache = field(default_factory=IndexCache)
    _requests: BoundedCache[str, SeedRequest] = field(default_factory=lambda: BoundedCache(MAX_CACHED_RUNS))
    _batches: BoundedCache[BatchKey, Batch] = field(default_factory=lambda: BoundedCache(MAX_CACHED_BATCHES))
    _prompts: BoundedCache[BatchKey, BatchPrompts | None] = field(
        default_factory=lambda: BoundedCache(MAX_CACHED_BATCHES)
    )
    _images: BoundedCache[ResumeKey, dict[str, str]] = field(default_factory=lambda: BoundedCache(MAX_CACHED_RUNS))
    _failed_before: BoundedCache[ResumeKey, set[str]] = field(default_factory=lambda: BoundedCache(MAX_CACHED_RUNS))
    _styles: BoundedCache[str, LoadedStyle] = field(default_factory=lambda: BoundedCache(MAX_CACHED_STYLES))
    _unfinished: BoundedCache[ResumeKey, set[str]] = field(default_factory=lambda: BoundedCache(MAX_CACHED_RUNS))
    _rejected: BoundedCache[ResumeKey, set[str]] = field(default_factory=lambda: BoundedCache(MAX_CACHED_RUNS))

    async def read_request(self, store: Store, run_id: str) -> SeedRequest:
        """Return the request of a run; it never changes."""
        if run_id not in self._requests:
            self._requests[run_id] = await run_files.read_request(store, run_id)
        return self._requests[run_id]

    async def read_style(self, store: Store, run_id: str) -> LoadedStyle | None:
        """Return the style references of a run, which never change; None if its request has none.

        Not for trial images, which are generated before a run has references.
        """
        request = await self.read_request(store, run_id)
        if request.style_reference is None:
            return None
        if run_id not in self._styles:
            self._styles[run_id] = await load_style(store, run_id, request.catalog)
        return self._styles[run_id]

    async def read_batch(self, store: Store, catalog: str, run_id: str, batch: int) -> Batch | None:
        """Return a batch, or None if it does not exist; a batch does not change during a run."""
        key = (catalog, run_id, batch)
        if key not in self._batches:
            found = await read_batch(store, catalog, batch)
            if found is None:
                return None
            self._batches[key] = found
        return self._batches[key]

    async def read_prompts(self, store: Store, catalog: str, run_id: str, batch: int) -> BatchPrompts | None:
        """Return the image prompts that a text model wrote for a batch; cached once the run cannot change them."""
        key = (catalog, run_id, batch)
        if key not in self._prompts:
            found = await read_prompts(store, catalog, batch)
            request = await self.read_request(store, run_id)
            if request.writes_prompts and (found is None or found.run_id != run_id):
                return found
            self._prompts[key] = found
        return self._prompts[key]

    async def list_images_at_start(self, store: Store, catalog: str, run_id: str, resume_count: int) -> dict[str, str]:
        """Return the images that existed when this process first asked, since the run started or was last resumed.

        Returns:
            By file name, the id of the run that generated the image; "" for an image from elsewhere.
        """
        key = (run_id, resume_count)
        if key not in self._images:
            self._images[key] = await list_generating_runs(store, catalog)
        return self._images[key]

    async def list_failed_before(self, store: Store, run_id: str, resume_count: int) -> set[str]:
        """Return the ids of the items whose images failed for good before the run was last resumed."""
        key = (run_id, resume_count)
        if key not in self._failed_before:
            self._failed_before[key] = await run_files.list_failures(store, run_id) if resume_count else set()
        return self._failed_before[key]

    async def list_unfinished_items(self, store: Store, run_id: str, resume_count: int) -> set[str]:
        """Return the ids of the items whose refinement was begun and not finished before the run was last resumed."""
        key = (run_id, resume_count)
        if key not in self._unfinished:
            is_wanted = resume_count > 0 and (await self.read_request(store, run_id)).refine.is_wanted
            self._unfinished[key] = await round_files.list_unfinished_items(store, run_id) if is_wanted else set()
        return self._unfinished[key]

    async def list_rejected(self, store: Store, run_id: str, resume_count: int) -> set[str]:
        """Return the ids of the items whose rejected trial image the run had still to generate again.

        That is: when this process first asked, since the run has its references and since it was last resumed.
        """
        key = (run_id, resume_count)
        if key not in self._rejected:
            request = await self.read_request(store, run_id)
            record = await read_style(store, run_id) if request.first_approved else None
            if record is None and request.first_approved:
                return set()
            self._rejected[key] = set() if record is None else set(await find_rejected(store, request.catalog, record))
        return self._rejected[key]

    def forget(self, run_id: str) -> None:
        """Free what is remembered of a run that has ended."""
        self._requests.pop(run_id, None)
        self._styles.pop(run_id, None)
        for cache in (self._images, self._failed_before, self._unfinished, self._rejected):
            for key in [key for key in cache if key[0] == run_id]:
                del cache[key]
