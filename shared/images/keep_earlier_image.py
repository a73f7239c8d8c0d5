"""Keep the image of an item among its earlier ones before a run over named items replaces it."""

from shared.catalog.catalog_files import read_batch
from shared.catalog.prompt_files import read_prompts
from shared.images.archived_rounds import archive_image
from shared.images.generated_prompts import find_image_prompt
from shared.images.image_metadata import read_image_metadata
from shared.runs.request import SeedRequest
from shared.runs.selection import find_selected_item
from shared.storage.protocol import FileInfo, Store


async def keep_earlier_image(
    store: Store, request: SeedRequest, product_id: str, image: FileInfo | None, *, run_id: str
) -> None:
    """Archive an item's image if a run that names the item is about to replace it, and did not generate it.

    Args:
        store: the store.
        request: of the run.
        product_id: internal id of the item.
        image: the item's image as it was found; the caller replaces this version only.
        run_id: the run.

    Raises:
        DamagedFileError: a file of the catalog or a record of a run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    selected, metadata = find_selected_item(request, product_id), read_image_metadata(image)
    if selected is None or image is None or metadata is None or metadata.run_id == run_id:
        return
    await archive_batch_image(store, request.catalog, selected.batch, product_id, image)


async def archive_batch_image(store: Store, catalog: str, batch: int, product_id: str, image: FileInfo) -> None:
    """Archive the image of an item of a batch, with the prompt that it was generated from.

    Raises:
        DamagedFileError: a file of the catalog or a record of a run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    metadata = read_image_metadata(image)
    if metadata is None:
        return
    found, prompts = await read_batch(store, catalog, batch), await read_prompts(store, catalog, batch)
    for item in () if found is None else found.items:
        if item.product_id == product_id:
            is_placed = not metadata.run_id  # it was not generated from a prompt
            prompt = None if is_placed else await find_image_prompt(store, catalog, item, metadata, prompts)
            await archive_image(store, catalog, item, image, prompt)
