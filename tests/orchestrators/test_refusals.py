"""Providers that are busy for hours, and text that cannot be used: the run ends, and reports why."""

from datetime import timedelta
from pathlib import Path

import pytest

from durable_emulator.engine.clock import ManualClock
from shared.messages.base import Cost, Failure
from shared.messages.images import ImageCall
from shared.messages.text import TextCall, TextResult
from shared.reasons import Reason
from tests.support.scripted_run import MAX_EVENTS, TEXT_COST, ScriptedRun, check_completed, limited, run_to_end

START = ManualClock().now()
MAX_REFUSED_SECONDS = 30 * 60


@pytest.mark.slow
async def test_a_run_is_rate_limited_only_after_30_minutes_without_any_success(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()

    def accept_ten(_: ImageCall) -> Failure | None:
        return limited(20) if len(scripted_run.generated) >= 10 else None

    scripted_run.on_image = accept_ten
    ended = await run_to_end(scripted_run, tmp_path / "journal")
    assert scripted_run.last_success is not None
    silence = (scripted_run.clock.now() - scripted_run.last_success).total_seconds()
    assert MAX_REFUSED_SECONDS < silence < MAX_REFUSED_SECONDS + 120
    assert scripted_run.find_failure_reason() is Reason.RATE_LIMITED
    assert {failure.reason for failure in scripted_run.failed.values()} == {Reason.RATE_LIMITED}
    # Only the calls in flight fail; none is sent for the thirty other items.
    assert 1 <= len(scripted_run.failed) <= 4
    assert ended.left_running == []
    assert ended.max_history_events <= MAX_EVENTS


@pytest.mark.slow
async def test_one_success_every_25_minutes_keeps_a_run_going_for_hours(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    next_success = START

    def accept_rarely(_: ImageCall) -> Failure | None:
        nonlocal next_success
        if scripted_run.clock.now() < next_success:
            return limited(240)
        next_success = scripted_run.clock.now() + timedelta(minutes=25)
        return None

    scripted_run.on_image = accept_rarely
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=8, parallel_image_requests=2)
    check_completed(scripted_run, ended, images=8)
    assert scripted_run.seconds > 7 * 25 * 60
    assert scripted_run.ending is not None
    assert scripted_run.ending.counters.rate_limited > 40


@pytest.mark.slow
@pytest.mark.parametrize(("parallel", "retry_after"), [(1, 0.0), (2, 1.0), (16, 0.2)])
async def test_a_provider_that_refuses_everything_gets_few_calls(
    tmp_path: Path,
    parallel: int,
    retry_after: float,
) -> None:
    scripted_run = ScriptedRun(
        image_seconds=0.01, on_image=lambda _: limited(retry_after), batch_size=100, text_seconds=1
    )

    def stop_in_time(_: str) -> None:
        if len(scripted_run.calls_at) >= 12 * parallel:
            scripted_run.stop = Failure(Reason.CANCELLED)

    scripted_run.on_activity = stop_in_time
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=100, parallel_image_requests=parallel)
    took = (scripted_run.calls_at[-1] - scripted_run.calls_at[0]).total_seconds()
    assert took >= 10
    assert ended.max_history_events <= MAX_EVENTS
    assert ended.left_running == []


async def test_refused_batches_end_a_run_after_30_minutes_in_short_generations(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_batch=lambda _: limited(20))
    ended = await run_to_end(scripted_run, tmp_path / "journal", dry_run=True)
    assert MAX_REFUSED_SECONDS < scripted_run.seconds < MAX_REFUSED_SECONDS + 120
    assert scripted_run.find_failure_reason() is Reason.RATE_LIMITED
    assert scripted_run.calls["write_batch"] > 50
    assert ended.max_history_events <= MAX_EVENTS
    assert ended.left_running == []


async def test_refused_categories_end_a_run_after_30_minutes_in_a_short_history(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_categories=lambda _: TextResult(failure=limited(1)), text_seconds=0.1)
    ended = await run_to_end(scripted_run, tmp_path / "journal")
    assert MAX_REFUSED_SECONDS < scripted_run.seconds < MAX_REFUSED_SECONDS + 120
    assert scripted_run.find_failure_reason() is Reason.RATE_LIMITED
    assert scripted_run.calls["write_categories"] == scripted_run.read_counters().rate_limited
    assert ended.max_history_events <= MAX_EVENTS


@pytest.mark.slow
async def test_hours_of_text_calls_take_short_generations(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(text_seconds=200, batch_size=4)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=8)
    check_completed(scripted_run, ended, images=8)
    assert scripted_run.seconds > 3 * 200


async def test_categories_that_arrive_in_parts_are_each_requested_and_billed_once(tmp_path: Path) -> None:
    answered: dict[int, int] = {}

    def answer(call: TextCall) -> TextResult:
        """Refuse three calls, then return two of six at a time; an answered attempt gets the same answer."""
        if call.attempt < 3:
            return TextResult(failure=limited(1))
        if call.attempt not in answered:
            answered[call.attempt] = 2 * (len(answered) + 1)
        return TextResult(total=answered[call.attempt], asked=6, cost=TEXT_COST)

    scripted_run = ScriptedRun(on_categories=answer)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=4, dry_run=True)
    assert list(answered) == [3, 4, 5]
    assert scripted_run.read_counters().cost == Cost(text_calls=3 + 1)
    assert ended.instance.output == '"Closed"'
    assert scripted_run.find_failure_reason() is None


@pytest.mark.parametrize(("is_the_same", "calls"), [(True, 3), (False, 6)])
async def test_three_equal_failures_end_the_requests_for_categories(
    tmp_path: Path, *, is_the_same: bool, calls: int
) -> None:
    def answer(call: TextCall) -> TextResult:
        message = "no JSON object" if is_the_same else f"entry {call.attempt} is wrong"
        return TextResult(failure=Failure(Reason.MALFORMED_ANSWER, message), cost=TEXT_COST, asked=4)

    scripted_run = ScriptedRun(on_categories=answer)
    await run_to_end(scripted_run, tmp_path / "journal", target=4, dry_run=True, max_retries=5)
    assert scripted_run.calls["write_categories"] == calls
    assert scripted_run.find_failure_reason() is Reason.MALFORMED_ANSWER
    assert scripted_run.read_counters().cost == Cost(text_calls=calls)


async def test_five_batches_without_an_item_end_the_writer_but_not_the_images(tmp_path: Path) -> None:
    calls: list[TextCall] = []

    def fail_from_the_third(call: TextCall) -> Failure | None:
        calls.append(call)
        return Failure(Reason.REFUSAL, "no") if call.batch >= 3 else None

    scripted_run = ScriptedRun(on_batch=fail_from_the_third)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=100)
    assert scripted_run.find_failure_reason() is Reason.NO_NEW_ITEMS
    assert len(scripted_run.generated) == 40
    refused = [call for call in calls if call.batch == 3]
    assert [call.stricter for call in refused] == [False, True] * 5
    assert [call.attempt for call in refused] == list(range(10))
    assert ended.left_running == []


@pytest.mark.parametrize("batch", [1, 50, 51])
async def test_a_damaged_file_ends_the_writer_at_any_batch(tmp_path: Path, batch: int) -> None:
    def find_damage(call: TextCall) -> Failure | None:
        return Failure(Reason.DAMAGED_FILE, "a batch is damaged") if call.batch == batch else None

    scripted_run = ScriptedRun(on_batch=find_damage, batch_size=1, text_seconds=0.1, image_seconds=0.1)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=200, parallel_image_requests=1)
    assert scripted_run.find_failure_reason() is Reason.DAMAGED_FILE
    assert scripted_run.calls["write_batch"] == batch
    assert scripted_run.stop is not None
    assert ended.left_running == []
