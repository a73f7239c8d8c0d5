"""``prepare_run``: sees what a catalog has already, and that its files are what was written there."""

import asyncio
import contextlib

import azure.durable_functions as df

from shared.catalog import catalog_files
from shared.catalog.items import SourceItem, is_outdated
from shared.errors import StoreConflictError
from shared.images.image_metadata import ImageMetadata, is_placeholder, is_valid_image
from shared.images.list_images import iterate_image_files, list_generating_runs
from shared.messages.base import Failure
from shared.messages.run import RunRef, StartInventory
from shared.models.call_failures import catch_failures
from shared.reasons import Reason
from shared.rendering.inspect_image import BadImageError, inspect_image
from shared.rendering.placeholder_card import is_placeholder_file
from shared.runs import run_claim
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.json_array_check import check_json_array
from shared.storage.json_files import write_json_if_changed
from shared.storage.protocol import FileInfo, Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def prepare_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``RunRef`` in, ``StartInventory`` out."""
    services, run = get_services(), RunRef.from_json(payload)
    plan = await catch_failures(services, run.run_id, StartInventory, lambda: run_prepare_run(services, run))
    return plan.to_json()


async def run_prepare_run(services: Services, run: RunRef) -> StartInventory:
    """Return what a run starts from.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    claim = await run_claim.send_heartbeat(store, run.catalog, run_id=run.run_id, host_id=services.settings.host_id)
    if claim is None:
        return StartInventory(failure=Failure(Reason.SUPERSEDED, f"another run took catalog {run.catalog!r} over"))
    request = await services.caches.read_request(store, run.run_id)
    await write_json_if_changed(store, paths.state_file(run.catalog, "request.json"), request.to_json())

    await check_json_array(store, paths.catalog_file(run.catalog, "catalog.json"))
    await check_json_array(store, paths.catalog_file(run.catalog, "manifest.json"))
    categories = await catalog_files.read_categories(store, run.catalog) or []
    numbers = await catalog_files.list_batch_numbers(store, run.catalog)
    next_batch = max(numbers, default=0) + 1
    images = await find_valid_images(store, run.catalog)
    changed: list[SourceItem] = []
    has_image: list[bool] = []
    if request.item_source.writes_items:
        index = await services.caches.indexes.load(store, run.catalog, run.run_id, before=next_batch)
        has_image = [filename in images for filename in index.filenames]
    else:  # nobody writes items: their names are not held
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
    )


async def _count_outdated(store: Store, name: str, items: list[SourceItem], images: set[str]) -> int:
    """Return how many of some items have an image that shows what their row said before."""
    generating_runs = await list_generating_runs(store, name) if items else {}
    return sum(item.filename in images and is_outdated(item, generating_runs.get(item.filename, "")) for item in items)


async def find_valid_images(store: Store, catalog_name: str) -> set[str]:
    """Return the file names of the images that need not be made.

    One that somebody put there by hand is looked at and taken on; a placeholder gives way to an image.
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
    with contextlib.suppress(StoreConflictError):  # another delivery of this activity was quicker
        await store.write(
            info.path,
            content.data,
            content_type=image.content_type,
            metadata=ImageMetadata.from_properties(image).to_json(),
            if_match=content.etag,
        )
