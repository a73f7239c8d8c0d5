"""Write the contact sheets of a run: a sample of its catalog's images by category, and one by likeness."""

import asyncio
from collections.abc import Sequence

from shared.catalog import catalog_files
from shared.catalog.items import Item
from shared.images.image_metadata import read_image_metadata
from shared.images.list_images import iterate_image_files, list_generating_runs
from shared.images.style_files import read_style
from shared.messages.run import ActivityResult, FinishRunInput
from shared.rendering import contact_sheet
from shared.rendering.contact_sheet_layout import CategorySampler, sample_evenly
from shared.rendering.contact_sheet_tiles import make_sheet_thumbnail
from shared.rendering.inspect_image import BadImageError
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store

CONTACT_SHEET_NAME = "contact-sheet.jpg"
LIKENESS_SHEET_NAME = "contact-sheet-by-likeness.jpg"
LIKENESS_HEADING = "Nearest to the style references first"


async def run_render_contact_sheet(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write ``contact-sheet.jpg`` with up to MAX_CELLS images; a run that generated none writes none.

    A run with style references also writes ``contact-sheet-by-likeness.jpg``, which ends with the outliers.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if not ending.counters.made:
        return ActivityResult()
    store = services.store
    generating_runs = await list_generating_runs(store, ending.catalog)
    sampler, images = CategorySampler(contact_sheet.MAX_CELLS), 0
    async for item in catalog_files.iterate_items(store, ending.catalog):
        if item.filename in generating_runs:
            sampler.add(item)
            images += 1
    categories = len(await catalog_files.read_categories(store, ending.catalog) or [])
    subtitle = f"{_count(images, 'image', 'images')} in {_count(categories, 'category', 'categories')}"
    cells = [await _make_cell(store, ending.catalog, item, item.category) for item in sampler.list_sample()]
    await _write_sheet(store, ending, CONTACT_SHEET_NAME, subtitle, cells)
    style = await read_style(store, ending.run_id)
    if style is not None:
        await _write_likeness_sheet(store, ending, style.digest)
    return ActivityResult()


async def _write_likeness_sheet(store: Store, ending: FinishRunInput, style: str) -> None:
    """Write the images that were generated with the same style references, nearest first."""
    distances = await _list_distances(store, ending.catalog, style)
    ranked: list[tuple[float, str]] = sorted((distance, name) for name, distance in distances.items())
    shown = {name: place for place, (_, name) in enumerate(sample_evenly(ranked, contact_sheet.MAX_CELLS))}
    items = catalog_files.iterate_items(store, ending.catalog)
    found = [item async for item in items if item.filename in shown]
    if found:
        subtitle = (
            f"{_count(len(ranked), 'image', 'images')} by distance from the style references; the last are outliers"
        )
        cells = [
            await _make_cell(store, ending.catalog, item, LIKENESS_HEADING)
            for item in sorted(found, key=lambda item: shown[item.filename])
        ]
        await _write_sheet(store, ending, LIKENESS_SHEET_NAME, subtitle, cells)


async def _list_distances(store: Store, catalog: str, style: str) -> dict[str, float]:
    """Return the distance of each image that was generated with these style references, by file name."""
    distances: dict[str, float] = {}
    async for filename, info in iterate_image_files(store, catalog):
        metadata = read_image_metadata(info)
        if metadata is not None and metadata.style == style and metadata.style_distance is not None:
            distances[filename] = metadata.style_distance
    return distances


async def _write_sheet(
    store: Store, ending: FinishRunInput, name: str, subtitle: str, cells: Sequence[contact_sheet.ContactCell]
) -> None:
    sheet = await asyncio.to_thread(contact_sheet.render_contact_sheet, ending.catalog, subtitle, cells)
    await store.write(paths.run_file(ending.run_id, name), sheet, content_type="image/jpeg")


async def _make_cell(store: Store, catalog: str, item: Item, heading: str) -> contact_sheet.ContactCell:
    thumbnail = await _read_thumbnail(store, paths.image_file(catalog, item.filename))
    return contact_sheet.ContactCell(item.name, heading, thumbnail)


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


async def _read_thumbnail(store: Store, path: str) -> bytes | None:
    content = await store.read(path)
    if content is None:
        return None
    try:
        return await asyncio.to_thread(make_sheet_thumbnail, content.data)
    except BadImageError:
        return None
