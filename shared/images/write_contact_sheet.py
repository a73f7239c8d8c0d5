"""Write the contact sheet of a run: a sample of its catalog's images by category."""

import asyncio

from shared.catalog import catalog_files
from shared.images.list_images import list_generating_runs
from shared.messages.run import ActivityResult, FinishRunInput
from shared.rendering import contact_sheet
from shared.rendering.contact_sheet_layout import CategorySampler
from shared.rendering.contact_sheet_tiles import make_sheet_thumbnail
from shared.rendering.inspect_image import BadImageError
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store

CONTACT_SHEET_NAME = "contact-sheet.jpg"


async def run_render_contact_sheet(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write ``contact-sheet.jpg`` with up to MAX_CELLS images; a run that generated none writes none.

    Raises:
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
    cells = []
    for item in sampler.list_sample():
        thumbnail = await _read_thumbnail(store, paths.image_file(ending.catalog, item.filename))
        cells.append(contact_sheet.ContactCell(item.name, item.category, thumbnail))
    categories = len(await catalog_files.read_categories(store, ending.catalog) or [])
    subtitle = f"{_count(images, 'image', 'images')} in {_count(categories, 'category', 'categories')}"
    sheet = await asyncio.to_thread(contact_sheet.render_contact_sheet, ending.catalog, subtitle, cells)
    await store.write(paths.run_file(ending.run_id, CONTACT_SHEET_NAME), sheet, content_type="image/jpeg")
    return ActivityResult()


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
