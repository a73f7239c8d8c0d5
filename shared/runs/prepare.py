"""What a run starts or continues from: the inventory of its catalog, after a check of its files."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from shared.batches.earlier_batches import find_earlier_batches
from shared.catalog import catalog_files
from shared.catalog.edited_prompts import store_edited_prompts
from shared.catalog.items import SourceItem, is_outdated
from shared.errors import StoreConflictError
from shared.images.image_metadata import ImageMetadata, is_placeholder, is_valid_image
from shared.images.list_images import iterate_image_files, list_generating_runs
from shared.images.round_files import list_unfinished_items
from shared.images.style_files import keep_last_style
from shared.images.trial import record_approval
from shared.messages.base import Failure
from shared.messages.run import ResumeInput, RunRef, StartInventory
from shared.models.batches import BatchKind
from shared.reasons import Reason
from shared.rendering.inspect_image import BadImageError, inspect_image
from shared.rendering.placeholder_card import is_placeholder_file
from shared.runs import run_claim
from shared.runs.last_run import record_last_run
from shared.runs.pause import is_resumed
from shared.runs.resume import clear_stop
from shared.runs.run_files import read_stop_record
from shared.runs.selection import SelectionRequest, find_selection
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_array_check import check_json_array
from shared.storage.json_files import read_json, write_json_if_changed
from shared.storage.protocol import FileInfo, Store


async def run_prepare_run(services: Services, run: RunRef) -> StartInventory:
    """Return what a catalog already has, and send the run's first heartbeat.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    claim = await run_claim.send_heartbeat(store, run.catalog, run_id=run.run_id, host_id=services.settings.host_id)
    if claim is None:
        return StartInventory(failure=Failure(Reason.SUPERSEDED, f"Another run has claimed catalog {run.catalog!r}."))
    request = await services.caches.read_request(store, run.run_id)
    selection = find_selection(request)
    await record_last_run(store, run.catalog, run.run_id, names_items=selection is not None)
    if selection is None:  # otherwise the catalog's last request stays: later runs continue from that one
        if request.style_reference is not None:
            await keep_last_style(store, run.run_id, run.catalog)
        await write_json_if_changed(store, paths.state_file(run.catalog, "request.json"), request.to_json())

    await check_json_array(store, paths.catalog_file(run.catalog, "catalog.json"))
    await check_json_array(store, paths.catalog_file(run.catalog, "manifest.json"))
    categories = await catalog_files.read_categories(store, run.catalog) or []
    numbers = await catalog_files.list_batch_numbers(store, run.catalog)
    next_batch = max(numbers, default=0) + 1
    images = await find_valid_images(store, run.catalog)
    if selection is not None:
        await store_edited_prompts(store, run, selection)
        made = await _count_selected_images(store, run, selection)
        return StartInventory(len(categories), len(selection.selection), made, next_batch)
    changed: list[SourceItem] = []
    has_image: list[bool] = []
    if request.item_source.writes_items:
        index = await services.caches.indexes.load(store, run.catalog, run.run_id, before=next_batch)
        has_image = [filename in images for filename in index.filenames]
    else:  # no item is written, so no index of names is needed
        async for item in catalog_files.iterate_items(store, run.catalog):
            has_image.append(item.filename in images)
            if isinstance(item, SourceItem) and item.earlier is not None and not request.keep_changed:
                changed.append(item)
    outdated = await _count_outdated(store, run.catalog, changed, images)
    return StartInventory(
        categories=0 if request.force_categories else len(categories),
        items=len(has_image),
        images=0 if request.force_images else sum(has_image) - outdated,
        next_batch=next_batch,
        has_open_batches=request.is_batched and bool(await find_earlier_batches(store, BatchKind.IMAGE, run)),
        has_open_prompt_batches=request.is_text_batched
        and bool(await find_earlier_batches(store, BatchKind.PROMPT, run)),
    )


async def run_resume_run(services: Services, resume: ResumeInput) -> StartInventory:
    """End a pause, and return what the run continues from, its own earlier work included.

    A run does not continue if it was cancelled in the meantime, or if another run has its catalog. The inventory's
    failure says so, and the stop record stays.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    services.rate_limiter.forget(resume.run_id)
    await record_approval(services, resume)
    inventory = await run_prepare_run(services, RunRef(resume.run_id, resume.catalog))
    if inventory.failure is not None:
        return inventory
    if await read_stop_record(store, resume.run_id) is not None:  # not after a late redelivery: the run has continued
        services.deliveries.forget(f"{resume.run_id}/")
    if not await clear_stop(store, resume.run_id, resume.resume_count):
        stop = await read_stop_record(store, resume.run_id)
        if stop is not None and stop.reason is Reason.CANCELLED:
            return StartInventory(failure=stop)
    return await _count_own_work(services, resume.run_id, inventory)


async def run_restart_run(services: Services, restart: ResumeInput) -> StartInventory:
    """Return what a run continues from after its root was lost, its own earlier work included.

    A pause that was ended while the root was lost ends here: no other code would end it.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, run_id = services.store, restart.run_id
    services.rate_limiter.forget(run_id)
    inventory = await run_prepare_run(services, RunRef(run_id, restart.catalog))
    if inventory.failure is not None:
        return inventory
    for resume_count in range(restart.resume_count):
        is_carried_out = await store.describe(paths.stop_file(run_id, resume_count)) is not None
        if not is_carried_out and await is_resumed(store, run_id, resume_count):
            await record_approval(services, replace(restart, resume_count=resume_count))
            await keep_last_style(store, run_id, restart.catalog)
            await clear_stop(store, run_id, resume_count)
    return await _count_own_work(services, run_id, inventory)


async def _count_own_work(services: Services, run_id: str, inventory: StartInventory) -> StartInventory:
    """Count what this run did before: unfinished refinements are continued, forced categories are not repeated."""
    request = await services.caches.read_request(services.store, run_id)
    if request.refine.is_wanted:
        inventory = replace(
            inventory, images=inventory.images - len(await list_unfinished_items(services.store, run_id))
        )
    made = await _count_generated_categories(services.store, run_id)
    return replace(inventory, categories=made) if made >= request.category_count else inventory


async def _count_generated_categories(store: Store, run_id: str) -> int:
    """Return how many categories this run has generated."""

    def count(record: dict[str, Any]) -> int:
        return len(record["categories"])

    return await read_json(store, paths.run_file(run_id, "categories.json"), count) or 0


async def _count_selected_images(store: Store, run: RunRef, selection: SelectionRequest) -> int:
    """Return how many of the named items have an image that this run generated."""
    generating_runs = await list_generating_runs(store, run.catalog)
    numbers = sorted({item.batch for item in selection.selection})
    made = 0
    async for batch in catalog_files.iterate_batches(store, run.catalog, numbers):
        for item in batch.items:
            is_own = generating_runs.get(item.filename) == run.run_id
            made += is_own and item.product_id in selection.items_by_id
    return made


async def _count_outdated(store: Store, name: str, items: list[SourceItem], images: set[str]) -> int:
    """Return how many items have an image that was generated from an earlier text of their row."""
    generating_runs = await list_generating_runs(store, name) if items else {}
    return sum(item.filename in images and is_outdated(item, generating_runs.get(item.filename, "")) for item in items)


async def find_valid_images(store: Store, catalog_name: str) -> set[str]:
    """Return the file names of the images that need not be generated.

    An image that was uploaded by hand is validated, and gets its metadata. A placeholder does not count.
    """
    valid = set()
    async for filename, info in iterate_image_files(store, catalog_name):
        if is_placeholder(info):
            continue
        if not is_valid_image(info):
            await _adopt_image(store, info)
            if not is_valid_image(await store.describe(info.path)):
                continue
        valid.add(filename)
    return valid


async def _adopt_image(store: Store, info: FileInfo) -> None:
    content = await store.read(info.path)
    if content is None or is_placeholder_file(content.data):
        return
    try:
        image = await asyncio.to_thread(inspect_image, content.data)
    except BadImageError:
        return
    with contextlib.suppress(StoreConflictError):  # another delivery of this activity was faster
        await store.write(
            info.path,
            content.data,
            content_type=image.content_type,
            metadata=ImageMetadata.from_properties(image).to_json(),
            if_match=content.etag,
        )
