"""Promote the best image of an item's rounds to the item's image.

Messages are delivered late, twice, and to several processes. So the choice does not depend on the message but on the
recorded ratings, and the image replaces exactly the file that was read before them (by ETag). A process that
records a better rating in the meantime promotes after that, and then the ETag differs.
"""

from dataclasses import dataclass

from shared.catalog.items import Item, find_content_type
from shared.errors import StoreConflictError
from shared.images.derived_files import ensure_derived_files
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.keep_earlier_image import keep_earlier_image
from shared.images.refinement_policy import pick_best_round
from shared.images.round_files import RoundFiles
from shared.images.thumbnail import store_thumbnail
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store


@dataclass(frozen=True, slots=True)
class FirstImage:
    """An item's first image, while the process that generated it still has it in memory."""

    data: bytes
    thumbnail: bytes | None


async def promote_best(
    store: Store,
    request: SeedRequest,
    item: Item,
    results: RoundFiles,
    first: FirstImage | None = None,
) -> None:
    """Promote the round with the best rating unless it is promoted already; without one, promote the first round.

    Args:
        store: the store.
        request: the request of the run.
        item: the item.
        results: the results of the run for this item.
        first: the first round's image if it is in memory; otherwise it is read from the store.

    Raises:
        DamagedFileError: an evaluation cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    path = paths.image_file(request.catalog, item.filename)
    while True:
        current = await store.describe(path)
        ratings = [found.rating for found in await results.list_evaluations(request.refine.iterations)]
        number = pick_best_round(ratings) if ratings else 1
        best = await results.describe_round_image(number, item.filename)
        metadata = read_image_metadata(best)
        if best is None or metadata is None:
            return
        if _is_promoted(read_image_metadata(current), metadata):
            break
        await keep_earlier_image(store, request, item.product_id, current, run_id=results.run_id)
        in_memory = first if number == 1 else None
        data = await _read(store, best) if in_memory is None else in_memory.data
        if await _replace(store, path, current, data, best, content_type=find_content_type(item.filename)):
            if in_memory is not None and in_memory.thumbnail is not None:
                await store_thumbnail(store, request.catalog, item.filename, in_memory.thumbnail, metadata)
            break
    await ensure_derived_files(store, request, item.filename, metadata.sha256)


def _is_promoted(current: ImageMetadata | None, best: ImageMetadata) -> bool:
    """Return whether the item's image is the one of the best round."""
    if current is None:
        return False
    return (current.run_id, current.round, current.sha256) == (best.run_id, best.round, best.sha256)


async def _read(store: Store, image: FileInfo) -> bytes:
    content = await store.read(image.path)
    if content is None:
        raise LookupError(f"{image.path} is missing; expected the image that was just found there.")
    return content.data


async def _replace(
    store: Store,
    path: str,
    seen: FileInfo | None,
    data: bytes,
    image: FileInfo,
    *,
    content_type: str,
) -> bool:
    """Replace the file that was read before; False if it has changed since."""
    if seen is None:
        return await store.create(path, data, content_type=content_type, metadata=image.metadata)
    try:
        await store.write(path, data, content_type=content_type, metadata=image.metadata, if_match=seen.etag)
    except StoreConflictError:
        return False
    return True
