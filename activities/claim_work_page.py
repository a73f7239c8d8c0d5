"""``claim_work_page``: gives an image worker the next accepted items without an image, and nobody else."""

from dataclasses import dataclass, replace

import azure.durable_functions as df

from shared.catalog import catalog_files
from shared.catalog.planning import needs_image
from shared.catalog.written_prompts import lacks_prompts
from shared.images.restarted_worker import skip_finished_jobs
from shared.images.work_page_size import choose_work_page_size
from shared.messages.base import Counters
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, ImageJob
from shared.models.call_failures import catch_failures
from shared.runs import run_files
from shared.runs.root_state import RootState
from shared.runs.run_guard import check_root
from shared.services.container import Services, get_services
from shared.storage import paths
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the acceptance order: behind so many items of a batch, and so many of all batches."""

    batch: int = 1
    index: int = 0
    items: int = 0


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")
@observe_activity
async def claim_work_page(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ClaimWorkPageInput`` in, ``ClaimWorkPageResult`` out."""
    services, claim = get_services(), ClaimWorkPageInput.from_json(payload)
    services.root_states.set_client_binding(durable_client)
    work = catch_failures(services, claim.run_id, ClaimWorkPageResult, lambda: run_claim_work_page(services, claim))
    return (await work).to_json()


async def run_claim_work_page(services: Services, claim: ClaimWorkPageInput) -> ClaimWorkPageResult:
    """Claim the next page by creating its file; a repeated claim finds its own.

    Pages are numbered without gaps, and each says where the next one begins, so image workers need no coordinator and
    share
    the work as they come: none hoards more than ``size`` jobs.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    root = await check_root(services, claim.run_id)
    if await run_files.read_stop_record(store, claim.run_id) is not None:
        return ClaimWorkPageResult(page=claim.last_page, stopped=True)
    if root is RootState.SUSPENDED:
        return ClaimWorkPageResult(page=claim.last_page, suspended=True)
    number = claim.last_page
    last = await run_files.read_work_page(store, claim.run_id, number, claim.resume_count) if number else None
    while True:
        cursor = Cursor() if last is None else Cursor(last.last_batch_number, last.last_batch_items, last.checked_items)
        # Looked at before the items are: if it is closed now, nothing can come behind what is found next.
        closed = await run_files.are_items_closed(store, claim.run_id, claim.resume_count)
        page = await run_files.read_work_page(store, claim.run_id, number + 1, claim.resume_count)
        if page is None:
            request = await services.caches.read_request(store, claim.run_id)
            if choose_work_page_size(claim, request.target_count, cursor.items) == 0:
                return ClaimWorkPageResult(page=number, unclaimed=request.target_count - cursor.items)
            jobs, end = await _collect_jobs(services, claim, cursor, closed=closed)
            if end == cursor:
                return ClaimWorkPageResult(page=number, closed=closed)
            page = run_files.WorkPage(claim.claimed_by, end.batch, end.index, jobs, end.items)
            if not await run_files.create_work_page(store, claim.run_id, number + 1, page, claim.resume_count):
                continue
        number, last = number + 1, page
        if page.claimed_by == claim.claimed_by and page.jobs:
            claimed = tuple(ImageJob(job.product_id, job.batch) for job in page.jobs)
            worker_jobs, counters = (
                await skip_finished_jobs(services, claim, claimed) if claim.restarts else (claimed, Counters())
            )
            request = await services.caches.read_request(store, claim.run_id)
            unclaimed = None if page.checked_items > request.target_count else request.target_count - page.checked_items
            return ClaimWorkPageResult(page=number, jobs=worker_jobs, counters=counters, unclaimed=unclaimed)


async def _collect_jobs(
    services: Services,
    claim: ClaimWorkPageInput,
    cursor: Cursor,
    *,
    closed: bool,
) -> tuple[tuple[run_files.WorkPageItem, ...], Cursor]:
    """Return the next jobs behind the cursor, and the cursor behind them; at most one batch is looked through."""
    store = services.store
    batch = await services.caches.read_batch(store, claim.catalog, claim.run_id, cursor.batch)
    if batch is None:
        return (), await _skip_gap(store, claim.catalog, cursor, closed=closed)
    request = await services.caches.read_request(store, claim.run_id)
    # Once all writers have ended, what they left is made with the template's prompts.
    if request.writes_prompts and not closed and await lacks_prompts(services, claim, batch):
        return (), cursor
    generating_runs = await services.caches.list_images_at_start(store, claim.catalog, claim.run_id, claim.resume_count)
    given_up = await services.caches.list_failed_before(store, claim.run_id, claim.resume_count)
    unfinished = await services.caches.list_unfinished_items(store, claim.run_id, claim.resume_count)
    size = choose_work_page_size(claim, request.target_count, cursor.items)
    jobs: list[run_files.WorkPageItem] = []
    index = cursor.index
    while index < len(batch.items) and len(jobs) < size:
        item = batch.items[index]
        is_wanted = needs_image(item, request, generating_runs, claim.run_id) or item.product_id in unfinished
        if is_wanted and item.product_id not in given_up:
            jobs.append(run_files.WorkPageItem(item.product_id, batch.batch))
        index += 1
    items = cursor.items + index - cursor.index
    next_cursor = Cursor(batch.batch + 1, 0, items) if index == len(batch.items) else Cursor(batch.batch, index, items)
    return tuple(jobs), next_cursor


async def _skip_gap(store: Store, name: str, cursor: Cursor, *, closed: bool) -> Cursor:
    """Return the cursor behind a gap in the batches: one was put aside as damaged.

    A batch that is only not written yet is no gap: numbers are taken in order, so it is there before the next one is.
    As long as some are being written, nothing else is looked at; all batches are listed only once, at the end.
    """
    if closed:
        later = [number for number in await catalog_files.list_batch_numbers(store, name) if number > cursor.batch]
        return replace(cursor, batch=min(later), index=0) if later else cursor
    is_next_there = await store.describe(paths.batch_file(name, cursor.batch + 1)) is not None
    if is_next_there and await store.describe(paths.batch_file(name, cursor.batch)) is None:
        return replace(cursor, batch=cursor.batch + 1, index=0)
    return cursor
