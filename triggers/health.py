"""``/api/health``: is the app configured, and with the function key: does everything behind it answer?"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import azure.durable_functions as df
import azure.functions as func

from shared.config import SettingError
from shared.errors import CatalogSeederError, ModelError
from shared.identity.sign_in_limit import limit_sign_in
from shared.models.protocol import is_provider_unusable
from shared.services.container import Services, get_services
from shared.services.model_factory import check_image_settings, check_model_settings
from shared.telemetry.observed_requests import observe_request
from shared.version import __version__
from triggers.http_responses import Problem, respond, write_json

blueprint = df.Blueprint()

PROBE_CACHE_SECONDS = 30.0
"""How long a probe's result is good for: probes are free, but not instant."""


SIGN_IN_TIMEOUT_SECONDS = 5.0
"""How long a probe waits for a token: a person waits for the answer."""

PROBE_OPERATIONS = {"folder": "write", "blob": "read"}
"""What a store's probe does. A write to Blob Storage would leave a version behind, so none is tried."""

REACHED = "reached"


class ProbeCache:
    """Remembers each probe's result for PROBE_CACHE_SECONDS of a process's monotonic clock."""

    def __init__(self) -> None:
        self._results: dict[str, tuple[float, str]] = {}

    async def probe(self, name: str, work: Callable[[], Awaitable[None]]) -> str:
        """Return ``reached`` or what is wrong, from now or from a moment ago."""
        now = time.monotonic()
        if name in self._results and now - self._results[name][0] < PROBE_CACHE_SECONDS:
            return self._results[name][1]
        try:
            await work()
        except ModelError as error:
            shown = _shorten(error)
            result = (
                shown if is_provider_unusable(error) else f"{REACHED}, but its list of models cannot be read: {shown}"
            )
        except CatalogSeederError as error:
            result = _shorten(error)
        else:
            result = REACHED
        self._results[name] = (now, result)
        return result


def _shorten(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _is_reached(result: str) -> bool:
    return result.startswith(REACHED)


_probes = ProbeCache()


@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@observe_request
async def get_health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the worker passes it by name
    """``GET /api/health``: 200, or 503 naming the setting that is missing."""

    async def work() -> func.HttpResponse:
        check_settings(get_services())
        return write_json({"status": "ok", "version": __version__})

    return await respond(work)


@blueprint.route(route="health/details", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@observe_request
async def get_health_details(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - see above
    """``GET /api/health/details``: what is behind the app, and whether it answers; needs the function key."""

    async def work() -> func.HttpResponse:
        services = get_services()
        check_settings(services)
        with limit_sign_in(SIGN_IN_TIMEOUT_SECONDS):
            store, model = await asyncio.gather(
                _probes.probe("store", services.store.probe),
                _probes.probe("model", services.model.probe),
            )
        kind = services.settings.store.kind
        document = {
            "status": "ok" if all(map(_is_reached, (store, model))) else "degraded",
            "version": __version__,
            "warnings": [*services.settings.warnings, *services.warn_of_shutdowns(datetime.now(UTC).date())],
            "host": services.settings.host_id,
            "store": {"kind": kind, "probe": store, "tried": PROBE_OPERATIONS[kind]},
            "model": {
                "endpoint": services.settings.model.address,
                "textProvider": services.settings.model.text_provider,
                "visionProvider": services.settings.model.vision_provider,
                "imageProvider": services.settings.model.image_provider,
                "textDeployment": services.settings.model.text_deployment,
                "visionDeployment": services.settings.model.vision_deployment,
                "imageDeployment": services.settings.model.image_deployment,
                "probe": model,
            },
        }
        if document["status"] != "ok":
            parts = {"store": store, "model": model}
            detail = "; ".join(f"{name}: {result}" for name, result in parts.items() if not _is_reached(result))
            raise Problem(503, "degraded", detail, **{key: document[key] for key in ("version", "store", "model")})
        return write_json(document)

    return await respond(work)


def check_settings(services: Services, *, needs_text_model: bool = True) -> None:
    """Check without any call that what a run needs is configured.

    Args:
        services: of this process.
        needs_text_model: False leaves out the text service: a run over rows may do without.

    Raises:
        SettingError: something is missing; it names the setting.
    """
    settings = services.settings
    (check_model_settings if needs_text_model else check_image_settings)(settings.model)
    if settings.store.kind == "blob" and not (settings.store.account_url or settings.store.connection_string):
        raise SettingError("CATALOG_STORAGE_URL", "is missing; expected the blob service's URL, or STORE=folder")
