"""Image workers run the steps of a refinement within their window."""

from collections import Counter
from pathlib import Path

import pytest

from shared.messages.base import Failure
from shared.messages.images import ImageAction, ImageCall, ImageStep
from shared.reasons import Reason
from tests.support.scripted_run import ScriptedRun, check_completed, limited, run_to_end


def make_refining_run(rounds: int) -> "ScriptedRun":
    """Return a run that generates each item's image in so many rounds."""

    def choose_next_step(call: ImageCall) -> ImageStep | None:
        step = call.step
        match step.action:
            case ImageAction.GENERATE:
                return ImageStep(ImageAction.EVALUATE, step.round)
            case ImageAction.EVALUATE:
                return ImageStep(ImageAction.REWRITE, step.round + 1) if step.round < rounds else None
            case ImageAction.REWRITE:
                return ImageStep(ImageAction.GENERATE, step.round)

    return ScriptedRun(on_step=choose_next_step)


def count_text_steps(scripted_run: ScriptedRun) -> Counter[tuple[str, ImageStep]]:
    return Counter((call.product_id, call.step) for call in scripted_run.text_steps)


@pytest.mark.slow
@pytest.mark.parametrize("parallel", [1, 3, 16])
async def test_every_step_of_every_image_runs_once_within_the_window(tmp_path: Path, parallel: int) -> None:
    scripted_run = make_refining_run(3)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=40, parallel_image_requests=parallel)
    check_completed(scripted_run, ended, images=120)
    assert set(count_text_steps(scripted_run).values()) == {1}
    assert len(scripted_run.text_steps) == 40 * 5
    assert scripted_run.max_running == parallel
    counters = scripted_run.read_counters()
    assert (counters.made, counters.refined, counters.failed) == (40, 40, {})
    assert (counters.cost.image_calls, counters.cost.text_calls) == (120, 200 + scripted_run.calls["write_batch"] + 1)


async def test_an_item_is_finished_before_the_next_one_starts(tmp_path: Path) -> None:
    scripted_run = make_refining_run(3)
    await run_to_end(scripted_run, tmp_path / "journal", target=20, parallel_image_requests=1)
    assert [item for item, _ in scripted_run.items] == list(
        dict.fromkeys(call.product_id for call in scripted_run.text_steps)
    )
    order = [call.product_id for call in scripted_run.text_steps]
    assert order == sorted(order, key=order.index)


async def test_a_text_step_needs_no_turn_under_the_image_quota(tmp_path: Path) -> None:
    scripted_run = make_refining_run(1)
    scripted_run.on_turn = lambda call: 600.0 if call.deferral == 0 and not call.product_id.endswith("-0") else None
    evaluated_at: list[float] = []

    def note(_: ImageCall) -> None:
        evaluated_at.append(scripted_run.seconds)

    scripted_run.on_evaluation = note
    await run_to_end(scripted_run, tmp_path / "journal", target=3, parallel_image_requests=1)
    assert evaluated_at[0] < 120


async def test_a_429_to_an_evaluation_delays_no_image_and_uses_no_retry(tmp_path: Path) -> None:
    scripted_run = make_refining_run(1)
    scripted_run.on_evaluation = lambda _: limited(60) if scripted_run.seconds < 600 else None
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=20, parallel_image_requests=4)
    check_completed(scripted_run, ended, images=20)
    started = [(moment - scripted_run.calls_at[0]).total_seconds() for moment in scripted_run.calls_at]
    assert max(started) < 120, "five rounds of four images, ten seconds each"
    assert scripted_run.unfinished_refinements == {}
    evaluated_at = Counter(call.product_id for call in scripted_run.text_steps)
    assert max(evaluated_at.values()) <= 12, "each is requested again once a minute"


async def test_a_429_to_an_image_delays_no_evaluation(tmp_path: Path) -> None:
    scripted_run = make_refining_run(1)
    evaluated_at: list[float] = []
    scripted_run.on_evaluation = lambda _: evaluated_at.append(scripted_run.seconds)
    scripted_run.on_image = lambda call: limited(600) if len(scripted_run.generated) == 1 and not call.attempt else None
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=3, parallel_image_requests=2)
    check_completed(scripted_run, ended, images=3)
    assert evaluated_at[0] < 120
    assert evaluated_at[-1] > 600


async def test_failed_steps_are_retried_and_count_their_own_retries(tmp_path: Path) -> None:
    failure_counts: Counter[tuple[str, ImageStep]] = Counter()

    def fail_twice(call: ImageCall) -> Failure | None:
        failure_counts[call.product_id, call.step] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if failure_counts[call.product_id, call.step] <= 2 else None

    scripted_run = make_refining_run(2)
    scripted_run.on_evaluation = scripted_run.on_image = fail_twice
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=10, parallel_image_requests=4)
    check_completed(scripted_run, ended, images=20)
    assert set(failure_counts.values()) == {3}
    attempts = [(call.product_id, call.step, call.attempt) for call in scripted_run.text_steps]
    assert len(set(attempts)) == len(attempts), "each call is a message of its own"


async def test_an_unusable_evaluation_is_requested_once_more_and_stricter(tmp_path: Path) -> None:
    scripted_run = make_refining_run(1)
    scripted_run.on_evaluation = lambda call: None if call.stricter else Failure(Reason.MALFORMED_ANSWER, "no JSON")
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=6)
    check_completed(scripted_run, ended, images=6)
    assert [call.stricter for call in scripted_run.text_steps].count(True) == 6
    assert scripted_run.unfinished_refinements == {}


async def test_an_item_that_cannot_be_evaluated_keeps_its_image_and_does_not_fail(tmp_path: Path) -> None:
    scripted_run = make_refining_run(3)
    scripted_run.on_evaluation = lambda _: Failure(Reason.REFUSAL, "no")
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=6)
    check_completed(scripted_run, ended, images=6)
    assert {failure.reason for failure in scripted_run.unfinished_refinements.values()} == {Reason.REFUSAL}
    assert len(scripted_run.unfinished_refinements) == 6
    counters = scripted_run.read_counters()
    assert (counters.made, counters.refined, counters.failed, scripted_run.failed) == (6, 0, {}, {})


async def test_an_item_whose_later_image_is_refused_does_not_fail(tmp_path: Path) -> None:
    scripted_run = make_refining_run(3)
    follows = scripted_run.on_step
    scripted_run.on_image = lambda call: Failure(Reason.CONTENT_POLICY, "no") if call.step.round == 2 else None
    scripted_run.on_step = lambda call: None if call.step == ImageStep(ImageAction.GENERATE, 2) else follows(call)
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=6)
    check_completed(scripted_run, ended, images=6)
    assert {failure.reason for failure in scripted_run.unfinished_refinements.values()} == {Reason.CONTENT_POLICY}
    assert scripted_run.failed == {}


async def test_a_refused_prompt_is_rewritten_if_the_activity_requests_it(tmp_path: Path) -> None:
    def choose_next_step(call: ImageCall) -> ImageStep | None:
        step = call.step
        if step.action is ImageAction.REWRITE:
            return ImageStep(ImageAction.GENERATE, 1, step.rewrite)
        return ImageStep(ImageAction.REWRITE, 1, 1) if step == ImageStep() and call.product_id.endswith("0") else None

    scripted_run = ScriptedRun(on_step=choose_next_step)
    scripted_run.on_image = lambda call: Failure(Reason.CONTENT_POLICY, "no") if choose_next_step(call) else None
    ended = await run_to_end(scripted_run, tmp_path / "journal", target=40)
    check_completed(scripted_run, ended, images=40)
    assert (scripted_run.failed, scripted_run.unfinished_refinements) == ({}, {})
    assert len(scripted_run.text_steps) == sum(item.endswith("0") for item, _ in scripted_run.items)


async def test_a_block_leaves_started_refinements_to_the_resumed_run(tmp_path: Path) -> None:
    scripted_run = make_refining_run(3)

    def block(_: ImageCall) -> Failure:
        scripted_run.stop = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
        return scripted_run.stop

    scripted_run.on_evaluation = block
    await run_to_end(scripted_run, tmp_path / "journal", target=10, parallel_image_requests=2)
    assert scripted_run.unfinished_refinements == {}
    assert scripted_run.read_counters().made == len(scripted_run.generated)
