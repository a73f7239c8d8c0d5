"""``make_images``: one image lane. It claims pages of image jobs and keeps its share of the window full.

A generation handles several small pages without draining in between, so slots stay busy and no lane hoards work; it
drains only before continue-as-new, because tasks cannot be awaited across it.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.first_completed import wait_for_first
from orchestrators.page_claims import PageClaims
from orchestrators.patience import (
    LEAST_WAIT_SECONDS,
    RunStoppedError,
    call_patiently,
    grow_suspended_wait,
    leave_out_absence,
    read_result,
)
from shared.domain.image_messages import (
    Action,
    ClaimResult,
    FailedImage,
    ImageCall,
    ImageJob,
    ImageResult,
    LaneInput,
    Step,
)
from shared.domain.messages import Done, Ending, Failure, RunRef, Stop, Tally, Tries
from shared.domain.retries import UNUSABLE_ANSWERS, count_failure, decide_loss_wait, decide_retry, find_time_since
from shared.domain.waits import Wait, describe_wait
from shared.domain.window import ImageWindow, postpone
from shared.reasons import PAUSING_REASONS, Reason

blueprint = df.Blueprint()

GENERATION_CALLS = 44
"""Steps of images that a generation starts before it drains: CPU for replays grows with the square of it. With their
claims they are some 230 events. Ten images a slot, a usual share, fit into one generation of a lane of four."""

MOST_TASKS = 120
"""The same for all tasks, with claims, timers and calls that were sent back for want of a turn: a slow run would lose
turns under the quota if it drained after every few images, and has CPU to spare."""

LAST_REASONS = frozenset({Reason.RATE_LIMITED, Reason.BUDGET})
"""Once an image was given up on for one of these, the lane starts none any more: the run's patience or its money is at
an end, and knocking once for each item left would not help."""

LOOK_EVERY = timedelta(seconds=60)
"""A lane that has nothing in flight, however long it waits, looks so often whether the run was stopped."""

BREAKING_REASONS = frozenset({Reason.STORE_UNAVAILABLE, Reason.DAMAGED_FILE})
"""Failures of the run rather than of one image: the lane ends, and its image keeps no failure of its own."""


@blueprint.orchestration_trigger(context_name="context")
def make_images(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Make images until nothing is left to claim; returns an ``Ending``.

    Whatever ends a lane, its calls in flight are awaited: they were paid, and what they brought is counted.
    """
    lane = _Lane(context, LaneInput.from_json(context.get_input()))
    while True:
        lane.fill()
        context.set_custom_status(lane.describe())
        if not lane.tasks:
            break
        task = yield from wait_for_first(context, lane.tasks)
        try:
            yield from lane.settle(task)
        except RunStoppedError as stop:
            lane.stop(stop.failure)
    if lane.has_more():
        context.continue_as_new(lane.make_next_input().to_json())
        return None
    return Ending(lane.input.run_id, lane.input.catalog, lane.tally, lane.failure).to_json()


class _Lane:
    """What one generation of a lane knows; every change follows from the history alone."""

    def __init__(self, context: df.DurableOrchestrationContext, lane: LaneInput) -> None:
        self.context = context
        self.input = lane
        self._reached: datetime = context.current_utc_datetime
        self._started_at = lane.started_at or self._now().isoformat()
        self.tally = lane.tally
        self.failure: Failure | None = None
        self._wait = lane.wait
        self.tasks: dict[Any, ImageJob | str] = {}
        self._window = ImageWindow(lane.width, lane.window or float(lane.width))
        self._window.add(lane.jobs)
        if lane.paused_until is not None:
            self._window.paused_until = datetime.fromisoformat(lane.paused_until)
        self._begun = self._ended = 0
        self._started = self._sent_back = 0
        self._claims = PageClaims(lane, self._now(), seed=context.instance_id)
        self._timer: Any = None
        self._timer_due: datetime | None = None
        self._seen_at = self._now()
        self._stopped = False
        self._looked_at = self._now()
        self._losses = lane.losses
        self._workers_lost = 0
        self._workers_lost_before: dict[Any, int] = {}

    def fill(self) -> None:
        """Start what can start now: images in free slots, the claim of the next page, the timer for what waits."""
        now = self._now()
        while self._may_start_image() and (job := self._window.take(now)) is not None:
            attempt = ImageCall(
                self.input.run_id,
                self.input.catalog,
                product_id=job.product_id,
                batch=job.batch,
                attempt=job.earlier_calls + job.tries.calls,
                leg=self.input.leg,
                turn=job.turns,
                step=job.step,
                stricter=job.stricter,
            )
            self._begun += 1
            self._start(str(job.step.action), attempt.to_json(), job)
        if (size := self._find_claim_size(now)) > 0:
            self._start("claim_page", self._claims.make_input(size, self._window, now).to_json(), "claim")
        if self._must_look(now):
            self._start("find_stop", RunRef(self.input.run_id, self.input.catalog).to_json(), "stop")
        self._set_timer(now)

    def settle(self, task: Any) -> Generator[Any, Any, None]:
        """Take in what a task brought."""
        self._leave_out_absence()
        work = self.tasks.pop(task)
        if work == "timer":
            self._reached = max(self._reached, self._timer_due or self._reached)
            self._timer = self._timer_due = None
            return
        self._looked_at = self._now()
        if work == "stop":
            if read_result(Stop, "find_stop", task.result).stop is not None:
                self.stop(None)
        elif isinstance(work, ImageJob):
            result: ImageResult = read_result(ImageResult, work.step.action, task.result)
            was_seen = self._workers_lost_before.pop(task) < self._workers_lost
            if result.failure is not None and result.failure.reason is Reason.WORKER_LOST:
                yield from self._settle_loss(work, result.failure, was_seen=was_seen)
            else:
                self._losses = 0
                yield from self._settle_image(work, result)
        else:
            claim = read_result(ClaimResult, "claim_page", task.result)
            if claim.suspended:
                self._restart_patience()
            self._claims.settle(claim, self._now())
            self._window.add(claim.jobs)
            self.tally += claim.tally
            if claim.stopped:
                self.stop(None)

    def stop(self, failure: Failure | None) -> None:
        """Start nothing more, for a reason of the lane's own or because the run was stopped."""
        self._stopped = True
        self.failure = self.failure or failure

    def describe(self) -> dict[str, Any]:
        """Return what callers may see of the lane."""
        if self._wait is not None and self._wait.is_over(self._now()):
            self._wait = None
        return {"tally": self.tally.to_json(), "window": self._window.count_slots(), **describe_wait(self._wait)}

    def has_more(self) -> bool:
        """Tell whether another generation is needed."""
        return (
            not self._stopped
            and self._wants_more(0)
            and (self._claims.next_at is not None or self._window.count_queued() > 0)
        )

    def make_next_input(self) -> LaneInput:
        """Return what the next generation goes on with."""
        return replace(
            self.input,
            claims=self._claims.count,
            last_page=self._claims.last_page,
            left=self._claims.left,
            jobs=self._window.hand_over(self._now()),
            started_at=self._started_at,
            tally=self.tally,
            wait=self._wait,
            losses=self._losses,
            most_images=None if self.input.most_images is None else self.input.most_images - self._ended,
            window=self._window.size_to_keep,
            paused_until=None if self._window.paused_until is None else self._window.paused_until.isoformat(),
        )

    def _now(self) -> datetime:
        """Return the present moment; not before that of a timer that has fired.

        The Azure Storage backend cuts a delay to whole seconds, so a timer fires up to a second early. By the clock its
        moment would still be to come, and the same timer would be set again and again.
        """
        now: datetime = self.context.current_utc_datetime
        return max(self._reached, now)

    def _start(self, activity: str, payload: dict[str, Any], work: ImageJob | str) -> None:
        self._started += 1
        task = self.context.call_activity(activity, payload)
        self.tasks[task] = work
        self._workers_lost_before[task] = self._workers_lost

    def _may_start(self) -> bool:
        is_room_left = self._started < MOST_TASKS and self._begun - self._sent_back < GENERATION_CALLS
        return not self._stopped and is_room_left

    def _may_start_image(self) -> bool:
        # Calls take about equally long, so a round that was begun is filled: a single one would drain alone.
        is_round_open = self._begun % self._window.count_slots() > 0
        may_start = self._may_start() or (is_round_open and not self._stopped)
        return may_start and self._wants_more(self._window.running)

    def _wants_more(self, under_way: int) -> bool:
        """Tell whether a lane that is to make only so many images lacks some beyond those that are under way."""
        return self.input.most_images is None or self._ended + under_way < self.input.most_images

    def _find_claim_size(self, now: datetime) -> int:
        """Return how many jobs to claim now; 0 = none."""
        may_claim = self._may_start() and self._wants_more(self._window.running + self._window.count_queued())
        return self._claims.find_size(self._window, now) if may_claim else 0

    def _only_waits(self) -> bool:
        """Return whether no activity is in flight that would report that the run was stopped."""
        return all(task is self._timer for task in self.tasks)

    def _must_look(self, now: datetime) -> bool:
        return self._only_waits() and self._may_start() and now >= self._looked_at + LOOK_EVERY

    def _cancel_timer(self) -> None:
        """A timer that lost must be cancelled, or the instance stays Running until it fires."""
        if self._timer is not None:
            if not self._timer.is_completed:  # it may have fired while the lane awaited something else
                self._timer.cancel()
            self.tasks.pop(self._timer, None)
            self._timer = self._timer_due = None

    def _set_timer(self, now: datetime) -> None:
        if not self._may_start():
            self._cancel_timer()
            return
        wakes = [self._window.find_next_wake(now)]
        if not self._claims.is_open:
            wakes.append(self._claims.next_at)
        wake = min((moment for moment in wakes if moment is not None and moment > now), default=None)
        if wake is not None and self._only_waits():
            wake = min(wake, max(self._looked_at, now) + LOOK_EVERY)
        if wake is None or (self._timer_due is not None and self._timer_due <= wake):
            return
        self._cancel_timer()
        self._started += 1
        self._timer, self._timer_due = self.context.create_timer(wake), wake
        self.tasks[self._timer] = "timer"

    def _leave_out_absence(self) -> None:
        expected = max(self._seen_at, self._timer_due or self._seen_at)
        self._started_at = leave_out_absence(self.context, self._started_at, expected)
        self._seen_at = self._now()

    def _restart_patience(self) -> None:
        """Count the time of refusals from now on: a suspended run has no success, which says nothing of the service."""
        self._started_at = self._now().isoformat()

    def _come_back(self, job: ImageJob, now: datetime, seconds: float, *, is_suspended: bool) -> None:
        """Let a job come back when its turn is there; one that has none yet would be told to wait longer still."""
        wait = max(LEAST_WAIT_SECONDS, grow_suspended_wait(seconds, job.turns) if is_suspended else seconds)
        self._sent_back += 1
        if is_suspended:
            self._restart_patience()
            self._window.rest(now + timedelta(seconds=wait), is_narrow=False)
        else:
            self._window.hold(now, now + timedelta(seconds=wait))
        self._window.add([postpone(replace(job, turns=job.turns + 1), now, wait)])

    def _settle_image(self, job: ImageJob, result: ImageResult) -> Generator[Any, Any, None]:
        self._window.finish(is_paced=result.paced)
        self._window.keeps_slots = self._window.keeps_slots or result.paced or result.is_quota_known
        now = self._now()
        if result.turn_in_seconds is not None:
            self._come_back(job, now, result.turn_in_seconds, is_suspended=result.suspended)
            return
        if result.stopped:
            self.stop(None)
        done = Tally(made=int(result.made), kept=int(result.kept), cost=result.cost, refined=int(result.refined))
        self.tally += done
        failure = result.failure
        if failure is None:
            self._window.grow(job)
            self._take_next_step(job, result.next)
            return
        tries = count_failure(job.tries, failure)
        wait = decide_retry(
            failure,
            tries,
            max_retries=self.input.max_retries,
            seed=job.product_id,
            since_success=find_time_since(now, self._started_at, result.last_success_at),
        )
        if failure.reason is Reason.RATE_LIMITED:
            self.tally += Tally(rate_limited=1)
            wait = None if wait is None else max(LEAST_WAIT_SECONDS, wait)
            if wait is not None:
                self._pause(job, now, wait)
        if wait is not None:
            self._wait = Wait.note(failure, now, wait) or self._wait
            if failure.reason is Reason.CONNECTION:
                # Nobody listens there: each further job would only use up a try of its own, and the breaker's patience.
                self._pause(job, now, wait, is_quota=False)
            # Under a quota that the service reports, a refused job waits for a turn and nothing else.
            turns = int(result.paced and failure.reason is Reason.RATE_LIMITED)
            self._window.add([postpone(replace(job, tries=tries, turns=turns), now, wait)])
            return
        job = replace(job, tries=Tries(), earlier_calls=job.earlier_calls + tries.calls)
        if result.next is not None:
            self._take_next_step(job, result.next)
        elif failure.reason in UNUSABLE_ANSWERS and not job.stricter and job.step.action is not Action.DRAW:
            self._window.go_on(replace(job, stricter=True))
        else:
            yield from self._give_up(job, failure)

    def _settle_loss(self, job: ImageJob, failure: Failure, *, was_seen: bool) -> Generator[Any, Any, None]:
        """Queue a job again that was lost with its worker, or give it up after as many losses as the policy allows.

        All calls that a worker had fail when it dies. That is one event, and the lane waits once for it. From the
        second one in a row on, one job runs at a time: an image that ends its worker each time then ends nothing else,
        and is given up alone.

        Raises:
            RunStoppedError: the lane lost as many workers in a row, without any success.
        """
        self._window.finish()
        now = self._now()
        if not was_seen:
            self._workers_lost += 1
            self._losses += 1
            self.tally += Tally(lost=1)
            lane_wait = decide_loss_wait(self._losses)
            if lane_wait is None:
                raise RunStoppedError(failure)
            self._window.rest(now + timedelta(seconds=lane_wait), is_narrow=self._losses > 1)
        tries = count_failure(job.tries, failure)
        wait = decide_loss_wait(tries.lost)
        if wait is None:
            yield from self._give_up(
                replace(job, tries=Tries(), earlier_calls=job.earlier_calls + tries.calls), failure
            )
        else:
            self._window.add([postpone(replace(job, tries=tries, turns=0), now, wait)])

    def _pause(self, job: ImageJob, now: datetime, seconds: float, *, is_quota: bool = True) -> None:
        """Start no step of a job's kind for a while: the service that it goes to does not take any."""
        until = now + timedelta(seconds=seconds)
        if job.step.action is Action.DRAW:
            self._window.pause(now, until, is_quota=is_quota)
        else:
            self._window.pause_texts(until)

    def _take_next_step(self, job: ImageJob, step: Step | None) -> None:
        if step is None:
            self._ended += 1
        else:
            calls = job.earlier_calls + job.tries.calls
            self._window.go_on(replace(job, step=step, tries=Tries(), stricter=False, earlier_calls=calls))

    def _give_up(self, job: ImageJob, failure: Failure) -> Generator[Any, Any, None]:
        """End a job whose step failed for good: what was drawn before it stays, and is what ships."""
        if failure.reason in BREAKING_REASONS:
            raise RunStoppedError(failure)
        if failure.reason in LAST_REASONS:
            self.stop(failure)
        self._ended += 1
        failed = FailedImage(
            self.input.run_id,
            self.input.catalog,
            product_id=job.product_id,
            batch=job.batch,
            attempts=job.earlier_calls,
            failure=failure,
        )
        if job.step.has_picture and failure.reason in PAUSING_REASONS:
            return  # nothing more is paid; whoever resumes the run takes the picture up where it is
        if job.step.has_picture:
            self.tally += Tally(refined=int(job.step.was_looked_at))
            yield from call_patiently(self.context, "end_refinement", failed, Done)
        else:
            self.tally += Tally(failed=Counter({str(failure.reason): 1}))
            yield from call_patiently(self.context, "record_failure", failed, Done)
