"""Lanes take an item's picture from step to step, and keep to their window while they do."""

from collections import Counter
from pathlib import Path

import pytest

from shared.domain.image_messages import Action, ImageCall, Step
from shared.domain.messages import Failure
from shared.reasons import Reason
from tests.support.scripted_course import Course, Ended, follow, limited

MOST_EVENTS = 500


def take_rounds(most: int) -> "Course":
    """Return a course whose pictures are all drawn so often."""

    def name_next(call: ImageCall) -> Step | None:
        step = call.step
        match step.action:
            case Action.DRAW:
                return Step(Action.EVALUATE, step.round)
            case Action.EVALUATE:
                return Step(Action.REWRITE, step.round + 1) if step.round < most else None
            case Action.REWRITE:
                return Step(Action.DRAW, step.round)

    return Course(on_step=name_next)


def count_reviews(course: Course) -> Counter[tuple[str, Step]]:
    return Counter((call.product_id, call.step) for call in course.reviews)


def check_ended(course: Course, ended: Ended, *, pictures: int) -> None:
    assert ended.instance.output == '"Closed"'
    assert (ended.left_running, ended.longest_history <= MOST_EVENTS) == ([], True)
    assert set(course.paid.values()) == {1}
    assert len(course.paid) == pictures


@pytest.mark.parametrize("parallel", [1, 3, 16])
async def test_every_step_of_every_picture_is_taken_once_within_the_window(tmp_path: Path, parallel: int) -> None:
    course = take_rounds(3)
    ended = await follow(course, tmp_path / "journal", target=40, parallel_image_requests=parallel)
    check_ended(course, ended, pictures=120)
    assert set(count_reviews(course).values()) == {1}
    assert len(course.reviews) == 40 * 5
    assert course.most_running == parallel
    tally = course.ending_tally()
    assert (tally.made, tally.refined, tally.failed) == (40, 40, {})
    assert (tally.cost.image_calls, tally.cost.text_calls) == (120, 200 + course.calls["write_batch"] + 1)


async def test_what_was_begun_is_finished_before_the_next_item_is_begun(tmp_path: Path) -> None:
    course = take_rounds(3)
    await follow(course, tmp_path / "journal", target=20, parallel_image_requests=1)
    assert [item for item, _ in course.items] == list(dict.fromkeys(call.product_id for call in course.reviews))
    order = [call.product_id for call in course.reviews]
    assert order == sorted(order, key=order.index)


async def test_a_step_that_draws_nothing_needs_no_turn_under_the_quota(tmp_path: Path) -> None:
    course = take_rounds(1)
    course.on_turn = lambda call: 600.0 if call.turn == 0 and not call.product_id.endswith("-0") else None
    looked: list[float] = []

    def note(_: ImageCall) -> None:
        looked.append(course.seconds)

    course.on_review = note
    await follow(course, tmp_path / "journal", target=3, parallel_image_requests=1)
    assert looked[0] < 120


async def test_a_429_to_a_look_keeps_no_picture_waiting_and_uses_up_no_try(tmp_path: Path) -> None:
    course = take_rounds(1)
    course.on_review = lambda _: limited(60) if course.seconds < 600 else None
    ended = await follow(course, tmp_path / "journal", target=20, parallel_image_requests=4)
    check_ended(course, ended, pictures=20)
    drawn = [(moment - course.calls_at[0]).total_seconds() for moment in course.calls_at]
    assert max(drawn) < 120, "five rounds of four pictures, ten seconds each"
    assert course.ended == {}
    looked = Counter(call.product_id for call in course.reviews)
    assert max(looked.values()) <= 12, "each is asked for again once a minute"


async def test_a_429_to_a_picture_keeps_no_look_waiting(tmp_path: Path) -> None:
    course = take_rounds(1)
    looked: list[float] = []
    course.on_review = lambda _: looked.append(course.seconds)
    course.on_image = lambda call: limited(600) if len(course.paid) == 1 and not call.attempt else None
    ended = await follow(course, tmp_path / "journal", target=3, parallel_image_requests=2)
    check_ended(course, ended, pictures=3)
    assert looked[0] < 120
    assert looked[-1] > 600


async def test_steps_that_fail_are_taken_again_and_count_their_own_tries(tmp_path: Path) -> None:
    tries: Counter[tuple[str, Step]] = Counter()

    def fail_twice(call: ImageCall) -> Failure | None:
        tries[call.product_id, call.step] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if tries[call.product_id, call.step] <= 2 else None

    course = take_rounds(2)
    course.on_review = course.on_image = fail_twice
    ended = await follow(course, tmp_path / "journal", target=10, parallel_image_requests=4)
    check_ended(course, ended, pictures=20)
    assert set(tries.values()) == {3}
    attempts = [(call.product_id, call.step, call.attempt) for call in course.reviews]
    assert len(set(attempts)) == len(attempts), "each call is a message of its own"


async def test_an_answer_that_cannot_be_used_is_asked_for_once_more_and_stricter(tmp_path: Path) -> None:
    course = take_rounds(1)
    course.on_review = lambda call: None if call.stricter else Failure(Reason.MALFORMED_ANSWER, "no JSON")
    ended = await follow(course, tmp_path / "journal", target=6)
    check_ended(course, ended, pictures=6)
    assert [call.stricter for call in course.reviews].count(True) == 6
    assert course.ended == {}


async def test_what_cannot_be_looked_at_keeps_its_picture_and_is_no_failure(tmp_path: Path) -> None:
    course = take_rounds(3)
    course.on_review = lambda _: Failure(Reason.REFUSAL, "no")
    ended = await follow(course, tmp_path / "journal", target=6)
    check_ended(course, ended, pictures=6)
    assert {failure.reason for failure in course.ended.values()} == {Reason.REFUSAL}
    assert len(course.ended) == 6
    tally = course.ending_tally()
    assert (tally.made, tally.refined, tally.failed, course.failed) == (6, 0, {}, {})


async def test_a_later_picture_that_is_refused_is_no_failure_of_the_item(tmp_path: Path) -> None:
    course = take_rounds(3)
    follows = course.on_step
    course.on_image = lambda call: Failure(Reason.CONTENT_POLICY, "no") if call.step.round == 2 else None
    course.on_step = lambda call: None if call.step == Step(Action.DRAW, 2) else follows(call)
    ended = await follow(course, tmp_path / "journal", target=6)
    check_ended(course, ended, pictures=6)
    assert {failure.reason for failure in course.ended.values()} == {Reason.CONTENT_POLICY}
    assert course.failed == {}


async def test_a_refused_prompt_is_worded_anew_where_the_activity_says_so(tmp_path: Path) -> None:
    def name_next(call: ImageCall) -> Step | None:
        step = call.step
        if step.action is Action.REWRITE:
            return Step(Action.DRAW, 1, step.rewrite)
        return Step(Action.REWRITE, 1, 1) if step == Step() and call.product_id.endswith("0") else None

    course = Course(on_step=name_next)
    course.on_image = lambda call: Failure(Reason.CONTENT_POLICY, "no") if name_next(call) else None
    ended = await follow(course, tmp_path / "journal", target=40)
    check_ended(course, ended, pictures=40)
    assert (course.failed, course.ended) == ({}, {})
    assert len(course.reviews) == sum(item.endswith("0") for item, _ in course.items)


async def test_a_block_leaves_what_was_begun_for_whoever_resumes_the_run(tmp_path: Path) -> None:
    course = take_rounds(3)

    def block(_: ImageCall) -> Failure:
        course.stop = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
        return course.stop

    course.on_review = block
    await follow(course, tmp_path / "journal", target=10, parallel_image_requests=2)
    assert course.ended == {}
    assert course.ending_tally().made == len(course.paid)
