"""``publish_catalog``: sees what a run left in the store, decides its status, and writes the catalog last."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import azure.durable_functions as df

from activities.failures import tell_failures
from activities.refining import end_unfinished
from activities.thumbnails import complete_thumbnails
from shared.domain.messages import Ending, Failure, Published
from shared.domain.requests import SeedRequest
from shared.domain.run_status import (
    PUBLISHING_STATUSES,
    Status,
    decide_status,
    explain_empty_catalog,
    is_publishing,
)
from shared.ports import Store
from shared.reasons import Reason
from shared.records import run
from shared.records.claims import read_claim
from shared.records.near_duplicates import write_near_duplicates
from shared.records.prompts import count_fallbacks
from shared.records.publication import CatalogView, publish, view_catalog, write_partial
from shared.records.refinement_list import write_refinements
from shared.records.run_lists import find_failed_images, find_last_failure, write_run_lists
from shared.telemetry.observed_activities import observe_activity
from shared.wiring import Services, get_services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
@observe_activity
async def publish_catalog(payload: dict) -> dict:  # type: ignore[type-arg]  # the worker decodes plain types only
    """Activity: ``Ending`` in, ``Published`` out."""
    services, ending = get_services(), Ending.from_json(payload)
    published = await tell_failures(
        services,
        ending.run_id,
        Published,
        lambda: run_publish_catalog(services, ending),
    )
    return published.to_json()


async def run_publish_catalog(services: Services, ending: Ending) -> Published:
    """Publish what is complete, if the run came far enough and was asked to; otherwise keep it for a look.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await run.read_request(store, ending.run_id)
    stop = await run.read_stop(store, ending.run_id)
    superseded = await _find_superseded(store, ending)
    failure = superseded or ending.failure
    if superseded is None:
        await end_unfinished(store, ending.run_id, request, stop or failure)
    pictures, bare = None, 0
    if is_publishing(stop, failure):
        make = request.thumbnails and not request.dry_run
        pictures, bare = await complete_thumbnails(store, request.catalog, make=make)
        failure = await _find_superseded(store, ending) or failure  # that may have taken minutes
    view = await view_catalog(store, request.catalog, with_images=not request.dry_run, pictures=pictures)
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
    near_duplicates, near = await write_near_duplicates(store, ending.run_id, view)
    outputs |= near_duplicates
    refined: tuple[str | None, ...] = ()
    if request.refine.is_wanted:
        refinements, tally = await write_refinements(store, ending.run_id, view)
        outputs |= refinements
        refined = (tally.describe(), tally.describe_failures())
    if failed and status is Status.COMPLETED:
        status = Status.COMPLETED_WITH_FAILURES
    if status in PUBLISHING_STATUSES and request.publish:
        outputs |= await publish(store, view)
    else:
        outputs |= await write_partial(store, ending.run_id, view)
    return Published(
        status=str(status),
        categories=view.categories,
        items=view.items,
        images=view.images,
        failed=failed,
        outputs=outputs,
        shortfall=why,
        notes=(
            *_note_pictures(near, bare, refined),
            *_note_rows(view),
            *await _note_prompts(store, ending.run_id, request),
            *filter(None, [view.changed_ids.describe()]),
            *services.warn_of_shutdowns(datetime.now(UTC).date()),
        ),
        placeholders=view.placeholders,
    )


def _note_pictures(near: int, bare: int, refined: Sequence[str | None]) -> Iterator[str]:
    """Yield what a caller should know of the pictures.

    Args:
        near: how many look nearly like an earlier one.
        bare: how many have no thumbnail although there is to be one.
        refined: what the looking at them came to, and what ended it early; None = there is nothing to tell.
    """
    yield from filter(None, refined)
    if near:
        yield f"pictures that look nearly like an earlier one: {near} (near_duplicates.json)"
    if bare:
        yield f"pictures without a thumbnail: {bare} (the next run tries again)"


def _note_rows(view: CatalogView) -> Iterator[str]:
    """Yield what a caller should know of rows that have no image of their own, or not the one of their text."""
    if view.variants:
        yield f"rows that are a variant of another row, without an image of their own: {view.variants}"
    if view.outdated:
        why = "keepChanged" if view.request.keep_changed else "the next run tries again"
        yield f"rows that have changed and keep the image of their earlier text: {view.outdated} ({why})"


async def _note_prompts(store: Store, run_id: str, request: SeedRequest) -> list[str]:
    """Return what a caller should know of the image prompts that the text model was to write."""
    left = await count_fallbacks(store, request.catalog, run_id) if request.prompt_writer == "model" else 0
    return [f"image prompts by the template, as the model's could not be used: {left}"] if left else []


async def _find_superseded(store: Store, ending: Ending) -> Failure | None:
    """Return that the catalog is not this run's any more, if so: then it is not this run that publishes it."""
    claim = await read_claim(store, ending.catalog)
    if claim is not None and claim.run_id == ending.run_id:
        return None
    by = "nobody" if claim is None else f"run {claim.run_id}"
    return Failure(
        Reason.SUPERSEDED, f"catalog {ending.catalog!r} is held by {by} by now; expected this run to hold it"
    )
