"""Whole runs, hours of them: whatever the service and the store do, a run ends, and says truly how."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from durable_emulator.engine.clock import ManualClock
from durable_emulator.engine.instances import InstanceFilter
from shared.messages.base import Cost, Failure
from shared.messages.images import ImageCall
from shared.messages.instance_ids import make_image_worker_id, make_writer_id
from shared.messages.text import TextCall, TextResult
from shared.reasons import Reason
from tests.support.scripted_run import RUN, TEXT_COST, Ended, ScriptedRun, follow, limited

MAX_EVENTS = 500
"""Of one generation: replays of so many cost a quarter of a second in all, and they cost with the square of it."""

START = ManualClock().now()
PATIENCE_SECONDS = 30 * 60


def check_ended(scripted_run: ScriptedRun, ended: Ended, *, images: int) -> None:
    """Check what holds for every run that went well."""
    assert ended.instance.output == '"Closed"'
    assert ended.left_running == []
    assert ended.max_history_events <= MAX_EVENTS
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure is None
    assert len(scripted_run.paid) == images
    assert set(scripted_run.paid.values()) == {1}
    assert scripted_run.ending.counters.made == scripted_run.ending.counters.cost.image_calls == images


def tell_failure(scripted_run: ScriptedRun) -> Reason | None:
    assert scripted_run.ending is not None
    return None if scripted_run.ending.failure is None else scripted_run.ending.failure.reason


# --- the window -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parallel", [3, 64])
async def test_every_image_is_made_once_within_the_window(tmp_path: Path, parallel: int) -> None:
    scripted_run = ScriptedRun(batch_size=200)
    ended = await follow(scripted_run, tmp_path / "journal", target=200, parallel_image_requests=parallel)
    check_ended(scripted_run, ended, images=200)
    assert scripted_run.max_running == parallel


async def test_no_job_is_lost_when_image_workers_continue_as_new_in_the_middle_of_retries(tmp_path: Path) -> None:
    failure_counts: Counter[str] = Counter()

    def fail_twice(call: ImageCall) -> Failure | None:
        failure_counts[call.product_id] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if failure_counts[call.product_id] <= 2 else None

    scripted_run = ScriptedRun(on_image=fail_twice)
    ended = await follow(scripted_run, tmp_path / "journal", target=100, parallel_image_requests=8)
    check_ended(scripted_run, ended, images=100)
    assert set(failure_counts.values()) == {3}


@pytest.mark.parametrize("parallel", [1, 8])
async def test_jobs_that_a_late_delivery_claimed_are_made_by_their_image_worker(tmp_path: Path, parallel: int) -> None:
    scripted_run = ScriptedRun(redelivers_claims=True, batch_size=4, image_seconds=0.5)
    ended = await follow(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=parallel)
    check_ended(scripted_run, ended, images=40)


async def test_images_that_fail_for_good_are_reported_one_by_one(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(
        on_image=lambda call: Failure(Reason.CONTENT_POLICY) if call.product_id.endswith("7") else None
    )
    ended = await follow(scripted_run, tmp_path / "journal", target=60)
    assert ended.left_running == []
    assert set(scripted_run.failed) == {item for item, _ in scripted_run.items if item.endswith("7")}
    assert scripted_run.ending is not None
    assert scripted_run.ending.counters.failed == {"content_policy": len(scripted_run.failed)}
    assert len(scripted_run.paid) == 60 - len(scripted_run.failed)
    assert tell_failure(scripted_run) is None


async def test_the_first_image_is_made_before_the_second_batch_is_written(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(text_seconds=15, image_seconds=10)
    images: list[datetime] = []
    batches: list[datetime] = []

    def note_image(_: ImageCall) -> None:
        images.append(scripted_run.clock.now())

    def note_batch(_: TextCall) -> None:
        batches.append(scripted_run.clock.now())

    scripted_run.on_image, scripted_run.on_batch = note_image, note_batch
    check_ended(scripted_run, await follow(scripted_run, tmp_path / "journal", target=60), images=60)
    assert batches[0] < images[0] < batches[1]


async def test_calls_whose_turn_has_not_come_come_back_when_it_has(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(image_seconds=20)
    deferrals: dict[str, datetime] = {}

    def acquire(call: ImageCall) -> float | None:
        now = scripted_run.clock.now()
        if call.product_id not in deferrals:
            deferrals[call.product_id] = max(
                [now, *(deferral + timedelta(seconds=10) for deferral in deferrals.values())]
            )
        wait = (deferrals[call.product_id] - now).total_seconds()
        assert call.deferral == 0 or wait <= 1, "a job comes back when its turn comes"
        return wait if wait > 2 else None

    scripted_run.on_rate_limit_turn = acquire
    ended = await follow(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=8)
    check_ended(scripted_run, ended, images=60)
    assert scripted_run.calls["generate_image"] <= 2 * 60
    # One every 10 seconds; only an image worker that drains, once in some forty images, misses turns.
    assert (scripted_run.calls_at[-1] - scripted_run.calls_at[0]).total_seconds() <= 59 * 10 / 0.95


async def test_a_run_that_waits_for_its_turns_does_not_start_all_its_jobs_to_be_sent_back(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    until = scripted_run.clock.now() + timedelta(minutes=10)

    def wait_till_then(_: ImageCall) -> float | None:
        wait = (until - scripted_run.clock.now()).total_seconds()
        return wait if wait > 2 else None

    scripted_run.on_rate_limit_turn = wait_till_then
    ended = await follow(scripted_run, tmp_path / "journal", target=100, parallel_image_requests=8)
    check_ended(scripted_run, ended, images=100)
    assert scripted_run.calls["generate_image"] <= 100 + 8


async def test_an_image_worker_that_waits_for_long_sees_within_a_minute_that_the_run_was_stopped(
    tmp_path: Path,
) -> None:
    scripted_run = ScriptedRun(on_image=lambda _: limited(3600))

    def stop_after_the_first_calls(name: str) -> None:
        if name == "read_stop":
            scripted_run.stop = Failure(Reason.CANCELLED)

    scripted_run.on_activity = stop_after_the_first_calls
    ended = await follow(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=8)
    assert scripted_run.seconds < 5 * 60
    assert ended.left_running == []
    assert scripted_run.paid == {}


# --- patience with a service that is busy -----------------------------------------------------------------------------


async def test_a_run_is_rate_limited_only_after_30_minutes_without_any_success(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()

    def let_ten_pass(_: ImageCall) -> Failure | None:
        return limited(20) if len(scripted_run.paid) >= 10 else None

    scripted_run.on_image = let_ten_pass
    ended = await follow(scripted_run, tmp_path / "journal")
    assert scripted_run._last_success is not None
    silence = (scripted_run.clock.now() - scripted_run._last_success).total_seconds()
    assert PATIENCE_SECONDS < silence < PATIENCE_SECONDS + 120
    assert tell_failure(scripted_run) is Reason.RATE_LIMITED
    assert {failure.reason for failure in scripted_run.failed.values()} == {Reason.RATE_LIMITED}
    # Those in flight learn it, and nobody knocks once more for each of the thirty that are left.
    assert 1 <= len(scripted_run.failed) <= 4
    assert ended.left_running == []
    assert ended.max_history_events <= MAX_EVENTS


async def test_one_success_every_25_minutes_keeps_a_run_going_for_hours(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    next_success = START

    def pass_now_and_then(_: ImageCall) -> Failure | None:
        nonlocal next_success
        if scripted_run.clock.now() < next_success:
            return limited(240)
        next_success = scripted_run.clock.now() + timedelta(minutes=25)
        return None

    scripted_run.on_image = pass_now_and_then
    ended = await follow(scripted_run, tmp_path / "journal", target=8, parallel_image_requests=2)
    check_ended(scripted_run, ended, images=8)
    assert scripted_run.seconds > 7 * 25 * 60
    assert scripted_run.ending is not None
    assert scripted_run.ending.counters.rate_limited > 40


@pytest.mark.parametrize(("parallel", "retry_after"), [(1, 0.0), (2, 1.0), (64, 0.2)])
async def test_a_service_that_refuses_everything_is_not_hammered(
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
    ended = await follow(scripted_run, tmp_path / "journal", target=100, parallel_image_requests=parallel)
    took = (scripted_run.calls_at[-1] - scripted_run.calls_at[0]).total_seconds()
    assert took >= 10
    assert ended.max_history_events <= MAX_EVENTS
    assert ended.left_running == []


async def test_refused_batches_end_a_run_after_30_minutes_in_short_generations(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_batch=lambda _: limited(20))
    ended = await follow(scripted_run, tmp_path / "journal")
    assert PATIENCE_SECONDS < scripted_run.seconds < PATIENCE_SECONDS + 120
    assert tell_failure(scripted_run) is Reason.RATE_LIMITED
    assert scripted_run.calls["write_batch"] > 50
    assert ended.max_history_events <= MAX_EVENTS
    assert ended.left_running == []


async def test_refused_categories_end_a_run_after_30_minutes_in_a_short_history(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_categories=lambda _: TextResult(failure=limited(1)), text_seconds=0.1)
    ended = await follow(scripted_run, tmp_path / "journal")
    assert PATIENCE_SECONDS < scripted_run.seconds < PATIENCE_SECONDS + 120
    assert tell_failure(scripted_run) is Reason.RATE_LIMITED
    assert scripted_run.calls["write_categories"] == scripted_run.ending_tally().rate_limited
    assert ended.max_history_events <= MAX_EVENTS


async def test_hours_of_text_are_hours_of_short_generations(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(text_seconds=600, batch_size=4)
    ended = await follow(scripted_run, tmp_path / "journal", target=8)
    check_ended(scripted_run, ended, images=8)
    assert scripted_run.seconds > 3 * 600


# --- text that cannot be used -----------------------------------------------------------------------------------------


async def test_categories_that_come_in_parts_after_refusals_are_each_asked_and_paid_once(tmp_path: Path) -> None:
    answered: dict[int, int] = {}

    def answer(call: TextCall) -> TextResult:
        """Refuse thrice, then bring two of six at a time; an attempt that was answered is told again, as in the app."""
        if call.attempt < 3:
            return TextResult(failure=limited(1))
        if call.attempt not in answered:
            answered[call.attempt] = 2 * (len(answered) + 1)
        return TextResult(total=answered[call.attempt], asked=6, cost=TEXT_COST)

    scripted_run = ScriptedRun(on_categories=answer)
    ended = await follow(scripted_run, tmp_path / "journal", target=4, dry_run=True)
    assert list(answered) == [3, 4, 5]
    assert scripted_run.ending_tally().cost == Cost(text_calls=3 + 1)
    assert ended.instance.output == '"Closed"'
    assert tell_failure(scripted_run) is None


@pytest.mark.parametrize(("is_the_same", "calls"), [(True, 3), (False, 6)])
async def test_categories_that_cannot_be_used_for_the_same_cause_are_asked_for_three_times(
    tmp_path: Path, *, is_the_same: bool, calls: int
) -> None:
    def answer(call: TextCall) -> TextResult:
        message = "no JSON object" if is_the_same else f"entry {call.attempt} is wrong"
        return TextResult(failure=Failure(Reason.MALFORMED_ANSWER, message), cost=TEXT_COST, asked=4)

    scripted_run = ScriptedRun(on_categories=answer)
    await follow(scripted_run, tmp_path / "journal", target=4, dry_run=True, max_retries=5)
    assert scripted_run.calls["write_categories"] == calls
    assert tell_failure(scripted_run) is Reason.MALFORMED_ANSWER
    assert scripted_run.ending_tally().cost == Cost(text_calls=calls)


async def test_five_batches_in_a_row_without_a_new_item_end_the_writing_and_not_the_images(tmp_path: Path) -> None:
    calls: list[TextCall] = []

    def fail_from_the_third(call: TextCall) -> Failure | None:
        calls.append(call)
        return Failure(Reason.REFUSAL, "no") if call.batch >= 3 else None

    scripted_run = ScriptedRun(on_batch=fail_from_the_third)
    ended = await follow(scripted_run, tmp_path / "journal", target=100)
    assert tell_failure(scripted_run) is Reason.NO_NEW_ITEMS
    assert len(scripted_run.paid) == 40
    refused = [call for call in calls if call.batch == 3]
    assert [call.stricter for call in refused] == [False, True] * 5
    assert [call.attempt for call in refused] == list(range(10))
    assert ended.left_running == []


@pytest.mark.parametrize("batch", [1, 50, 51])
async def test_a_damaged_file_ends_the_writing_at_whatever_batch_it_is_found(tmp_path: Path, batch: int) -> None:
    def find_damage(call: TextCall) -> Failure | None:
        return Failure(Reason.DAMAGED_FILE, "a batch is damaged") if call.batch == batch else None

    scripted_run = ScriptedRun(on_batch=find_damage, batch_size=1, text_seconds=0.1, image_seconds=0.1)
    ended = await follow(scripted_run, tmp_path / "journal", target=200, parallel_image_requests=1)
    assert tell_failure(scripted_run) is Reason.DAMAGED_FILE
    assert scripted_run.calls["write_batch"] == batch
    assert scripted_run.stop is not None
    assert ended.left_running == []


# --- the store --------------------------------------------------------------------------------------------------------


def be_away(since: float, seconds: float, *activities: str) -> Callable[[str, datetime], bool]:
    """Return when the store is away, for all activities or some."""

    def is_store_unavailable(activity: str, now: datetime) -> bool:
        return (not activities or activity in activities) and since <= (now - START).total_seconds() < since + seconds

    return is_store_unavailable


@pytest.mark.parametrize("since", [0, 5, 10, 17, 30, 45])
async def test_a_store_that_is_away_for_30_seconds_is_ridden_out_at_any_moment(tmp_path: Path, since: float) -> None:
    scripted_run = ScriptedRun(is_store_unavailable=be_away(since, 30))
    ended = await follow(scripted_run, tmp_path / "journal", target=30)
    check_ended(scripted_run, ended, images=30)


@pytest.mark.parametrize("since", [0, 5, 20])
async def test_a_store_that_stays_away_ends_the_run_within_minutes_and_nothing_is_left_running(
    tmp_path: Path,
    since: float,
) -> None:
    scripted_run = ScriptedRun(is_store_unavailable=be_away(since, 10**9))
    ended = await follow(scripted_run, tmp_path / "journal", target=20)
    assert ended.instance.status == "Failed"
    assert "store_unavailable: the store does not answer" in str(ended.instance.output)
    assert ended.left_running == []
    assert scripted_run.seconds < since + 15 * 60
    assert ended.max_history_events <= MAX_EVENTS


async def test_image_workers_do_not_wait_for_ever_for_a_writer_that_could_not_say_that_it_is_done(
    tmp_path: Path,
) -> None:
    scripted_run = ScriptedRun(is_store_unavailable=be_away(0, 300, "close_items", "stop_run"))
    ended = await follow(scripted_run, tmp_path / "journal", target=20)
    assert tell_failure(scripted_run) is Reason.STORE_UNAVAILABLE
    assert scripted_run.ending_tally().accepted == 20
    assert scripted_run.ending_tally().cost.text_calls == 2
    assert scripted_run.stop is not None
    assert ended.left_running == []


# --- lost workers -----------------------------------------------------------------------------------------------------

EXITED = "python exited with code 137 (0x89)"


def break_calls(activity: str, *, first: int = 1, times: int = 1_000_000) -> Callable[[str], None]:
    """Return what makes some calls of an activity fail without deciding so."""
    seen = 0

    def on_activity(name: str) -> None:
        nonlocal seen
        seen += name == activity
        if name == activity and first <= seen < first + times:
            raise RuntimeError(EXITED)

    return on_activity


@pytest.mark.parametrize(
    "activity", ["prepare_run", "write_categories", "claim_work_page", "generate_image", "write_batch"]
)
async def test_an_activity_that_is_lost_is_called_again_and_the_run_completes(tmp_path: Path, activity: str) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls(activity, times=3))
    ended = await follow(scripted_run, tmp_path / "journal", target=20, parallel_image_requests=8)
    check_ended(scripted_run, ended, images=20)


@pytest.mark.parametrize("activity", ["claim_work_page", "generate_image", "write_batch", "close_items"])
async def test_an_activity_that_is_lost_each_time_ends_the_run_with_its_words(tmp_path: Path, activity: str) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls(activity, first=2 if activity != "close_items" else 1))
    ended = await follow(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=8)
    assert ended.instance.output == '"Closed"'
    assert tell_failure(scripted_run) is Reason.WORKER_LOST
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure is not None
    assert activity in scripted_run.ending.failure.message
    assert EXITED in scripted_run.ending.failure.message
    assert ended.left_running == []
    assert scripted_run.running == 0
    assert scripted_run.ending_tally().cost.image_calls == len(scripted_run.paid)
    assert 300 <= scripted_run.seconds <= 900


async def test_a_worker_that_dies_with_the_whole_window_in_it_is_one_loss(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls("generate_image", times=7))
    ended = await follow(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=7)
    check_ended(scripted_run, ended, images=60)
    assert scripted_run.ending_tally().lost == 1


async def test_losses_between_successes_never_end_a_run(tmp_path: Path) -> None:
    calls = 0

    def lose_every_third(name: str) -> None:
        nonlocal calls
        calls += name == "generate_image"
        if name == "generate_image" and calls % 3 == 0:
            raise RuntimeError(EXITED)

    scripted_run = ScriptedRun(on_activity=lose_every_third)
    ended = await follow(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=1)
    check_ended(scripted_run, ended, images=40)


async def test_an_image_that_ends_its_worker_each_time_is_given_up_alone(tmp_path: Path) -> None:
    def kill(call: ImageCall) -> Failure | None:
        if call.product_id == "item-1-3":
            raise RuntimeError(EXITED)
        return None

    scripted_run = ScriptedRun(on_image=kill)
    ended = await follow(scripted_run, tmp_path / "journal", target=30, parallel_image_requests=4)
    assert ended.left_running == []
    assert {item: failure.reason for item, failure in scripted_run.failed.items()} == {"item-1-3": Reason.WORKER_LOST}
    assert len(scripted_run.paid) == 29
    assert tell_failure(scripted_run) is None


async def test_a_run_whose_contact_sheet_fails_has_still_published(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls("render_contact_sheet"))
    ended = await follow(scripted_run, tmp_path / "journal")
    check_ended(scripted_run, ended, images=40)
    assert scripted_run.ending is not None
    assert scripted_run.ending.published is not None
    assert scripted_run.ending.published.status == "PublishResult"


async def test_a_run_that_cannot_publish_says_why(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(on_activity=break_calls("publish_catalog"))
    await follow(scripted_run, tmp_path / "journal")
    assert scripted_run.ending is not None
    assert scripted_run.ending.published is None
    assert tell_failure(scripted_run) is Reason.WORKER_LOST
    assert scripted_run.ending.counters.made == 40


# --- lost children ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "child", [make_image_worker_id(RUN, 0, 0), make_image_worker_id(RUN, 1, 0), make_writer_id(RUN, 0, 0)]
)
@pytest.mark.parametrize("moment", [7, 22, 35])
async def test_a_child_that_is_terminated_is_started_again_and_the_run_completes(
    tmp_path: Path, child: str, moment: float
) -> None:
    scripted_run = ScriptedRun()
    engine_at_work: list[Any] = []
    scripted_run.clock.call_at(
        START + timedelta(seconds=moment), lambda: engine_at_work[0].terminate(child, "by a person")
    )
    ended = await follow(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=8, watch=engine_at_work)
    assert ended.instance.output == '"Closed"'
    assert ended.left_running == []
    assert tell_failure(scripted_run) is None
    assert len(scripted_run.paid) == 60


async def test_a_child_that_is_lost_each_time_ends_the_run(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(image_seconds=3000)
    engine_at_work: list[Any] = []

    def terminate_image_workers() -> None:
        for instance in engine_at_work[0].list_instances(InstanceFilter(id_prefix=make_image_worker_id(RUN, 0, 0))):
            engine_at_work[0].terminate(instance.id, EXITED)
        scripted_run.clock.call_at(scripted_run.clock.now() + timedelta(seconds=1), terminate_image_workers)

    scripted_run.clock.call_at(START + timedelta(seconds=12), terminate_image_workers)
    await follow(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=1, watch=engine_at_work)
    assert tell_failure(scripted_run) is Reason.WORKER_LOST


# --- stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [0, 7, 12, 40])
async def test_a_cancelled_run_ends_as_soon_as_its_calls_in_flight_have(tmp_path: Path, moment: float) -> None:
    scripted_run = ScriptedRun()
    scripted_run.clock.call_at(
        START + timedelta(seconds=moment),
        lambda: setattr(scripted_run, "stop", Failure(Reason.CANCELLED)),
    )
    ended = await follow(scripted_run, tmp_path / "journal", target=200)
    assert ended.left_running == []
    assert scripted_run.seconds <= moment + 10 + 5
    assert scripted_run.ending_tally().cost.image_calls == len(scripted_run.paid)
    assert replace(scripted_run.ending_tally(), cost=Cost()).made == len(scripted_run.paid)


@pytest.mark.parametrize("kind", ["categories", "batch"])
async def test_a_run_that_is_cancelled_while_a_text_call_waits_an_hour_ends_within_minutes(
    tmp_path: Path, kind: str
) -> None:
    scripted_run = ScriptedRun()
    if kind == "categories":
        scripted_run.on_categories = lambda _: TextResult(failure=limited(3600))
    else:
        scripted_run.on_batch = lambda _: limited(3600)
    scripted_run.clock.call_at(
        START + timedelta(minutes=2), lambda: setattr(scripted_run, "stop", Failure(Reason.CANCELLED))
    )
    ended = await follow(scripted_run, tmp_path / "journal", target=20)
    assert ended.left_running == []
    assert scripted_run.seconds < 600
    assert scripted_run.ending_tally().rate_limited == 1


async def test_a_run_whose_service_blocks_the_account_makes_at_most_a_window_of_calls_more(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()

    def block(_: ImageCall) -> Failure | None:
        if len(scripted_run.calls_at) < 20:
            return None
        scripted_run.stop = scripted_run.stop or Failure(Reason.ACCOUNT_BLOCKED, "blocked")
        return scripted_run.stop

    scripted_run.on_image = block
    ended = await follow(scripted_run, tmp_path / "journal", target=200, parallel_image_requests=8)
    assert len(scripted_run.calls_at) <= 20 + 8
    assert ended.left_running == []
    assert ended.instance.id == RUN
