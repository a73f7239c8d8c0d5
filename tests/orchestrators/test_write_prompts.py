"""Prompts of rows are written batch by batch, while image workers generate the images of earlier batches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.messages.base import Failure
from shared.messages.text import TextCall
from shared.reasons import Reason
from tests.support.scripted_run import ScriptedRun, limited, run_to_end

MODEL: dict[str, Any] = {"writes_items": False, "imports_rows": True, "writes_prompts": True}


def make_prompt_run(**changes: Any) -> ScriptedRun:
    return ScriptedRun(waits_for_prompts=True, **changes)


async def test_every_batch_is_requested_once_and_items_are_closed_after_the_last(tmp_path: Path) -> None:
    scripted_run = make_prompt_run()
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=70, **MODEL)
    assert (ended.instance.output, ended.left_running) == ('"Closed"', [])
    assert list(scripted_run.prompted) == [1, 2, 3, 4]
    assert (
        scripted_run.calls["write_batch"],
        scripted_run.calls["write_categories"],
        scripted_run.calls["close_items"],
    ) == (0, 0, 1)
    counters = scripted_run.read_counters()
    assert (counters.accepted, counters.made, counters.cost.text_calls) == (70, 70, 4)


@pytest.mark.slow
async def test_images_are_generated_while_later_prompts_are_written(tmp_path: Path) -> None:
    scripted_run = make_prompt_run(text_seconds=100.0)
    await run_to_end(scripted_run, tmp_path / "journal", target=80, **MODEL)
    started = scripted_run.calls_at[0] - scripted_run.calls_at[-1]
    assert scripted_run.seconds < 4 * 100 + 80 * 10 / 4
    assert -started.total_seconds() > 300 - 10


@pytest.mark.parametrize(("writers", "batches"), [(2, 5), (3, 4), (16, 3)])
async def test_writers_share_the_batches(tmp_path: Path, writers: int, batches: int) -> None:
    scripted_run = make_prompt_run()
    await run_to_end(scripted_run, tmp_path / "journal", target=20 * batches, parallel_text_requests=writers, **MODEL)
    assert sorted(scripted_run.prompted) == list(range(1, batches + 1))
    assert scripted_run.read_counters().cost.text_calls == batches
    assert scripted_run.calls["close_items"] == 1


@pytest.mark.slow
async def test_hundreds_of_batches_take_short_generations(tmp_path: Path) -> None:
    scripted_run = make_prompt_run(text_seconds=0.1, image_seconds=0.1, batch_size=1)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=130, **MODEL)
    assert len(scripted_run.prompted) == scripted_run.read_counters().made == 130
    assert ended.max_history_events < 600


async def test_a_dry_run_writes_the_prompts_and_generates_no_image(tmp_path: Path) -> None:
    scripted_run = make_prompt_run()
    await run_to_end(scripted_run, tmp_path / "journal", target=30, dry_run=True, **MODEL)
    assert (len(scripted_run.prompted), scripted_run.calls["generate_image"]) == (2, 0)


async def test_without_a_prompt_writer_no_text_is_requested(tmp_path: Path) -> None:
    scripted_run = ScriptedRun()
    await run_to_end(scripted_run, tmp_path / "journal", target=30, **MODEL | {"writes_prompts": False})
    assert (scripted_run.calls["write_prompt_batch"], scripted_run.read_counters().made) == (0, 30)


@pytest.mark.parametrize("reason", [Reason.REFUSAL, Reason.MALFORMED_ANSWER, Reason.INCOMPLETE_ANSWER])
async def test_an_unusable_answer_is_requested_once_more_and_stricter(tmp_path: Path, reason: Reason) -> None:
    scripted_run = make_prompt_run(on_prompts=lambda call: None if call.stricter else Failure(reason, "no"))
    await run_to_end(scripted_run, tmp_path / "journal", target=40, **MODEL)
    assert [call.attempt for call in scripted_run.prompted.values()] == [1, 1]
    assert scripted_run.template_batches == []
    assert scripted_run.read_counters().cost.text_calls == 4


UNUSABLE = Failure(Reason.REFUSAL, "no")
BROKEN = Failure(Reason.SERVER_ERROR, "oops")
POLICY = Failure(Reason.CONTENT_POLICY, "no")


@pytest.mark.parametrize(
    ("failure", "calls"), [(UNUSABLE, 2), (BROKEN, 3), (POLICY, 1)], ids=["answer", "5xx", "policy"]
)
async def test_a_batch_that_fails_permanently_gets_template_prompts(
    tmp_path: Path, failure: Failure, calls: int
) -> None:
    scripted_run = make_prompt_run(on_prompts=lambda call: failure if call.batch == 2 else None)
    await run_to_end(scripted_run, tmp_path / "journal", target=60, **MODEL)
    assert (sorted(scripted_run.prompted), scripted_run.template_batches) == ([1, 3], [2])
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure is None
    counters = scripted_run.read_counters()
    assert (counters.made, counters.failed, counters.cost.text_calls) == (60, {}, 2 + calls)


@pytest.mark.slow
async def test_rate_limits_are_waited_out_and_counted(tmp_path: Path) -> None:
    scripted_run = make_prompt_run(on_prompts=lambda call: limited(30) if call.attempt < 3 else None)
    await run_to_end(scripted_run, tmp_path / "journal", target=20, **MODEL)
    assert (scripted_run.read_counters().rate_limited, scripted_run.read_counters().made) == (3, 20)
    assert scripted_run.seconds > 90


async def test_batches_beyond_the_budget_keep_template_prompts(tmp_path: Path) -> None:
    over = Failure(Reason.BUDGET, "the next call may cost more")
    scripted_run = make_prompt_run(on_prompts=lambda call: over if call.batch == 3 else None)
    await run_to_end(scripted_run, tmp_path / "journal", target=80, **MODEL)
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure == over
    assert (sorted(scripted_run.prompted), scripted_run.template_batches, scripted_run.read_counters().made) == (
        [1, 2],
        [],
        80,
    )


def stop_at(scripted_run: ScriptedRun, batch: int) -> Callable[[TextCall], Failure | None]:
    def answer(call: TextCall) -> Failure | None:
        if call.batch == batch:
            scripted_run.stop = Failure(Reason.AUTHENTICATION, "401")
            return scripted_run.stop
        return None

    return answer


async def test_a_failure_that_every_call_would_have_ends_the_run(tmp_path: Path) -> None:
    scripted_run = make_prompt_run()
    scripted_run.on_prompts = stop_at(scripted_run, 2)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=80, parallel_text_requests=2, **MODEL)
    assert ended.left_running == []
    assert scripted_run.stop is not None
    assert scripted_run.template_batches == []
    assert 2 not in scripted_run.prompted
    assert scripted_run.read_counters().made < 80


@pytest.mark.slow
async def test_a_run_that_a_lost_activity_stops_counts_what_it_spent(tmp_path: Path) -> None:
    def lose_it(name: str) -> None:
        if name == "use_template_prompts":
            raise RuntimeError("a surprise")

    scripted_run = make_prompt_run(on_prompts=lambda _: POLICY, on_activity=lose_it)
    await run_to_end(scripted_run, tmp_path / "journal", target=60, **MODEL)
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure is not None
    assert scripted_run.ending.failure.reason is Reason.WORKER_LOST
    assert scripted_run.read_counters().cost.text_calls == 1


@pytest.mark.slow
async def test_a_minute_without_the_store_only_takes_time(tmp_path: Path) -> None:
    scripted_run = make_prompt_run()
    scripted_run.is_store_unavailable = lambda name, _: name == "write_prompt_batch" and scripted_run.seconds < 60
    await run_to_end(scripted_run, tmp_path / "journal", target=40, **MODEL)
    assert (sorted(scripted_run.prompted), scripted_run.template_batches, scripted_run.read_counters().made) == (
        [1, 2],
        [],
        40,
    )
