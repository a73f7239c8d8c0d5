"""Makes an earlier round of an item its image again."""

from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import BaseModel, Field

from shared.catalog.find_items import FoundItem, find_items
from shared.catalog.items import find_content_type
from shared.catalog.theme import STRICT_JSON
from shared.errors import StoreConflictError, UnknownItemError, UnknownRoundError
from shared.images.archived_rounds import MAX_ROUND_NUMBER
from shared.images.derived_files import ensure_derived_files
from shared.images.image_metadata import read_image_metadata
from shared.images.keep_earlier_image import archive_batch_image
from shared.images.rounds import find_round_image
from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import hold_catalog, read_catalog_name, read_last_request
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store


class PromoteRequest(BaseModel):
    """Which round of an item to promote, as the list of its rounds names it."""

    model_config = STRICT_JSON

    run_id: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="Run that generated the image; placed = no run."
    )
    round: Annotated[int, Field(ge=1, le=MAX_ROUND_NUMBER)] = Field(description="Number of the round.")


class PromotedRound(BaseModel):
    """The round that is the item's image now."""

    model_config = STRICT_JSON

    product_id: str
    item_id: str
    run_id: str
    round: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return the round as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


async def promote_round(
    services: Services, client: DurableClient, catalog: str, product_id: str, body: dict[str, Any]
) -> PromotedRound:
    """Replace an item's image by one of its rounds; the image becomes an earlier round itself.

    The cost of the round is not counted again, and published files stay until the next publish. Repeating the call
    changes nothing.

    Args:
        services: the services.
        client: the durable client.
        catalog: name of the catalog.
        product_id: id of the item, as published or internal; a host may leave it percent-encoded.
        body: JSON data of a `PromoteRequest`.

    Raises:
        ValidationError: the body breaks the schema.
        UnknownCatalogError: the catalog has no items.
        UnknownItemError: the catalog has no such item.
        UnknownRoundError: the item has no such round.
        CatalogBusyError: a run or another operation holds the catalog.
        DamagedFileError: a file of the catalog or a record of a run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    wanted = PromoteRequest.model_validate(body)
    async with hold_catalog(services, client, name):
        by_id = (await find_items(services.store, name, [product_id, unquote(product_id)])).by_id
        found = by_id.get(product_id) or by_id.get(unquote(product_id))
        if found is None:
            raise UnknownItemError(name, product_id)
        sha256 = await _replace_image(services.store, name, found, wanted)
        request = await read_last_request(services.store, name)
        await ensure_derived_files(services.store, request, found.item.filename, sha256)
        await services.catalog_indexes.update_image(name, found.item.filename)
    item = found.item
    return PromotedRound(
        product_id=item.public_id, item_id=item.product_id, run_id=wanted.run_id, round=wanted.round, sha256=sha256
    )


async def _replace_image(store: Store, catalog: str, found: FoundItem, wanted: PromoteRequest) -> str:
    """Replace an item's image by the one of a round, and return its SHA-256.

    Raises:
        UnknownRoundError: the item has no such round.
    """
    item = found.item
    path = paths.image_file(catalog, item.filename)
    while True:
        current = await store.describe(path)
        image = await find_round_image(store, catalog, item, wanted.run_id, wanted.round)
        metadata = read_image_metadata(image)
        content = None if image is None else await store.read(image.path)
        if image is None or metadata is None or content is None:
            raise UnknownRoundError(item.public_id, wanted.run_id, wanted.round)
        if image.path == path:
            return metadata.sha256
        if current is not None:
            await archive_batch_image(store, catalog, found.batch, item.product_id, current)
        try:
            await store.write(
                path,
                content.data,
                content_type=find_content_type(item.filename),
                metadata=image.metadata,
                if_match=None if current is None else current.etag,
            )
        except StoreConflictError:  # another process has written a file meanwhile
            continue
        return metadata.sha256
