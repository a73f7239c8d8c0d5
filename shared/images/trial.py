"""The trial images of a run: the images of the first items, which a person approves before the others are generated.

The approved ones become the style references of the run. Decisions are about one image each, so an image that was
replaced since counts as undecided.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.catalog import catalog_files
from shared.catalog.items import Item
from shared.catalog.planning import needs_image
from shared.errors import NoApprovedImageError
from shared.images.image_metadata import read_image_metadata
from shared.images.style_files import (
    convert_reference,
    find_rejected,
    forget_last_style,
    keep_last_style,
    read_last_style,
    read_style,
    record_style,
    resolve_style,
)
from shared.images.style_reference import RecordedReference, RecordedStyle, RejectedImage, ResolvedStyle
from shared.messages.base import Failure
from shared.messages.run import ApprovalResult, PlanTrialInput, ResumeInput, RunRef, TrialPlan
from shared.models.image_models import find_max_references
from shared.reasons import Reason, shorten_message
from shared.rendering.inspect_image import BadImageError
from shared.reviews.decisions import DecisionTable, Verdict
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.selection import find_selection
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

_NO_RUN: Final = "-"
"""Not the id of a run: before a run starts, no image is its own."""


@dataclass(frozen=True, slots=True)
class TrialItem:
    """An item of the trial.

    Attributes:
        item: the item.
        batch: number of its batch.
        sha256: of its image, in hex; None if an image is still to be generated.
        run_id: the run that generated the image; "" for one that was placed by hand.
        decided: what a person decided about the image.
    """

    item: Item
    batch: int
    sha256: str | None
    run_id: str
    decided: Verdict = Verdict.UNDECIDED


@dataclass(frozen=True, slots=True)
class TrialCount:
    """How many first images a run that has not started generates.

    Attributes:
        images: without style references, before a person approves some.
        repeated: again, because they are rejected already, with the approved ones as references.
    """

    images: int = 0
    repeated: int = 0


async def list_trial_items(
    services: Services, request: SeedRequest, decisions: DecisionTable, run_id: str = _NO_RUN
) -> list[TrialItem]:
    """Return the first items of a catalog as far as they exist, in acceptance order.

    Args:
        services: of this process.
        request: of the run.
        decisions: about the images of the catalog.
        run_id: the run; none = it has not started.

    Raises:
        DamagedFileError: a batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, catalog = services.store, request.catalog
    limit = min(request.first_approved, request.target_count)
    numbers = await catalog_files.list_batch_numbers(store, catalog)
    named: list[tuple[Item, int]] = []
    async for batch in catalog_files.iterate_batches(store, catalog, numbers):
        named += [(item, batch.batch) for item in batch.items[: limit - len(named)]]
        if len(named) == limit:
            break

    async def describe(entry: tuple[Item, int]) -> TrialItem:
        item, number = entry
        metadata = read_image_metadata(await store.describe(paths.image_file(catalog, item.filename)))
        known = {} if metadata is None else {item.filename: metadata.run_id}
        if metadata is None or needs_image(item, request, known, run_id):
            return TrialItem(item, number, None, "")
        decision = decisions.find(item.product_id, metadata.sha256)
        verdict = Verdict.UNDECIDED if decision is None else decision.verdict
        return TrialItem(item, number, metadata.sha256, metadata.run_id, verdict)

    return [one async for one in read_in_order(named, describe)]


async def run_plan_trial(services: Services, call: PlanTrialInput) -> TrialPlan:
    """Decide whether trial images are still to be generated or approved.

    They are not if the run has its style references already, if the catalog is complete, or if a person had decided
    about enough of them before the run began; then the approved ones become the references now.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, run_id = services.store, call.run_id
    request = await services.caches.read_request(store, run_id)
    items = await list_trial_items(services, request, await services.decisions.load(call.catalog), run_id)
    has_begun = any(one.run_id == run_id for one in items)
    record = await read_style(store, run_id)
    if record is None:
        if call.is_complete and not has_begun:
            return TrialPlan()
        is_stopped = await run_files.read_stop_record(store, run_id) is not None
        if not has_begun and not is_stopped and _is_decided(services, request, items):
            record = await _record_approved(services, request, run_id, items)
    if record is not None:
        if find_selection(request) is None:  # it may have been recorded just now, after the start of the run
            await keep_last_style(store, run_id, call.catalog)
        pending = await find_rejected(store, call.catalog, record)
        return TrialPlan(rejected=len(pending), rejected_own=sum(image.run_id == run_id for image in pending.values()))
    await forget_last_style(store, call.catalog)
    return TrialPlan(
        is_open=True,
        limit=min(request.first_approved, request.target_count),
        items=len(items),
        images=sum(one.sha256 is not None for one in items),
        last_batch=max((one.batch for one in items), default=0),
    )


async def run_request_approval(services: Services, run: RunRef) -> ApprovalResult:
    """Let a run wait for a decision about its trial images; one that is stopped for another reason stays so.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, run_id = services.store, run.run_id
    is_over = await store.describe(paths.stop_file(run_id, run.resume_count)) is not None
    if is_over or await read_style(store, run_id) is not None:  # a late redelivery: the run was resumed
        return ApprovalResult()
    request = await services.caches.read_request(store, run_id)
    items = await list_trial_items(services, request, await services.decisions.load(run.catalog), run_id)
    images = sum(one.sha256 is not None for one in items)
    if not images:
        return ApprovalResult(obstacle=await _explain_missing_images(store, run_id, items))
    what = "image waits" if images == 1 else f"{images} images wait"
    message = f"the first {what} for a decision; approve at least one, whose look the others are to have, then resume"
    await run_files.record_stop(store, run_id, Failure(Reason.AWAITING_APPROVAL, message))
    services.catalog_indexes.forget(run.catalog)  # a person reviews the images at once
    return ApprovalResult()


async def check_approved(services: Services, run_id: str) -> None:
    """Check that a run that waits for an approval can be resumed.

    Raises:
        NoApprovedImageError: no trial image is approved.
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if await read_style(services.store, run_id) is not None:
        return
    request = await run_files.read_request(services.store, run_id)
    items = await list_trial_items(services, request, await services.decisions.load(request.catalog), run_id)
    if not any(one.decided is Verdict.APPROVED for one in items):
        raise NoApprovedImageError(request.catalog, len(items))


async def record_approval(services: Services, resume: ResumeInput) -> None:
    """Make the approved trial images the style references of a run that is being resumed.

    Nothing is recorded for a pause that has another reason, or whose resume was carried out before. If the last
    approval was withdrawn meanwhile, nothing is recorded either, and the run waits again.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, run_id = services.store, resume.run_id
    request = await services.caches.read_request(store, run_id)
    if not request.first_approved or await read_style(store, run_id) is not None:
        return
    stop = await run_files.read_stop_record(store, run_id)
    is_awaiting = stop is not None and stop.reason is Reason.AWAITING_APPROVAL
    if not is_awaiting or await store.describe(paths.stop_file(run_id, resume.resume_count)) is not None:
        return
    items = await list_trial_items(services, request, await services.decisions.load(resume.catalog), run_id)
    await _record_approved(services, request, run_id, items)


async def resolve_run_style(
    services: Services, request: SeedRequest, *, known: Mapping[str, bytes] | None = None
) -> ResolvedStyle | None:
    """Return the style references that a run begins with; None if it has none, or if they are still to be approved.

    A run that asks for approved ones begins with those of the catalog's last run while they are all still approved.

    Args:
        services: of this process.
        request: of the run.
        known: content of inputs, by path, that are not read from the store.

    Raises:
        InvalidRequestError: an input does not exist, or cannot be used as an image.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if not request.first_approved:
        return await resolve_style(services.store, request, known=known)
    record = await read_last_style(services.store, request.catalog)
    if record is None or not record.is_approved or request.force_images:
        return None
    if len(record.images) > _count_usable(services):  # of another provider
        return None
    decisions = await services.decisions.load(request.catalog)
    verdicts = (decisions.find(str(one.item_id), one.input_sha256) for one in record.images)
    are_approved = all(one is not None and one.verdict is Verdict.APPROVED for one in verdicts)
    return await keep_pending_images(services, request, ResolvedStyle(record)) if are_approved else None


async def keep_pending_images(services: Services, request: SeedRequest, style: ResolvedStyle) -> ResolvedStyle:
    """Return the references of an earlier run for a new one, with the rejected images that the new one generates again.

    Those are the ones that the earlier run did not get to, and that are rejected still.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    record, catalog = style.record, request.catalog
    if not record.rejected:
        return style
    decisions = await services.decisions.load(catalog)
    pending = {} if request.refine.is_wanted else await find_rejected(services.store, catalog, record)

    def is_pending(one: RejectedImage) -> bool:
        decision = decisions.find(one.item_id, one.sha256)
        return one.item_id in pending and decision is not None and decision.verdict is Verdict.REJECTED

    return replace(style, record=replace(record, rejected=tuple(filter(is_pending, record.rejected))))


async def count_trial_images(services: Services, request: SeedRequest) -> TrialCount:
    """Return how many first images a run that has not started generates.

    Raises:
        DamagedFileError: a batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    items = await list_trial_items(services, request, await services.decisions.load(request.catalog))
    if _is_decided(services, request, items):
        return TrialCount(repeated=len(_list_repeated(request, items)))
    first = min(request.first_approved, request.target_count)
    return TrialCount(images=first - sum(one.sha256 is not None for one in items))


def _is_decided(services: Services, request: SeedRequest, items: Sequence[TrialItem]) -> bool:
    """Return whether nothing is left to wait for: as many as can be used are approved, or none lacks a decision."""
    approved = sum(one.decided is Verdict.APPROVED for one in items)
    is_all = len(items) == min(request.first_approved, request.target_count)
    are_decided = is_all and all(one.decided is not Verdict.UNDECIDED for one in items)
    return approved >= _count_usable(services) or (approved > 0 and are_decided)


def _count_usable(services: Services) -> int:
    """Return how many approved images can be references."""
    return find_max_references(services.settings.model.image_provider)


async def _record_approved(
    services: Services, request: SeedRequest, run_id: str, items: Sequence[TrialItem]
) -> RecordedStyle | None:
    """Record the approved images as the references of a run; the first record stays. None if none is approved."""
    references: list[RecordedReference] = []
    files: dict[str, bytes] = {}
    for one in items:
        if one.decided is Verdict.APPROVED and len(references) < _count_usable(services):
            converted = await _convert_image(services.store, request.catalog, one)
            if converted is not None:
                references.append(converted[0])
                files[converted[0].sha256] = converted[1]
    if not references:
        return None
    record = RecordedStyle(tuple(references), _list_repeated(request, items))
    await record_style(services.store, run_id, request.catalog, ResolvedStyle(record, files))
    return await read_style(services.store, run_id)


def _list_repeated(request: SeedRequest, items: Sequence[TrialItem]) -> tuple[RejectedImage, ...]:
    """Return the rejected images that are generated again once others are approved."""
    if request.refine.is_wanted:  # a refined image has rounds of its own, which a second refinement would meet
        return ()
    return tuple(
        RejectedImage(one.item.product_id, one.item.filename, one.sha256)
        for one in items
        if one.decided is Verdict.REJECTED and one.sha256 is not None
    )


async def _convert_image(store: Store, catalog: str, one: TrialItem) -> tuple[RecordedReference, bytes] | None:
    """Return an approved image as a reference; None if it is not the image that was approved any more."""
    path = paths.image_file(catalog, one.item.filename)
    content = await store.read(path)
    if content is None:
        return None
    try:
        reference, file = await asyncio.to_thread(
            lambda: convert_reference(path, content.data, item_id=one.item.product_id)
        )
    except BadImageError:
        return None
    return (reference, file) if reference.input_sha256 == one.sha256 else None


async def _explain_missing_images(store: Store, run_id: str, items: Sequence[TrialItem]) -> Failure:
    """Return why no trial image exists: the reason of the last one that failed."""
    last: Failure | None = None
    ids = {one.item.product_id for one in items}
    async for product_id, row in run_files.iterate_failures(store, run_id):
        if product_id in ids:
            last = Failure(Reason(row["reason"]), str(row["message"]))
    what = f"none of the first {len(items)} images could be generated, so no person can approve one"
    if last is None:
        return Failure(Reason.NO_NEW_ITEMS, what)
    return Failure(last.reason, shorten_message(f"{what}; the last failure: {last.message}"))
