"""The app's orchestrators on a clock that jumps, with scripted activities: hours take milliseconds.

The activities keep the contracts of the real ones (a page is claimed once, a stopped run makes no billed call) in a few
lines of memory. A test decides how long calls take, which of them fail, and when the store is unavailable.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from durable_emulator.engine.clock import ManualClock
from durable_emulator.engine.engine import Engine
from durable_emulator.engine.instances import Instance, InstanceFilter
from durable_emulator.engine.testing import run_engine
from orchestrators import generate_images, seed_catalog, write_items, write_prompts
from shared.images.work_page_size import choose_work_page_size
from shared.messages.base import Cost, Counters, Failure
from shared.messages.images import (
    ClaimWorkPageInput,
    ClaimWorkPageResult,
    FailedImage,
    ImageCall,
    ImageJob,
    ImageResult,
    ImageStep,
)
from shared.messages.run import (
    ActivityResult,
    FinishRunInput,
    ImportedInput,
    PublishResult,
    SeedInput,
    StartInventory,
    StopResult,
)
from shared.messages.text import TextCall, TextResult, UseTemplatePromptsInput
from shared.reasons import Reason

RUN, CATALOG = "8204736755521-af1e9c55", "toys"
ORCHESTRATORS = {
    "seed_catalog": seed_catalog.seed_catalog,
    "write_items": write_items.write_items,
    "write_prompts": write_prompts.write_prompts,
    "generate_images": generate_images.generate_images,
}
TEXT_COST, IMAGE_COST = Cost(text_calls=1), Cost(image_calls=1)
STORE_UNAVAILABLE_FAILURE = Failure(Reason.STORE_UNAVAILABLE, "the store does not answer")


def limited(seconds: float | None) -> Failure:
    """Return a 429."""
    return Failure(Reason.RATE_LIMITED, "slow down", retry_after_seconds=seconds)


@dataclass(slots=True)
class ScriptedRun:
    """The environment of a run, and a record of what happened in it.

    Attributes:
        clock: the clock of the run and its environment.
        batch_size: drafts of a batch; all are accepted.
        text_seconds: duration of a text call.
        image_seconds: duration of an image call.
        claim_seconds: duration of a claim.
        on_categories: the result of a call for categories; None = it succeeds.
        on_batch: the failure of a call for a batch.
        on_prompts: the failure of a call for the prompts of a batch.
        on_image: the failure of an image call.
        on_turn: seconds until the turn of an image call; None = now.
        on_step: the step after a successful call; None = none.
        on_evaluation: the failure of an evaluation or a rewrite.
        on_input: the failure of the import.
        is_store_unavailable: whether the store is unavailable.
        is_suspended: whether the run is suspended.
        on_activity: called before each activity; may raise.
        waits_for_prompts: image workers get only batches with written prompts.
        redelivers_claims: a claim that found nothing is delivered again once there are items.
        items: accepted product ids with their batch, in order.
        prompted: the call that wrote the prompts of a batch, in the order of writing.
        template_batches: batches that keep the template's prompts.
        generated: successful image calls by product id and round.
        calls: calls by activity.
        calls_at: start times of image calls.
        running: model calls in flight.
        max_running: their maximum.
        failed: recorded failures by product id.
        text_steps: evaluations and rewrites, in order.
        unfinished_refinements: failures that ended a refinement early, by product id.
        stop: the stop record.
        ending: the input of ``close_run``.
        sleeping: activities that wait for the clock.
    """

    clock: ManualClock = field(default_factory=ManualClock)
    batch_size: int = 20
    text_seconds: float = 5.0
    image_seconds: float = 10.0
    claim_seconds: float = 0.0
    on_categories: Callable[[TextCall], TextResult | None] = lambda _: None
    on_batch: Callable[[TextCall], Failure | None] = lambda _: None
    on_prompts: Callable[[TextCall], Failure | None] = lambda _: None
    on_image: Callable[[ImageCall], Failure | None] = lambda _: None
    on_turn: Callable[[ImageCall], float | None] = lambda _: None
    on_step: Callable[[ImageCall], ImageStep | None] = lambda _: None
    on_evaluation: Callable[[ImageCall], Failure | None] = lambda _: None
    on_input: Failure | None = None
    is_store_unavailable: Callable[[str, datetime], bool] = lambda _, __: False
    is_suspended: Callable[[datetime], bool] = lambda _: False
    on_activity: Callable[[str], None] = lambda _: None
    waits_for_prompts: bool = False
    redelivers_claims: bool = False
    target: int = 0
    items: list[tuple[str, int]] = field(default_factory=list)
    prompted: dict[int, TextCall] = field(default_factory=dict)
    template_batches: list[int] = field(default_factory=list)
    generated: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    calls_at: list[datetime] = field(default_factory=list)
    running: int = 0
    max_running: int = 0
    failed: dict[str, Failure] = field(default_factory=dict)
    text_steps: list[ImageCall] = field(default_factory=list)
    unfinished_refinements: dict[str, Failure] = field(default_factory=dict)
    stop: Failure | None = None
    ending: FinishRunInput | None = None
    sleeping: int = 0
    _pages: list[tuple[str, tuple[ImageJob, ...]]] = field(default_factory=list)
    _claimed: int = 0
    _empty_claims: list[ClaimWorkPageInput] = field(default_factory=list)
    _written: dict[str, TextResult] = field(default_factory=dict)
    _closed: bool = False
    last_success: datetime | None = None

    @property
    def seconds(self) -> float:
        """Duration of the run so far."""
        return (self.clock.now() - ManualClock().now()).total_seconds()

    def read_counters(self) -> Counters:
        """Return the counters of the ended run."""
        assert self.ending is not None, "the run has not ended"
        return self.ending.counters

    def find_failure_reason(self) -> Reason | None:
        """Return why the ended run failed, if it did."""
        assert self.ending is not None, "the run has not ended"
        return None if self.ending.failure is None else self.ending.failure.reason

    def list_activities(self) -> dict[str, Callable[[Any], Awaitable[Any]]]:
        """Return the activities by name."""
        scripts: dict[str, tuple[Callable[[Any], Awaitable[Any]], Any]] = {
            "prepare_run": (self._prepare_run, StartInventory),
            "import_input": (self._import_input, ImportedInput),
            "write_categories": (self._write_categories, TextResult),
            "write_batch": (self._write_batch, TextResult),
            "write_prompt_batch": (self._write_prompts, TextResult),
            "use_template_prompts": (self._use_template_prompts, ActivityResult),
            "close_items": (self._close_items, ActivityResult),
            "claim_work_page": (self._claim_work_page, ClaimWorkPageResult),
            "generate_image": (self._generate_image, ImageResult),
            "evaluate_image": (self._run_text_step, ImageResult),
            "rewrite_prompt": (self._run_text_step, ImageResult),
            "finish_refinement": (self._finish_refinement, ActivityResult),
            "record_failed_image": (self._record_failure, ActivityResult),
            "stop_run": (self._stop_run, ActivityResult),
            "read_stop": (self._read_stop, StopResult),
            "publish_catalog": (self._publish_catalog, PublishResult),
            "render_contact_sheet": (self._render_contact_sheet, ActivityResult),
            "close_run": (self._close_run, ActivityResult),
            "restart_run": (self._restart_run, StartInventory),
        }
        return {name: self._watch(name, script, kind) for name, (script, kind) in scripts.items()}

    async def sleep(self, seconds: float) -> None:
        """Wait on the run's clock."""
        woken = asyncio.Event()

        def wake() -> None:
            self.sleeping -= 1
            woken.set()

        self.sleeping += 1
        self.clock.call_at(self.clock.now() + timedelta(seconds=seconds), wake)
        await woken.wait()

    def _watch(self, name: str, script: Callable[[Any], Awaitable[Any]], kind: Any) -> Callable[[Any], Awaitable[Any]]:
        async def run(data: Any) -> Any:
            self.calls[name] += 1
            self.on_activity(name)
            if self.is_store_unavailable(name, self.clock.now()):
                return kind(failure=STORE_UNAVAILABLE_FAILURE).to_json()
            return (await script(data)).to_json()

        return run

    async def _prepare_run(self, _: Any) -> StartInventory:
        return StartInventory()

    async def _restart_run(self, _: Any) -> StartInventory:
        return StartInventory(categories=4, items=len(self.items), images=len(self.generated), next_batch=99)

    async def _import_input(self, _: Any) -> ImportedInput:
        if self.on_input is not None:
            return ImportedInput(failure=self.on_input)
        self.items = [(f"row-{number}", 1 + number // self.batch_size) for number in range(self.target)]
        batches = -(-self.target // self.batch_size)
        return ImportedInput(
            categories=3, items=self.target, added=self.target, rejected={"bad_row": 2}, next_batch=batches + 1
        )

    async def _write_categories(self, data: Any) -> TextResult:
        call = TextCall.from_json(data)
        if self.stop is not None:
            return TextResult(stopped=True)
        await self.sleep(self.text_seconds)
        answer = self.on_categories(call) or TextResult(accepted=4, total=4, asked=4, cost=TEXT_COST)
        return replace(answer, last_success_at=self._report_success())

    async def _write_batch(self, data: Any) -> TextResult:
        call = TextCall.from_json(data)
        if call.writer in self._written:
            return self._written[call.writer]
        if self.stop is not None:
            return TextResult(stopped=True)
        if self.is_suspended(self.clock.now()):
            return TextResult(deferred_seconds=5.0)
        await self.sleep(self.text_seconds)
        failure = self.on_batch(call)
        if failure is not None:
            return TextResult(asked=self.batch_size, failure=failure, last_success_at=self._report_success())
        count = min(self.batch_size, self.target - len(self.items))
        self.items += [(f"item-{call.batch}-{place}", call.batch) for place in range(count)]
        self.last_success = self.clock.now()
        empty_claims, self._empty_claims = self._empty_claims, []
        for claim in empty_claims if self.redelivers_claims else ():
            self._claim(claim)  # no caller gets this result
        written = TextResult(accepted=count, total=len(self.items), asked=count, cost=TEXT_COST)
        if call.writer is not None:
            self._written[call.writer] = written
        return written

    async def _write_prompts(self, data: Any) -> TextResult:
        call = TextCall.from_json(data)
        if self.stop is not None:
            return TextResult(stopped=True)
        await self.sleep(self.text_seconds)
        failure = self.on_prompts(call)
        if failure is not None:
            return TextResult(asked=self.batch_size, cost=TEXT_COST, failure=failure)
        assert call.batch not in self.prompted
        self.prompted[call.batch] = call
        self.last_success = self.clock.now()
        return TextResult(accepted=self.batch_size, asked=self.batch_size, cost=TEXT_COST)

    async def _use_template_prompts(self, data: Any) -> ActivityResult:
        self.template_batches.append(UseTemplatePromptsInput.from_json(data).batch)
        return ActivityResult()

    async def _close_items(self, _: Any) -> ActivityResult:
        self._closed = True
        return ActivityResult()

    async def _claim_work_page(self, data: Any) -> ClaimWorkPageResult:
        claim = ClaimWorkPageInput.from_json(data)
        if self.stop is not None:
            return ClaimWorkPageResult(page=claim.last_page, stopped=True)
        if self.is_suspended(self.clock.now()):
            return ClaimWorkPageResult(page=claim.last_page, suspended=True)
        if self.claim_seconds:
            await self.sleep(self.claim_seconds)
        return self._claim(claim)

    def _claim(self, claim: ClaimWorkPageInput) -> ClaimWorkPageResult:
        for number, (claimed_by, jobs) in enumerate(self._pages, start=1):
            if number > claim.last_page and claimed_by == claim.claimed_by:
                return ClaimWorkPageResult(page=number, jobs=jobs, unclaimed=self.target - self._claimed)
        size = choose_work_page_size(claim, self.target, self._claimed)
        if size == 0:
            return ClaimWorkPageResult(page=len(self._pages), unclaimed=self.target - self._claimed)
        ready = takewhile(lambda item: self._is_ready(item[1]), self.items[self._claimed :])
        found = list(islice(ready, size))
        if not found:
            self._empty_claims.append(claim)
            return ClaimWorkPageResult(page=len(self._pages), closed=self._closed)
        self._claimed += len(found)
        self._pages.append((claim.claimed_by, tuple(ImageJob(item, batch) for item, batch in found)))
        return ClaimWorkPageResult(
            page=len(self._pages), jobs=self._pages[-1][1], unclaimed=self.target - self._claimed
        )

    def _is_ready(self, batch: int) -> bool:
        return self._closed or not self.waits_for_prompts or batch in self.prompted or batch in self.template_batches

    async def _generate_image(self, data: Any) -> ImageResult:
        call = ImageCall.from_json(data)
        if self.generated[_name_image(call)]:
            return ImageResult(made=True, cost=IMAGE_COST, next_step=self.on_step(call))
        if self.stop is not None:
            return ImageResult(stopped=True)
        if self.is_suspended(self.clock.now()):
            return ImageResult(deferred_seconds=5.0, suspended=True)
        seconds = self.on_turn(call)
        if seconds is not None:
            return ImageResult(deferred_seconds=seconds)
        self.calls_at.append(self.clock.now())
        await self._take(self.image_seconds)
        failure = self.on_image(call)
        if failure is not None:
            follows = self.on_step(call) if failure.reason is Reason.CONTENT_POLICY else None
            return ImageResult(failure=failure, last_success_at=self._report_success(), next_step=follows)
        self.generated[_name_image(call)] += 1
        self.last_success = self.clock.now()
        return ImageResult(made=call.step.round == 1, cost=IMAGE_COST, next_step=self.on_step(call))

    async def _take(self, seconds: float) -> None:
        """Be in flight for a time."""
        self.running += 1
        self.max_running = max(self.max_running, self.running)
        try:
            await self.sleep(seconds)
        finally:
            self.running -= 1

    async def _run_text_step(self, data: Any) -> ImageResult:
        call = ImageCall.from_json(data)
        if self.stop is not None:
            return ImageResult(stopped=True)
        self.text_steps.append(call)
        await self._take(self.text_seconds)
        failure = self.on_evaluation(call)
        if failure is not None:
            return ImageResult(failure=failure, last_success_at=self._report_success())
        follows = self.on_step(call)
        return ImageResult(cost=TEXT_COST, next_step=follows, refined=follows is None)

    async def _finish_refinement(self, data: Any) -> ActivityResult:
        failed = FailedImage.from_json(data)
        self.unfinished_refinements[failed.product_id] = failed.failure
        return ActivityResult()

    async def _record_failure(self, data: Any) -> ActivityResult:
        failed = FailedImage.from_json(data)
        self.failed[failed.product_id] = failed.failure
        return ActivityResult()

    async def _stop_run(self, data: Any) -> ActivityResult:
        self.stop = self.stop or FinishRunInput.from_json(data).failure
        return ActivityResult()

    async def _read_stop(self, _: Any) -> StopResult:
        return StopResult(self.stop, last_success_at=self._report_success())

    async def _publish_catalog(self, _: Any) -> PublishResult:
        return PublishResult(status="PublishResult", items=len(self.items), images=len(self.generated))

    async def _render_contact_sheet(self, _: Any) -> ActivityResult:
        return ActivityResult()

    async def _close_run(self, data: Any) -> ActivityResult:
        self.ending = FinishRunInput.from_json(data)
        return ActivityResult(status="Closed")

    def _report_success(self) -> str | None:
        return None if self.last_success is None else self.last_success.isoformat()


def _name_image(call: ImageCall) -> str:
    return call.product_id if call.step.round == 1 else f"{call.product_id}/{call.step.round}"


@dataclass(slots=True)
class EndedRun:
    """The end of a run: its root, the ids of running instances, and the longest history of any generation."""

    instance: Instance
    left_running: list[str]
    max_history_events: int


MAX_EVENTS = 500
"""Longest acceptable history of a generation: all its replays take a quarter of a second, growing with the square."""


def check_completed(scripted_run: ScriptedRun, ended: EndedRun, *, images: int) -> None:
    """Check what holds for every run that completed: each image was generated once, in short generations."""
    assert ended.instance.output == '"Closed"'
    assert ended.left_running == []
    assert ended.max_history_events <= MAX_EVENTS
    assert scripted_run.find_failure_reason() is None
    assert len(scripted_run.generated) == images
    assert set(scripted_run.generated.values()) == {1}
    counters = scripted_run.read_counters()
    assert counters.cost.image_calls == images
    assert counters.made == sum("/" not in name for name in scripted_run.generated)  # first rounds


@asynccontextmanager
async def open_scripted_run(scripted_run: ScriptedRun, journal: Path) -> AsyncIterator[Engine]:
    """Run an engine with the app's orchestrators and scripted activities."""
    functions = {
        name: builder._function.get_user_function().orchestrator_function for name, builder in ORCHESTRATORS.items()
    }
    async with run_engine(journal, scripted_run.clock, functions, scripted_run.list_activities()) as engine:
        yield engine


async def run_to_end(
    scripted_run: ScriptedRun,
    journal: Path,
    *,
    target: int = 40,
    hours: float = 24.0,
    watch: list[Engine] | None = None,
    **seed: Any,
) -> EndedRun:
    """Run a run to its end; the engine is appended to ``watch``.

    Raises:
        TimeoutError: it has not ended after ``hours`` of its own time, or nothing can wake it.
    """
    scripted_run.target = target
    defaults = {"parallel_image_requests": 4, "max_retries": 2}
    start = SeedInput(RUN, CATALOG, target, **(defaults | seed))
    async with open_scripted_run(scripted_run, journal) as engine:
        if watch is not None:
            watch.append(engine)
        engine.start_instance("seed_catalog", json.dumps(start.to_json()), RUN)
        return await _advance_to_end(scripted_run, engine, hours)


async def _advance_to_end(scripted_run: ScriptedRun, engine: Engine, hours: float) -> EndedRun:
    while True:
        await _settle(scripted_run, engine)
        instance = engine.find_instance(RUN)
        assert instance is not None
        if instance.status.is_finished:
            running = [child.id for child in engine.list_instances(InstanceFilter()) if not child.status.is_finished]
            return EndedRun(instance, running, engine.statistics.max_history_events)
        alarm = scripted_run.clock.next_alarm
        if alarm is None or scripted_run.seconds > hours * 3600:
            raise TimeoutError(f"the run is {instance.status} after {scripted_run.seconds:.0f} s; next alarm: {alarm}")
        scripted_run.clock.jump_to(alarm)


async def _settle(scripted_run: ScriptedRun, engine: Engine) -> None:
    """Return once all work waits for the clock."""
    while engine._ready or engine._next_step is not None or engine._workers.running > scripted_run.sleeping:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0)
