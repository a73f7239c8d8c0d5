"""Claim the next accepted items without an image for one image worker."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.catalog import catalog_files
from shared.catalog.planning import needs_image
from shared.catalog.written_prompts import lacks_prompts
from shared.images.image_step import find_item
from shared.images.style_files import find_own_image
from shared.images.work_page_size import choose_work_page_size
from shared.messages.base import Counters
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, ImageJob
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.root_state import RootState
from shared.runs.run_guard import check_root
from shared.runs.selection import SelectionRequest, find_selection
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the acceptance order of a catalog's items.

    Attributes:
        batch: the number of the batch.
        index: how many items of this batch are before the place.
        items: how many items of all batches are before it.
    """

    batch: int = 1
    index: int = 0
    items: int = 0


async def run_claim_work_page(services: Services, claim: ClaimWorkPageInput) -> ClaimWorkPageResult:
    """Claim the next work page by creating its file; a repeated claim finds its own page.

    Pages are numbered without gaps, and each one says where the next one begins, so image workers need no coordinator.

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
        # Read before the items are: if the items are closed now, no item can follow those that are found next.
        closed = await run_files.are_items_closed(store, claim.run_id, claim.resume_count)
        page = await run_files.read_work_page(store, claim.run_id, number + 1, claim.resume_count)
        if page is None:
            total = _count_items(await services.caches.read_request(store, claim.run_id), claim)
            if claim.item_limit is not None and cursor.items >= claim.item_limit:
                return ClaimWorkPageResult(page=number, closed=True)
            if choose_work_page_size(claim, total, cursor.items) == 0:
                return ClaimWorkPageResult(page=number, unclaimed=total - cursor.items)
            jobs, end = await _collect_jobs(services, claim, cursor, closed=closed)
            if end == cursor:
                return ClaimWorkPageResult(page=number, closed=closed)
            page = run_files.WorkPage(claim.claimed_by, end.batch, end.index, jobs, end.items)
            if not await run_files.create_work_page(store, claim.run_id, number + 1, page, claim.resume_count):
                continue
        number, last = number + 1, page
        if page.claimed_by == claim.claimed_by and page.jobs:
            return await _describe_page(services, claim, number, page)


async def _describe_page(
    services: Services, claim: ClaimWorkPageInput, number: int, page: run_files.WorkPage
) -> ClaimWorkPageResult:
    claimed = tuple(ImageJob(job.product_id, job.batch) for job in page.jobs)
    jobs, counters = await _skip_finished_jobs(services, claim, claimed) if claim.restarts else (claimed, Counters())
    request = await services.caches.read_request(services.store, claim.run_id)
    unclaimed = _count_items(request, claim) - page.checked_items
    return ClaimWorkPageResult(
        page=number, jobs=jobs, counters=counters, unclaimed=None if unclaimed < 0 else unclaimed
    )


async def _collect_jobs(
    services: Services,
    claim: ClaimWorkPageInput,
    cursor: Cursor,
    *,
    closed: bool,
) -> tuple[tuple[run_files.WorkPageItem, ...], Cursor]:
    """Return the next jobs after the cursor, and the cursor after them; at most one batch is read."""
    store = services.store
    request = await services.caches.read_request(store, claim.run_id)
    selection = find_selection(request)
    if selection is not None:
        return await _collect_selected_jobs(services, claim, cursor, selection)
    batch = await services.caches.read_batch(store, claim.catalog, claim.run_id, cursor.batch)
    if batch is None:
        return (), await _skip_gap(store, claim.catalog, cursor, closed=closed)
    # Once all prompt writers have ended, items without a written prompt use the template's.
    if request.writes_prompts and not closed and await lacks_prompts(services, claim, batch):
        return (), cursor
    generating_runs = await services.caches.list_images_at_start(store, claim.catalog, claim.run_id, claim.resume_count)
    given_up = await services.caches.list_failed_before(store, claim.run_id, claim.resume_count)
    unfinished = await services.caches.list_unfinished_items(store, claim.run_id, claim.resume_count)
    rejected = await services.caches.list_rejected(store, claim.run_id, claim.resume_count)
    size = choose_work_page_size(claim, _count_items(request, claim), cursor.items)
    end = len(batch.items)
    if claim.item_limit is not None:
        end = min(end, cursor.index + claim.item_limit - cursor.items)
    jobs: list[run_files.WorkPageItem] = []
    index = cursor.index
    while index < end and len(jobs) < size:
        item = batch.items[index]
        is_wanted = needs_image(item, request, generating_runs, claim.run_id)
        is_wanted = is_wanted or item.product_id in unfinished or item.product_id in rejected
        if is_wanted and item.product_id not in given_up:
            jobs.append(run_files.WorkPageItem(item.product_id, batch.batch))
        index += 1
    items = cursor.items + index - cursor.index
    next_cursor = Cursor(batch.batch + 1, 0, items) if index == len(batch.items) else Cursor(batch.batch, index, items)
    return tuple(jobs), next_cursor


def _count_items(request: SeedRequest, claim: ClaimWorkPageInput) -> int:
    """Return how many items the pages of a run go through."""
    selection = find_selection(request)
    if selection is not None:
        return len(selection.selection)
    return request.target_count if claim.item_limit is None else min(request.target_count, claim.item_limit)


async def _collect_selected_jobs(
    services: Services, claim: ClaimWorkPageInput, cursor: Cursor, selection: SelectionRequest
) -> tuple[tuple[run_files.WorkPageItem, ...], Cursor]:
    """Return the next jobs of a run over named items, and the cursor after them; only batches with such items are read.

    The cursor counts the items that the request names.
    """
    store, catalog, run_id, resume_count = services.store, claim.catalog, claim.run_id, claim.resume_count
    generating_runs = await services.caches.list_images_at_start(store, catalog, run_id, resume_count)
    given_up = await services.caches.list_failed_before(store, run_id, resume_count)
    unfinished = await services.caches.list_unfinished_items(store, run_id, resume_count)
    size = choose_work_page_size(claim, len(selection.selection), cursor.items)
    jobs: list[run_files.WorkPageItem] = []
    checked = 0
    for selected in selection.selection[cursor.items :]:
        if len(jobs) == size:
            break
        checked += 1
        if selected.product_id in given_up:
            continue
        batch = await services.caches.read_batch(store, catalog, run_id, selected.batch)
        for item in () if batch is None else batch.items:  # none if the item was pruned before the run began
            is_wanted = needs_image(item, selection, generating_runs, run_id) or item.product_id in unfinished
            if item.product_id == selected.product_id and is_wanted:
                jobs.append(run_files.WorkPageItem(selected.product_id, selected.batch))
    return tuple(jobs), replace(cursor, index=cursor.index + checked, items=cursor.items + checked)


async def _skip_gap(store: Store, name: str, cursor: Cursor, *, closed: bool) -> Cursor:
    """Return the cursor after a gap in the batches: a damaged batch was moved away.

    A batch that is not written yet does not count as a gap: numbers are taken in order, so it exists before the next
    one does. While batches are being written, only the next number is checked; all batches are listed once, at the end.
    """
    if closed:
        later = [number for number in await catalog_files.list_batch_numbers(store, name) if number > cursor.batch]
        return replace(cursor, batch=min(later), index=0) if later else cursor
    is_next_there = await store.describe(paths.batch_file(name, cursor.batch + 1)) is not None
    if is_next_there and await store.describe(paths.batch_file(name, cursor.batch)) is None:
        return replace(cursor, batch=cursor.batch + 1, index=0)
    return cursor


async def _skip_finished_jobs(
    services: Services, claim: ClaimWorkPageInput, jobs: Iterable[ImageJob]
) -> tuple[tuple[ImageJob, ...], Counters]:
    """Return what is left of a page for a worker that was restarted, and the counters of the jobs that are done.

    The jobs of refined images are all returned: each of their steps finds its earlier result.
    """
    request = await services.caches.read_request(services.store, claim.run_id)
    remaining: list[ImageJob] = []
    counters = Counters()
    for job in jobs:
        row = await run_files.read_failure(services.store, claim.run_id, job.product_id)
        if row is not None:
            counters += Counters(failed={row["reason"]: 1})
            continue
        item = await find_item(services, claim.catalog, claim.run_id, job.batch, job.product_id)
        metadata = await find_own_image(services.store, request, claim.run_id, item)
        if metadata is not None and not request.refine.is_wanted:
            counters += Counters(made=1, cost=metadata.cost)
        else:
            remaining.append(job)
    return tuple(remaining), counters
