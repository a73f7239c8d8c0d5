"""``seed_catalog``: one run, as numbered steps. Its own history stays at some twenty events whatever the size."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, call_text_activity, call_with_retries
from orchestrators.child_workflows import ChildWorkflows, run_child_workflows
from orchestrators.finish_run import publish_and_close
from orchestrators.first_completed import wait_for_first
from shared.limits.long_waits import describe_wait
from shared.limits.retry_policy import (
    RETRIED_ON_RESUME_REASONS,
    TOO_LONG_REASONS,
    UNUSABLE_ANSWER_REASONS,
    decide_lost_worker_wait,
)
from shared.messages.images import ImageWorkerInput
from shared.messages.inputs import ImportedInput
from shared.messages.runs import (
    ActivityResult,
    Counters,
    Failure,
    FinishRunInput,
    ResumeInput,
    RootRestart,
    RunRef,
    SeedInput,
    StartInventory,
    StopResult,
    TextCall,
    TextResult,
    describe_rejected,
)
from shared.reasons import PAUSING_REASONS, Reason
from shared.runs.lost_workers import make_lost_worker_failure
from shared.storage.paths import make_probe_id, make_restart_id

blueprint = df.Blueprint()

PROBE_WORKER_INDEX = 100
"""An image worker number that no other image worker has: pages are claimed by it."""

ATTEMPTS_PER_RESUME = 10_000
"""Far more calls for categories than a leg can make: an attempt of one leg is never taken for that of another."""

MAX_SAME_FAILURES = 3
"""So many answers for categories in a row that fail in the same way end the run: the next one would cost as much."""

Steps = Generator[Any, Any, Any]


@blueprint.orchestration_trigger(context_name="context")
def seed_catalog(context: df.DurableOrchestrationContext) -> Steps:
    """Bring a catalog to what the run's request asks; returns the run's final status as a string."""
    seed = SeedInput.from_json(context.get_input())
    view = _RunView(context, seed.restart)
    failure: Failure | None = None
    try:
        # 1. See what is there already.
        plan = yield from _plan(context, seed, view)

        # 2. Make what is missing. A run that is blocked, and may wait, goes on in another leg once it is resumed.
        while True:
            failure = yield from _generate_missing(context, seed, plan, view)
            resumed = yield from _wait_while_blocked(context, seed, view)
            if resumed is None:
                break
            plan = resumed
            view.forget_failures(RETRIED_ON_RESUME_REASONS)
    except RunStoppedError as stop:
        view.counters += stop.counters
        failure = stop.failure

    # 3. What lasts is published, what happened is told; the summary comes last.
    needs_recount = seed.restart is not None or view.counters.lost > 0
    ending = FinishRunInput(seed.run_id, seed.catalog, view.counters, failure, recount=needs_recount)
    return (yield from publish_and_close(context, ending, view.publish_status))


class _RunView:
    """What callers see of a run while it is under way.

    Attributes:
        leg: how often the run was resumed or started again before.
        first_leg: the leg that this root began with.
        tally: what the run did, as far as it is known here.
        found: what the run found when it began; None = that is not known yet.
    """

    def __init__(self, context: df.DurableOrchestrationContext, restart: RootRestart | None) -> None:
        self._context = context
        self.resume_count = self.first_resume_count = 0 if restart is None else restart.resume_count
        self.counters = Counters() if restart is None else restart.counters + Counters(lost=1)
        self.found: StartInventory | None = None if restart is None else restart.found

    @property
    def is_resumed(self) -> bool:
        """Whether this leg follows a pause: then one call finds out first whether the block is gone."""
        return self.resume_count > self.first_resume_count

    def count_unreported_work(self, plan: StartInventory) -> None:
        """Count what a lost root had not published: what is in the store beyond what the run found is its own."""
        found = self.found or StartInventory()
        images = plan.images - found.images - self.counters.kept
        self.counters = replace(
            self.counters,
            accepted=max(self.counters.accepted, plan.items - found.items),
            made=max(self.counters.made, images),
        )

    def count_categories(self, categories: int) -> None:
        """Show how many categories the catalog has by now."""
        self.found = replace(self.found or StartInventory(), categories=categories)

    def limit_found_images(self, images: int) -> None:
        """Count at most so many images as found: those of rows that have changed are generated again."""
        found = self.found or StartInventory()
        self.found = replace(found, images=min(found.images, images))

    def forget_failures(self, reasons: frozenset[Reason]) -> None:
        """Count images that failed for one of these no more: they are tried again."""
        failed = {reason: count for reason, count in self.counters.failed.items() if Reason(reason) not in reasons}
        self.counters = replace(self.counters, failed=failed)

    def publish_status(self, stage: str, **more: Any) -> None:
        """Say where the run is; ``more`` tells of children, whose statuses then add to this one, or of the pause."""
        status = {"stage": stage, "counters": self.counters.to_json(), "resume_count": self.resume_count}
        found = {} if self.found is None else {"found": self.found.to_json()}
        self._context.set_custom_status(status | found | more)


def _plan(
    context: df.DurableOrchestrationContext, seed: SeedInput, view: _RunView
) -> Generator[Any, Any, StartInventory]:
    """Return what the run starts from, with the rows of its input as items."""
    view.publish_status("planning")
    plan: StartInventory
    if seed.restart is None:
        plan = yield from call_with_retries(context, "prepare_run", RunRef(seed.run_id, seed.catalog), StartInventory)
        view.found = plan
    else:
        plan = yield from _restart(context, seed, view)
        if seed.restart.found is None:
            view.found = plan
    if seed.imports_rows:
        plan = yield from _import_rows(context, seed, plan, view)
    if seed.restart is not None:
        view.count_unreported_work(plan)
    return plan


def _restart(
    context: df.DurableOrchestrationContext, seed: SeedInput, view: _RunView
) -> Generator[Any, Any, StartInventory]:
    restart = ResumeInput(seed.run_id, seed.catalog, view.resume_count)
    plan: StartInventory = yield from call_with_retries(context, "restart_run", restart, StartInventory)
    return plan


def _import_rows(
    context: df.DurableOrchestrationContext, seed: SeedInput, plan: StartInventory, view: _RunView
) -> Generator[Any, Any, StartInventory]:
    """Let the rows of the input become items; returns the plan with them."""
    view.publish_status("reading the input")
    run = RunRef(seed.run_id, seed.catalog)
    imported: ImportedInput = yield from call_with_retries(context, "import_input", run, ImportedInput)
    if seed.restart is None:
        view.counters += Counters(accepted=imported.added, rejected=imported.rejected)
        images = max(0, plan.images - imported.outdated)
    else:  # the plan left out the rows that the lost root had marked as changed; only a new one has exactly all of them
        plan = yield from _restart(context, seed, view)
        images = plan.images
    view.count_categories(imported.categories)
    view.limit_found_images(images)
    return replace(
        plan,
        categories=imported.categories,
        images=images,
        items=imported.items,
        next_batch=max(plan.next_batch, imported.next_batch),
    )


def _generate_missing(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    plan: StartInventory,
    view: _RunView,
) -> Generator[Any, Any, Failure | None]:
    """Make categories, then items and images side by side: a batch's images start as soon as it is accepted.

    Returns:
        Why it ended early, if it did.
    """
    lacks_images = plan.images < plan.items
    try:
        if view.is_resumed and lacks_images and not seed.dry_run:
            view.counters += yield from _probe(context, seed, view)
            if (yield from _read_stop(context, seed)) is not None:
                return None
        if not plan.categories and seed.writes_items:
            view.publish_status("categories")
            categories, spent = yield from _write_categories(context, seed, view.resume_count, view)
            view.counters += spent
            plan = replace(plan, categories=categories)
            view.count_categories(categories)
        may_need_text = plan.items < seed.target_count if seed.writes_items else seed.writes_prompts and lacks_images
        if may_need_text or (lacks_images and not seed.dry_run):
            # A block that is only seen in text calls is probed by a single writer. Where prompts are written, there may
            # have been no image to probe with.
            is_probed = not view.is_resumed or (lacks_images and not seed.dry_run and not seed.writes_prompts)
            crew = ChildWorkflows.from_plan(
                seed if is_probed else replace(seed, parallel_text_requests=1), plan, view.resume_count
            )
            if not crew.writers:
                yield from call_with_retries(
                    context, "close_items", RunRef(seed.run_id, seed.catalog, view.resume_count), ActivityResult
                )
            yield from run_child_workflows(
                context, crew, lambda crew: view.publish_status("items and images", **crew.describe())
            )
            view.counters += crew.counters
            return crew.failure
    except RunStoppedError as stop:
        view.counters += stop.counters
        return stop.failure
    return None


def _probe(context: df.DurableOrchestrationContext, seed: SeedInput, view: _RunView) -> Generator[Any, Any, Counters]:
    """Make one image before all the others: whether the block is gone is found out at the price of one call."""
    worker = ImageWorkerInput(
        seed.run_id,
        seed.catalog,
        worker_index=PROBE_WORKER_INDEX,
        width=1,
        max_retries=seed.max_retries,
        resume_count=view.resume_count,
        max_image_calls=1,
    )
    losses = 0
    while True:
        name = make_restart_id(make_probe_id(seed.run_id, view.resume_count), losses)
        view.publish_status("items and images", probe=losses)
        start = replace(worker, restarts=losses).to_json()
        try:
            result: object = yield context.call_sub_orchestrator("generate_images", start, name)
        except Exception as error:
            losses += 1
            wait = decide_lost_worker_wait(losses)
            if wait is None:
                raise RunStoppedError(
                    make_lost_worker_failure("the probing image worker", error), Counters(lost=losses)
                ) from error
        else:
            ending = FinishRunInput.from_json(result)
            counters = ending.counters + Counters(lost=losses)
            if ending.failure is not None:
                raise RunStoppedError(ending.failure, counters)
            return counters
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))


def _read_stop(
    context: df.DurableOrchestrationContext, seed: SeedInput, *, pausing: bool = False
) -> Generator[Any, Any, Failure | None]:
    run = RunRef(seed.run_id, seed.catalog, pausing=pausing)
    found: StopResult = yield from call_with_retries(context, "read_stop", run, StopResult)
    return found.stop


def _wait_while_blocked(
    context: df.DurableOrchestrationContext,
    seed: SeedInput,
    view: _RunView,
) -> Generator[Any, Any, StartInventory | None]:
    """Wait until somebody resumes a run that was blocked, for as long as it may wait; nothing is paid meanwhile.

    Returns:
        What the next leg starts from; None if the run ends: it was not blocked, or nobody resumed it.
    """
    if not seed.pause_limit_minutes:
        return None
    stop = yield from _read_stop(context, seed)
    if stop is None or stop.reason not in PAUSING_REASONS:
        return None
    until = context.current_utc_datetime + timedelta(minutes=seed.pause_limit_minutes)
    view.publish_status("paused", failure=stop.to_json(), pausedUntil=until.isoformat())
    resume_event = context.wait_for_external_event(f"resume-{view.resume_count}")
    cancel = context.wait_for_external_event(f"cancel-{view.resume_count}")
    # Who cancelled before the pause was to be seen has recorded it, and could not send the event.
    if (yield from _read_stop(context, seed, pausing=True)) != stop:
        return None
    limit = context.create_timer(until)
    first = yield from wait_for_first(context, [resume_event, cancel, limit])
    if first is not limit:
        limit.cancel()
    if first is not resume_event:
        return None
    resume = ResumeInput(seed.run_id, seed.catalog, view.resume_count)
    view.resume_count += 1
    view.publish_status("planning")
    resumed: StartInventory = yield from call_with_retries(context, "resume_run", resume, StartInventory)
    return resumed


def _write_categories(
    context: df.DurableOrchestrationContext, seed: SeedInput, resume_count: int, view: _RunView
) -> Generator[Any, Any, tuple[int, Counters]]:
    """Ask until there are enough; each answer may bring a part, and an unusable one is asked for again.

    Returns:
        How many categories there are, and what they cost.

    Raises:
        RunStoppedError: the model did not give enough.
    """
    result = TextResult()
    spent = Counters()
    attempt, halvings, is_single = ATTEMPTS_PER_RESUME * resume_count, 0, False
    failures: list[str] = []
    for retry in range(seed.max_retries + 1):
        # Numbers go on through the tries of a round: an attempt that was answered is not asked again.
        call = TextCall(
            seed.run_id,
            seed.catalog,
            attempt=attempt,
            stricter=retry > 0,
            rejected_last_time=result.rejected,
            halvings=halvings,
        )
        result, failure_counts = yield from call_text_activity(
            context,
            "write_categories",
            call,
            max_retries=seed.max_retries,
            publish_wait=lambda wait: view.publish_status("categories", **describe_wait(wait)),
        )
        attempt += failure_counts
        spent += Counters(cost=result.cost, rate_limited=result.rate_limited)
        if result.failure is None and result.total >= result.asked:
            return result.total, spent
        if result.failure is not None and result.failure.reason not in UNUSABLE_ANSWER_REASONS:
            break
        if result.failure is not None and result.failure.reason in TOO_LONG_REASONS:
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
