"""The best picture of an item's rounds becomes the item's, whoever comes first, last or twice.

Messages are delivered late and to several processes. So nothing here follows from what a message says: what ships
follows from the scores on record, and it goes over the very file that was seen before they were read. Whoever records
a better score meanwhile ships after that, and then the file is another one.
"""

from dataclasses import dataclass

from activities.thumbnails import keep_thumbnail, restore_thumbnail
from shared.domain import paths
from shared.domain.items import Item, find_content_type
from shared.domain.refinement import pick_best
from shared.domain.requests import SeedRequest
from shared.ports import FileInfo, Store, StoreConflictError
from shared.records.catalog import is_valid_image
from shared.records.refinements import Results

IDENTITY_FACTS = ("run_id", "iteration", "sha256")


@dataclass(frozen=True, slots=True)
class FirstPicture:
    """An item's first picture, while whoever bought it still has it in hand."""

    data: bytes
    thumbnail: bytes | None


async def ship_best(
    store: Store,
    request: SeedRequest,
    item: Item,
    results: Results,
    first: FirstPicture | None = None,
) -> None:
    """Make the best-scored picture of an item's rounds the item's, unless it is; with no score it is the first one.

    Args:
        store: where the catalog is.
        request: what the run was asked.
        item: whose picture it is.
        results: what the run has of the item.
        first: spares reading it again.

    Raises:
        DamagedFileError: an evaluation cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    path = paths.image_file(request.catalog, item.filename)
    while True:
        shipped = await store.describe(path)
        scores = [found.score for found in await results.list_evaluations(request.refine.iterations)]
        number = pick_best(scores) if scores else 1
        best = await results.describe_picture(number, item.filename)
        if best is None or not is_valid_image(best):
            return
        if shipped is not None and all(shipped.facts.get(fact) == best.facts[fact] for fact in IDENTITY_FACTS):
            break
        in_hand = first if number == 1 else None
        data = await _read(store, best) if in_hand is None else in_hand.data
        if await _replace(store, path, shipped, data, best, content_type=find_content_type(item.filename)):
            if in_hand is not None and in_hand.thumbnail is not None:
                await keep_thumbnail(store, request.catalog, item.filename, in_hand.thumbnail, best.facts)
            break
    if request.thumbnails:
        await restore_thumbnail(store, request.catalog, item.filename, best)


async def _read(store: Store, picture: FileInfo) -> bytes:
    content = await store.read(picture.path)
    if content is None:
        raise LookupError(f"{picture.path} is gone; expected the picture that was just seen there")
    return content.data


async def _replace(
    store: Store,
    path: str,
    seen: FileInfo | None,
    data: bytes,
    picture: FileInfo,
    *,
    content_type: str,
) -> bool:
    """Write a picture over the file that was seen; False if that is another one by now."""
    if seen is None:
        return await store.create(path, data, content_type=content_type, facts=picture.facts)
    try:
        await store.write(path, data, content_type=content_type, facts=picture.facts, if_match=seen.etag)
    except StoreConflictError:
        return False
    return True
