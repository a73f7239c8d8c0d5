"""The children of a run: item writers and image lanes, started together and awaited to the last."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.first_completed import wait_for_first
from orchestrators.patience import RunStoppedError, call_patiently
from shared.domain.children import name_wake_event
from shared.domain.image_messages import LaneInput
from shared.domain.losses import describe_loss
from shared.domain.messages import Done, Ending, Failure, Plan, RunRef, SeedInput, Stop, Tally, WriteItemsInput
from shared.domain.paths import name_lane, name_restart, name_writer
from shared.domain.planning import plan_lanes, plan_prompt_writers, plan_writers
from shared.domain.retries import decide_loss_wait
from shared.domain.run_status import SHORTFALL_REASONS
from shared.domain.source_messages import PromptItemsInput
from shared.reasons import Reason

STOP_AGAIN_AFTER = timedelta(seconds=30)
"""A store that did not take the stop record is asked again: children that nobody stops might poll for ever."""


@dataclass(frozen=True, slots=True)
class _Child:
    """A child to start, and to start again where it was lost with its worker.

    Attributes:
        function: its orchestrator.
        label: how messages name it.
        instance: the id of its first instance.
        start: its input.
    """

    function: str
    label: str
    instance: str
    start: LaneInput | WriteItemsInput | PromptItemsInput


@dataclass(slots=True)
class Crew:
    """Who works on a leg of a run.

    Attributes:
        seed: what the run was started with.
        plan: what is there already.
        leg: how often the run was resumed before.
        widths: of the image lanes.
        writers: how many item writers share the categories, or how many write the prompts of the items that are there;
            0 = nothing is to be written.
        tally: what those did together that have ended.
        failure: the first reason why one of them ended early.
    """

    seed: SeedInput
    plan: Plan
    leg: int
    widths: list[int]
    writers: int
    tally: Tally = Tally()
    failure: Failure | None = None
    _running: dict[Any, _Child] = field(default_factory=dict)
    _resting: dict[Any, _Child] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _losses: dict[str, tuple[int, str]] = field(default_factory=dict)
    _writing: set[str] = field(default_factory=set)
    _is_filling_up: bool = False

    @classmethod
    def plan_for(cls, seed: SeedInput, plan: Plan, leg: int) -> "Crew":
        """Return the crew that a leg needs."""
        widths = [] if seed.dry_run else plan_lanes(seed.parallel_image_requests)
        return cls(seed, plan, leg, widths, _plan_writers(seed, plan))

    def describe(self) -> dict[str, Any]:
        """Return which children there are: callers add up what these say of themselves. See `list_children`."""
        by_role = {name.removeprefix(self.seed.run_id): count for name, count in self._restarts.items()}
        restarts = {"restarts": by_role} if by_role else {}
        return {"lanes": len(self.widths), "writers": self.writers, "leg": self.leg, **restarts}

    def start(self, context: df.DurableOrchestrationContext) -> None:
        """Start the writers and the lanes."""
        for lane in range(self.writers):
            self._start_writer(context, lane, self.writers, name_writer(self.seed.run_id, lane, self.leg))
        for lane, width in enumerate(self.widths):
            start = LaneInput(
                self.seed.run_id,
                self.seed.catalog,
                lane=lane,
                width=width,
                max_retries=self.seed.max_retries,
                leg=self.leg,
                lanes=len(self.widths),
            )
            name = name_lane(self.seed.run_id, lane, self.leg)
            self._start(context, _Child("make_images", f"lane {lane}", name, start))

    def has_ended(self) -> bool:
        """Tell whether nobody is left to wait for."""
        return not self._running and not self._resting

    def list_tasks(self) -> list[Any]:
        """Return the tasks of those that have not ended, and the timers of those that are started again."""
        return [*self._running, *self._resting]

    def settle(self, context: df.DurableOrchestrationContext, task: Any) -> Generator[Any, Any, None]:
        """Take in how a child ended, or start it again once it has rested."""
        if task in self._resting:
            child = self._resting.pop(task)
            self._restarts[child.instance] = self._restarts.get(child.instance, 0) + 1
            self._start(context, child)
            return
        child, result = self._running.pop(task), task.result
        if isinstance(result, Exception):
            self.tally += Tally(lost=1)
            yield from self._settle_loss(context, child, result)
        else:
            ended = Ending.from_json(result)
            self.tally += ended.tally
            self._note(ended.failure)
            yield from self._end(context, child)

    def end_resting(self, context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
        """Start nothing again: the run is stopped."""
        for timer, child in list(self._resting.items()):
            if not timer.is_completed:
                timer.cancel()
            del self._resting[timer]
            yield from self._end(context, child)

    def _settle_loss(
        self, context: df.DurableOrchestrationContext, child: _Child, error: Exception
    ) -> Generator[Any, Any, None]:
        """Let a lost child rest before it is started again, unless the run was stopped or it was lost too often.

        Losses count in a row: a call of the run that succeeded after the last one begins the count again.
        """
        run = RunRef(self.seed.run_id, self.seed.catalog, self.leg)
        failure: Failure | None = None
        try:
            found = yield from call_patiently(context, "find_stop", run, Stop)
        except RunStoppedError as stop:
            failure = stop.failure
        else:
            losses, lost_at = self._losses.get(child.instance, (0, ""))
            now = context.current_utc_datetime
            losses = 1 if _is_later(found.last_success_at, lost_at) else losses + 1
            self._losses[child.instance] = losses, now.isoformat()
            wait = None if found.stop is not None else decide_loss_wait(losses)
            if wait is not None:
                self._resting[context.create_timer(now + timedelta(seconds=wait))] = child
                return
            failure = None if found.stop is not None else describe_loss(child.label, error)
        self._note(failure)
        yield from self._end(context, child)

    def _end(self, context: df.DurableOrchestrationContext, child: _Child) -> Generator[Any, Any, None]:
        if child.instance in self._writing:
            self._writing.remove(child.instance)
            yield from self._end_writing(context)

    def _note(self, failure: Failure | None) -> None:
        """Keep the first failure, but one that must stop the run before one that need not."""
        if failure is None:
            return
        if self.failure is None or (
            self.failure.reason in SHORTFALL_REASONS and failure.reason not in SHORTFALL_REASONS
        ):
            self.failure = failure

    def _end_writing(self, context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
        """Behind the last writer: fill up what writers by category left short, once, then tell the lanes."""
        if self._writing:
            return
        is_short = self.plan.items + self.tally.accepted < self.seed.target_count
        may_have_more = self.failure is None or self.failure.reason is Reason.NO_NEW_ITEMS
        if is_short and self.seed.writes_items and self.writers > 1 and may_have_more and not self._is_filling_up:
            self._is_filling_up, self.failure = True, None
            name = name_writer(self.seed.run_id, self.writers, self.leg)
            self._start_writer(context, lane=0, lanes=1, name=name)
            return
        run = RunRef(self.seed.run_id, self.seed.catalog, self.leg)
        try:
            yield from call_patiently(context, "close_items", run, Done)
        except RunStoppedError as stop:
            self._note(stop.failure)

    def _start_writer(self, context: df.DurableOrchestrationContext, lane: int, lanes: int, name: str) -> None:
        if self.seed.writes_items:
            child = _Child("write_items", f"writer {lane}", name, self._make_writer(lane, lanes))
        else:
            child = _Child("prompt_items", f"writer {lane}", name, self._make_prompt_writer(lane, lanes))
        self._writing.add(name)
        self._start(context, child)

    def _start(self, context: df.DurableOrchestrationContext, child: _Child) -> None:
        restarts = self._restarts.get(child.instance, 0)
        start = replace(child.start, restarts=restarts) if isinstance(child.start, LaneInput) else child.start
        instance = name_restart(child.instance, restarts)
        self._running[context.call_sub_orchestrator(child.function, start.to_json(), instance)] = child

    def _make_writer(self, lane: int, lanes: int) -> WriteItemsInput:
        return WriteItemsInput(
            self.seed.run_id,
            self.seed.catalog,
            target_count=self.seed.target_count,
            max_retries=self.seed.max_retries,
            next_batch=self.plan.next_batch,
            items=self.plan.items + self.tally.accepted,
            leg=self.leg,
            lane=lane,
            lanes=lanes,
        )

    def _make_prompt_writer(self, lane: int, lanes: int) -> PromptItemsInput:
        return PromptItemsInput(
            self.seed.run_id,
            self.seed.catalog,
            max_retries=self.seed.max_retries,
            next_batch=1 + lane,
            last_batch=self.plan.next_batch - 1,
            lanes=lanes,
            leg=self.leg,
        )


def _is_later(moment: str | None, earlier: str) -> bool:
    return bool(moment and earlier) and datetime.fromisoformat(moment or "") > datetime.fromisoformat(earlier)


def _plan_writers(seed: SeedInput, plan: Plan) -> int:
    if seed.writes_items:
        return plan_writers(seed.parallel_text_requests, plan.categories)
    return plan_prompt_writers(seed.parallel_text_requests, plan.next_batch - 1) if seed.writes_prompts else 0


def run_crew(
    context: df.DurableOrchestrationContext, crew: Crew, show: Callable[[Crew], None]
) -> Generator[Any, Any, None]:
    """Run a crew to its end, all of it; one that fails for good stops the others.

    Args:
        context: of the parent.
        crew: the children.
        show: publishes which children there are; called before they are started.
    """
    show(crew)
    crew.start(context)
    is_stopped = False
    wake = context.wait_for_external_event(name_wake_event(crew.leg))
    while not crew.has_ended():
        must_stop = crew.failure is not None and crew.failure.reason not in SHORTFALL_REASONS and not is_stopped
        if must_stop:
            why = Ending(crew.seed.run_id, crew.seed.catalog, failure=crew.failure)
            is_stopped = yield from _try_to_stop(context, why)
            yield from crew.end_resting(context)
            if crew.has_ended():
                break
        alarm = None
        if must_stop and not is_stopped:
            alarm = context.create_timer(context.current_utc_datetime + STOP_AGAIN_AFTER)
        task = yield from wait_for_first(context, [*crew.list_tasks(), wake, *([] if alarm is None else [alarm])])
        if task is alarm:
            continue
        if alarm is not None and not alarm.is_completed:
            alarm.cancel()
        if task is wake:
            wake = context.wait_for_external_event(name_wake_event(crew.leg))
        else:
            yield from crew.settle(context, task)
            show(crew)


def _try_to_stop(context: df.DurableOrchestrationContext, why: Ending) -> Generator[Any, Any, bool]:
    """Record that the run pays no more; False if even that failed."""
    try:
        yield from call_patiently(context, "stop_run", why, Done)
    except RunStoppedError:
        return False
    return True
