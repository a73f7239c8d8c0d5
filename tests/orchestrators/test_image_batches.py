"""How often ``generate_image_batches`` runs while the provider has its batches, on a clock that jumps."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import function_app
from durable_emulator.engine import Engine, ManualClock
from durable_emulator.engine.testing import adapt_activity, finish
from durable_emulator.host.app_definition import read_functions
from orchestrators.batch_worker import MAX_LIMITED_BATCHES
from shared.messages.base import Counters, Failure, Message
from shared.messages.batches import (
    BatchesInput,
    CheckBatches,
    CheckedBatches,
    CollectBatch,
    CollectedBatch,
    OpenBatch,
    OpenedBatches,
    PromptJob,
    SubmitBatch,
    SubmittedBatch,
)
from shared.messages.images import ImageJob
from shared.messages.instance_ids import CHECK_EVENT
from shared.messages.run import ChildResult
from shared.messages.text import TextCall, TextResult
from shared.reasons import Reason

CHECK_SECONDS, BATCHES, IMAGES = 120.0, 3, 100


@dataclass
class Provider:
    """Activities over batches that generate an image now and then, and are over after some time.

    Attributes:
        clock: of the engine.
        hours: duration of each batch.
        is_stopped: a caller has cancelled the run.
        is_limited: too much work is enqueued for every batch.
        failures: of activities, each time.
        max_submits: calls after which submitting works.
        given_up: why batches were collected that were not created.
        calls: number of calls by activity.
        checked_at: times of the checks, in seconds since the start.
    """

    clock: ManualClock
    hours: float = 6
    is_stopped: bool = False
    is_limited: bool = False
    failures: Mapping[str, Failure] = field(default_factory=dict)
    max_submits: int = 0
    given_up: list[Failure] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    checked_at: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return (self.clock.now() - ManualClock().now()).total_seconds()

    def answer(self, name: str, payload: Any) -> Message:
        self.calls[name] += 1
        if name == "open_image_batches":
            return OpenedBatches(check_seconds=CHECK_SECONDS, max_images=IMAGES)
        failure = self.failures.get(name)
        if name == "submit_image_batch":
            if failure is not None and not self.given_up and self.calls[name] <= self.max_submits:
                return SubmittedBatch(failure=failure)
            chunk = SubmitBatch.from_json(payload).chunk
            batch = OpenBatch(chunk, f"batch-{chunk}", IMAGES)
            return SubmittedBatch(batch, last_page=chunk, is_closed=chunk == BATCHES)
        if name == "check_image_batches":
            call = CheckBatches.from_json(payload)
            return CheckedBatches(call.open, stopped=self.is_stopped, failure=failure) if failure else self._check(call)
        return self._collect(CollectBatch.from_json(payload), failure)

    def _collect(self, call: CollectBatch, failure: Failure | None) -> CollectedBatch[ImageJob]:
        if call.given_up is not None:
            self.given_up.append(call.given_up)
            return CollectedBatch()
        if self.is_limited:
            return CollectedBatch(jobs=(ImageJob("an-item", 1),), is_limited=True)
        return CollectedBatch(failure=failure) if failure else CollectedBatch(Counters(made=IMAGES))

    def _check(self, call: CheckBatches) -> CheckedBatches:
        self.checked_at.append(self.seconds)
        share = min(1.0, self.seconds / timedelta(hours=self.hours).total_seconds())
        batches = tuple(replace(batch, done=int(share * batch.images)) for batch in call.open)
        is_over = share == 1 or call.must_cancel
        return CheckedBatches(batches, batches if is_over else (), stopped=self.is_stopped)


@asynccontextmanager
async def run_batches(tmp_path: Path, provider: Provider) -> AsyncIterator[Engine]:
    functions = read_functions(function_app.app)

    def make_activity(name: str) -> Any:
        async def run(payload: Any) -> Any:
            return provider.answer(name, payload).to_json()

        return adapt_activity(run)

    activities = {name: make_activity(name) for name in functions.activities}
    engine = Engine(tmp_path / "journal.db", functions.orchestrators, activities, clock=provider.clock)
    engine.start()
    try:
        start = BatchesInput("run", "toys", width=4, max_retries=2).to_json()
        engine.start_instance("generate_image_batches", json.dumps(start), "batches")
        yield engine
    finally:
        await engine.stop(grace_seconds=0)


async def test_batches_are_checked_every_two_minutes_however_they_progress(tmp_path: Path) -> None:
    provider = Provider(ManualClock())
    async with run_batches(tmp_path, provider) as engine:
        ended = await finish(engine, provider.clock, "batches")
        statistics = engine.statistics
    assert ChildResult.from_json(json.loads(ended.output or "null")).counters.made == BATCHES * IMAGES
    hour = [at for at in provider.checked_at if 3600 <= at < 7200]
    assert len(hour) == 30
    assert statistics.episodes < 2.5 * len(provider.checked_at)
    assert statistics.max_history_events < 100


async def test_an_event_ends_a_wait_of_minutes(tmp_path: Path) -> None:
    provider = Provider(ManualClock())
    async with run_batches(tmp_path, provider) as engine:
        while provider.seconds < 3600:
            await engine.wait_until_idle()
            alarm = provider.clock.next_alarm
            assert alarm is not None
            provider.clock.jump_to(alarm)
        await engine.wait_until_idle()
        cancelled_at, provider.is_stopped = provider.seconds, True
        engine.raise_event("batches", CHECK_EVENT, "null")
        await engine.wait_until_idle()
        assert provider.checked_at[-1] == cancelled_at
        await finish(engine, provider.clock, "batches")
    assert provider.seconds - cancelled_at < 5
    assert provider.calls["collect_image_batch"] == BATCHES


@pytest.mark.parametrize("activity", ["check_image_batches", "collect_image_batch"])
async def test_a_worker_gives_up_a_provider_that_never_answers_after_a_stop(tmp_path: Path, activity: str) -> None:
    unreachable = Failure(Reason.CONNECTION, "no connection")
    provider = Provider(ManualClock(), hours=0.1, is_stopped=True, failures={activity: unreachable})
    async with run_batches(tmp_path, provider) as engine, asyncio.timeout(300):
        ended = await finish(engine, provider.clock, "batches")
    result = ChildResult.from_json(json.loads(ended.output or "null"))
    assert result.failure == unreachable
    assert provider.seconds < timedelta(hours=3).total_seconds()


async def test_a_worker_gives_up_batches_that_the_limit_of_enqueued_work_refuses_each_time(tmp_path: Path) -> None:
    provider = Provider(ManualClock(), hours=0.01, is_limited=True)
    async with run_batches(tmp_path, provider) as engine, asyncio.timeout(300):
        ended = await finish(engine, provider.clock, "batches")
    result = ChildResult.from_json(json.loads(ended.output or "null"))
    assert result.failure is not None
    assert result.failure.reason is Reason.RATE_LIMITED
    assert provider.calls["collect_image_batch"] >= MAX_LIMITED_BATCHES


async def test_a_batch_whose_creation_is_throttled_for_half_an_hour_is_given_up(tmp_path: Path) -> None:
    throttled = Failure(Reason.RATE_LIMITED, "slow down", 60)
    provider = Provider(ManualClock(), failures={"submit_image_batch": throttled}, max_submits=100)
    async with run_batches(tmp_path, provider) as engine, asyncio.timeout(300):
        await finish(engine, provider.clock, "batches")
    assert provider.given_up == [throttled]


@pytest.mark.parametrize("width", [1, 4])
async def test_prompts_that_batches_left_out_are_shared_by_as_many_writers_as_a_run_has(
    tmp_path: Path, width: int
) -> None:
    jobs = tuple(PromptJob(number, earlier_calls=1) for number in range(1, 11))
    waiting, written, all_wait = set[int](), list[int](), asyncio.Event()

    async def write(payload: Any) -> Any:
        call = TextCall.from_json(payload)
        waiting.add(call.batch)
        if len(waiting) == width:
            all_wait.set()
        await all_wait.wait()
        written.append(call.batch)
        return TextResult().to_json()

    async def open_batches(_: Any) -> Any:
        opened: OpenedBatches[PromptJob] = OpenedBatches(check_seconds=CHECK_SECONDS, fallback=jobs)
        return opened.to_json()

    async def submit(_: Any) -> Any:
        return SubmittedBatch(is_closed=True).to_json()

    functions = read_functions(function_app.app)
    activities = {"open_prompt_batches": open_batches, "submit_prompt_batch": submit, "write_prompt_batch": write}
    adapted = {name: adapt_activity(run) for name, run in activities.items()}
    clock = ManualClock()
    engine = Engine(tmp_path / "journal.db", functions.orchestrators, adapted, clock=clock)
    engine.start()
    try:
        start: BatchesInput[PromptJob] = BatchesInput("run", "toys", width=width, max_retries=2)
        engine.start_instance("write_prompt_batches", json.dumps(start.to_json()), "batches")
        async with asyncio.timeout(300):
            await finish(engine, clock, "batches")
    finally:
        await engine.stop(grace_seconds=0)
    assert sorted(written) == [job.batch for job in jobs]
