"""The children of a run: item writers and image image workers, started together and awaited to the last."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, call_with_retries
from orchestrators.first_completed import wait_for_first
from shared.catalog.planning import plan_image_workers, plan_item_writers, plan_prompt_writers
from shared.limits.retry_policy import decide_lost_worker_wait
from shared.messages.images import ImageWorkerInput
from shared.messages.inputs import WritePromptsInput
from shared.messages.runs import (
    ActivityResult,
    Counters,
    Failure,
    FinishRunInput,
    RunRef,
    SeedInput,
    StartInventory,
    StopResult,
    WriteItemsInput,
)
from shared.reasons import Reason
from shared.runs.child_ids import make_wake_event
from shared.runs.lost_workers import make_lost_worker_failure
from shared.runs.status_rules import SHORTFALL_REASONS
from shared.storage.paths import make_image_worker_id, make_restart_id, make_writer_id

STOP_RETRY_INTERVAL = timedelta(seconds=30)
"""A store that did not take the stop record is asked again: children that nobody stops might poll for ever."""


@dataclass(frozen=True, slots=True)
class _ChildWorkflow:
    """A child to start, and to start again where it was lost with its worker.

    Attributes:
        orchestrator: its orchestrator.
        label: how messages name it.
        instance_id: the id of its first instance.
        start: its input.
    """

    orchestrator: str
    label: str
    instance_id: str
    start: ImageWorkerInput | WriteItemsInput | WritePromptsInput


@dataclass(slots=True)
class ChildWorkflows:
    """Who works on a leg of a run.

    Attributes:
        seed: what the run was started with.
        plan: what is there already.
        resume_count: how often the run was resumed before.
        worker_widths: of the image image workers.
        writers: how many item writers share the categories, or how many write the prompts of the items that are there;
            0 = nothing is to be written.
        counters: what those did together that have ended.
        failure: the first reason why one of them ended early.
    """

    seed: SeedInput
    plan: StartInventory
    resume_count: int
    worker_widths: list[int]
    writers: int
    counters: Counters = Counters()
    failure: Failure | None = None
    _running: dict[Any, _ChildWorkflow] = field(default_factory=dict)
    _awaiting_restart: dict[Any, _ChildWorkflow] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _losses: dict[str, tuple[int, str]] = field(default_factory=dict)
    _active_writers: set[str] = field(default_factory=set)
    _has_final_writer: bool = False

    @classmethod
    def from_plan(cls, seed: SeedInput, plan: StartInventory, resume_count: int) -> "ChildWorkflows":
        """Return the crew that a leg needs."""
        worker_widths = [] if seed.dry_run else plan_image_workers(seed.parallel_image_requests)
        return cls(seed, plan, resume_count, worker_widths, _plan_writers(seed, plan))

    def describe(self) -> dict[str, Any]:
        """Return which children there are: callers add up what these say of themselves. See `list_children`."""
        by_role = {name.removeprefix(self.seed.run_id): count for name, count in self._restarts.items()}
        restarts = {"restarts": by_role} if by_role else {}
        return {
            "workers": len(self.worker_widths),
            "writers": self.writers,
            "resume_count": self.resume_count,
            **restarts,
        }

    def start(self, context: df.DurableOrchestrationContext) -> None:
        """Start the writers and the image workers."""
        for worker in range(self.writers):
            self._start_writer(
                context, worker, self.writers, make_writer_id(self.seed.run_id, worker, self.resume_count)
            )
        for worker, width in enumerate(self.worker_widths):
            start = ImageWorkerInput(
                self.seed.run_id,
                self.seed.catalog,
                worker=worker,
                width=width,
                max_retries=self.seed.max_retries,
                resume_count=self.resume_count,
                workers=len(self.worker_widths),
            )
            name = make_image_worker_id(self.seed.run_id, worker, self.resume_count)
            self._start(context, _ChildWorkflow("generate_images", f"image worker {worker}", name, start))

    def has_ended(self) -> bool:
        """Tell whether nobody is left to wait for."""
        return not self._running and not self._awaiting_restart

    def list_tasks(self) -> list[Any]:
        """Return the tasks of those that have not ended, and the timers of those that are started again."""
        return [*self._running, *self._awaiting_restart]

    def handle_task(self, context: df.DurableOrchestrationContext, task: Any) -> Generator[Any, Any, None]:
        """Take in how a child ended, or start it again once it has rested."""
        if task in self._awaiting_restart:
            child = self._awaiting_restart.pop(task)
            self._restarts[child.instance_id] = self._restarts.get(child.instance_id, 0) + 1
            self._start(context, child)
            return
        child, result = self._running.pop(task), task.result
        if isinstance(result, Exception):
            self.counters += Counters(lost=1)
            yield from self._handle_loss(context, child, result)
        else:
            ended = FinishRunInput.from_json(result)
            self.counters += ended.counters
            self._keep_failure(ended.failure)
            yield from self._finish_child(context, child)

    def cancel_restarts(self, context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
        """Start nothing again: the run is stopped."""
        for timer, child in list(self._awaiting_restart.items()):
            if not timer.is_completed:
                timer.cancel()
            del self._awaiting_restart[timer]
            yield from self._finish_child(context, child)

    def _handle_loss(
        self, context: df.DurableOrchestrationContext, child: _ChildWorkflow, error: Exception
    ) -> Generator[Any, Any, None]:
        """Let a lost child rest before it is started again, unless the run was stopped or it was lost too often.

        Losses count in a row: a call of the run that succeeded after the last one begins the count again.
        """
        run = RunRef(self.seed.run_id, self.seed.catalog, self.resume_count)
        failure: Failure | None = None
        try:
            found = yield from call_with_retries(context, "read_stop", run, StopResult)
        except RunStoppedError as stop:
            failure = stop.failure
        else:
            losses, lost_at = self._losses.get(child.instance_id, (0, ""))
            now = context.current_utc_datetime
            losses = 1 if _is_later(found.last_success_at, lost_at) else losses + 1
            self._losses[child.instance_id] = losses, now.isoformat()
            wait = None if found.stop is not None else decide_lost_worker_wait(losses)
            if wait is not None:
                self._awaiting_restart[context.create_timer(now + timedelta(seconds=wait))] = child
                return
            failure = None if found.stop is not None else make_lost_worker_failure(child.label, error)
        self._keep_failure(failure)
        yield from self._finish_child(context, child)

    def _finish_child(
        self, context: df.DurableOrchestrationContext, child: _ChildWorkflow
    ) -> Generator[Any, Any, None]:
        if child.instance_id in self._active_writers:
            self._active_writers.remove(child.instance_id)
            yield from self._finish_writing(context)

    def _keep_failure(self, failure: Failure | None) -> None:
        """Keep the first failure, but one that must stop the run before one that need not."""
        if failure is None:
            return
        if self.failure is None or (
            self.failure.reason in SHORTFALL_REASONS and failure.reason not in SHORTFALL_REASONS
        ):
            self.failure = failure

    def _finish_writing(self, context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
        """Behind the last writer: fill up what writers by category left short, once, then tell the image workers."""
        if self._active_writers:
            return
        is_short = self.plan.items + self.counters.accepted < self.seed.target_count
        may_have_more = self.failure is None or self.failure.reason is Reason.NO_NEW_ITEMS
        if is_short and self.seed.writes_items and self.writers > 1 and may_have_more and not self._has_final_writer:
            self._has_final_writer, self.failure = True, None
            name = make_writer_id(self.seed.run_id, self.writers, self.resume_count)
            self._start_writer(context, worker=0, workers=1, name=name)
            return
        run = RunRef(self.seed.run_id, self.seed.catalog, self.resume_count)
        try:
            yield from call_with_retries(context, "close_items", run, ActivityResult)
        except RunStoppedError as stop:
            self._keep_failure(stop.failure)

    def _start_writer(self, context: df.DurableOrchestrationContext, worker: int, workers: int, name: str) -> None:
        if self.seed.writes_items:
            child = _ChildWorkflow("write_items", f"writer {worker}", name, self._make_writer_input(worker, workers))
        else:
            child = _ChildWorkflow(
                "write_prompts", f"writer {worker}", name, self._make_prompt_writer_input(worker, workers)
            )
        self._active_writers.add(name)
        self._start(context, child)

    def _start(self, context: df.DurableOrchestrationContext, child: _ChildWorkflow) -> None:
        restarts = self._restarts.get(child.instance_id, 0)
        start = replace(child.start, restarts=restarts) if isinstance(child.start, ImageWorkerInput) else child.start
        instance_id = make_restart_id(child.instance_id, restarts)
        self._running[context.call_sub_orchestrator(child.orchestrator, start.to_json(), instance_id)] = child

    def _make_writer_input(self, worker: int, workers: int) -> WriteItemsInput:
        return WriteItemsInput(
            self.seed.run_id,
            self.seed.catalog,
            target_count=self.seed.target_count,
            max_retries=self.seed.max_retries,
            next_batch=self.plan.next_batch,
            items=self.plan.items + self.counters.accepted,
            resume_count=self.resume_count,
            worker=worker,
            workers=workers,
        )

    def _make_prompt_writer_input(self, worker: int, workers: int) -> WritePromptsInput:
        return WritePromptsInput(
            self.seed.run_id,
            self.seed.catalog,
            max_retries=self.seed.max_retries,
            next_batch=1 + worker,
            last_batch=self.plan.next_batch - 1,
            workers=workers,
            resume_count=self.resume_count,
        )


def _is_later(moment: str | None, earlier: str) -> bool:
    return bool(moment and earlier) and datetime.fromisoformat(moment or "") > datetime.fromisoformat(earlier)


def _plan_writers(seed: SeedInput, plan: StartInventory) -> int:
    if seed.writes_items:
        return plan_item_writers(seed.parallel_text_requests, plan.categories)
    return plan_prompt_writers(seed.parallel_text_requests, plan.next_batch - 1) if seed.writes_prompts else 0


def run_child_workflows(
    context: df.DurableOrchestrationContext, crew: ChildWorkflows, publish_status: Callable[[ChildWorkflows], None]
) -> Generator[Any, Any, None]:
    """Run a crew to its end, all of it; one that fails for good stops the others.

    Args:
        context: of the parent.
        crew: the children.
        publish_status: publishes which children there are; called before they are started.
    """
    publish_status(crew)
    crew.start(context)
    is_stopped = False
    wake = context.wait_for_external_event(make_wake_event(crew.resume_count))
    while not crew.has_ended():
        must_stop = crew.failure is not None and crew.failure.reason not in SHORTFALL_REASONS and not is_stopped
        if must_stop:
            ending = FinishRunInput(crew.seed.run_id, crew.seed.catalog, failure=crew.failure)
            is_stopped = yield from _try_to_stop(context, ending)
            yield from crew.cancel_restarts(context)
            if crew.has_ended():
                break
        stop_retry_timer = None
        if must_stop and not is_stopped:
            stop_retry_timer = context.create_timer(context.current_utc_datetime + STOP_RETRY_INTERVAL)
        task = yield from wait_for_first(
            context, [*crew.list_tasks(), wake, *([] if stop_retry_timer is None else [stop_retry_timer])]
        )
        if task is stop_retry_timer:
            continue
        if stop_retry_timer is not None and not stop_retry_timer.is_completed:
            stop_retry_timer.cancel()
        if task is wake:
            wake = context.wait_for_external_event(make_wake_event(crew.resume_count))
        else:
            yield from crew.handle_task(context, task)
            publish_status(crew)


def _try_to_stop(context: df.DurableOrchestrationContext, ending: FinishRunInput) -> Generator[Any, Any, bool]:
    """Record that the run pays no more; False if even that failed."""
    try:
        yield from call_with_retries(context, "stop_run", ending, ActivityResult)
    except RunStoppedError:
        return False
    return True
