"""Wiring: builds store and model from the settings, lazily, and is the only place that knows the adapters."""

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shared.audit.call_records import CallRecordWriter
from shared.catalog import catalog_files, prompt_files
from shared.config import SettingError, Settings, load_settings
from shared.images import round_files
from shared.images.list_images import list_generating_runs
from shared.limits.budget_ledger import RunLedgers
from shared.limits.circuit_breaker import RunCircuitBreakers
from shared.limits.image_rate_limiter import ImageRateLimiter
from shared.models.lifecycle import warn_of_shutdowns
from shared.models.pending_writes import PendingWrites
from shared.models.protocol import ListedModels, Model, RequestLog
from shared.models.request_log import StoredRequestLog
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.root_state import RootStates
from shared.services.health import ProbeCache
from shared.services.model_factory import build_model
from shared.storage.protocol import Store
from shared.telemetry.run_log import set_log_level

MAX_CACHED_BATCHES, MAX_CACHED_RUNS = 64, 16
MAX_REMEMBERED_DELIVERIES = 256


class DeliveryDeduplicator:
    """Makes this process do the work of a message once, although a queue may deliver it again.

    A second delivery waits for the first one and gets its result: a success could also be found in the store, but of a
    call that was paid and failed nothing is there, and it must not be paid again either. After a kill, or in another
    process, what the store holds has to do.
    """

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._results: OrderedDict[str, dict[str, Any]] = OrderedDict()

    async def run_once(
        self,
        subject: str,
        message: dict[str, Any],
        work: Callable[[], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        """Return the result of a message's work, done now or by an earlier delivery.

        Args:
            subject: what is worked on; different messages about it take turns.
            message: JSON data; equal data is the same message, so a decided retry must differ in its ``attempt``.
            work: does it; an error is not remembered.
        """
        key = f"{subject} {json.dumps(message, sort_keys=True)}"
        async with self._lock_subject(subject):
            if key not in self._results:
                self._results[key] = await work()
                _trim(self._results, MAX_REMEMBERED_DELIVERIES)
            return self._results[key]

    def forget(self, subject: str) -> None:
        """Do work about a subject, or about what is below it, anew when its message comes again."""
        for key in [key for key in self._results if key.startswith(subject)]:
            del self._results[key]

    @asynccontextmanager
    async def _lock_subject(self, key: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)


@dataclass(slots=True)
class RunCaches:
    """What a process remembers of the runs that it works on; everything here can be read again from the store."""

    indexes: catalog_files.IndexCache = field(default_factory=catalog_files.IndexCache)
    _requests: OrderedDict[str, SeedRequest] = field(default_factory=OrderedDict)
    _batches: OrderedDict[tuple[str, str, int], catalog_files.Batch] = field(default_factory=OrderedDict)
    _prompts: OrderedDict[tuple[str, str, int], prompt_files.BatchPrompts | None] = field(default_factory=OrderedDict)
    _images: OrderedDict[tuple[str, int], dict[str, str]] = field(default_factory=OrderedDict)
    _failed_before: OrderedDict[tuple[str, int], set[str]] = field(default_factory=OrderedDict)
    _unfinished: OrderedDict[tuple[str, int], set[str]] = field(default_factory=OrderedDict)

    async def read_request(self, store: Store, run_id: str) -> SeedRequest:
        """Return what a run was asked; it never changes."""
        if run_id not in self._requests:
            self._requests[run_id] = await run_files.read_request(store, run_id)
            _trim(self._requests, MAX_CACHED_RUNS)
        return self._requests[run_id]

    async def read_batch(self, store: Store, catalog_name: str, run_id: str, batch: int) -> catalog_files.Batch | None:
        """Return a batch; during a run it never changes."""
        key = (catalog_name, run_id, batch)
        if key not in self._batches:
            found = await catalog_files.read_batch(store, catalog_name, batch)
            if found is None:
                return None
            self._batches[key] = found
            _trim(self._batches, MAX_CACHED_BATCHES)
        self._batches.move_to_end(key)
        return self._batches[key]

    async def read_prompts(
        self, store: Store, catalog_name: str, run_id: str, batch: int
    ) -> prompt_files.BatchPrompts | None:
        """Return what the text model wrote for a batch; kept as soon as the run cannot change it any more."""
        key = (catalog_name, run_id, batch)
        if key not in self._prompts:
            found = await prompt_files.read_prompts(store, catalog_name, batch)
            request = await self.read_request(store, run_id)
            if request.writes_prompts and (found is None or found.run_id != run_id):
                return found
            self._prompts[key] = found
            _trim(self._prompts, MAX_CACHED_BATCHES)
        self._prompts.move_to_end(key)
        return self._prompts[key]

    async def list_images_at_start(
        self, store: Store, catalog_name: str, run_id: str, resume_count: int
    ) -> dict[str, str]:
        """Return the images that were there when this process first looked in a leg of a run, and their makers.

        See ``pictures.list_generating_runs``: by file name the id of the run that made it, or "".
        """
        key = (run_id, resume_count)
        if key not in self._images:
            self._images[key] = await list_generating_runs(store, catalog_name)
            _trim(self._images, MAX_CACHED_RUNS)
        return self._images[key]

    async def list_failed_before(self, store: Store, run_id: str, resume_count: int) -> set[str]:
        """Return the ids of the items that legs before this one gave up on; the first leg has none before it."""
        key = (run_id, resume_count)
        if key not in self._failed_before:
            self._failed_before[key] = await run_files.list_failures(store, run_id) if resume_count else set()
            _trim(self._failed_before, MAX_CACHED_RUNS)
        return self._failed_before[key]

    async def list_unfinished_items(self, store: Store, run_id: str, resume_count: int) -> set[str]:
        """Return the ids of the items whose images legs before this one began to look at, and did not finish."""
        key = (run_id, resume_count)
        if key not in self._unfinished:
            is_wanted = resume_count > 0 and (await self.read_request(store, run_id)).refine.is_wanted
            self._unfinished[key] = await round_files.list_unfinished_items(store, run_id) if is_wanted else set()
            _trim(self._unfinished, MAX_CACHED_RUNS)
        return self._unfinished[key]

    def forget(self, run_id: str) -> None:
        """Free what is remembered of a run that ended."""
        self._requests.pop(run_id, None)
        for cache in (self._images, self._failed_before, self._unfinished):
            for key in [key for key in cache if key[0] == run_id]:
                del cache[key]


class Services:
    """What activities and triggers work with: store and model are built at first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.caches = RunCaches()
        self.deliveries = DeliveryDeduplicator()
        self.circuit_breakers = RunCircuitBreakers()
        self.calls = CallRecordWriter()
        self.ledgers = RunLedgers()
        self.listed_models = ListedModels()
        self.rate_limiter = ImageRateLimiter()
        self.root_states = RootStates()
        self.pending_writes = PendingWrites()
        self.probes = ProbeCache()
        self._store: Store | None = None
        self._request_log: RequestLog | None = None
        self._model: Model | None = None

    @property
    def store(self) -> Store:
        """The store.

        Raises:
            SettingError: a setting of the store is missing.
        """
        if self._store is None:
            self._store = build_store(self.settings)
        return self._store

    @property
    def request_log(self) -> RequestLog:
        """What image services with a queue were asked to make.

        Raises:
            SettingError: a setting of the store is missing.
        """
        if self._request_log is None:
            self._request_log = StoredRequestLog(self.store)
        return self._request_log

    @property
    def model(self) -> Model:
        """The model.

        Raises:
            SettingError: a setting of the model is missing.
        """
        if self._model is None:
            self._model = build_model(self.settings, self.request_log, self.listed_models)
        return self._model

    def warn_of_shutdowns(self, today: date) -> list[str]:
        """Return a warning for each model in use that shuts down soon, as far as a probe has listed it.

        Args:
            today: in UTC.
        """
        model = self.settings.model
        used = {"text": model.text_deployment, "vision": model.vision_deployment, "image": model.image_deployment}
        return list(warn_of_shutdowns(used, self.listed_models.shutdown_dates, today))

    async def close(self) -> None:
        """Release connections; the next use builds them anew."""
        store, self._store, self._request_log = self._store, None, None
        model, self._model = self._model, None
        if store is not None:
            await store.close()
        if model is not None:
            await model.close()


_services: Services | None = None


def get_services() -> Services:
    """Return this process's services, from the environment unless ``use_settings`` said otherwise.

    Raises:
        SettingError: a setting cannot be used.
    """
    global _services  # noqa: PLW0603 - the one place where the app keeps process-wide state
    if _services is None:
        _services = build_services(load_settings())
    return _services


async def use_settings(settings: Settings | None) -> None:
    """Replace this process's settings (None = read the environment again); connections of before are released."""
    global _services
    before, _services = _services, None if settings is None else build_services(settings)
    if before is not None:
        await before.close()


def start_telemetry() -> None:
    """Set up telemetry when the app is loaded: what is set up later misses the first span of each process.

    A setting that cannot be used does not keep the app from loading; its health names it.
    """
    with contextlib.suppress(SettingError):
        _set_up_telemetry(load_settings())


def build_services(settings: Settings) -> Services:
    """Return new services, and set up log and telemetry of the process by the same settings."""
    set_log_level(settings.log_level)
    _set_up_telemetry(settings)
    return Services(settings)


def _set_up_telemetry(settings: Settings) -> None:
    if settings.telemetry.connection_string is not None:
        from shared.telemetry.exporting import export_telemetry  # noqa: PLC0415 - half a second where it is on

        export_telemetry(settings.telemetry, settings.identity)


def build_store(settings: Settings) -> Store:
    """Return the store that the settings name.

    Raises:
        SettingError: ``STORE=blob`` without an account.
    """
    store = settings.store
    if store.kind == "folder":
        from pathlib import Path  # noqa: PLC0415 - adapters are loaded when they are used: cold start

        from shared.storage.folder import FolderStore  # noqa: PLC0415

        return FolderStore(Path(store.folder))
    if store.account_url is None and store.connection_string is None:
        raise SettingError(
            "CATALOG_STORAGE_URL",
            "is missing: STORE=blob needs it, or CATALOG_STORAGE_CONNECTION_STRING, or AzureWebJobsStorage",
        )
    from shared.storage.blob import BlobStore  # noqa: PLC0415 - see above

    return BlobStore.from_settings(store, settings.identity)


def _trim(cache: OrderedDict[Any, Any], size: int) -> None:
    while len(cache) > size:
        cache.popitem(last=False)
