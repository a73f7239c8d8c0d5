"""Image workers take an item's image from step to step, and keep to their window while they do."""

from collections import Counter
from pathlib import Path

import pytest

from shared.messages.base import Failure
from shared.messages.images import ImageAction, ImageCall, ImageStep
from shared.reasons import Reason
from tests.support.scripted_run import Ended, ScriptedRun, follow, limited

MAX_EVENTS = 500


def take_rounds(most: int) -> "ScriptedRun":
    """Return a course whose images are all drawn so often."""

    def name_next(call: ImageCall) -> ImageStep | None:
        step = call.step
        match step.action:
            case ImageAction.GENERATE:
                return ImageStep(ImageAction.EVALUATE, step.round)
            case ImageAction.EVALUATE:
                return ImageStep(ImageAction.REWRITE, step.round + 1) if step.round < most else None
            case ImageAction.REWRITE:
                return ImageStep(ImageAction.GENERATE, step.round)

    return ScriptedRun(on_step=name_next)


def count_reviews(scripted_run: ScriptedRun) -> Counter[tuple[str, ImageStep]]:
    return Counter((call.product_id, call.step) for call in scripted_run.reviews)


def check_ended(scripted_run: ScriptedRun, ended: Ended, *, images: int) -> None:
    assert ended.instance.output == '"Closed"'
    assert (ended.left_running, ended.max_history_events <= MAX_EVENTS) == ([], True)
    assert set(scripted_run.paid.values()) == {1}
    assert len(scripted_run.paid) == images


@pytest.mark.parametrize("parallel", [1, 3, 16])
async def test_every_step_of_every_image_is_taken_once_within_the_window(tmp_path: Path, parallel: int) -> None:
    scripted_run = take_rounds(3)
    ended = await follow(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=parallel)
    check_ended(scripted_run, ended, images=120)
    assert set(count_reviews(scripted_run).values()) == {1}
    assert len(scripted_run.reviews) == 40 * 5
    assert scripted_run.max_running == parallel
    counters = scripted_run.ending_tally()
    assert (counters.made, counters.refined, counters.failed) == (40, 40, {})
    assert (counters.cost.image_calls, counters.cost.text_calls) == (120, 200 + scripted_run.calls["write_batch"] + 1)


async def test_what_was_begun_is_finished_before_the_next_item_is_begun(tmp_path: Path) -> None:
    scripted_run = take_rounds(3)
    await follow(scripted_run, tmp_path / "journal", target=20, parallel_image_requests=1)
    assert [item for item, _ in scripted_run.items] == list(
        dict.fromkeys(call.product_id for call in scripted_run.reviews)
    )
    order = [call.product_id for call in scripted_run.reviews]
    assert order == sorted(order, key=order.index)


async def test_a_step_that_draws_nothing_needs_no_turn_under_the_quota(tmp_path: Path) -> None:
    scripted_run = take_rounds(1)
    scripted_run.on_rate_limit_turn = lambda call: (
        600.0 if call.deferral == 0 and not call.product_id.endswith("-0") else None
    )
    looked: list[float] = []

    def note(_: ImageCall) -> None:
        looked.append(scripted_run.seconds)

    scripted_run.on_evaluation = note
    await follow(scripted_run, tmp_path / "journal", target=3, parallel_image_requests=1)
    assert looked[0] < 120


async def test_a_429_to_a_look_keeps_no_image_waiting_and_uses_up_no_try(tmp_path: Path) -> None:
    scripted_run = take_rounds(1)
    scripted_run.on_evaluation = lambda _: limited(60) if scripted_run.seconds < 600 else None
    ended = await follow(scripted_run, tmp_path / "journal", target=20, parallel_image_requests=4)
    check_ended(scripted_run, ended, images=20)
    drawn = [(moment - scripted_run.calls_at[0]).total_seconds() for moment in scripted_run.calls_at]
    assert max(drawn) < 120, "five rounds of four images, ten seconds each"
    assert scripted_run.ended == {}
    looked = Counter(call.product_id for call in scripted_run.reviews)
    assert max(looked.values()) <= 12, "each is asked for again once a minute"


async def test_a_429_to_an_image_keeps_no_look_waiting(tmp_path: Path) -> None:
    scripted_run = take_rounds(1)
    looked: list[float] = []
    scripted_run.on_evaluation = lambda _: looked.append(scripted_run.seconds)
    scripted_run.on_image = lambda call: limited(600) if len(scripted_run.paid) == 1 and not call.attempt else None
    ended = await follow(scripted_run, tmp_path / "journal", target=3, parallel_image_requests=2)
    check_ended(scripted_run, ended, images=3)
    assert looked[0] < 120
    assert looked[-1] > 600


async def test_steps_that_fail_are_taken_again_and_count_their_own_tries(tmp_path: Path) -> None:
    failure_counts: Counter[tuple[str, ImageStep]] = Counter()

    def fail_twice(call: ImageCall) -> Failure | None:
        failure_counts[call.product_id, call.step] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if failure_counts[call.product_id, call.step] <= 2 else None

    scripted_run = take_rounds(2)
    scripted_run.on_evaluation = scripted_run.on_image = fail_twice
    ended = await follow(scripted_run, tmp_path / "journal", target=10, parallel_image_requests=4)
    check_ended(scripted_run, ended, images=20)
    assert set(failure_counts.values()) == {3}
    attempts = [(call.product_id, call.step, call.attempt) for call in scripted_run.reviews]
    assert len(set(attempts)) == len(attempts), "each call is a message of its own"


async def test_an_answer_that_cannot_be_used_is_asked_for_once_more_and_stricter(tmp_path: Path) -> None:
    scripted_run = take_rounds(1)
    scripted_run.on_evaluation = lambda call: None if call.stricter else Failure(Reason.MALFORMED_ANSWER, "no JSON")
    ended = await follow(scripted_run, tmp_path / "journal", target=6)
    check_ended(scripted_run, ended, images=6)
    assert [call.stricter for call in scripted_run.reviews].count(True) == 6
    assert scripted_run.ended == {}


async def test_what_cannot_be_looked_at_keeps_its_image_and_is_no_failure(tmp_path: Path) -> None:
    scripted_run = take_rounds(3)
    scripted_run.on_evaluation = lambda _: Failure(Reason.REFUSAL, "no")
    ended = await follow(scripted_run, tmp_path / "journal", target=6)
    check_ended(scripted_run, ended, images=6)
    assert {failure.reason for failure in scripted_run.ended.values()} == {Reason.REFUSAL}
    assert len(scripted_run.ended) == 6
    counters = scripted_run.ending_tally()
    assert (counters.made, counters.refined, counters.failed, scripted_run.failed) == (6, 0, {}, {})


async def test_a_later_image_that_is_refused_is_no_failure_of_the_item(tmp_path: Path) -> None:
    scripted_run = take_rounds(3)
    follows = scripted_run.on_step
    scripted_run.on_image = lambda call: Failure(Reason.CONTENT_POLICY, "no") if call.step.round == 2 else None
    scripted_run.on_step = lambda call: None if call.step == ImageStep(ImageAction.GENERATE, 2) else follows(call)
    ended = await follow(scripted_run, tmp_path / "journal", target=6)
    check_ended(scripted_run, ended, images=6)
    assert {failure.reason for failure in scripted_run.ended.values()} == {Reason.CONTENT_POLICY}
    assert scripted_run.failed == {}


async def test_a_refused_prompt_is_worded_again_where_the_activity_says_so(tmp_path: Path) -> None:
    def name_next(call: ImageCall) -> ImageStep | None:
        step = call.step
        if step.action is ImageAction.REWRITE:
            return ImageStep(ImageAction.GENERATE, 1, step.rewrite)
        return ImageStep(ImageAction.REWRITE, 1, 1) if step == ImageStep() and call.product_id.endswith("0") else None

    scripted_run = ScriptedRun(on_step=name_next)
    scripted_run.on_image = lambda call: Failure(Reason.CONTENT_POLICY, "no") if name_next(call) else None
    ended = await follow(scripted_run, tmp_path / "journal", target=40)
    check_ended(scripted_run, ended, images=40)
    assert (scripted_run.failed, scripted_run.ended) == ({}, {})
    assert len(scripted_run.reviews) == sum(item.endswith("0") for item, _ in scripted_run.items)


async def test_a_block_leaves_what_was_begun_for_whoever_resumes_the_run(tmp_path: Path) -> None:
    scripted_run = take_rounds(3)

    def block(_: ImageCall) -> Failure:
        scripted_run.stop = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
        return scripted_run.stop

    scripted_run.on_evaluation = block
    await follow(scripted_run, tmp_path / "journal", target=10, parallel_image_requests=2)
    assert scripted_run.ended == {}
    assert scripted_run.ending_tally().made == len(scripted_run.paid)
