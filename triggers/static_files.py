"""``/api/review/`` and ``/api/openapi.json``: the review page's files and the OpenAPI document. They hold no data."""

from pathlib import Path
from urllib.parse import urlsplit

import azure.functions as func

from shared.static_files import StaticFile, read_static_file
from shared.text.entity_tags import matches_entity_tag

APP_FOLDER = Path(__file__).resolve().parents[1]
PAGE_FOLDER = APP_FOLDER / "web"
DOCUMENT_FOLDER, DOCUMENT_NAME = APP_FOLDER / "triggers", "openapi.json"

CACHING = {"Cache-Control": "no-cache"}
"""A browser asks before it uses a stored copy, so that a new deployment is seen at once; unchanged files answer 304."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",  # images of catalogs arrive by calls that send the function key
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)

PAGE_HEADERS = CACHING | {
    "Content-Security-Policy": "; ".join(CONTENT_SECURITY_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
}
"""Headers of every answer below ``/api/review``: scripts, styles and calls of this origin alone."""


async def get_page_file(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/review/{path}``: return a file of the review page; without a path, its ``index.html``."""
    path = req.route_params.get("path") or ""
    if not path and not urlsplit(req.url).path.endswith("/"):
        # The page's own addresses are relative to the slash. A relative redirect works behind any prefix.
        return func.HttpResponse(status_code=307, headers={"Location": "review/"})
    return _write_file(req, await read_static_file(PAGE_FOLDER, path or "index.html"))


async def get_openapi_document(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/openapi.json``: return the OpenAPI document of this API."""
    return _write_file(req, await read_static_file(DOCUMENT_FOLDER, DOCUMENT_NAME))


def _write_file(request: func.HttpRequest, file: StaticFile) -> func.HttpResponse:
    headers = {"ETag": file.etag}
    if matches_entity_tag(request.headers.get("If-None-Match", ""), file.etag):
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(file.data, status_code=200, headers=headers, mimetype=file.media_type)
