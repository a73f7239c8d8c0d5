"""Prompts of rows are written batch by batch while the lanes make the pictures of those that are done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.domain.messages import Failure, TextCall
from shared.reasons import Reason
from tests.support.scripted_course import Course, follow, limited

MODEL: dict[str, Any] = {"source": "products", "takes_input": True, "prompt_writer": "model"}


def make_course(**changes: Any) -> Course:
    return Course(waits_for_prompts=True, **changes)


async def test_every_batch_is_asked_for_once_and_the_items_are_closed_behind_the_last_one(tmp_path: Path) -> None:
    course = make_course()
    ended = await follow(course, tmp_path / "journal", target=70, **MODEL)
    assert (ended.instance.output, ended.left_running) == ('"Closed"', [])
    assert list(course.prompted) == [1, 2, 3, 4]
    assert (course.calls["write_batch"], course.calls["make_categories"], course.calls["close_items"]) == (0, 0, 1)
    tally = course.ending_tally()
    assert (tally.accepted, tally.made, tally.cost.text_calls) == (70, 70, 4)


async def test_lanes_make_pictures_while_later_prompts_are_written(tmp_path: Path) -> None:
    course = make_course(text_seconds=100.0)
    await follow(course, tmp_path / "journal", target=80, **MODEL)
    started = course.calls_at[0] - course.calls_at[-1]
    assert course.seconds < 4 * 100 + 80 * 10 / 4
    assert -started.total_seconds() > 300 - 10


@pytest.mark.parametrize(("writers", "batches"), [(2, 5), (3, 4), (16, 3)])
async def test_writers_take_every_so_many_batches(tmp_path: Path, writers: int, batches: int) -> None:
    course = make_course()
    await follow(course, tmp_path / "journal", target=20 * batches, parallel_text_requests=writers, **MODEL)
    assert sorted(course.prompted) == list(range(1, batches + 1))
    assert course.ending_tally().cost.text_calls == batches
    assert course.calls["close_items"] == 1


async def test_hundreds_of_batches_take_short_histories(tmp_path: Path) -> None:
    course = make_course(text_seconds=0.1, image_seconds=0.1, batch_size=1)
    ended = await follow(course, tmp_path / "journal", target=130, **MODEL)
    assert len(course.prompted) == course.ending_tally().made == 130
    assert ended.longest_history < 600


async def test_a_dry_run_has_the_prompts_written_and_makes_no_image(tmp_path: Path) -> None:
    course = make_course()
    await follow(course, tmp_path / "journal", target=30, dry_run=True, **MODEL)
    assert (len(course.prompted), course.calls["make_image"]) == (2, 0)


async def test_without_the_model_no_text_is_asked_for(tmp_path: Path) -> None:
    course = Course()
    await follow(course, tmp_path / "journal", target=30, **MODEL | {"prompt_writer": "template"})
    assert (course.calls["write_prompts"], course.ending_tally().made) == (0, 30)


@pytest.mark.parametrize("reason", [Reason.REFUSAL, Reason.MALFORMED_ANSWER, Reason.INCOMPLETE_ANSWER])
async def test_an_unusable_answer_is_asked_for_once_more_more_strictly(tmp_path: Path, reason: Reason) -> None:
    course = make_course(on_prompts=lambda call: None if call.stricter else Failure(reason, "no"))
    await follow(course, tmp_path / "journal", target=40, **MODEL)
    assert [call.attempt for call in course.prompted.values()] == [1, 1]
    assert course.given_up == []
    assert course.ending_tally().cost.text_calls == 4


UNUSABLE = Failure(Reason.REFUSAL, "no")
BROKEN = Failure(Reason.SERVER_ERROR, "oops")
POLICY = Failure(Reason.CONTENT_POLICY, "no")


@pytest.mark.parametrize(
    ("failure", "calls"), [(UNUSABLE, 2), (BROKEN, 3), (POLICY, 1)], ids=["answer", "5xx", "policy"]
)
async def test_a_batch_that_fails_for_good_is_left_to_the_template_and_the_others_go_on(
    tmp_path: Path, failure: Failure, calls: int
) -> None:
    course = make_course(on_prompts=lambda call: failure if call.batch == 2 else None)
    await follow(course, tmp_path / "journal", target=60, **MODEL)
    assert (sorted(course.prompted), course.given_up) == ([1, 3], [2])
    assert course.ending is not None
    assert course.ending.failure is None
    tally = course.ending_tally()
    assert (tally.made, tally.failed, tally.cost.text_calls) == (60, {}, 2 + calls)


async def test_rate_limits_are_waited_out_and_counted(tmp_path: Path) -> None:
    course = make_course(on_prompts=lambda call: limited(30) if call.attempt < 3 else None)
    await follow(course, tmp_path / "journal", target=20, **MODEL)
    assert (course.ending_tally().rate_limited, course.ending_tally().made) == (3, 20)
    assert course.seconds > 90


async def test_what_a_budget_has_no_room_for_is_left_to_the_template_and_the_run_says_why(tmp_path: Path) -> None:
    over = Failure(Reason.BUDGET, "the next call may cost more")
    course = make_course(on_prompts=lambda call: over if call.batch == 3 else None)
    await follow(course, tmp_path / "journal", target=80, **MODEL)
    assert course.ending is not None
    assert course.ending.failure == over
    assert (sorted(course.prompted), course.given_up, course.ending_tally().made) == ([1, 2], [], 80)


def stop_at(course: Course, batch: int) -> Callable[[TextCall], Failure | None]:
    def answer(call: TextCall) -> Failure | None:
        if call.batch == batch:
            course.stop = Failure(Reason.AUTHENTICATION, "401")
            return course.stop
        return None

    return answer


async def test_a_failure_that_every_call_would_meet_ends_the_run(tmp_path: Path) -> None:
    course = make_course()
    course.on_prompts = stop_at(course, 2)
    ended = await follow(course, tmp_path / "journal", target=80, parallel_text_requests=2, **MODEL)
    assert ended.left_running == []
    assert course.stop is not None
    assert course.given_up == []
    assert 2 not in course.prompted
    assert course.ending_tally().made < 80


async def test_an_activity_that_is_lost_each_time_stops_the_run_and_what_was_spent_is_counted(tmp_path: Path) -> None:
    def break_it(name: str) -> None:
        if name == "give_up_prompts":
            raise RuntimeError("a surprise")

    course = make_course(on_prompts=lambda _: POLICY, on_activity=break_it)
    await follow(course, tmp_path / "journal", target=60, **MODEL)
    assert course.ending is not None
    assert course.ending.failure is not None
    assert course.ending.failure.reason is Reason.WORKER_LOST
    assert course.ending_tally().cost.text_calls == 1


async def test_a_store_that_is_away_for_a_minute_costs_nothing_but_time(tmp_path: Path) -> None:
    course = make_course()
    course.is_away = lambda name, _: name == "write_prompts" and course.seconds < 60
    await follow(course, tmp_path / "journal", target=40, **MODEL)
    assert (sorted(course.prompted), course.given_up, course.ending_tally().made) == ([1, 2], [], 40)
