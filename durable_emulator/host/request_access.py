"""Who may talk to the host: this machine's programs, and no web page that a browser happens to show."""

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@web.middleware
async def reject_foreign_origins(
    request: web.Request,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Refuse what a foreign web page could make a browser send: another host's name (DNS rebinding) or origin."""
    origin = request.headers.get("Origin")
    if _get_hostname(f"//{request.host}") not in LOOPBACK_NAMES or (
        origin and _get_hostname(origin) not in LOOPBACK_NAMES
    ):
        return web.Response(status=403)
    return await handler(request)


def has_key(request: web.Request, key: str) -> bool:
    """Tell whether a request brings the functions key: header ``x-functions-key`` or query ``code``."""
    given = request.headers.get("x-functions-key") or request.query.get("code", "")
    return secrets.compare_digest(given.encode(), key.encode())


def _get_hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
