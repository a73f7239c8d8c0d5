"""Calls of a store that several tests make."""

from collections.abc import AsyncIterator

import pytest

from shared.errors import StoreUnavailableError
from shared.storage.protocol import Store

JSON = "application/json"
PNG = "image/png"
IMAGE_PATH = "catalogs/lego/images/a.png"


async def write_files(store: Store, *paths: str) -> None:
    for path in paths:
        await store.write(path, b"x", content_type=JSON)


async def list_paths(store: Store, prefix: str) -> list[str]:
    return [info.path async for info in store.list_files(prefix)]


async def list_refusals(store: Store) -> list[str]:
    """Call every method; return the message of each, all of which have to be StoreUnavailableError.

    The first seven calls are about ``IMAGE_PATH``.
    """

    async def one_piece() -> AsyncIterator[bytes]:
        yield b"x"

    messages = []
    for call in (
        store.read(IMAGE_PATH),
        store.describe(IMAGE_PATH),
        store.write(IMAGE_PATH, b"x", content_type=PNG, metadata={"width": "1024"}),
        store.write_chunks(IMAGE_PATH, one_piece(), content_type=PNG),
        store.create(IMAGE_PATH, b"x", content_type=PNG),
        store.delete(IMAGE_PATH),
        store.move(IMAGE_PATH, "catalogs/lego/b.png"),
        list_paths(store, "catalogs/"),
        anext(store.read_chunks(IMAGE_PATH)),
        store.list_folders("catalogs/", limit=1),
        store.probe(),
    ):
        with pytest.raises(StoreUnavailableError) as caught:
            await call
        messages.append(str(caught.value))
    return messages
