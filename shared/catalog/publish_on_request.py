"""Publishes a catalog outside a run, on request of a caller."""

from typing import Any, Literal

from pydantic import BaseModel

from shared.catalog.publish import publish, read_catalog_view
from shared.catalog.theme import STRICT_JSON
from shared.errors import NothingToPublishError
from shared.reviews.publishing_gate import LeftOut
from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import hold_catalog, read_last_request
from shared.services.container import Services


class PublishRequest(BaseModel):
    """Body of ``POST /api/catalogs/{catalog}/publish``. JSON in camelCase; unknown fields are refused.

    Attributes:
        only: publish approved items only; without it, every item with an image that is not rejected, unless the
            catalog's last request requires a review.
    """

    model_config = STRICT_JSON

    only: Literal["approved"] | None = None


async def claim_and_publish(
    services: Services, client: DurableClient, catalog: str, request: PublishRequest
) -> dict[str, Any]:
    """Publish a catalog that no run holds, such as one that a run left for review.

    Returns:
        ``{catalog, only, items, images, missing, placeholders, leftOut, outputs}``; ``items`` are published.

    Raises:
        UnknownCatalogError: the catalog does not exist.
        CatalogBusyError: a run holds the catalog.
        NothingToPublishError: reviews leave out every item; the published files are unchanged.
        StoreUnavailableError: the store does not answer.
    """
    async with hold_catalog(services, client, catalog):
        last = await read_last_request(services.store, catalog)
        view = await read_catalog_view(
            services.store,
            catalog,
            with_images=not last.dry_run,
            decisions=await services.decisions.load(catalog),
            approved_only=request.only is not None,
        )
        if view.is_held_back:
            raise NothingToPublishError(catalog, list_left_out(view.left_out))
        outputs = await publish(services.store, view)
        services.catalog_indexes.forget(catalog)
    return {
        "catalog": catalog,
        "only": view.gate.only,
        "items": view.rows,
        "images": view.images,
        "missing": view.missing,
        "placeholders": 0 if view.gate.approved_only else view.placeholders,
        "leftOut": list_left_out(view.left_out),
        "outputs": outputs,
    }


def list_left_out(groups: tuple[LeftOut, ...]) -> list[dict[str, Any]]:
    """Return the items that are not published, by reason, as JSON data."""
    return [group.to_json() for group in groups]
