"""``seed_catalog``: one run, as numbered steps. Its own history stays at some twenty events whatever the size."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.patience import RunStoppedError, call_patiently, call_text_activity, describe_break
from shared.domain.image_messages import LaneInput
from shared.domain.messages import (
    Done,
    Ending,
    Failure,
    Plan,
    Published,
    RunRef,
    SeedInput,
    Tally,
    TextCall,
    TextResult,
    WriteItemsInput,
)
from shared.domain.paths import name_lane, name_writer
from shared.domain.planning import plan_lanes
from shared.domain.retries import UNUSABLE_ANSWERS
from shared.domain.run_status import SHORTFALL_REASONS
from shared.reasons import Reason

blueprint = df.Blueprint()

STOP_AGAIN_AFTER = timedelta(seconds=30)
"""A store that did not take the stop record is asked again: children that nobody stops might poll for ever."""

Steps = Generator[Any, Any, Any]


@blueprint.orchestration_trigger(context_name="context")
def seed_catalog(context: df.DurableOrchestrationContext) -> Steps:
    """Bring a catalog to what the run's request asks; returns the run's final status as a string."""
    seed = SeedInput.from_json(context.get_input())
    run = RunRef(seed.run_id, seed.catalog)
    failure: Failure | None = None
    tally = Tally()
    found = Plan()
    try:
        # 1. See what is there already.
        _show(context, "planning", tally, found)
        found = yield from call_patiently(context, "prepare_run", run, Plan)

        # 2. Categories come first: items belong to them.
        if not found.categories:
            _show(context, "categories", tally, found)
            categories, spent = yield from _ask_for_categories(context, seed)
            tally += spent
            found = replace(found, categories=categories)

        # 3. Items and images are made side by side: a batch's images start as soon as it is accepted.
        if found.items < seed.target_count or (found.images < found.items and not seed.dry_run):
            lanes = [] if seed.dry_run else plan_lanes(seed.parallel_image_requests)
            _show(context, "items and images", tally, found, lanes=len(lanes))
            done, failure = yield from _run_children(context, seed, found, lanes)
            tally += done
    except RunStoppedError as stop:
        tally += stop.tally
        failure = stop.failure

    # 4. What lasts is published, what happened is told; the summary comes last.
    ending = Ending(seed.run_id, seed.catalog, tally, failure)
    _show(context, "publishing", tally, found)
    try:
        published = yield from call_patiently(context, "publish_catalog", ending, Published)
        ending = replace(ending, published=published)
    except RunStoppedError as stop:
        ending = replace(ending, failure=stop.failure)
    else:
        yield from _draw_contact_sheet(context, ending)
    closed = yield from call_patiently(context, "close_run", ending, Done)
    _show(context, "ended", tally, found)
    return closed.status


def _ask_for_categories(
    context: df.DurableOrchestrationContext, seed: SeedInput
) -> Generator[Any, Any, tuple[int, Tally]]:
    """Ask until there are enough; each answer may bring a part, and an unusable one is asked for again.

    Returns:
        How many categories there are, and what they cost.

    Raises:
        RunStoppedError: the model did not give enough.
    """
    result = TextResult()
    spent = Tally()
    attempt = 0
    for round_ in range(seed.max_retries + 1):
        # Numbers go on through the tries of a round: an attempt that was answered is not asked again.
        call = TextCall(seed.run_id, seed.catalog, attempt=attempt, stricter=round_ > 0)
        result, tries = yield from call_text_activity(context, "make_categories", call, max_retries=seed.max_retries)
        attempt += tries
        spent += Tally(cost=result.cost, rate_limited=result.rate_limited)
        if result.failure is None and result.total >= result.asked:
            return result.total, spent
        if result.failure is not None and result.failure.reason not in UNUSABLE_ANSWERS:
            break
    raise RunStoppedError(
        result.failure
        or Failure(
            Reason.MALFORMED_ANSWER,
            f"the model gave {result.total} usable categories; expected {result.asked}",
        ),
        spent,
    )


def _run_children(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    found: Plan,
    widths: list[int],
) -> Generator[Any, Any, tuple[Tally, Failure | None]]:
    """Run the item writer and the image lanes to their ends, all of them; one that fails for good stops the others.

    Returns:
        What they did together, and the first reason why one of them ended early.
    """
    children = _start_children(context, seed, found, widths)
    tally = Tally()
    failure: Failure | None = None
    is_stopped = False
    while children:
        must_stop = failure is not None and failure.reason not in SHORTFALL_REASONS and not is_stopped
        if must_stop:
            is_stopped = yield from _try_to_stop(context, Ending(seed.run_id, seed.catalog, failure=failure))
        alarm = None
        if must_stop and not is_stopped:
            alarm = context.create_timer(context.current_utc_datetime + STOP_AGAIN_AFTER)
        task = yield context.task_any([*children, *([] if alarm is None else [alarm])])
        if task is alarm:
            continue
        if alarm is not None and not alarm.is_completed:
            alarm.cancel()
        ended = _read_ending(seed, children.pop(task), task.result)
        tally += ended.tally
        failure = failure or ended.failure
    return tally, failure


def _start_children(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    found: Plan,
    widths: list[int],
) -> dict[Any, str]:
    """Start the item writer and a lane of each width; returns their tasks with names for people."""
    writer = WriteItemsInput(
        seed.run_id,
        seed.catalog,
        target_count=seed.target_count,
        max_retries=seed.max_retries,
        next_batch=found.next_batch,
        items=found.items,
    )
    children = {context.call_sub_orchestrator("write_items", writer.to_json(), name_writer(seed.run_id)): "write_items"}
    for lane, width in enumerate(widths):
        start = LaneInput(seed.run_id, seed.catalog, lane=lane, width=width, max_retries=seed.max_retries)
        instance = name_lane(seed.run_id, lane)
        children[context.call_sub_orchestrator("make_images", start.to_json(), instance)] = f"lane {lane}"
    return children


def _read_ending(seed: SeedInput, name: str, result: object) -> Ending:
    if isinstance(result, Exception):
        return Ending(seed.run_id, seed.catalog, failure=describe_break(name, result))
    return Ending.from_json(result)


def _try_to_stop(context: df.DurableOrchestrationContext, why: Ending) -> Generator[Any, Any, bool]:
    """Record that the run pays no more; False if even that failed."""
    try:
        yield from call_patiently(context, "stop_run", why, Done)
    except RunStoppedError:
        return False
    return True


def _draw_contact_sheet(context: df.DurableOrchestrationContext, ending: Ending) -> Steps:
    """Draw it if that works: a run that published does not fail over an ornament."""
    try:
        yield from call_patiently(context, "draw_contact_sheet", ending, Done)
    except RunStoppedError:
        return


def _show(
    context: df.DurableOrchestrationContext,
    stage: str,
    tally: Tally,
    found: Plan,
    *,
    lanes: int | None = None,
) -> None:
    """Say where the run is; ``lanes`` is there only while children run, whose own statuses then add to this one."""
    status = {"stage": stage, "tally": tally.to_json(), "found": found.to_json()}
    context.set_custom_status(status if lanes is None else status | {"lanes": lanes})
