"""One item writer on a clock that jumps: its calls, the names of its batches, and its end."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from durable_emulator.engine.clock import ManualClock
from durable_emulator.engine.engine import Engine
from durable_emulator.engine.testing import PlainActivity, finish, run_engine
from orchestrators import write_items
from shared.messages.base import Cost, Failure, Wait, find_longest_wait
from shared.messages.custom_status import read_child_status
from shared.messages.run import ActivityResult, ChildResult, StopResult
from shared.messages.text import TextCall, TextResult, WriteItemsInput
from shared.reasons import Reason

RUN = "8204736755521-af1e9c55"
WRITER = WriteItemsInput(
    RUN, "toys", target_count=40, max_retries=2, next_batch=7, items=0, resume_count=1, writer_index=2, writer_count=4
)
WRITTEN = TextResult(accepted=5, total=5, asked=5, cost=Cost(text_calls=1))
FULL = TextResult(total=23)


@dataclass(slots=True)
class Script:
    """The results of calls for batches, and the calls."""

    answer: Callable[[TextCall], TextResult]
    calls: list[TextCall] = field(default_factory=list)
    closed: int = 0

    def list_activities(self) -> dict[str, PlainActivity]:
        """Return the activities that a writer calls, by name."""
        return {"write_batch": self.write_batch, "close_items": self.close_items, "read_stop": self.read_stop}

    async def write_batch(self, data: Any) -> Any:
        self.calls.append(TextCall.from_json(data))
        return self.answer(self.calls[-1]).to_json()

    async def read_stop(self, _: Any) -> Any:
        return StopResult().to_json()

    async def close_items(self, _: Any) -> Any:
        self.closed += 1
        return ActivityResult().to_json()


async def write(tmp_path: Path, script: Script, writer: WriteItemsInput = WRITER) -> ChildResult:
    """Run a writer to its end."""
    clock = ManualClock()
    function = write_items.write_items._function.get_user_function().orchestrator_function
    activities = script.list_activities()
    async with run_engine(tmp_path / "journal", clock, {"write_items": function}, activities) as engine:
        engine.start_instance("write_items", json.dumps(writer.to_json()), "writer")
        instance = await finish(engine, clock, "writer")
    return ChildResult.from_json(json.loads(instance.output or "null"))


def fill_after(batches: int) -> Callable[[TextCall], TextResult]:
    """Return answers of a writer whose categories are full after so many batches, while the catalog is not."""
    return lambda call: WRITTEN if call.batch < WRITER.next_batch + batches else FULL


async def test_a_writer_names_its_batches_and_ends_when_its_categories_are_full(tmp_path: Path) -> None:
    script = Script(fill_after(3))
    ending = await write(tmp_path, script)
    assert [call.writer for call in script.calls] == ["1.4.2/7", "1.4.2/8", "1.4.2/9", "1.4.2/10"]
    assert {(call.writer_index, call.writer_count) for call in script.calls} == {(2, 4)}
    assert (ending.failure, ending.counters.accepted, ending.counters.cost.text_calls) == (None, 15, 3)
    assert script.closed == 0


async def test_a_writer_ends_as_soon_as_the_catalog_is_full(tmp_path: Path) -> None:
    script = Script(lambda _: replace(WRITTEN, total=40))
    await write(tmp_path, script)
    assert len(script.calls) == 1


async def test_batch_names_continue_across_generations(tmp_path: Path) -> None:
    script = Script(fill_after(130))
    ending = await write(tmp_path, script)
    assert [call.writer for call in script.calls] == [f"1.4.2/{7 + place}" for place in range(131)]
    assert ending.counters.accepted == 5 * 130


async def test_a_batch_keeps_its_name_through_retries_and_only_its_attempt_changes(tmp_path: Path) -> None:
    failures = iter([Failure(Reason.SERVER_ERROR), Failure(Reason.RATE_LIMITED, retry_after_seconds=3), None])

    def answer(call: TextCall) -> TextResult:
        failure = next(failures, None) if call.batch == 7 else None
        return TextResult(asked=5, failure=failure) if failure else fill_after(1)(call)

    script = Script(answer)
    ending = await write(tmp_path, script)
    assert [(call.writer, call.attempt) for call in script.calls] == [
        ("1.4.2/7", 0),
        ("1.4.2/7", 1),
        ("1.4.2/7", 2),
        ("1.4.2/8", 0),
    ]
    assert ending.counters.rate_limited == 1


async def test_five_batches_without_an_item_end_one_of_several_writers_too(tmp_path: Path) -> None:
    script = Script(lambda _: replace(WRITTEN, accepted=0))
    ending = await write(tmp_path, script)
    assert ending.failure is not None
    assert ending.failure.reason is Reason.NO_NEW_ITEMS
    assert len(script.calls) == 5


async def test_a_spent_budget_ends_a_writer_at_once(tmp_path: Path) -> None:
    script = Script(lambda _: TextResult(asked=5, failure=Failure(Reason.BUDGET, "nothing left")))
    ending = await write(tmp_path, script)
    assert ending.failure == Failure(Reason.BUDGET, "nothing left")
    assert len(script.calls) == 1


async def test_a_single_writer_that_requests_nothing_reports_no_new_items(
    tmp_path: Path,
) -> None:
    script = Script(lambda _: FULL)
    ending = await write(tmp_path, script, replace(WRITER, writer_index=0, writer_count=1))
    assert ending.failure is not None
    assert ending.failure.reason is Reason.NO_NEW_ITEMS


async def test_an_answer_that_was_cut_off_is_requested_again_with_half_the_items(tmp_path: Path) -> None:
    def cut_off_above_five(call: TextCall) -> TextResult:
        asked = call.reduce(20)
        if asked > 5:
            return TextResult(asked=asked, failure=Failure(Reason.INCOMPLETE_ANSWER, "cut off"))
        return fill_after(2)(call)

    script = Script(cut_off_above_five)
    ending = await write(tmp_path, script)
    assert [call.reduce(20) for call in script.calls] == [20, 10, 5, 5, 5]
    assert len({call.attempt for call in script.calls if call.batch == WRITER.next_batch}) == 3
    assert ending.failure is None


async def test_a_single_item_that_is_too_long_is_not_requested_stricter(tmp_path: Path) -> None:
    script = Script(lambda call: TextResult(asked=call.reduce(4), failure=Failure(Reason.CONTEXT_OVERFLOW, "too long")))
    ending = await write(tmp_path, script)
    assert [call.reduce(4) for call in script.calls] == [4, 2, 1, 1, 1, 1]
    assert ending.failure is not None
    assert ending.failure.reason is Reason.NO_NEW_ITEMS


async def test_a_long_wait_is_shown_with_the_providers_message(tmp_path: Path) -> None:
    refused = Failure(Reason.RATE_LIMITED, "please retry after 300 seconds", retry_after_seconds=300)
    script = Script(lambda call: TextResult(asked=5, failure=refused) if not call.attempt else FULL)
    clock = ManualClock()
    function = write_items.write_items._function.get_user_function().orchestrator_function
    activities = script.list_activities()
    async with run_engine(tmp_path / "journal", clock, {"write_items": function}, activities) as engine:
        engine.start_instance("write_items", json.dumps(WRITER.to_json()), "writer")
        wait = None
        for _ in range(2000):
            wait = wait or read_wait(engine, clock)
            await asyncio.sleep(0 if wait else 0.01)
        assert wait is not None
        assert wait.message == refused.message
        assert datetime.fromisoformat(wait.until) >= clock.now() + timedelta(seconds=299)
        await finish(engine, clock, "writer")
        assert read_wait(engine, clock) is None


def read_wait(engine: Engine, clock: ManualClock) -> Wait | None:
    instance = engine.find_instance("writer")
    status = read_child_status(json.loads((instance and instance.custom_status) or "{}"))
    return find_longest_wait([status.wait], clock.now())
