"""Where a gallery gets items and thumbnails: from a store, or from a deployed app."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from cli.app_client import AppClient, ProblemError
from shared.browse.image_files import CachedVersion, read_catalog_image, read_catalog_thumbnail
from shared.browse.item_details import list_items
from shared.browse.item_query import ItemQuery
from shared.browse.views import ItemList, ItemRow
from shared.errors import RequestError
from shared.images.thumbnail import try_make_thumbnail
from shared.rendering.inspect_image import BadImageError, decode_image
from shared.services.container import Services

ANY_VERSION = CachedVersion("", "")
NOT_FOUND = 404

ReadBytes = Callable[[], Awaitable[bytes | None]]
"""Reads a file; None = it is not there."""


class GallerySource(Protocol):
    """Items of a catalog, and their thumbnails."""

    async def list_items(self, query: ItemQuery) -> ItemList:
        """Return a page of items.

        Raises:
            RequestError: the catalog does not exist.
            CliError: the app cannot be reached, or refused the call.
            StoreUnavailableError: the store does not answer.
        """

    async def read_thumbnail(self, row: ItemRow) -> bytes | None:
        """Return the thumbnail of an item's image as WebP, made in memory if the catalog has none; None = no image."""


class StoreSource:
    """A catalog in a store.

    Args:
        services: the services of the store.
        catalog: name of the catalog.
    """

    def __init__(self, services: Services, catalog: str) -> None:
        self._services = services
        self._catalog = catalog

    async def list_items(self, query: ItemQuery) -> ItemList:
        """Return a page of items."""
        return await list_items(self._services, self._catalog, query)

    async def read_thumbnail(self, row: ItemRow) -> bytes | None:
        """Return the thumbnail of an item's image."""
        store = self._services.store

        async def read(read_file: Callable[..., Awaitable[object]]) -> bytes | None:
            try:
                file = await read_file(store, self._catalog, row.filename, ANY_VERSION)
            except RequestError:  # deleted meanwhile, or too large to be an image
                return None
            data: bytes | None = getattr(file, "data", None)
            return data

        return await find_thumbnail(row, lambda: read(read_catalog_thumbnail), lambda: read(read_catalog_image))


class AppSource:
    """A catalog of a deployed app.

    Args:
        client: client of the app.
        catalog: name of the catalog.
    """

    def __init__(self, client: AppClient, catalog: str) -> None:
        self._client = client
        self._catalog = catalog

    async def list_items(self, query: ItemQuery) -> ItemList:
        """Return a page of items."""
        parameters = query.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return await self._client.list_items(self._catalog, {name: str(value) for name, value in parameters.items()})

    async def read_thumbnail(self, row: ItemRow) -> bytes | None:
        """Return the thumbnail of an item's image."""

        async def read(folder: str) -> bytes | None:
            try:
                return await self._client.read_image(self._catalog, folder, row.filename)
            except ProblemError as problem:
                if problem.status == NOT_FOUND:
                    return None
                raise

        return await find_thumbnail(row, lambda: read("thumbnails"), lambda: read("images"))


async def find_thumbnail(row: ItemRow, read_thumbnail: ReadBytes, read_image: ReadBytes) -> bytes | None:
    """Return the stored thumbnail of an item's image, or make one of the image; None if there is no usable image."""
    if row.image is None:
        return None
    stored = await read_thumbnail() if row.image.has_thumbnail else None
    if stored is not None:
        return stored
    image = await read_image()
    return None if image is None else await asyncio.to_thread(_shrink, image)


def _shrink(image: bytes) -> bytes | None:
    try:
        return try_make_thumbnail(decode_image(image).image)
    except BadImageError:
        return None
