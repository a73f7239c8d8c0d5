"""Create image files whose metadata is complete."""

import contextlib
from collections.abc import Mapping

from shared.errors import StoreConflictError
from shared.images.image_metadata import is_valid_image
from shared.storage.protocol import Store


async def create_image(store: Store, path: str, data: bytes, *, content_type: str, metadata: Mapping[str, str]) -> None:
    """Create an image file unless a valid one exists.

    A file without metadata is replaced: its writer died between the two writes of a folder store.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    if await store.create(path, data, content_type=content_type, metadata=metadata):
        return
    existing = await store.describe(path)
    if existing is not None and not is_valid_image(existing):
        with contextlib.suppress(StoreConflictError):
            await store.delete(path, if_match=existing.etag)
        await store.create(path, data, content_type=content_type, metadata=metadata)
