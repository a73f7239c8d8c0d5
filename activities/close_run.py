"""``stop_run``, ``draw_contact_sheet`` and ``close_run``: how a run ends."""

import asyncio
from datetime import UTC, datetime

import azure.durable_functions as df

from activities.audits import audit_left_runs, audit_run
from activities.failures import tell_failures
from activities.recounts import count_unpublished, recount
from shared.domain import paths
from shared.domain.messages import Done, Ending, Failure
from shared.domain.run_status import summarize
from shared.domain.spread import CategorySpread
from shared.imaging import contact_sheet
from shared.imaging.contact_sheet_tiles import make_thumbnail
from shared.imaging.pictures import BadImageError
from shared.ports import Store
from shared.reasons import Reason
from shared.records import catalog, run
from shared.records.claims import release_claim
from shared.records.pictures import list_makers
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def stop_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``Ending`` in, ``Done`` out; from now on no instance of the run pays."""
    services, ending = get_services(), Ending.from_json(payload)

    async def work() -> Done:
        failure = ending.failure or Failure(Reason.INTERNAL_ERROR, "a part of the run broke")
        await run.record_stop(services.store, ending.run_id, failure)
        return Done()

    return (await tell_failures(services, ending.run_id, Done, work)).to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def draw_contact_sheet(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``Ending`` in, ``Done`` out; a run that made no image draws none."""
    services, ending = get_services(), Ending.from_json(payload)
    work = tell_failures(services, ending.run_id, Done, lambda: run_draw_contact_sheet(services, ending))
    return (await work).to_json()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def close_run(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``Ending`` in, ``Done`` with the final status out."""
    services, ending = get_services(), Ending.from_json(payload)
    return (await tell_failures(services, ending.run_id, Done, lambda: run_close_run(services, ending))).to_json()


async def run_draw_contact_sheet(services: Services, ending: Ending) -> Done:
    """Write ``contact-sheet.jpg``: up to MAX_CELLS pictures by category.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    if not ending.tally.made:
        return Done()
    store = services.store
    makers = await list_makers(store, ending.catalog)
    shown, images = CategorySpread(contact_sheet.MAX_CELLS), 0
    async for item in catalog.iterate_items(store, ending.catalog):
        if item.filename in makers:
            shown.show(item)
            images += 1
    cells = []
    for item in shown.pick():
        thumbnail = await _read_thumbnail(store, paths.image_file(ending.catalog, item.filename))
        cells.append(contact_sheet.ContactCell(item.name, item.category, thumbnail))
    categories = await catalog.read_categories(store, ending.catalog) or []
    subtitle = f"{_count(images, 'picture', 'pictures')} in {_count(len(categories), 'category', 'categories')}"
    sheet = await asyncio.to_thread(contact_sheet.draw_contact_sheet, ending.catalog, subtitle, cells)
    await store.write(paths.run_file(ending.run_id, "contact-sheet.jpg"), sheet, content_type="image/jpeg")
    return Done()


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


async def run_close_run(services: Services, ending: Ending) -> Done:
    """Record how the run ended, once, and give the catalog free.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await run.read_request(store, ending.run_id)
    published = ending.published or await count_unpublished(services, ending)
    tally = await recount(services, ending) if ending.recount or ending.tally.lost else ending.tally
    sheet = paths.run_file(ending.run_id, "contact-sheet.jpg")
    outputs = dict(published.outputs) | {"summary": paths.run_file(ending.run_id, "summary.json")}
    if await store.describe(sheet) is not None:
        outputs["contactSheet"] = sheet
    results = paths.results_folder(ending.run_id)
    has_rounds = request.refine.is_wanted or request.policy_rewrites > 0
    if has_rounds and (await store.list_folders(results, limit=1)).names:
        outputs["results"] = results
    summary = summarize(
        ending.run_id,
        request,
        published,
        tally,
        outputs=outputs,
        completed_at=datetime.now(UTC),
    )
    summary = await audit_run(services, summary, request)
    await audit_left_runs(services, ending.catalog, ending.run_id)
    # Free before the end is told: whoever sees the summary may start the next run at once.
    await release_claim(store, ending.catalog, run_id=ending.run_id)
    if not await run.create_summary(store, summary):
        summary = await run.read_status_file(store, ending.run_id, "summary.json") or summary
    await run.write_progress(store, summary)
    services.caches.forget(ending.run_id)
    services.pace.forget(ending.run_id)
    services.breakers.forget(ending.run_id)
    services.ledgers.forget(ending.run_id)
    return Done(status=str(summary.status))


async def _read_thumbnail(store: Store, path: str) -> bytes | None:
    content = await store.read(path)
    if content is None:
        return None
    try:
        return await asyncio.to_thread(make_thumbnail, content.data)
    except BadImageError:
        return None
