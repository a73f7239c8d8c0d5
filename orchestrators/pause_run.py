"""How a run waits for a person, without a function that runs meanwhile."""

from datetime import timedelta

import azure.durable_functions as df

from orchestrators.activity_retry import Steps, call_with_retries
from orchestrators.first_completed import wait_for_first
from orchestrators.run_progress import RunProgress
from shared.messages.base import Failure
from shared.messages.custom_status import PauseStatus, Stage
from shared.messages.instance_ids import make_cancel_event, make_resume_event
from shared.messages.run import ResumeInput, RunRef, SeedInput, StartInventory, StopResult
from shared.reasons import PAUSING_REASONS, Reason


def pause_while_blocked(
    context: df.DurableOrchestrationContext, seed: SeedInput, progress: RunProgress
) -> Steps[StartInventory | None]:
    """If the run is blocked or awaits an approval, wait until it is resumed, cancelled or the time limit is over.

    Returns:
        What a resumed run continues from; None if the run ends.

    Raises:
        RunStoppedError: the run cannot continue.
    """
    # 1. Does the stop record hold a reason that a person can resolve?
    if not seed.pause_limit_minutes and not seed.approval_limit_minutes:
        return None
    stop = yield from read_stop(context, seed)
    if stop is None or stop.reason not in PAUSING_REASONS:
        return None
    is_trial = stop.reason is Reason.AWAITING_APPROVAL
    limit_minutes = seed.approval_limit_minutes if is_trial else seed.pause_limit_minutes
    if not limit_minutes:
        return None

    # 2. Show the pause to callers, and listen.
    until = context.current_utc_datetime + timedelta(minutes=limit_minutes)
    progress.publish(Stage.PAUSED, pause=PauseStatus(stop, until))
    resumed = context.wait_for_external_event(make_resume_event(progress.resume_count))
    cancelled = context.wait_for_external_event(make_cancel_event(progress.resume_count))

    # 3. Check the record again: a caller who cancelled before the pause was visible could not send the event.
    if (yield from read_stop(context, seed, pausing=True)) != stop:
        return None

    # 4. Wait.
    limit = context.create_timer(until)
    first = yield from wait_for_first(context, [resumed, cancelled, limit])
    if first is not limit:
        limit.cancel()
    if first is not resumed:
        return None

    # 5. Archive the stop record, and read the inventory again.
    resume = ResumeInput(seed.run_id, seed.catalog, progress.resume_count)
    progress.begin_resume(stop.reason)
    progress.publish(Stage.PLANNING)
    return (yield from call_with_retries(context, "resume_run", resume, StartInventory))


def read_stop(
    context: df.DurableOrchestrationContext, seed: SeedInput, *, pausing: bool = False
) -> Steps[Failure | None]:
    """Return the run's stop record.

    Raises:
        RunStoppedError: it could not be read for too long.
    """
    run = RunRef(seed.run_id, seed.catalog, pausing=pausing)
    found = yield from call_with_retries(context, "read_stop", run, StopResult)
    return found.stop
