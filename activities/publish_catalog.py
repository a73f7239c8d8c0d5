"""``publish_catalog``: sees what a run left in the store, decides its status, and writes the catalog last."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import azure.durable_functions as df

from shared.catalog.near_duplicates_file import write_near_duplicates
from shared.catalog.prompt_files import count_fallbacks
from shared.catalog.publish import CatalogView, publish, read_catalog_view, write_partial_catalog
from shared.images.finish_refinement import finish_unfinished_refinements
from shared.images.refinements_file import write_refinements
from shared.images.thumbnail import complete_thumbnails
from shared.messages.base import Failure
from shared.messages.run import FinishRunInput, PublishResult
from shared.models.call_failures import catch_failures
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.result_lists import find_failed_images, find_last_failure, write_run_lists
from shared.runs.run_claim import read_claim
from shared.runs.status import PUBLISHING_STATUSES, Status
from shared.runs.status_rules import decide_status, explain_empty_catalog, is_publishing
from shared.services.container import Services, get_services
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def publish_catalog(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``FinishRunInput`` in, ``PublishResult`` out."""
    services, ending = get_services(), FinishRunInput.from_json(payload)
    published = await catch_failures(
        services,
        ending.run_id,
        PublishResult,
        lambda: run_publish_catalog(services, ending),
    )
    return published.to_json()


async def run_publish_catalog(services: Services, ending: FinishRunInput) -> PublishResult:
    """Publish what is complete, if the run came far enough and was asked to; otherwise keep it for a look.

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
    image_table, missing_thumbnails = None, 0
    if is_publishing(stop, failure):
        make = request.thumbnails and not request.dry_run
        image_table, missing_thumbnails = await complete_thumbnails(store, request.catalog, make=make)
        failure = await _find_superseded(store, ending) or failure  # that may have taken minutes
    view = await read_catalog_view(store, request.catalog, with_images=not request.dry_run, image_table=image_table)
    status = decide_status(
        request=request,
        stop=stop,
        failure=failure,
        items=view.items,
        images=view.images,
    )
    why = stop or failure
    rows = find_failed_images(store, ending.run_id, view, why, forced=request.force_images and not request.dry_run)
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
    if status in PUBLISHING_STATUSES and request.publish:
        outputs |= await publish(store, view)
    else:
        outputs |= await write_partial_catalog(store, ending.run_id, view)
    return PublishResult(
        status=str(status),
        categories=view.categories,
        items=view.items,
        images=view.images,
        failed=failed,
        outputs=outputs,
        shortfall=why,
        notes=(
            *_describe_images(near_duplicate_count, missing_thumbnails, refined),
            *_describe_rows(view),
            *await _describe_prompts(store, ending.run_id, request),
            *filter(None, [view.changed_ids.describe()]),
            *services.warn_of_shutdowns(datetime.now(UTC).date()),
        ),
        placeholders=view.placeholders,
    )


def _describe_images(
    near_duplicate_count: int, missing_thumbnails: int, refined: Sequence[str | None]
) -> Iterator[str]:
    """Yield what a caller should know of the images.

    Args:
        near_duplicate_count: how many look nearly like an earlier one.
        missing_thumbnails: how many have no thumbnail although there is to be one.
        refined: what the looking at them came to, and what ended it early; None = there is nothing to tell.
    """
    yield from filter(None, refined)
    if near_duplicate_count:
        yield f"images that look nearly like an earlier one: {near_duplicate_count} (near_duplicates.json)"
    if missing_thumbnails:
        yield f"images without a thumbnail: {missing_thumbnails} (the next run tries again)"


def _describe_rows(view: CatalogView) -> Iterator[str]:
    """Yield what a caller should know of rows that have no image of their own, or not the one of their text."""
    if view.variants:
        yield f"rows that are a variant of another row, without an image of their own: {view.variants}"
    if view.outdated:
        why = "keepChanged" if view.request.keep_changed else "the next run tries again"
        yield f"rows that have changed and keep the image of their earlier text: {view.outdated} ({why})"


async def _describe_prompts(store: Store, run_id: str, request: SeedRequest) -> list[str]:
    """Return what a caller should know of the image prompts that the text model was to write."""
    left = await count_fallbacks(store, request.catalog, run_id) if request.writes_prompts else 0
    return [f"image prompts by the template, as the model's could not be used: {left}"] if left else []


async def _find_superseded(store: Store, ending: FinishRunInput) -> Failure | None:
    """Return that the catalog is not this run's any more, if so: then it is not this run that publishes it."""
    claim = await read_claim(store, ending.catalog)
    if claim is not None and claim.run_id == ending.run_id:
        return None
    by = "nobody" if claim is None else f"run {claim.run_id}"
    return Failure(
        Reason.SUPERSEDED, f"catalog {ending.catalog!r} is held by {by} by now; expected this run to hold it"
    )
