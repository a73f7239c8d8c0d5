"""``/api/health``: whether the app is configured and, with the function key, whether store and providers answer."""

import azure.functions as func

from shared.services.container import get_services
from shared.services.health import check_settings, describe_health
from shared.version import __version__
from triggers.responses import write_json


async def get_health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the worker passes it by name
    """``GET /api/health``: return 200, or 503 with the setting that is missing."""
    check_settings(get_services().settings)
    return write_json({"status": "ok", "version": __version__})


async def get_health_details(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the worker passes it by name
    """``GET /api/health/details``: probe store and providers; requires the function key."""
    return write_json(await describe_health(get_services()))
