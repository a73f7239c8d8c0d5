"""Rules that compute the status of a run, during the run and at its end. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.messages.base import NANO_PER_USD, Cost, Counters, Failure, Wait
from shared.messages.custom_status import BatchStatus, Stage
from shared.messages.run import PublishResult, StartInventory
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.selection import find_selection
from shared.runs.status import (
    CostView,
    ImageBatchProgress,
    ImageProgress,
    ItemProgress,
    Progress,
    RunError,
    RunStatus,
    Status,
    TextBatchProgress,
    Throttle,
    read_created_at,
)

SHORTFALL_REASONS = frozenset(
    {
        Reason.NO_NEW_ITEMS,
        Reason.BUDGET,
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
        Reason.CONNECTION,
        Reason.TIMEOUT_AMBIGUOUS,
        Reason.CONTENT_POLICY,
        Reason.BAD_REQUEST,
    },
)
"""A run that ends early for one of these reasons publishes what it has, and ends as CompletedWithFailures."""


def is_publishing(stop: Failure | None, failure: Failure | None) -> bool:
    """Return whether a run that ends for these reasons publishes its catalog; see `decide_status`."""
    return stop is None and (failure is None or failure.reason in SHORTFALL_REASONS)


def decide_status(
    *,
    request: SeedRequest,
    stop: Failure | None,
    failure: Failure | None,
    items: int,
    images: int,
) -> Status:
    """Return the final status of a run.

    Args:
        request: the run's request.
        stop: the stop record: a cancel, or a reason for which every further call would fail.
        failure: why the run's instances ended early.
        items: number of accepted items in the store.
        images: number of these items whose image is in the store; of a run over named items, number of new images.
    """
    if stop is not None and stop.reason is Reason.CANCELLED:
        return Status.CANCELLED
    if not is_publishing(stop, failure):
        return Status.FAILED
    is_cut_short = request.refine.is_wanted and failure is not None  # their refinement is not complete
    selection = find_selection(request)
    if selection is not None:
        complete = images >= len(selection.selection) and not is_cut_short
    else:
        complete = items >= request.target_count and (request.dry_run or images >= items) and not is_cut_short
    return Status.COMPLETED if complete else Status.COMPLETED_WITH_FAILURES


def explain_empty_catalog(failure: Failure | None, last_image: Failure | None) -> Failure:
    """Return why a run fails whose catalog has no item to publish: the reason of its last failure.

    Args:
        failure: why the run's instances ended early, or the stop record.
        last_image: why the last failed image failed.
    """
    if failure is not None:
        return replace(failure, reason=failure.cause or failure.reason, cause=None)
    if last_image is not None:
        return Failure(last_image.reason, f"no item has an image; the last failure: {last_image.message}")
    return Failure(Reason.NO_NEW_ITEMS, "the run ended without an item to publish")


def compose_status(
    run_id: str,
    request: SeedRequest,
    *,
    status: Status,
    stage: str,
    found: StartInventory,
    counters_by_instance: Sequence[Counters],
    updated_at: datetime,
    error: Failure | None = None,
    paused_until: datetime | None = None,
    window: int | None = None,
    wait: Wait | None = None,
    batches: BatchStatus | None = None,
    prompt_batches: BatchStatus | None = None,
) -> RunStatus:
    """Return the status of a run in progress: the sum of what its instances publish.

    Args:
        run_id: the run.
        request: the run's request.
        status: state of the run.
        stage: stage of the root.
        found: what the catalog had when the run began.
        counters_by_instance: what the instances have done.
        updated_at: when the instances published it.
        error: why the run does not do all that was requested.
        paused_until: when the pause ends without a resume.
        window: concurrency windows of the image workers together; None = as requested.
        wait: the long wait that a provider asked for.
        batches: the open batches of images.
        prompt_batches: the open batches of prompts.
    """
    counters = sum(counters_by_instance, Counters())
    accepted, target, images = _count_progress(request, found, counters)
    return RunStatus(
        run_id=run_id,
        catalog=request.catalog,
        status=status,
        stage=stage,
        progress=Progress(
            categories=found.categories,
            items=ItemProgress(accepted=accepted, target=target, rejected=sum(counters.rejected.values())),
            images=ImageProgress(
                done=min(max(images, found.images), found.images + counters.made + counters.kept),
                failed=sum(counters.failed.values()),
                total=images,
                refined=_count_refined(request, counters),
            ),
        ),
        throttle=Throttle(
            limit=request.parallel_image_requests if window is None else window,
            rate_limited=counters.rate_limited,
            waiting_until=None if wait is None else datetime.fromisoformat(wait.until),
            message=None if wait is None else wait.message,
        ),
        cost=make_cost_view(counters.cost),
        image_batches=None
        if batches is None or not batches.batches
        else ImageBatchProgress(batches=batches.batches, images=batches.images, done=batches.done),
        text_batches=None
        if prompt_batches is None or not prompt_batches.batches
        else TextBatchProgress(batches=prompt_batches.batches, calls=prompt_batches.images, done=prompt_batches.done),
        failures=dict(counters.failed),
        created_at=read_created_at(run_id),
        updated_at=updated_at,
        paused_until=paused_until,
        awaited_images=_count_awaited(request, status, error),
        error=make_run_error(error),
        images_kept=found.images + counters.kept,
        images_made=counters.made,
        notes=list_notes(request, found.items),
    )


def summarize_run(
    run_id: str,
    request: SeedRequest,
    published: PublishResult,
    counters: Counters,
    *,
    outputs: Mapping[str, str],
    completed_at: datetime,
) -> RunStatus:
    """Return the status of an ended run from what is in the store."""
    selection = find_selection(request)
    target = max(request.target_count, published.items)
    images = (0 if request.dry_run else target) if selection is None else len(selection.selection)
    return RunStatus(
        run_id=run_id,
        catalog=request.catalog,
        status=Status(published.status),
        stage=Stage.ENDED,
        progress=Progress(
            categories=published.categories,
            items=ItemProgress(
                accepted=published.items,
                target=target,
                rejected=sum(counters.rejected.values()),
            ),
            images=ImageProgress(
                done=published.images,
                failed=sum(published.failed.values()),
                total=images,
                refined=_count_refined(request, counters),
            ),
        ),
        throttle=Throttle(limit=request.parallel_image_requests, rate_limited=counters.rate_limited),
        cost=make_cost_view(counters.cost),
        failures=dict(published.failed),
        outputs=dict(outputs),
        created_at=read_created_at(run_id),
        updated_at=completed_at,
        completed_at=completed_at,
        error=make_run_error(published.failure or published.shortfall),
        images_kept=max(0, published.images - counters.made),
        images_made=counters.made,
        placeholders=published.placeholders,
        left_out=dict(published.left_out),
        notes=[
            *list_notes(request, published.items - counters.accepted),
            *published.notes,
            *([f"workers lost: {counters.lost}; their work was done again"] if counters.lost else []),
        ],
    )


def _count_progress(request: SeedRequest, found: StartInventory, counters: Counters) -> tuple[int, int, int]:
    """Return the accepted items, the items to reach, and the images to reach."""
    selection = find_selection(request)
    if selection is not None:  # the inventory counts the named items only
        return request.target_count, request.target_count, len(selection.selection)
    target = max(request.target_count, found.items)
    return found.items + counters.accepted, target, 0 if request.dry_run else target


def _count_awaited(request: SeedRequest, status: Status, error: Failure | None) -> int | None:
    is_awaiting = status is Status.PAUSED and error is not None and error.reason is Reason.AWAITING_APPROVAL
    return min(request.first_approved, request.target_count) if is_awaiting else None


def _count_refined(request: SeedRequest, counters: Counters) -> int | None:
    return counters.refined if request.refine.is_wanted and not request.dry_run else None


def list_notes(request: SeedRequest, items_before: int) -> list[str]:
    """Return notes about a run that is larger than its request, or over named items, one line each."""
    selection = find_selection(request)
    if selection is not None:
        return [f"new images for {len(selection.selection)} named items only; their earlier images stay as rounds"]
    if items_before <= request.target_count:
        return []
    held = f"the catalog already held {items_before} items"
    if not request.item_source.writes_items:
        return [f"{held}, more than the {request.target_count} of the input: items that left the input are kept"]
    return [f"{held}, more than targetCount {request.target_count}: all kept"]


def make_cost_view(cost: Cost) -> CostView:
    """Return a cost as callers see it, in dollars to a hundredth of a cent."""
    return CostView(
        usd=round(cost.nano_usd / NANO_PER_USD, 4),
        calls=cost.text_calls + cost.image_calls,
        text_calls=cost.text_calls,
        image_calls=cost.image_calls,
        input_tokens=cost.input_tokens,
        output_tokens=cost.output_tokens,
        normal_usd=round((cost.nano_usd + cost.saved_nano_usd) / NANO_PER_USD, 4) if cost.saved_nano_usd else None,
    )


def restore_counters(status: RunStatus) -> tuple[StartInventory, Counters]:
    """Return the inventory and the counters of a run from its status: the inverse of `compose_status`.

    Items that the run accepted count as found, because the status does not distinguish them.
    """
    progress, cost = status.progress, status.cost
    found = StartInventory(
        categories=progress.categories,
        items=progress.items.accepted,
        images=max(0, progress.images.done - status.images_made),
    )
    counters = Counters(
        made=status.images_made,
        failed=dict(status.failures),
        rate_limited=status.throttle.rate_limited,
        refined=progress.images.refined or 0,
        cost=Cost(
            text_calls=cost.text_calls,
            image_calls=cost.image_calls,
            input_tokens=cost.input_tokens,
            output_tokens=cost.output_tokens,
            nano_usd=round(cost.usd * NANO_PER_USD),
            saved_nano_usd=0 if cost.normal_usd is None else round((cost.normal_usd - cost.usd) * NANO_PER_USD),
        ),
    )
    return found, counters


def make_run_error(failure: Failure | None) -> RunError | None:
    """Return a failure as callers see it."""
    return None if failure is None else RunError(reason=str(failure.reason), message=failure.message)
