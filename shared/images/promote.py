"""The best image of an item's rounds becomes the item's, whoever comes first, last or twice.

Messages are delivered late and to several processes. So nothing here follows from what a message says: what ships
follows from the scores on record, and it goes over the very file that was seen before they were read. Whoever records
a better score meanwhile ships after that, and then the file is another one.
"""

from dataclasses import dataclass

from shared.catalog.items import Item, find_content_type
from shared.errors import StoreConflictError
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.refinement_policy import pick_best_round
from shared.images.round_files import RoundFiles
from shared.images.thumbnail import ensure_thumbnail, store_thumbnail
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store


@dataclass(frozen=True, slots=True)
class FirstImage:
    """An item's first image, while whoever bought it still has it in hand."""

    data: bytes
    thumbnail: bytes | None


async def promote_best(
    store: Store,
    request: SeedRequest,
    item: Item,
    results: RoundFiles,
    first: FirstImage | None = None,
) -> None:
    """Make the best-scored image of an item's rounds the item's, unless it is; with no score it is the first one.

    Args:
        store: where the catalog is.
        request: what the run was asked.
        item: whose image it is.
        results: what the run has of the item.
        first: spares reading it again.

    Raises:
        DamagedFileError: an evaluation cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    path = paths.image_file(request.catalog, item.filename)
    while True:
        current = await store.describe(path)
        scores = [found.score for found in await results.list_evaluations(request.refine.iterations)]
        number = pick_best_round(scores) if scores else 1
        best = await results.describe_round_image(number, item.filename)
        metadata = read_image_metadata(best)
        if best is None or metadata is None:
            return
        if _is_promoted(read_image_metadata(current), metadata):
            break
        in_memory = first if number == 1 else None
        data = await _read(store, best) if in_memory is None else in_memory.data
        if await _replace(store, path, current, data, best, content_type=find_content_type(item.filename)):
            if in_memory is not None and in_memory.thumbnail is not None:
                await store_thumbnail(store, request.catalog, item.filename, in_memory.thumbnail, metadata)
            break
    if request.thumbnails:
        await ensure_thumbnail(store, request.catalog, item.filename, metadata.sha256)


def _is_promoted(current: ImageMetadata | None, best: ImageMetadata) -> bool:
    """Return whether the item's image is the one of the best round."""
    if current is None:
        return False
    return (current.run_id, current.round, current.sha256) == (best.run_id, best.round, best.sha256)


async def _read(store: Store, image: FileInfo) -> bytes:
    content = await store.read(image.path)
    if content is None:
        raise LookupError(f"{image.path} is gone; expected the image that was just seen there")
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
    """Write an image over the file that was seen; False if that is another one by now."""
    if seen is None:
        return await store.create(path, data, content_type=content_type, metadata=image.metadata)
    try:
        await store.write(path, data, content_type=content_type, metadata=image.metadata, if_match=seen.etag)
    except StoreConflictError:
        return False
    return True
