"""Publishes a catalog outside a run, on request of a caller."""

from typing import Any, Final, Literal

from pydantic import BaseModel

from shared.catalog.publish import publish, read_catalog_view
from shared.catalog.theme import STRICT_JSON
from shared.errors import NothingToPublishError
from shared.images.image_table import ImageTable
from shared.images.thumbnail import complete_thumbnails
from shared.images.variant_files import complete_variants
from shared.reviews.publishing_gate import LeftOut
from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import hold_catalog, read_last_request
from shared.runs.request import SeedRequest
from shared.services.container import Services
from shared.storage.protocol import Store

MAX_THUMBNAILS_PER_CALL: Final = 400
"""At 60 ms each they take a tenth of the 230 s in which Azure's load balancer expects an answer."""

MAX_VARIANT_WORK_PER_CALL: Final = 400
"""WebP variants of 1024x1024 images; at 50 ms each they take as long as the thumbnails."""


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

    Makes missing thumbnails and image variants, as a run does, and at most as many as an HTTP call has time for.

    Returns:
        ``{catalog, only, items, images, missing, placeholders, missingThumbnails, missingVariants, leftOut, outputs}``;
        ``items`` are published.

    Raises:
        UnknownCatalogError: the catalog does not exist.
        CatalogBusyError: a run holds the catalog.
        NothingToPublishError: reviews leave out every item; the published files are unchanged.
        StoreUnavailableError: the store does not answer.
    """
    async with hold_catalog(services, client, catalog):
        last = await read_last_request(services.store, catalog)
        image_table, missing_thumbnails, missing_variants = await _complete_images(services.store, last)
        view = await read_catalog_view(
            services.store,
            catalog,
            with_images=not last.dry_run,
            image_table=image_table,
            decisions=await services.decisions.load(catalog),
            approved_only=request.only is not None,
        )
        if view.is_held_back:
            raise NothingToPublishError(catalog, list_left_out(view.left_out))
        outputs = await publish(services.store, view)
        await services.catalog_indexes.announce_change(catalog)
    return {
        "catalog": catalog,
        "only": view.gate.only,
        "items": view.rows,
        "images": view.images,
        "missing": view.missing,
        "placeholders": 0 if view.gate.approved_only else view.placeholders,
        "missingThumbnails": missing_thumbnails,
        "missingVariants": missing_variants,
        "leftOut": list_left_out(view.left_out),
        "outputs": outputs,
    }


async def _complete_images(store: Store, last: SeedRequest) -> tuple[ImageTable | None, int, int]:
    """Make the missing thumbnails and variants of a catalog with images.

    Returns:
        The catalog's images, if they were read, and how many of them still lack a thumbnail and a variant.
    """
    if last.dry_run:
        return None, 0, 0
    image_table, missing_thumbnails = await complete_thumbnails(
        store, last.catalog, make=last.thumbnails, max_count=MAX_THUMBNAILS_PER_CALL
    )
    missing_variants = await complete_variants(
        store, last.catalog, image_table, last.image_variants, max_work=MAX_VARIANT_WORK_PER_CALL
    )
    return image_table, missing_thumbnails, missing_variants


def list_left_out(groups: tuple[LeftOut, ...]) -> list[dict[str, Any]]:
    """Return the items that are not published, by reason, as JSON data."""
    return [group.to_json() for group in groups]
