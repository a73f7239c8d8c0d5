"""``claim_page``: gives a lane the next accepted items without an image, and nobody else."""

from dataclasses import dataclass

import azure.durable_functions as df

from activities.failures import tell_failures
from shared.domain.image_messages import ClaimInput, ClaimResult, ImageJob
from shared.records import catalog, run
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the acceptance order: behind so many items of a batch."""

    batch: int = 1
    index: int = 0


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def claim_page(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``ClaimInput`` in, ``ClaimResult`` out."""
    services, claim = get_services(), ClaimInput.from_json(payload)
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
    if await run.read_stop(store, claim.run_id) is not None:
        return ClaimResult(page=claim.last_page, stopped=True)
    number = claim.last_page
    last = await run.read_page(store, claim.run_id, number) if number else None
    while True:
        cursor = Cursor() if last is None else Cursor(last.through_batch, last.through_index)
        # Looked at before the items are: if it is closed now, nothing can come behind what is found next.
        closed = await run.are_items_closed(store, claim.run_id)
        page = await run.read_page(store, claim.run_id, number + 1)
        if page is None:
            jobs, through = await _collect(services, claim, cursor)
            if through == cursor:
                return ClaimResult(page=number, closed=closed)
            page = run.Page(claim.claimant, through.batch, through.index, jobs)
            if not await run.create_page(store, claim.run_id, number + 1, page):
                continue
        number, last = number + 1, page
        if page.claimant == claim.claimant and page.jobs:
            return ClaimResult(
                page=number,
                jobs=tuple(ImageJob(job.product_id, job.batch) for job in page.jobs),
            )


async def _collect(
    services: Services,
    claim: ClaimInput,
    cursor: Cursor,
) -> tuple[tuple[run.PageJob, ...], Cursor]:
    """Return the next jobs behind the cursor, and the cursor behind them; at most one batch is looked through."""
    store = services.store
    batch = await services.caches.read_batch(store, claim.catalog, claim.run_id, cursor.batch)
    if batch is None:
        # Not written yet; or never, or put aside as damaged: go on behind such a gap, if there is more. A batch that
        # was written between the two looks is no gap.
        numbers = await catalog.list_batch_numbers(store, claim.catalog)
        later = [] if cursor.batch in numbers else [number for number in numbers if number > cursor.batch]
        return (), Cursor(min(later)) if later else cursor
    images = await services.caches.list_first_images(store, claim.catalog, claim.run_id)
    request = await services.caches.read_request(store, claim.run_id)
    jobs: list[run.PageJob] = []
    index = cursor.index
    while index < len(batch.items) and len(jobs) < claim.size:
        item = batch.items[index]
        image = images.get(item.filename)
        done = image is not None and catalog.is_valid_image(image)
        if request.force_images:
            done = done and image is not None and image.facts.get("run_id") == claim.run_id
        if not done:
            jobs.append(run.PageJob(item.product_id, batch.batch))
        index += 1
    return tuple(jobs), Cursor(batch.batch + 1) if index == len(batch.items) else Cursor(batch.batch, index)
