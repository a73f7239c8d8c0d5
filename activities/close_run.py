"""``stop_run``, ``render_contact_sheet`` and ``close_run``: how a run ends."""

import asyncio
from datetime import UTC, datetime

import azure.durable_functions as df

from shared.audit.write_audit import audit_run, write_missing_audits
from shared.catalog import catalog_files
from shared.images.list_images import list_generating_runs
from shared.messages.base import Failure
from shared.messages.run import ActivityResult, FinishRunInput
from shared.models.call_failures import catch_failures
from shared.reasons import Reason
from shared.rendering import contact_sheet
from shared.rendering.contact_sheet_layout import CategorySampler
from shared.rendering.contact_sheet_tiles import make_sheet_thumbnail
from shared.rendering.inspect_image import BadImageError
from shared.runs import run_files
from shared.runs.recount import count_unpublished, recount
from shared.runs.run_claim import release_claim
from shared.runs.status_rules import summarize_run
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def stop_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FinishRunInput`` in, ``ActivityResult`` out; from now on no instance of the run pays."""
    services, ending = get_services(), FinishRunInput.from_json(payload)

    async def work() -> ActivityResult:
        failure = ending.failure or Failure(Reason.INTERNAL_ERROR, "a part of the run broke")
        await run_files.record_stop(services.store, ending.run_id, failure)
        return ActivityResult()

    return (await catch_failures(services, ending.run_id, ActivityResult, work)).to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def render_contact_sheet(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FinishRunInput`` in, ``ActivityResult`` out; a run that made no image draws none."""
    services, ending = get_services(), FinishRunInput.from_json(payload)
    work = catch_failures(services, ending.run_id, ActivityResult, lambda: run_render_contact_sheet(services, ending))
    return (await work).to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def close_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FinishRunInput`` in, ``ActivityResult`` with the final status out."""
    services, ending = get_services(), FinishRunInput.from_json(payload)
    return (
        await catch_failures(services, ending.run_id, ActivityResult, lambda: run_close_run(services, ending))
    ).to_json()


async def run_render_contact_sheet(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write ``contact-sheet.jpg``: up to MAX_CELLS images by category.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    if not ending.counters.made:
        return ActivityResult()
    store = services.store
    generating_runs = await list_generating_runs(store, ending.catalog)
    shown, images = CategorySampler(contact_sheet.MAX_CELLS), 0
    async for item in catalog_files.iterate_items(store, ending.catalog):
        if item.filename in generating_runs:
            shown.add(item)
            images += 1
    cells = []
    for item in shown.list_sample():
        thumbnail = await _read_thumbnail(store, paths.image_file(ending.catalog, item.filename))
        cells.append(contact_sheet.ContactCell(item.name, item.category, thumbnail))
    categories = await catalog_files.read_categories(store, ending.catalog) or []
    subtitle = (
        f"{_format_count(images, 'image', 'images')} in {_format_count(len(categories), 'category', 'categories')}"
    )
    sheet = await asyncio.to_thread(contact_sheet.render_contact_sheet, ending.catalog, subtitle, cells)
    await store.write(paths.run_file(ending.run_id, "contact-sheet.jpg"), sheet, content_type="image/jpeg")
    return ActivityResult()


def _format_count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


async def run_close_run(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Record how the run ended, once, and give the catalog free.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await run_files.read_request(store, ending.run_id)
    published = ending.published or await count_unpublished(services, ending)
    counters = await recount(services, ending) if ending.recount or ending.counters.lost else ending.counters
    sheet = paths.run_file(ending.run_id, "contact-sheet.jpg")
    outputs = dict(published.outputs) | {"summary": paths.run_file(ending.run_id, "summary.json")}
    if await store.describe(sheet) is not None:
        outputs["contactSheet"] = sheet
    results = paths.results_folder(ending.run_id)
    has_rounds = request.refine.is_wanted or request.policy_rewrites > 0
    if has_rounds and (await store.list_folders(results, limit=1)).names:
        outputs["results"] = results
    summary = summarize_run(
        ending.run_id,
        request,
        published,
        counters,
        outputs=outputs,
        completed_at=datetime.now(UTC),
    )
    summary = await audit_run(services, summary, request)
    await write_missing_audits(services, ending.catalog, ending.run_id)
    # Free before the end is told: whoever sees the summary may start the next run at once.
    await release_claim(store, ending.catalog, run_id=ending.run_id)
    if not await run_files.create_summary(store, summary):
        summary = await run_files.read_status_file(store, ending.run_id, "summary.json") or summary
    await run_files.write_progress(store, summary)
    services.caches.forget(ending.run_id)
    services.rate_limiter.forget(ending.run_id)
    services.circuit_breakers.forget(ending.run_id)
    services.ledgers.forget(ending.run_id)
    return ActivityResult(status=str(summary.status))


async def _read_thumbnail(store: Store, path: str) -> bytes | None:
    content = await store.read(path)
    if content is None:
        return None
    try:
        return await asyncio.to_thread(make_sheet_thumbnail, content.data)
    except BadImageError:
        return None
