"""The container: builds the store, the model and the limits from the settings. The only module that knows adapters."""

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from shared.audit.call_records import CallRecordWriter
from shared.config import Settings, load_settings
from shared.limits.budget_ledger import RunLedgers
from shared.limits.circuit_breaker import RunCircuitBreakers
from shared.limits.image_rate_limiter import ImageRateLimiter
from shared.models.batches import BatchModel
from shared.models.billed_batches import BatchExecutor
from shared.models.billed_call import BilledCallExecutor
from shared.models.lifecycle import warn_of_shutdowns
from shared.models.pending_writes import PendingWrites
from shared.models.protocol import ListedModels, Model, ModelService, RequestLog
from shared.models.request_log import StoredRequestLog
from shared.reviews.decision_log import DecisionLog
from shared.runs.root_state import RootStates
from shared.services.deliveries import DeliveryDeduplicator
from shared.services.health import ProbeCache
from shared.services.model_factory import build_batch_model, build_model
from shared.services.run_caches import RunCaches
from shared.setting_values import SettingError
from shared.storage.protocol import Store
from shared.telemetry.run_log import set_log_level

if TYPE_CHECKING:
    from shared.browse.catalog_indexes import CatalogIndexes


def read_utc_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Services:
    """What activities, triggers and commands work with. Store and model are built at their first use.

    Args:
        settings: the settings of the process.
        store: used in place of the store that the settings name.
        model: used in place of the model that the settings name.
        rate_limiter: paces image calls.
        clock: returns the current time in UTC.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store | None = None,
        model: Model | None = None,
        rate_limiter: ImageRateLimiter | None = None,
        clock: Callable[[], datetime] = read_utc_clock,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.caches = RunCaches()
        self.deliveries = DeliveryDeduplicator()
        self.circuit_breakers = RunCircuitBreakers()
        self.calls = CallRecordWriter()
        self.ledgers = RunLedgers()
        self.listed_models = ListedModels()
        self.rate_limiter = rate_limiter or ImageRateLimiter()
        self.root_states = RootStates()
        self.pending_writes = PendingWrites()
        self.probes = ProbeCache()
        self.executor = BilledCallExecutor(self, self._open_model)
        self.batches = BatchExecutor(self._open_batch_model)
        self._store = store
        self._decisions: DecisionLog | None = None
        self._catalog_indexes: CatalogIndexes | None = None
        self._request_log: RequestLog | None = None
        self._model = model
        self._batch_model: BatchModel | None = None

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
    def decisions(self) -> DecisionLog:
        """The decisions of reviewers.

        Raises:
            SettingError: a setting of the store is missing.
        """
        if self._decisions is None:
            self._decisions = DecisionLog(self.store)
        return self._decisions

    @property
    def catalog_indexes(self) -> "CatalogIndexes":
        """What this process remembers of catalogs for browsing.

        Raises:
            SettingError: a setting of the store is missing.
        """
        if self._catalog_indexes is None:
            from shared.browse.catalog_indexes import CatalogIndexes  # noqa: PLC0415 - a cold start does not browse

            self._catalog_indexes = CatalogIndexes(self.store)
        return self._catalog_indexes

    @property
    def request_log(self) -> RequestLog:
        """The log of requests that image providers have queued.

        Raises:
            SettingError: a setting of the store is missing.
        """
        if self._request_log is None:
            self._request_log = StoredRequestLog(self.store)
        return self._request_log

    @property
    def model(self) -> ModelService:
        """The model, to be probed. Billed calls go through ``executor``.

        Raises:
            SettingError: a setting of the model is missing.
        """
        return self._open_model()

    def use_batches(self, model: BatchModel) -> None:
        """Use batches in place of those of the provider."""
        self._batch_model = model

    def warn_of_shutdowns(self, today: date) -> list[str]:
        """Return a warning for each configured model that shuts down soon, as far as a probe has listed it.

        Args:
            today: in UTC.
        """
        model = self.settings.model
        used = {"text": model.text_deployment, "vision": model.vision_deployment, "image": model.image_deployment}
        return list(warn_of_shutdowns(used, self.listed_models.shutdown_dates, today))

    def forget_run(self, run_id: str) -> None:
        """Free what this process remembers of a run that has ended."""
        self.caches.forget(run_id)
        self.rate_limiter.forget(run_id)
        self.circuit_breakers.forget(run_id)
        self.ledgers.forget(run_id)

    async def close(self) -> None:
        """Release connections; the next use opens new ones."""
        store, self._store, self._request_log, self._decisions = self._store, None, None, None
        indexes, self._catalog_indexes = self._catalog_indexes, None
        model, self._model = self._model, None
        batch_model, self._batch_model = self._batch_model, None
        if indexes is not None:
            await indexes.close()
        if store is not None:
            await store.close()
        if model is not None:
            await model.close()
        if batch_model is not None:
            await batch_model.close()

    def _open_batch_model(self) -> BatchModel:
        if self._batch_model is None:
            self._batch_model = build_batch_model(self.settings)
        return self._batch_model

    def _open_model(self) -> Model:
        if self._model is None:
            self._model = build_model(self.settings, self.request_log, self.listed_models)
        return self._model


_services: Services | None = None


def get_services() -> Services:
    """Return the services of this process, built from the environment unless others were set.

    Raises:
        SettingError: a setting cannot be used.
    """
    global _services  # noqa: PLW0603 - the one place where the app keeps process-wide state
    if _services is None:
        _services = build_services(load_settings())
    return _services


def use_services(services: Services | None) -> Services | None:
    """Replace the services of this process; None = build them from the environment when they are next used.

    Returns:
        The previous services, for the caller to close.
    """
    global _services
    previous, _services = _services, services
    return previous


async def use_settings(settings: Settings | None) -> None:
    """Replace the services of this process by those of other settings, and close the previous ones.

    Args:
        settings: None = read the environment when services are next used.
    """
    previous = use_services(None if settings is None else build_services(settings))
    if previous is not None:
        await previous.close()


def start_telemetry() -> None:
    """Set up telemetry when the app is loaded: a later set-up misses the first span of the process.

    A setting that cannot be used does not keep the app from loading; ``GET /api/health`` names it.
    """
    with contextlib.suppress(SettingError):
        _set_up_telemetry(load_settings())


def build_services(settings: Settings) -> Services:
    """Return new services, and set up the log and the telemetry of the process by the same settings."""
    set_log_level(settings.log_level)
    _set_up_telemetry(settings)
    return Services(settings)


def _set_up_telemetry(settings: Settings) -> None:
    if settings.telemetry.connection_string is not None:
        from shared.telemetry.exporting import export_telemetry  # noqa: PLC0415 - costs half a second of a cold start

        export_telemetry(settings.telemetry, settings.identity)


def build_store(settings: Settings) -> Store:
    """Return the store that the settings name.

    Raises:
        SettingError: ``STORE=blob`` without an account.
    """
    store = settings.store
    if store.kind == "folder":
        from pathlib import Path  # noqa: PLC0415 - a cold start loads no adapter that it may not use

        from shared.storage.folder import FolderStore  # noqa: PLC0415 - see above

        return FolderStore(Path(store.folder))
    if store.account_url is None and store.connection_string is None:
        raise SettingError(
            "CATALOG_STORAGE_URL",
            "is missing: STORE=blob needs it, or CATALOG_STORAGE_CONNECTION_STRING, or AzureWebJobsStorage",
        )
    from shared.storage.blob import BlobStore  # noqa: PLC0415 - see above

    return BlobStore.from_settings(store, settings.identity)
