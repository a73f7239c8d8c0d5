"""How often ``generate_image_batches`` runs while the provider has its batches, on a clock that jumps."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import function_app
from durable_emulator.engine import Engine, ManualClock
from durable_emulator.engine.testing import adapt_activity, finish
from durable_emulator.host.app_definition import read_functions
from shared.messages.base import Counters, Message
from shared.messages.batches import (
    BatchesInput,
    CheckBatches,
    CheckedBatches,
    CollectedBatch,
    OpenBatch,
    OpenedBatches,
    SubmitBatch,
    SubmittedBatch,
)
from shared.messages.instance_ids import CHECK_EVENT
from shared.messages.run import ChildResult

CHECK_SECONDS, BATCHES, IMAGES = 120.0, 3, 100


@dataclass
class Provider:
    """Activities over batches that generate an image now and then, and are over after some time.

    Attributes:
        clock: of the engine.
        hours: duration of each batch.
        is_stopped: a caller has cancelled the run.
        calls: number of calls by activity.
        checked_at: times of the checks, in seconds since the start.
    """

    clock: ManualClock
    hours: float = 6
    is_stopped: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    checked_at: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return (self.clock.now() - ManualClock().now()).total_seconds()

    def answer(self, name: str, payload: Any) -> Message:
        self.calls[name] += 1
        if name == "open_image_batches":
            return OpenedBatches(check_seconds=CHECK_SECONDS, max_images=IMAGES)
        if name == "submit_image_batch":
            chunk = SubmitBatch.from_json(payload).chunk
            batch = OpenBatch(chunk, f"batch-{chunk}", IMAGES)
            return SubmittedBatch(batch, last_page=chunk, is_closed=chunk == BATCHES)
        if name == "check_image_batches":
            return self._check(CheckBatches.from_json(payload))
        return CollectedBatch(Counters(made=IMAGES))

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
