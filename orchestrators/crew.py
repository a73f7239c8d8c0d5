"""The children of a run: item writers and image lanes, started together and awaited to the last."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.first_completed import wait_for_first
from orchestrators.patience import RunStoppedError, call_patiently, describe_break
from shared.domain.image_messages import LaneInput
from shared.domain.messages import Done, Ending, Failure, Plan, RunRef, SeedInput, Tally, WriteItemsInput
from shared.domain.paths import name_lane, name_writer
from shared.domain.planning import plan_lanes, plan_prompt_writers, plan_writers
from shared.domain.run_status import SHORTFALL_REASONS
from shared.domain.source_messages import PromptItemsInput
from shared.reasons import Reason

STOP_AGAIN_AFTER = timedelta(seconds=30)
"""A store that did not take the stop record is asked again: children that nobody stops might poll for ever."""


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
    _children: dict[Any, str] = field(default_factory=dict)
    _writing: set[Any] = field(default_factory=set)
    _is_filling_up: bool = False

    @classmethod
    def plan_for(cls, seed: SeedInput, plan: Plan, leg: int) -> "Crew":
        """Return the crew that a leg needs."""
        widths = [] if seed.dry_run else plan_lanes(seed.parallel_image_requests)
        return cls(seed, plan, leg, widths, _plan_writers(seed, plan))

    def describe(self) -> dict[str, int]:
        """Return how many children there are: callers add up what these say of themselves."""
        return {"lanes": len(self.widths), "writers": self.writers, "leg": self.leg}

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
            instance = name_lane(self.seed.run_id, lane, self.leg)
            self._children[context.call_sub_orchestrator("make_images", start.to_json(), instance)] = f"lane {lane}"

    def has_ended(self) -> bool:
        """Tell whether nobody is left to wait for."""
        return not self._children

    def list_tasks(self) -> list[Any]:
        """Return the tasks of those that have not ended."""
        return list(self._children)

    def settle(self, context: df.DurableOrchestrationContext, task: Any) -> Generator[Any, Any, None]:
        """Take in how a child ended."""
        name = self._children.pop(task)
        result = task.result
        if isinstance(result, Exception):
            ended = Ending(self.seed.run_id, self.seed.catalog, failure=describe_break(name, result))
        else:
            ended = Ending.from_json(result)
        self.tally += ended.tally
        self._note(ended.failure)
        if task in self._writing:
            self._writing.remove(task)
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
            start = self._make_writer(lane, lanes).to_json()
            task = context.call_sub_orchestrator("write_items", start, name)
        else:
            start = self._make_prompt_writer(lane, lanes).to_json()
            task = context.call_sub_orchestrator("prompt_items", start, name)
        self._children[task] = f"writer {lane}"
        self._writing.add(task)

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


def _plan_writers(seed: SeedInput, plan: Plan) -> int:
    if seed.writes_items:
        return plan_writers(seed.parallel_text_requests, plan.categories)
    return plan_prompt_writers(seed.parallel_text_requests, plan.next_batch - 1) if seed.writes_prompts else 0


def run_crew(context: df.DurableOrchestrationContext, crew: Crew) -> Generator[Any, Any, None]:
    """Run a crew to its end, all of it; one that fails for good stops the others."""
    crew.start(context)
    is_stopped = False
    while not crew.has_ended():
        must_stop = crew.failure is not None and crew.failure.reason not in SHORTFALL_REASONS and not is_stopped
        if must_stop:
            why = Ending(crew.seed.run_id, crew.seed.catalog, failure=crew.failure)
            is_stopped = yield from _try_to_stop(context, why)
        alarm = None
        if must_stop and not is_stopped:
            alarm = context.create_timer(context.current_utc_datetime + STOP_AGAIN_AFTER)
        task = yield from wait_for_first(context, [*crew.list_tasks(), *([] if alarm is None else [alarm])])
        if task is alarm:
            continue
        if alarm is not None and not alarm.is_completed:
            alarm.cancel()
        yield from crew.settle(context, task)


def _try_to_stop(context: df.DurableOrchestrationContext, why: Ending) -> Generator[Any, Any, bool]:
    """Record that the run pays no more; False if even that failed."""
    try:
        yield from call_patiently(context, "stop_run", why, Done)
    except RunStoppedError:
        return False
    return True
