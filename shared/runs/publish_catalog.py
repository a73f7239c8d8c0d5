"""Inspect what a run left in the store, decide its status, and publish the catalog last."""

from collections.abc import Iterator, Sequence

from shared.catalog.near_duplicates_file import write_near_duplicates
from shared.catalog.prompt_files import count_fallbacks
from shared.catalog.publish import CatalogView, publish, write_partial_catalog
from shared.images.finish_refinement import finish_unfinished_refinements
from shared.images.refinements_file import write_refinements
from shared.images.thumbnail import complete_thumbnails
from shared.images.variant_files import complete_variants
from shared.messages.base import Failure
from shared.messages.run import FinishRunInput, PublishResult
from shared.reasons import Reason
from shared.reviews.publishing_gate import LeftOutReason, count_left_out_by_review
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.result_lists import find_failed_images, find_last_failure, write_run_lists
from shared.runs.run_claim import read_claim
from shared.runs.run_view import count_run_images, read_run_view
from shared.runs.selection import find_selection
from shared.runs.status import PUBLISHING_STATUSES, Status
from shared.runs.status_rules import decide_status, explain_empty_catalog, is_publishing
from shared.services.container import Services
from shared.storage.protocol import Store


async def run_publish_catalog(services: Services, ending: FinishRunInput) -> PublishResult:
    """Publish what is complete if the status and the request allow it; otherwise write ``catalog.partial.json``.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await run_files.read_request(store, ending.run_id)
    stop = await run_files.read_stop_record(store, ending.run_id)
    superseded = await _find_superseded(store, ending)
    failure = superseded or ending.failure
    if superseded is None:
        await finish_unfinished_refinements(store, ending.run_id, request, stop or failure)
    image_table, missing_thumbnails, missing_variants = None, 0, 0
    if is_publishing(stop, failure):
        make = request.thumbnails and not request.dry_run
        image_table, missing_thumbnails = await complete_thumbnails(store, request.catalog, make=make)
        if not request.dry_run:
            missing_variants = await complete_variants(store, request.catalog, image_table, request.image_variants)
        failure = await _find_superseded(store, ending) or failure  # thumbnails may have taken minutes
    decisions = await services.decisions.load(request.catalog)
    view = await read_run_view(store, request, image_table, decisions)
    images = count_run_images(view, request, ending.run_id)
    status = decide_status(request=request, stop=stop, failure=failure, items=view.items, images=images)
    why = stop or failure
    forced = request.force_images and not request.dry_run
    rows = find_failed_images(store, ending.run_id, view, why, forced=forced, selection=find_selection(request))
    outputs, failed = await write_run_lists(store, ending.run_id, rows)
    if status in PUBLISHING_STATUSES and not view.items:
        # An empty catalog.json would replace one that an importer may be using.
        status, why = Status.FAILED, explain_empty_catalog(why, await find_last_failure(store, ending.run_id))
    near_duplicates, near_duplicate_count = await write_near_duplicates(store, ending.run_id, view)
    outputs |= near_duplicates
    refined: tuple[str | None, ...] = ()
    if request.refine.is_wanted:
        refinements, counters = await write_refinements(store, ending.run_id, view)
        outputs |= refinements
        refined = (counters.describe(), counters.describe_failures())
    if failed and status is Status.COMPLETED:
        status = Status.COMPLETED_WITH_FAILURES
    published = await publish(store, view) if status in PUBLISHING_STATUSES and request.publish else {}
    outputs |= published or await write_partial_catalog(store, ending.run_id, view)
    return PublishResult(
        status=str(status),
        categories=view.categories,
        items=view.items,
        images=images,
        failed=failed,
        outputs=outputs,
        shortfall=why,
        notes=(
            *_describe_images(near_duplicate_count, missing_thumbnails, missing_variants, refined),
            *_describe_rows(view),
            *_describe_reviews(view),
            *await _describe_prompts(store, ending.run_id, request),
            *filter(None, [view.changed_ids.describe()]),
            *services.warn_of_shutdowns(services.clock().date()),
        ),
        placeholders=view.placeholders,
        left_out=count_left_out_by_review(view.left_out),
    )


def _describe_images(
    near_duplicate_count: int, missing_thumbnails: int, missing_variants: int, refined: Sequence[str | None]
) -> Iterator[str]:
    """Yield notes about the images.

    Args:
        near_duplicate_count: images that resemble an earlier one.
        missing_thumbnails: images that should have a thumbnail and have none.
        missing_variants: images that should have a variant and do not.
        refined: the results of refinement, and what ended it early; None = no note.
    """
    yield from filter(None, refined)
    if near_duplicate_count:
        yield f"images that look nearly like an earlier one: {near_duplicate_count} (near_duplicates.json)"
    if missing_thumbnails:
        yield f"images without a thumbnail: {missing_thumbnails} (the next run tries again)"
    if missing_variants:
        yield f"images without all their variants: {missing_variants} (the next run tries again)"


def _describe_rows(view: CatalogView) -> Iterator[str]:
    """Yield notes about rows without an image of their own, and rows whose image shows an earlier text."""
    if view.variants:
        yield f"rows that are a variant of another row, without an image of their own: {view.variants}"
    if view.outdated:
        why = "keepChanged" if view.request.keep_changed else "the next run tries again"
        yield f"rows that have changed and keep the image of their earlier text: {view.outdated} ({why})"


def _describe_reviews(view: CatalogView) -> Iterator[str]:
    """Yield notes about items that reviews keep from being published."""
    counts = count_left_out_by_review(view.left_out)
    if rejected := counts.get(LeftOutReason.REJECTED):
        yield f"items that are not published because a reviewer rejected their image: {rejected}"
    if undecided := counts.get(LeftOutReason.UNDECIDED):
        yield f"items that are published once a reviewer approves their image (review: required): {undecided}"
    if view.is_held_back:
        yield "no item can be published, so the published files are unchanged"


async def _describe_prompts(store: Store, run_id: str, request: SeedRequest) -> list[str]:
    """Return notes about the image prompts that the text model should have written."""
    left = await count_fallbacks(store, request.catalog, run_id) if request.writes_prompts else 0
    return [f"image prompts from the template, because the text model wrote no usable one: {left}"] if left else []


async def _find_superseded(store: Store, ending: FinishRunInput) -> Failure | None:
    """Return a failure if the catalog no longer belongs to this run: then another run publishes it."""
    claim = await read_claim(store, ending.catalog)
    if claim is not None and claim.run_id == ending.run_id:
        return None
    owner = "no run" if claim is None else f"run {claim.run_id}"
    message = f"Catalog {ending.catalog!r} is now claimed by {owner}; expected run {ending.run_id}."
    return Failure(Reason.SUPERSEDED, message)
