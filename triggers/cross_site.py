"""Refuses requests by which a web page of another site would change something.

A browser sends cookies with such a request, such as those of a sign-in in front of the app, and a form needs no
permission to send it. Browsers report the sender in headers that pages cannot set. Programs send neither header.
"""

from collections.abc import Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from shared.errors import CrossSiteRequestError
from triggers.route import HttpHandler

OWN_SITES = frozenset({"same-origin", "none"})
"""Values of ``Sec-Fetch-Site`` for a page of this origin, and for what a person entered into the browser."""

HOST_HEADERS = ("Host", "X-Forwarded-Host", "X-Original-Host")
"""Headers with the host that the caller used; a proxy replaces the first and sends one of the others.

A page of another site can set none of them: forms have no headers, and scripts need the app's permission (CORS).
"""

DEFAULT_PORTS = frozenset({None, 80, 443})


def refuse_cross_site(handler: HttpHandler) -> HttpHandler:
    """Wrap an HTTP function that changes something; it raises CrossSiteRequestError for a page of another site."""

    @wraps(handler)
    async def handle(req: func.HttpRequest, **bindings: Any) -> func.HttpResponse:
        check_site(req.headers, req.url)
        return await handler(req=req, **bindings)

    return handle


def check_site(headers: Mapping[str, str], url: str) -> None:
    """Check that no page of another site sent a request.

    Args:
        headers: of the request; names in any letter case.
        url: of the request, as this app sees it.

    Raises:
        CrossSiteRequestError: a browser reports another site as the sender, or hides the sender.
    """
    found = {name.casefold(): value.strip() for name, value in headers.items()}
    site = found.get("sec-fetch-site")
    if site is not None:
        if site not in OWN_SITES:
            raise CrossSiteRequestError(f"Sec-Fetch-Site is {site[:40]!r}")
        return
    origin = found.get("origin")
    if origin is None:
        return
    hosts = [value for name in HOST_HEADERS for value in found.get(name.casefold(), "").split(",")]
    own = {_read_host(f"//{host.strip()}") for host in (*hosts, urlsplit(url).netloc)}
    sender = _read_host(origin) if "://" in origin else None  # "null" is a page that hides its origin
    if sender is None or sender not in own:
        raise CrossSiteRequestError(f"Origin is {origin[:80]!r}")


def _read_host(url: str) -> tuple[str, int | None] | None:
    """Return host and port of a URL, None instead of a default port; None if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return parts.hostname, None if port in DEFAULT_PORTS else port
