"""``claim_page``: gives a lane the next accepted items without an image, and nobody else."""

from dataclasses import dataclass, replace

import azure.durable_functions as df

from activities.failures import tell_failures
from activities.item_prompts import lacks_prompts, needs_image
from activities.restarted_lanes import leave_out_done
from activities.root_checks import check_root
from shared.domain import paths
from shared.domain.image_messages import ClaimInput, ClaimResult, ImageJob
from shared.domain.messages import Tally
from shared.domain.page_sizes import size_page
from shared.ports import Store
from shared.records import catalog, run
from shared.root_watch import Root
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the acceptance order: behind so many items of a batch, and so many of all batches."""

    batch: int = 1
    index: int = 0
    items: int = 0


@blueprint.activity_trigger(input_name="payload")
@blueprint.generic_input_binding(arg_name="engine", type="durableClient")
@observe_activity
async def claim_page(payload: dict, engine: str = "") -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ClaimInput`` in, ``ClaimResult`` out."""
    services, claim = get_services(), ClaimInput.from_json(payload)
    services.roots.learn(engine)
    work = tell_failures(services, claim.run_id, ClaimResult, lambda: run_claim_page(services, claim))
    return (await work).to_json()


async def run_claim_page(services: Services, claim: ClaimInput) -> ClaimResult:
    """Claim the next page by creating its file; a repeated claim finds its own.

    Pages are numbered without gaps, and each says where the next one begins, so lanes need no coordinator and share
    the work as they come: none hoards more than ``size`` jobs.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    root = await check_root(services, claim.run_id)
    if await run.read_stop(store, claim.run_id) is not None:
        return ClaimResult(page=claim.last_page, stopped=True)
    if root is Root.SUSPENDED:
        return ClaimResult(page=claim.last_page, suspended=True)
    number = claim.last_page
    last = await run.read_page(store, claim.run_id, number, claim.leg) if number else None
    while True:
        cursor = Cursor() if last is None else Cursor(last.through_batch, last.through_index, last.through_items)
        # Looked at before the items are: if it is closed now, nothing can come behind what is found next.
        closed = await run.are_items_closed(store, claim.run_id, claim.leg)
        page = await run.read_page(store, claim.run_id, number + 1, claim.leg)
        if page is None:
            request = await services.caches.read_request(store, claim.run_id)
            if size_page(claim, request.target_count, cursor.items) == 0:
                return ClaimResult(page=number, left=request.target_count - cursor.items)
            jobs, through = await _collect(services, claim, cursor, closed=closed)
            if through == cursor:
                return ClaimResult(page=number, closed=closed)
            page = run.Page(claim.claimant, through.batch, through.index, jobs, through.items)
            if not await run.create_page(store, claim.run_id, number + 1, page, claim.leg):
                continue
        number, last = number + 1, page
        if page.claimant == claim.claimant and page.jobs:
            claimed = tuple(ImageJob(job.product_id, job.batch) for job in page.jobs)
            lane_jobs, tally = await leave_out_done(services, claim, claimed) if claim.restarts else (claimed, Tally())
            request = await services.caches.read_request(store, claim.run_id)
            left = None if page.through_items > request.target_count else request.target_count - page.through_items
            return ClaimResult(page=number, jobs=lane_jobs, tally=tally, left=left)


async def _collect(
    services: Services,
    claim: ClaimInput,
    cursor: Cursor,
    *,
    closed: bool,
) -> tuple[tuple[run.PageJob, ...], Cursor]:
    """Return the next jobs behind the cursor, and the cursor behind them; at most one batch is looked through."""
    store = services.store
    batch = await services.caches.read_batch(store, claim.catalog, claim.run_id, cursor.batch)
    if batch is None:
        return (), await _pass_gap(store, claim.catalog, cursor, closed=closed)
    request = await services.caches.read_request(store, claim.run_id)
    # Once all writers have ended, what they left is made with the template's prompts.
    if request.prompt_writer == "model" and not closed and await lacks_prompts(services, claim, batch):
        return (), cursor
    makers = await services.caches.list_first_images(store, claim.catalog, claim.run_id, claim.leg)
    given_up = await services.caches.list_given_up(store, claim.run_id, claim.leg)
    unfinished = await services.caches.list_unfinished(store, claim.run_id, claim.leg)
    size = size_page(claim, request.target_count, cursor.items)
    jobs: list[run.PageJob] = []
    index = cursor.index
    while index < len(batch.items) and len(jobs) < size:
        item = batch.items[index]
        is_wanted = needs_image(item, request, makers, claim.run_id) or item.product_id in unfinished
        if is_wanted and item.product_id not in given_up:
            jobs.append(run.PageJob(item.product_id, batch.batch))
        index += 1
    items = cursor.items + index - cursor.index
    behind = Cursor(batch.batch + 1, 0, items) if index == len(batch.items) else Cursor(batch.batch, index, items)
    return tuple(jobs), behind


async def _pass_gap(store: Store, name: str, cursor: Cursor, *, closed: bool) -> Cursor:
    """Return the cursor behind a gap in the batches: one was put aside as damaged.

    A batch that is only not written yet is no gap: numbers are taken in order, so it is there before the next one is.
    As long as some are being written, nothing else is looked at; all batches are listed only once, at the end.
    """
    if closed:
        later = [number for number in await catalog.list_batch_numbers(store, name) if number > cursor.batch]
        return replace(cursor, batch=min(later), index=0) if later else cursor
    is_next_there = await store.describe(paths.batch_file(name, cursor.batch + 1)) is not None
    if is_next_there and await store.describe(paths.batch_file(name, cursor.batch)) is None:
        return replace(cursor, batch=cursor.batch + 1, index=0)
    return cursor
