"""Health of the app: settings, and probes of the store and the providers. Probes are not billed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.config import SettingError, Settings
from shared.errors import CatalogSeederError, DegradedError, ModelError
from shared.identity.sign_in_limit import limit_sign_in
from shared.models.protocol import is_provider_unusable
from shared.services.model_factory import check_image_settings, check_model_settings
from shared.version import __version__

if TYPE_CHECKING:
    from shared.services.container import Services

PROBE_CACHE_SECONDS = 30.0
"""How long the result of a probe is reused."""

SIGN_IN_TIMEOUT_SECONDS = 5.0
"""How long a probe waits for a token: a caller waits for the response."""

PROBE_OPERATIONS = {"folder": "write", "blob": "read"}
"""Operation that probes a store. Writes to Blob Storage would leave versions behind."""

REACHED = "reached"
"""First word of the result of a probe that succeeded."""

MAX_RESULT_CHARACTERS = 300


class ProbeCache:
    """Caches the result of each probe for PROBE_CACHE_SECONDS."""

    def __init__(self) -> None:
        self._results: dict[str, tuple[float, str]] = {}

    async def probe(self, name: str, work: Callable[[], Awaitable[None]]) -> str:
        """Return ``reached`` or what is wrong, from the cache or from a new probe."""
        now = time.monotonic()
        if name in self._results and now - self._results[name][0] < PROBE_CACHE_SECONDS:
            return self._results[name][1]
        try:
            await work()
        except ModelError as error:
            result = _shorten(error)
            if not is_provider_unusable(error):
                result = f"{REACHED}, but its list of models cannot be read: {result}"
        except CatalogSeederError as error:
            result = _shorten(error)
        else:
            result = REACHED
        self._results[name] = (now, result)
        return result


def check_settings(settings: Settings, *, needs_text_model: bool = True) -> None:
    """Check without any call that the settings that a run needs are present.

    Args:
        settings: the settings.
        needs_text_model: False skips the text provider, which runs over rows may not need.

    Raises:
        SettingError: a setting is missing.
    """
    (check_model_settings if needs_text_model else check_image_settings)(settings.model)
    if settings.store.kind == "blob" and not (settings.store.account_url or settings.store.connection_string):
        raise SettingError("CATALOG_STORAGE_URL", "is missing; expected the URL of the blob service, or STORE=folder")


async def describe_health(services: "Services") -> dict[str, Any]:
    """Return version, settings and the results of probes, as JSON data.

    Raises:
        DegradedError: the store or a provider does not answer.
        SettingError: a setting is missing.
    """
    settings = services.settings
    check_settings(settings)
    with limit_sign_in(SIGN_IN_TIMEOUT_SECONDS):
        store, model = await asyncio.gather(
            services.probes.probe("store", services.store.probe),
            services.probes.probe("model", services.model.probe),
        )
    document = {
        "status": "ok",
        "version": __version__,
        "warnings": [*settings.warnings, *services.warn_of_shutdowns(datetime.now(UTC).date())],
        "host": settings.host_id,
        "store": {"kind": settings.store.kind, "probe": store, "tried": PROBE_OPERATIONS[settings.store.kind]},
        "model": {
            "endpoint": settings.model.address,
            "textProvider": settings.model.text_provider,
            "visionProvider": settings.model.vision_provider,
            "imageProvider": settings.model.image_provider,
            "textDeployment": settings.model.text_deployment,
            "visionDeployment": settings.model.vision_deployment,
            "imageDeployment": settings.model.image_deployment,
            "probe": model,
        },
    }
    failed = {name: result for name, result in (("store", store), ("model", model)) if not result.startswith(REACHED)}
    if failed:
        detail = "; ".join(f"{name}: {result}" for name, result in failed.items())
        raise DegradedError(detail, {name: document[name] for name in ("version", "store", "model")})
    return document


def _shorten(error: Exception) -> str:
    return " ".join(str(error).split())[:MAX_RESULT_CHARACTERS]
