"""``seed_catalog``: one run, as numbered steps. Its own history stays at some twenty events whatever the size."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.crew import Crew, run_crew
from orchestrators.ending import publish_and_close
from orchestrators.first_completed import wait_for_first
from orchestrators.patience import RunStoppedError, call_patiently, call_text_activity
from shared.domain.image_messages import LaneInput
from shared.domain.losses import describe_loss
from shared.domain.messages import (
    Done,
    Ending,
    Failure,
    Plan,
    Restart,
    ResumeInput,
    RunRef,
    SeedInput,
    Stop,
    Tally,
    TextCall,
    TextResult,
    describe_rejected,
)
from shared.domain.paths import name_probe, name_restart
from shared.domain.retries import RETRIED_ON_RESUME, TOO_LONG, UNUSABLE_ANSWERS, decide_loss_wait
from shared.domain.source_messages import InputTaken
from shared.domain.waits import describe_wait
from shared.reasons import PAUSING_REASONS, Reason

blueprint = df.Blueprint()

PROBE_LANE = 100
"""A lane number that no other lane has: pages are claimed by it."""

ATTEMPTS_A_LEG = 10_000
"""Far more calls for categories than a leg can make: an attempt of one leg is never taken for that of another."""

MAX_SAME_FAILURES = 3
"""So many answers for categories in a row that fail in the same way end the run: the next one would cost as much."""

Steps = Generator[Any, Any, Any]


@blueprint.orchestration_trigger(context_name="context")
def seed_catalog(context: df.DurableOrchestrationContext) -> Steps:
    """Bring a catalog to what the run's request asks; returns the run's final status as a string."""
    seed = SeedInput.from_json(context.get_input())
    view = _View(context, seed.restart)
    failure: Failure | None = None
    try:
        # 1. See what is there already.
        plan = yield from _plan(context, seed, view)

        # 2. Make what is missing. A run that is blocked, and may wait, goes on in another leg once it is resumed.
        while True:
            failure = yield from _make_what_is_missing(context, seed, plan, view)
            resumed = yield from _wait_while_blocked(context, seed, view)
            if resumed is None:
                break
            plan = resumed
            view.forget_failures(RETRIED_ON_RESUME)
    except RunStoppedError as stop:
        view.tally += stop.tally
        failure = stop.failure

    # 3. What lasts is published, what happened is told; the summary comes last.
    is_lossy = seed.restart is not None or view.tally.lost > 0
    ending = Ending(seed.run_id, seed.catalog, view.tally, failure, recount=is_lossy)
    return (yield from publish_and_close(context, ending, view.show))


class _View:
    """What callers see of a run while it is under way.

    Attributes:
        leg: how often the run was resumed or started again before.
        first_leg: the leg that this root began with.
        tally: what the run did, as far as it is known here.
        found: what the run found when it began; None = that is not known yet.
    """

    def __init__(self, context: df.DurableOrchestrationContext, restart: Restart | None) -> None:
        self._context = context
        self.leg = self.first_leg = 0 if restart is None else restart.leg
        self.tally = Tally() if restart is None else restart.tally + Tally(lost=1)
        self.found: Plan | None = None if restart is None else restart.found

    @property
    def is_resumed(self) -> bool:
        """Whether this leg follows a pause: then one call finds out first whether the block is gone."""
        return self.leg > self.first_leg

    def count_what_is_there(self, plan: Plan) -> None:
        """Count what a lost root had not published: what is in the store beyond what the run found is its own."""
        found = self.found or Plan()
        images = plan.images - found.images - self.tally.kept
        self.tally = replace(
            self.tally,
            accepted=max(self.tally.accepted, plan.items - found.items),
            made=max(self.tally.made, images),
        )

    def count_categories(self, categories: int) -> None:
        """Show how many categories the catalog has by now."""
        self.found = replace(self.found or Plan(), categories=categories)

    def limit_images(self, images: int) -> None:
        """Count at most so many images as found: those of rows that have changed are generated again."""
        found = self.found or Plan()
        self.found = replace(found, images=min(found.images, images))

    def forget_failures(self, reasons: frozenset[Reason]) -> None:
        """Count images that failed for one of these no more: they are tried again."""
        failed = {reason: count for reason, count in self.tally.failed.items() if Reason(reason) not in reasons}
        self.tally = replace(self.tally, failed=failed)

    def show(self, stage: str, **more: Any) -> None:
        """Say where the run is; ``more`` tells of children, whose statuses then add to this one, or of the pause."""
        status = {"stage": stage, "tally": self.tally.to_json(), "leg": self.leg}
        found = {} if self.found is None else {"found": self.found.to_json()}
        self._context.set_custom_status(status | found | more)


def _plan(context: df.DurableOrchestrationContext, seed: SeedInput, view: _View) -> Generator[Any, Any, Plan]:
    """Return what the run starts from, with the rows of its input as items."""
    view.show("planning")
    plan: Plan
    if seed.restart is None:
        plan = yield from call_patiently(context, "prepare_run", RunRef(seed.run_id, seed.catalog), Plan)
        view.found = plan
    else:
        plan = yield from _restart(context, seed, view)
        if seed.restart.found is None:
            view.found = plan
    if seed.takes_input:
        plan = yield from _take_input(context, seed, plan, view)
    if seed.restart is not None:
        view.count_what_is_there(plan)
    return plan


def _restart(context: df.DurableOrchestrationContext, seed: SeedInput, view: _View) -> Generator[Any, Any, Plan]:
    restart = ResumeInput(seed.run_id, seed.catalog, view.leg)
    plan: Plan = yield from call_patiently(context, "restart_run", restart, Plan)
    return plan


def _take_input(
    context: df.DurableOrchestrationContext, seed: SeedInput, plan: Plan, view: _View
) -> Generator[Any, Any, Plan]:
    """Let the rows of the input become items; returns the plan with them."""
    view.show("reading the input")
    run = RunRef(seed.run_id, seed.catalog)
    taken: InputTaken = yield from call_patiently(context, "take_input", run, InputTaken)
    if seed.restart is None:
        view.tally += Tally(accepted=taken.added, rejected=taken.rejected)
        images = max(0, plan.images - taken.outdated)
    else:  # the plan left out the rows that the lost root had marked as changed; only a new one has exactly all of them
        plan = yield from _restart(context, seed, view)
        images = plan.images
    view.count_categories(taken.categories)
    view.limit_images(images)
    return replace(
        plan,
        categories=taken.categories,
        images=images,
        items=taken.items,
        next_batch=max(plan.next_batch, taken.next_batch),
    )


def _make_what_is_missing(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    plan: Plan,
    view: _View,
) -> Generator[Any, Any, Failure | None]:
    """Make categories, then items and images side by side: a batch's images start as soon as it is accepted.

    Returns:
        Why it ended early, if it did.
    """
    lacks_images = plan.images < plan.items
    try:
        if view.is_resumed and lacks_images and not seed.dry_run:
            view.tally += yield from _probe(context, seed, view)
            if (yield from _find_stop(context, seed)) is not None:
                return None
        if not plan.categories and seed.writes_items:
            view.show("categories")
            categories, spent = yield from _ask_for_categories(context, seed, view.leg, view)
            view.tally += spent
            plan = replace(plan, categories=categories)
            view.count_categories(categories)
        may_need_text = plan.items < seed.target_count if seed.writes_items else seed.writes_prompts and lacks_images
        if may_need_text or (lacks_images and not seed.dry_run):
            # A block that is only seen in text calls is probed by a single writer. Where prompts are written, there may
            # have been no picture to probe with.
            is_probed = not view.is_resumed or (lacks_images and not seed.dry_run and not seed.writes_prompts)
            crew = Crew.plan_for(seed if is_probed else replace(seed, parallel_text_requests=1), plan, view.leg)
            if not crew.writers:
                yield from call_patiently(context, "close_items", RunRef(seed.run_id, seed.catalog, view.leg), Done)
            yield from run_crew(context, crew, lambda crew: view.show("items and images", **crew.describe()))
            view.tally += crew.tally
            return crew.failure
    except RunStoppedError as stop:
        view.tally += stop.tally
        return stop.failure
    return None


def _probe(context: df.DurableOrchestrationContext, seed: SeedInput, view: _View) -> Generator[Any, Any, Tally]:
    """Make one image before all the others: whether the block is gone is found out at the price of one call."""
    lane = LaneInput(
        seed.run_id,
        seed.catalog,
        lane=PROBE_LANE,
        width=1,
        max_retries=seed.max_retries,
        leg=view.leg,
        most_images=1,
    )
    losses = 0
    while True:
        name = name_restart(name_probe(seed.run_id, view.leg), losses)
        view.show("items and images", probe=losses)
        start = replace(lane, restarts=losses).to_json()
        try:
            result: object = yield context.call_sub_orchestrator("make_images", start, name)
        except Exception as error:
            losses += 1
            wait = decide_loss_wait(losses)
            if wait is None:
                raise RunStoppedError(describe_loss("the probing lane", error), Tally(lost=losses)) from error
        else:
            ending = Ending.from_json(result)
            tally = ending.tally + Tally(lost=losses)
            if ending.failure is not None:
                raise RunStoppedError(ending.failure, tally)
            return tally
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))


def _find_stop(
    context: df.DurableOrchestrationContext, seed: SeedInput, *, pausing: bool = False
) -> Generator[Any, Any, Failure | None]:
    run = RunRef(seed.run_id, seed.catalog, pausing=pausing)
    found: Stop = yield from call_patiently(context, "find_stop", run, Stop)
    return found.stop


def _wait_while_blocked(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    view: _View,
) -> Generator[Any, Any, Plan | None]:
    """Wait until somebody resumes a run that was blocked, for as long as it may wait; nothing is paid meanwhile.

    Returns:
        What the next leg starts from; None if the run ends: it was not blocked, or nobody resumed it.
    """
    if not seed.pause_limit_minutes:
        return None
    stop = yield from _find_stop(context, seed)
    if stop is None or stop.reason not in PAUSING_REASONS:
        return None
    until = context.current_utc_datetime + timedelta(minutes=seed.pause_limit_minutes)
    view.show("paused", failure=stop.to_json(), pausedUntil=until.isoformat())
    resume_event = context.wait_for_external_event(f"resume-{view.leg}")
    cancel = context.wait_for_external_event(f"cancel-{view.leg}")
    # Who cancelled before the pause was to be seen has recorded it, and could not send the event.
    if (yield from _find_stop(context, seed, pausing=True)) != stop:
        return None
    limit = context.create_timer(until)
    first = yield from wait_for_first(context, [resume_event, cancel, limit])
    if first is not limit:
        limit.cancel()
    if first is not resume_event:
        return None
    resume = ResumeInput(seed.run_id, seed.catalog, view.leg)
    view.leg += 1
    view.show("planning")
    resumed: Plan = yield from call_patiently(context, "resume_run", resume, Plan)
    return resumed


def _ask_for_categories(
    context: df.DurableOrchestrationContext, seed: SeedInput, leg: int, view: _View
) -> Generator[Any, Any, tuple[int, Tally]]:
    """Ask until there are enough; each answer may bring a part, and an unusable one is asked for again.

    Returns:
        How many categories there are, and what they cost.

    Raises:
        RunStoppedError: the model did not give enough.
    """
    result = TextResult()
    spent = Tally()
    attempt, halvings, is_single = ATTEMPTS_A_LEG * leg, 0, False
    failures: list[str] = []
    for round_ in range(seed.max_retries + 1):
        # Numbers go on through the tries of a round: an attempt that was answered is not asked again.
        call = TextCall(
            seed.run_id,
            seed.catalog,
            attempt=attempt,
            stricter=round_ > 0,
            rejected_last_time=result.rejected,
            halvings=halvings,
        )
        result, tries = yield from call_text_activity(
            context,
            "make_categories",
            call,
            max_retries=seed.max_retries,
            show_wait=lambda wait: view.show("categories", **describe_wait(wait)),
        )
        attempt += tries
        spent += Tally(cost=result.cost, rate_limited=result.rate_limited)
        if result.failure is None and result.total >= result.asked:
            return result.total, spent
        if result.failure is not None and result.failure.reason not in UNUSABLE_ANSWERS:
            break
        if result.failure is not None and result.failure.reason in TOO_LONG:
            if result.asked <= 1 and is_single:  # one more try: the answer may have been cut off on its way
                break
            is_single = result.asked <= 1
            halvings += 1
        elif result.failure is not None:
            failures.append(f"{result.failure.reason}: {result.failure.message}")
            if failures[-MAX_SAME_FAILURES:] == MAX_SAME_FAILURES * failures[-1:]:
                break
    raise RunStoppedError(
        result.failure
        or Failure(
            Reason.MALFORMED_ANSWER,
            f"the model gave {result.total} usable categories; expected {result.asked}"
            f"{describe_rejected(result.rejected)}",
        ),
        spent,
    )
