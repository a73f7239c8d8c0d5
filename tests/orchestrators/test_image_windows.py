"""Image workers fill the window, keep every job, and wait for turns under the quota."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.messages.base import Failure
from shared.messages.images import ImageCall
from shared.messages.text import TextCall
from shared.reasons import Reason
from tests.support.scripted_run import ScriptedRun, check_completed, limited, run_to_end


@pytest.mark.slow
@pytest.mark.parametrize("parallel", [3, 64])
async def test_every_image_is_generated_once_within_the_window(tmp_path: Path, parallel: int) -> None:
    scripted_run = ScriptedRun(batch_size=200)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=200, parallel_image_requests=parallel)
    check_completed(scripted_run, ended, images=200)
    assert scripted_run.max_running == parallel


@pytest.mark.slow
async def test_no_job_is_lost_when_image_workers_continue_as_new_in_the_middle_of_retries(tmp_path: Path) -> None:
    failure_counts: Counter[str] = Counter()

    def fail_twice(call: ImageCall) -> Failure | None:
        failure_counts[call.product_id] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if failure_counts[call.product_id] <= 2 else None

    scripted_run = ScriptedRun(on_image=fail_twice)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=100, parallel_image_requests=8)
    check_completed(scripted_run, ended, images=100)
    assert set(failure_counts.values()) == {3}


@pytest.mark.slow
@pytest.mark.parametrize("parallel", [1, 8])
async def test_jobs_claimed_by_a_late_redelivery_are_done_by_their_image_worker(tmp_path: Path, parallel: int) -> None:
    scripted_run = ScriptedRun(redelivers_claims=True, batch_size=4, image_seconds=0.5)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=parallel)
    check_completed(scripted_run, ended, images=40)


async def test_images_that_fail_permanently_are_recorded_one_by_one(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(
        on_image=lambda call: Failure(Reason.CONTENT_POLICY) if call.product_id.endswith("7") else None
    )
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=60)
    assert ended.left_running == []
    assert set(scripted_run.failed) == {item for item, _ in scripted_run.items if item.endswith("7")}
    assert scripted_run.ending is not None
    assert scripted_run.ending.counters.failed == {"content_policy": len(scripted_run.failed)}
    assert len(scripted_run.generated) == 60 - len(scripted_run.failed)
    assert scripted_run.find_failure_reason() is None


async def test_the_first_image_is_generated_before_the_second_batch_is_written(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(text_seconds=15, image_seconds=10)
    images: list[datetime] = []
    batches: list[datetime] = []

    def note_image(_: ImageCall) -> None:
        images.append(scripted_run.clock.now())

    def note_batch(_: TextCall) -> None:
        batches.append(scripted_run.clock.now())

    scripted_run.on_image, scripted_run.on_batch = note_image, note_batch
    check_completed(scripted_run, await run_to_end(scripted_run, tmp_path / "journal", target=60), images=60)
    assert batches[0] < images[0] < batches[1]


@pytest.mark.slow
async def test_calls_without_a_turn_return_when_their_turn_comes(tmp_path: Path) -> None:
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

    scripted_run.on_turn = acquire
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=60, parallel_image_requests=8)
    check_completed(scripted_run, ended, images=60)
    assert scripted_run.calls["generate_image"] <= 2 * 60
    # One every 10 seconds; only an image worker that drains, once in some forty images, misses turns.
    assert (scripted_run.calls_at[-1] - scripted_run.calls_at[0]).total_seconds() <= 59 * 10 / 0.95


async def test_jobs_that_would_be_sent_back_are_not_started(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    until = scripted_run.clock.now() + timedelta(minutes=10)

    def wait_till_then(_: ImageCall) -> float | None:
        wait = (until - scripted_run.clock.now()).total_seconds()
        return wait if wait > 2 else None

    scripted_run.on_turn = wait_till_then
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=100, parallel_image_requests=8)
    check_completed(scripted_run, ended, images=100)
    assert scripted_run.calls["generate_image"] <= 100 + 8


async def test_a_waiting_image_worker_notices_a_stop_within_a_minute(
    tmp_path: Path,
) -> None:
    scripted_run = ScriptedRun(on_image=lambda _: limited(3600))

    def stop_after_the_first_calls(name: str) -> None:
        if name == "read_stop":
            scripted_run.stop = Failure(Reason.CANCELLED)

    scripted_run.on_activity = stop_after_the_first_calls
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=8)
    assert scripted_run.seconds < 5 * 60
    assert ended.left_running == []
    assert scripted_run.generated == {}
