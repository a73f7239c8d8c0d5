"""What a catalog holds at the end of a run, and which images the run has generated."""

from collections.abc import AsyncIterator

from shared.catalog import catalog_files
from shared.catalog.items import Item
from shared.catalog.publish import CatalogView, read_catalog_view
from shared.images.image_table import ImageTable, StoredImage
from shared.reviews.decisions import DecisionTable
from shared.runs.hold_catalog import read_last_request
from shared.runs.request import SeedRequest
from shared.runs.selection import SelectionRequest, find_selection
from shared.storage import paths
from shared.storage.protocol import Store


async def read_run_view(
    store: Store,
    request: SeedRequest,
    image_table: ImageTable | None = None,
    decisions: DecisionTable | None = None,
) -> CatalogView:
    """Return what the catalog of a run holds.

    A run over named items leaves it to the catalog's last request whether items without an image are complete.

    Args:
        store: the store.
        request: of the run.
        image_table: the catalog's images, if they have been read.
        decisions: of reviewers about them, if they have been read.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name = request.catalog
    whole = request if find_selection(request) is None else await read_last_request(store, name)
    return await read_catalog_view(
        store,
        name,
        with_images=not whole.dry_run,
        image_table=image_table,
        decisions=decisions,
        approved_only=whole.requires_review,
    )


def count_run_images(view: CatalogView, request: SeedRequest, run_id: str) -> int:
    """Return the number of items with an image; of a run over named items, the number of images that it generated."""
    if find_selection(request) is None:
        return view.images
    images = (view.image_table.find(filename) for filename in view.image_table)
    return sum(_is_from_run(image, run_id) for image in images)


async def iterate_items_without_run_image(
    store: Store, view: CatalogView, selection: SelectionRequest, run_id: str
) -> AsyncIterator[Item]:
    """Yield the named items that have no image of the run, in acceptance order."""
    numbers = sorted({item.batch for item in selection.selection})
    async for batch in catalog_files.iterate_batches(store, view.name, numbers):
        for item in batch.items:
            is_new = _is_from_run(view.image_table.find(item.filename), run_id)
            if item.product_id in selection.items_by_id and not is_new:
                yield item


def _is_from_run(image: StoredImage | None, run_id: str) -> bool:
    """Return whether a run generated an image; image tables keep the time in the run's id, to the millisecond."""
    return image is not None and image.run_countdown_ms == paths.parse_inverted_time(run_id)
