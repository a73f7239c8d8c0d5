"""What is derived from an item's image without a call: its thumbnail and its variants."""

from shared.images.thumbnail import ensure_thumbnail
from shared.images.variant_files import ensure_variants
from shared.runs.request import SeedRequest
from shared.storage.protocol import Store


async def ensure_derived_files(store: Store, request: SeedRequest, filename: str, image_sha256: str) -> None:
    """Write the thumbnail and the variants of a stored image that are missing.

    If the store does not answer, publishing makes them.
    """
    if request.thumbnails:
        await ensure_thumbnail(store, request.catalog, filename, image_sha256)
    await ensure_variants(store, request.catalog, filename, image_sha256, request.image_variants)
