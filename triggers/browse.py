"""``GET /api/catalogs``: catalogs, items, rounds and images.

The services are imported by the first request that needs them, so that a cold start does not load them.
"""

from typing import TYPE_CHECKING

import azure.functions as func

from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import read_catalog_name
from shared.services.container import get_services
from triggers.responses import write_model

if TYPE_CHECKING:
    from shared.browse.image_files import CachedVersion, ImageFile

NOT_MODIFIED = 304
CACHE_VERSION = "private, max-age=31536000, immutable"
CACHE_VALIDATED = "private, no-cache"
IMAGE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""Bytes that a provider or a person has stored as an image are never run as a page."""


async def list_catalogs(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/catalogs?limit=&continuation=``: list catalogs, in name order."""
    from shared.browse import catalog_summaries  # noqa: PLC0415 - see above

    query = catalog_summaries.CatalogQuery.model_validate(_read_query(req))
    return write_model(await catalog_summaries.list_catalogs(get_services(), client, query))


async def get_catalog(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/catalogs/{catalog}``: return a catalog with counts and categories."""
    from shared.browse import catalog_summaries  # noqa: PLC0415 - see above

    return write_model(await catalog_summaries.read_catalog(get_services(), client, req.route_params["catalog"]))


async def list_items(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/catalogs/{catalog}/items``: return a page of items."""
    from shared.browse import item_details  # noqa: PLC0415 - see above
    from shared.browse.item_query import ItemQuery  # noqa: PLC0415 - see above

    query = ItemQuery.model_validate(_read_query(req), by_alias=True, by_name=False)
    return write_model(await item_details.list_items(get_services(), req.route_params["catalog"], query))


async def get_item(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/catalogs/{catalog}/items/{productId}``: return an item with its rounds."""
    from shared.browse import item_details  # noqa: PLC0415 - see above

    catalog, product_id = req.route_params["catalog"], req.route_params["productId"]
    return write_model(await item_details.read_item(get_services(), catalog, product_id))


async def get_round_image(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/catalogs/{catalog}/items/{productId}/rounds/{runId}/{round}``: return the image of a round."""
    from shared.browse import item_details  # noqa: PLC0415 - see above

    names = ("catalog", "productId", "runId", "round")
    address = item_details.RoundAddress(*(req.route_params[name] for name in names))
    return _write_image(await item_details.read_round(get_services(), address, _read_cached_version(req)))


async def get_image(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/catalogs/{catalog}/images/{filename}``: return an image."""
    from shared.browse import image_files  # noqa: PLC0415 - see above

    catalog, filename = read_catalog_name(req.route_params["catalog"]), req.route_params["filename"]
    cached = _read_cached_version(req)
    return _write_image(await image_files.read_catalog_image(get_services().store, catalog, filename, cached))


async def get_thumbnail(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/catalogs/{catalog}/thumbnails/{filename}``: return a thumbnail."""
    from shared.browse import image_files  # noqa: PLC0415 - see above

    catalog, filename = read_catalog_name(req.route_params["catalog"]), req.route_params["filename"]
    cached = _read_cached_version(req)
    return _write_image(await image_files.read_catalog_thumbnail(get_services().store, catalog, filename, cached))


def _read_query(request: func.HttpRequest) -> dict[str, str]:
    """Return the query parameters that have a value."""
    return {name: value for name, value in request.params.items() if value}


def _read_cached_version(request: func.HttpRequest) -> "CachedVersion":
    from shared.browse.image_files import CachedVersion  # noqa: PLC0415 - see above

    return CachedVersion(request.headers.get("If-None-Match", ""), request.params.get("sha256", ""))


def _write_image(image: "ImageFile") -> func.HttpResponse:
    cache = CACHE_VERSION if image.is_immutable else CACHE_VALIDATED
    headers = {"ETag": image.etag, "Cache-Control": cache}
    if image.data is None:
        return func.HttpResponse(status_code=NOT_MODIFIED, headers=headers)
    return func.HttpResponse(image.data, status_code=200, headers=headers, mimetype=image.content_type)
