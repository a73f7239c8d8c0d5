"""One item of a catalog with its rounds, and the images of those."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import Field

from shared.browse.catalog_index import CatalogIndex
from shared.browse.catalog_summaries import load_catalog
from shared.browse.image_files import CachedVersion, ImageFile, read_image_file
from shared.browse.item_pages import read_page, read_rows
from shared.browse.item_query import ItemQuery
from shared.browse.views import ItemList, ItemRow
from shared.catalog.items import Item
from shared.errors import UnknownItemError, UnknownRoundError
from shared.images.rounds import Round, find_round_image, list_rounds
from shared.runs.hold_catalog import read_catalog_name
from shared.services.container import Services


class ItemDetail(ItemRow):
    """An item with its rounds."""

    rounds: list[Round] = Field(description="Images of the item, the newest first.")


@dataclass(frozen=True, slots=True)
class RoundAddress:
    """Names a round in a call.

    Attributes:
        catalog: name of the catalog.
        product_id: id of the item, internal or public.
        run_id: the run that generated the image, or ``placed``.
        number: number of the round, as text.
    """

    catalog: str
    product_id: str
    run_id: str
    number: str


async def list_items(services: Services, catalog: str, query: ItemQuery) -> ItemList:
    """Return a page of the items of a catalog.

    Raises:
        InvalidRequestError: the name or the continuation is not valid.
        UnknownCatalogError: the catalog does not exist.
        DamagedFileError: a file of the catalog, or of a run, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    index, decisions = await load_catalog(services, read_catalog_name(catalog))
    return await read_page(services.store, services.catalog_indexes.pages, index, decisions, query)


async def read_item(services: Services, catalog: str, product_id: str) -> ItemDetail:
    """Return an item with its rounds.

    Args:
        services: the services.
        catalog: name of the catalog.
        product_id: id of the item, internal or public; a host may leave it percent-encoded.

    Raises:
        InvalidRequestError: the name is not valid.
        UnknownCatalogError: the catalog does not exist.
        UnknownItemError: the catalog has no such item.
        DamagedFileError: a file of the catalog, or of a run, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    index, decisions = await load_catalog(services, read_catalog_name(catalog))
    number, item = await _find_item(services, index, product_id)
    rows = await read_rows(services.store, services.catalog_indexes.pages, index, decisions, [number])
    rounds = await list_rounds(services.store, index.catalog, item)
    return ItemDetail(**dict(rows[0]), rounds=rounds)


async def read_round(services: Services, address: RoundAddress, cached: CachedVersion) -> ImageFile:
    """Return the image of a round of an item.

    Args:
        services: the services.
        address: the round.
        cached: what the caller knows of the image.

    Raises:
        InvalidRequestError: the name of the catalog is not valid.
        UnknownCatalogError: the catalog does not exist.
        UnknownItemError: the catalog has no such item.
        UnknownRoundError: the item has no such round.
        ImageTooLargeError: the image is too large for an answer.
        StoreUnavailableError: the store does not answer.
    """
    index = await services.catalog_indexes.load(read_catalog_name(address.catalog))
    _, item = await _find_item(services, index, address.product_id)
    is_number = re.fullmatch("[0-9]{1,3}", address.number) is not None
    number = int(address.number) if is_number else 0
    info = await find_round_image(services.store, index.catalog, item, address.run_id, number)
    if info is None:
        raise UnknownRoundError(address.product_id, address.run_id, number)
    return await read_image_file(services.store, info.path, cached)


async def _find_item(services: Services, index: CatalogIndex, product_id: str) -> tuple[int, Item]:
    number = index.find_number(product_id)
    if number is None:
        number = index.find_number(unquote(product_id))
    items = {} if number is None else await services.catalog_indexes.pages.texts.read(index, [number])
    if number is None or number not in items:
        raise UnknownItemError(index.catalog, product_id)
    return number, items[number]
