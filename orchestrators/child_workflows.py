"""The child workflows of a run: started together, restarted when lost, and all awaited."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps, call_with_retries
from orchestrators.first_completed import wait_for_first
from shared.catalog.planning import plan_image_workers, plan_item_writers, plan_prompt_writers
from shared.limits.retry_policy import decide_lost_worker_wait
from shared.messages.base import Counters, Failure
from shared.messages.batches import BatchesInput
from shared.messages.custom_status import Children
from shared.messages.images import ImageWorkerInput
from shared.messages.instance_ids import make_image_worker_id, make_restart_id, make_wake_event, make_writer_id
from shared.messages.run import (
    ActivityResult,
    ChildResult,
    FinishRunInput,
    RunRef,
    SeedInput,
    StartInventory,
    StopResult,
)
from shared.messages.text import WriteItemsInput, WritePromptsInput
from shared.reasons import Reason
from shared.runs.lost_workers import make_lost_worker_failure
from shared.runs.status_rules import SHORTFALL_REASONS

STOP_RETRY_INTERVAL = timedelta(seconds=30)
"""How often writing the stop record is retried: without it, image workers without a job would poll for ever."""

BATCHED_TEXT_POLL_SECONDS = 60.0
"""How often image workers look for items, if their prompts may take a day."""


def run_child_workflows(
    context: df.DurableOrchestrationContext, children: "ChildWorkflows", publish: Callable[[], None]
) -> Steps[None]:
    """Run children until all have ended. One that fails for good stops the others.

    Args:
        context: of the parent.
        children: what to run.
        publish: publishes which children exist; called before they start and after each change.
    """
    # 1. Start all children.
    publish()
    children.start(context)
    is_stopped = False
    wake = context.wait_for_external_event(make_wake_event(children.resume_count))
    while not children.have_ended():
        # 2. If one of them failed for good, stop the run.
        must_stop = children.must_stop_run() and not is_stopped
        if must_stop:
            is_stopped = yield from _try_to_stop_run(context, children)
            yield from children.cancel_restarts(context)
            if children.have_ended():
                break

        # 3. Wait until a child ends or a restart is due. The wake event only lets the host run this orchestrator again.
        retry_timer = None
        if must_stop and not is_stopped:
            retry_timer = context.create_timer(context.current_utc_datetime + STOP_RETRY_INTERVAL)
        tasks = [*children.list_tasks(), wake, *([] if retry_timer is None else [retry_timer])]
        task = yield from wait_for_first(context, tasks)
        if task is retry_timer:
            continue
        if retry_timer is not None and not retry_timer.is_completed:
            retry_timer.cancel()

        # 4. Count what the child did, or restart it.
        if task is wake:
            wake = context.wait_for_external_event(make_wake_event(children.resume_count))
        else:
            yield from children.handle_task(context, task)
            publish()


def _try_to_stop_run(context: df.DurableOrchestrationContext, children: "ChildWorkflows") -> Steps[bool]:
    """Write the stop record; return False if the store did not accept it."""
    ending = FinishRunInput(children.seed.run_id, children.seed.catalog, failure=children.failure)
    try:
        yield from call_with_retries(context, "stop_run", ending, ActivityResult)
    except RunStoppedError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Child:
    """One child workflow.

    Attributes:
        orchestrator: its orchestrator.
        label: its name in messages.
        first_id: instance id of its first instance; restarts append to it.
        start: its input.
    """

    orchestrator: str
    label: str
    first_id: str
    start: ImageWorkerInput | BatchesInput[Any] | WriteItemsInput | WritePromptsInput


@dataclass(slots=True)
class ChildWorkflows:
    """The writers and image workers of a run, since it was last resumed.

    Attributes:
        seed: input of the run.
        inventory: what the catalog has.
        resume_count: how often the run was resumed.
        worker_widths: image calls at a time of each image worker.
        writer_count: number of item writers or prompt writers; 0 = no text is to be written.
        counters: what the children did that have ended.
        failure: the first reason why one of them ended early.
    """

    seed: SeedInput
    inventory: StartInventory
    resume_count: int
    worker_widths: list[int]
    writer_count: int
    counters: Counters = Counters()
    failure: Failure | None = None
    _running: dict[Any, _Child] = field(default_factory=dict)
    _awaiting_restart: dict[Any, _Child] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _losses: dict[str, tuple[int, str]] = field(default_factory=dict)
    _active_writers: set[str] = field(default_factory=set)
    _has_final_writer: bool = False

    @classmethod
    def from_plan(cls, seed: SeedInput, inventory: StartInventory, resume_count: int) -> "ChildWorkflows":
        """Return the children that a run needs for what its catalog lacks."""
        worker_widths = [] if seed.dry_run else plan_image_workers(seed.parallel_image_requests)
        if seed.batches_images and worker_widths:
            worker_widths = [seed.parallel_image_requests]
        return cls(seed, inventory, resume_count, worker_widths, _count_writers(seed, inventory))

    def describe(self) -> Children:
        """Return which children exist, for the root's custom status."""
        restarts = {child_id.removeprefix(self.seed.run_id): count for child_id, count in self._restarts.items()}
        return Children(len(self.worker_widths), self.writer_count, restarts=restarts)

    def start(self, context: df.DurableOrchestrationContext) -> None:
        """Start all writers and image workers."""
        run_id = self.seed.run_id
        for index in range(self.writer_count):
            self._start_writer(context, make_writer_id(run_id, index, self.resume_count), index, self.writer_count)
        if self.seed.batches_images and self.worker_widths:
            self._start_batches(context)
            return
        for index, width in enumerate(self.worker_widths):
            start = ImageWorkerInput(
                run_id,
                self.seed.catalog,
                worker_index=index,
                width=width,
                max_retries=self.seed.max_retries,
                resume_count=self.resume_count,
                worker_count=len(self.worker_widths),
                max_poll_seconds=BATCHED_TEXT_POLL_SECONDS if self.seed.batches_text else None,
                item_limit=self.seed.item_limit,
            )
            first_id = make_image_worker_id(run_id, index, self.resume_count)
            self._start(context, _Child("generate_images", f"image worker {index}", first_id, start))

    def have_ended(self) -> bool:
        """Return whether no child is running or to be restarted."""
        return not self._running and not self._awaiting_restart

    def must_stop_run(self) -> bool:
        """Return whether the failure of a child has to stop the others."""
        return self.failure is not None and self.failure.reason not in SHORTFALL_REASONS

    def list_tasks(self) -> list[Any]:
        """Return the tasks of the running children and the timers of those to be restarted."""
        return [*self._running, *self._awaiting_restart]

    def handle_task(self, context: df.DurableOrchestrationContext, task: Any) -> Steps[None]:
        """Count what an ended child did, or restart one whose timer has fired."""
        if task in self._awaiting_restart:
            child = self._awaiting_restart.pop(task)
            self._restarts[child.first_id] = self._restarts.get(child.first_id, 0) + 1
            self._start(context, child)
            return
        child, output = self._running.pop(task), task.result
        if isinstance(output, Exception):
            self.counters += Counters(lost=1)
            yield from self._handle_loss(context, child, output)
        else:
            result = ChildResult.from_json(output)
            self.counters += result.counters
            self._keep_failure(result.failure)
            yield from self._end_child(context, child)

    def cancel_restarts(self, context: df.DurableOrchestrationContext) -> Steps[None]:
        """Restart no child: the run is stopped."""
        for timer, child in list(self._awaiting_restart.items()):
            if not timer.is_completed:
                timer.cancel()
            del self._awaiting_restart[timer]
            yield from self._end_child(context, child)

    def _start(self, context: df.DurableOrchestrationContext, child: _Child) -> None:
        restarts = self._restarts.get(child.first_id, 0)
        start = child.start
        if isinstance(start, ImageWorkerInput | BatchesInput):
            start = replace(start, restarts=restarts)
        instance_id = make_restart_id(child.first_id, restarts)
        self._running[context.call_sub_orchestrator(child.orchestrator, start.to_json(), instance_id)] = child

    def _start_batches(self, context: df.DurableOrchestrationContext) -> None:
        """Start the child that generates all images in the provider's batches."""
        start = self._make_batches_input(width=self.seed.parallel_image_requests)
        first_id = make_image_worker_id(self.seed.run_id, 0, self.resume_count)
        self._start(context, _Child("generate_image_batches", "the image batches", first_id, start))

    def _make_batches_input(self, width: int) -> BatchesInput[Any]:
        return BatchesInput(
            self.seed.run_id,
            self.seed.catalog,
            width=width,
            max_retries=self.seed.max_retries,
            resume_count=self.resume_count,
            max_poll_seconds=BATCHED_TEXT_POLL_SECONDS if self.seed.batches_text else None,
        )

    def _start_writer(self, context: df.DurableOrchestrationContext, first_id: str, index: int, count: int) -> None:
        label = f"writer {index}"
        if self.seed.batches_text:
            batches = self._make_batches_input(width=self.seed.parallel_text_requests)
            child = _Child("write_prompt_batches", "the prompt batches", first_id, batches)
        elif self.seed.writes_items:
            child = _Child("write_items", label, first_id, self._make_item_writer_input(index, count))
        else:
            child = _Child("write_prompts", label, first_id, self._make_prompt_writer_input(index, count))
        self._active_writers.add(first_id)
        self._start(context, child)

    def _make_item_writer_input(self, index: int, count: int) -> WriteItemsInput:
        return WriteItemsInput(
            self.seed.run_id,
            self.seed.catalog,
            target_count=self.seed.target_count,
            max_retries=self.seed.max_retries,
            next_batch=self.inventory.next_batch,
            items=self.inventory.items + self.counters.accepted,
            resume_count=self.resume_count,
            writer_index=index,
            writer_count=count,
            item_limit=self.seed.item_limit,
        )

    def _make_prompt_writer_input(self, index: int, count: int) -> WritePromptsInput:
        return WritePromptsInput(
            self.seed.run_id,
            self.seed.catalog,
            max_retries=self.seed.max_retries,
            next_batch=1 + index,
            last_batch=self.inventory.next_batch - 1,
            writer_count=count,
            resume_count=self.resume_count,
        )

    def _handle_loss(self, context: df.DurableOrchestrationContext, child: _Child, error: Exception) -> Steps[None]:
        """Restart a lost child after a wait, unless the run was stopped or the child was lost too often.

        Losses count in a row: a model call of the run that succeeded after the latest loss resets the count.
        """
        run = RunRef(self.seed.run_id, self.seed.catalog, self.resume_count)
        failure: Failure | None = None
        try:
            found = yield from call_with_retries(context, "read_stop", run, StopResult)
        except RunStoppedError as stop:
            failure = stop.failure
        else:
            losses, lost_at = self._losses.get(child.first_id, (0, ""))
            now = context.current_utc_datetime
            losses = 1 if _is_later(found.last_success_at, lost_at) else losses + 1
            self._losses[child.first_id] = losses, now.isoformat()
            wait = None if found.stop is not None else decide_lost_worker_wait(losses)
            if wait is not None:
                self._awaiting_restart[context.create_timer(now + timedelta(seconds=wait))] = child
                return
            failure = None if found.stop is not None else make_lost_worker_failure(child.label, error)
        self._keep_failure(failure)
        yield from self._end_child(context, child)

    def _keep_failure(self, failure: Failure | None) -> None:
        """Keep the first failure; one that has to stop the run replaces one that has not."""
        if failure is None:
            return
        if self.failure is None or (not self.must_stop_run() and failure.reason not in SHORTFALL_REASONS):
            self.failure = failure

    def _end_child(self, context: df.DurableOrchestrationContext, child: _Child) -> Steps[None]:
        if child.first_id in self._active_writers:
            self._active_writers.remove(child.first_id)
            if not self._active_writers:
                yield from self._end_writing(context)

    def _end_writing(self, context: df.DurableOrchestrationContext) -> Steps[None]:
        """After the last writer: start one more that fills the categories left short, or let image workers end."""
        is_short = self.inventory.items + self.counters.accepted < self.seed.target_count
        may_have_more = self.failure is None or self.failure.reason is Reason.NO_NEW_ITEMS
        had_several = self.seed.writes_items and self.writer_count > 1
        if is_short and had_several and may_have_more and not self._has_final_writer:
            self._has_final_writer, self.failure = True, None
            first_id = make_writer_id(self.seed.run_id, self.writer_count, self.resume_count)
            self._start_writer(context, first_id, index=0, count=1)
            return
        run = RunRef(self.seed.run_id, self.seed.catalog, self.resume_count)
        try:
            yield from call_with_retries(context, "close_items", run, ActivityResult)
        except RunStoppedError as stop:
            self._keep_failure(stop.failure)


def _count_writers(seed: SeedInput, inventory: StartInventory) -> int:
    if seed.writes_items:
        return plan_item_writers(seed.parallel_text_requests, inventory.categories)
    at_a_time = 1 if seed.batches_text else seed.parallel_text_requests
    return plan_prompt_writers(at_a_time, inventory.next_batch - 1) if seed.writes_prompts else 0


def _is_later(moment: str | None, earlier: str) -> bool:
    return bool(moment and earlier) and datetime.fromisoformat(moment or "") > datetime.fromisoformat(earlier)
