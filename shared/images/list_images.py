"""Lists the images of a catalog in the store."""

from collections.abc import AsyncIterator

from shared.images.image_metadata import read_image_metadata
from shared.images.image_table import ImageTable, describe_stored_image
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store


async def list_stored_images(store: Store, catalog: str) -> ImageTable:
    """Return the validated images and the placeholders of a catalog."""
    table = ImageTable()
    async for filename, info in iterate_image_files(store, catalog):
        image = describe_stored_image(info)
        if image is not None:
            table.add(filename, image)
    return table


async def list_generating_runs(store: Store, catalog: str) -> dict[str, str]:
    """Return the run that generated each validated image, by file name; "" for an image placed by hand.

    Takes about 150 bytes per image.
    """
    generating_runs: dict[str, str] = {}
    runs: dict[str, str] = {}  # one string for all images of a run
    async for filename, info in iterate_image_files(store, catalog):
        metadata = read_image_metadata(info)
        if metadata is not None:
            generating_runs[filename] = runs.setdefault(metadata.run_id, metadata.run_id)
    return generating_runs


async def iterate_image_files(store: Store, catalog: str) -> AsyncIterator[tuple[str, FileInfo]]:
    """Yield file name and description of each file in a catalog's image folder, validated or not."""
    prefix = paths.image_folder(catalog)
    async for info in store.list_files(prefix):
        yield info.path.removeprefix(prefix), info
