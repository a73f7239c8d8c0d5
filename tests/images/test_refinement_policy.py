"""When an image is generated again, and which one is promoted."""

from hypothesis import given
from hypothesis import strategies as st

from shared.images.refinement_policy import (
    MAX_ITERATIONS,
    Refinement,
    RefinementEnd,
    decide_refinement_end,
    pick_best_round,
    rate,
)

scores_ = st.lists(st.integers(0, 100), min_size=MAX_ITERATIONS, max_size=MAX_ITERATIONS)
refinements = st.builds(Refinement, iterations=st.integers(1, MAX_ITERATIONS), accept_score=st.integers(0, 100))


def draw_rounds(scores: list[int], refinement: Refinement) -> tuple[list[int], RefinementEnd]:
    """Return the scores of the rounds that are generated, and why there is no further one."""
    drawn = scores[:1]
    while (halt := decide_refinement_end(drawn, refinement)) is None:
        drawn = scores[: len(drawn) + 1]
    return drawn, halt


@given(scores_)
def test_the_best_image_is_promoted_and_the_first_of_equals(scores: list[int]) -> None:
    best = pick_best_round(scores)
    assert scores[best - 1] == max(scores)
    assert max(scores) not in scores[: best - 1]


@given(scores_, scores_)
def test_with_references_no_image_is_rated_above_its_score_or_its_likeness(scores: list[int], looks: list[int]) -> None:
    ratings = [rate(*pair) for pair in zip(scores, looks, strict=True)]
    best = pick_best_round(ratings) - 1
    assert min(scores[best], looks[best]) == max(map(min, scores, looks))
    assert [rate(score, None) for score in scores] == scores


@given(scores_, refinements)
def test_there_are_never_more_images_than_were_requested(scores: list[int], refinement: Refinement) -> None:
    drawn, halt = draw_rounds(scores, refinement)
    assert 1 <= len(drawn) <= refinement.iterations
    assert (halt is RefinementEnd.ITERATIONS_USED) <= (len(drawn) == refinement.iterations)


@given(scores_, refinements)
def test_a_further_image_is_generated_only_after_one_that_was_better_and_not_good_enough(
    scores: list[int],
    refinement: Refinement,
) -> None:
    drawn, _ = draw_rounds(scores, refinement)
    before = drawn[:-1]
    assert all(score < refinement.accept_score for score in before)
    assert before == sorted(set(before))


def test_an_image_of_the_asked_score_is_kept_at_once() -> None:
    assert draw_rounds([85, 99, 99], Refinement(iterations=3)) == ([85], RefinementEnd.ACCEPTED)


def test_an_image_without_improvement_is_the_last_one() -> None:
    assert draw_rounds([60, 60, 80], Refinement(iterations=3)) == ([60, 60], RefinementEnd.NO_IMPROVEMENT)


def test_a_third_image_that_is_worse_leaves_the_second_one_the_best() -> None:
    drawn, halt = draw_rounds([50, 80, 65], Refinement(iterations=3))
    assert (drawn, halt, pick_best_round(drawn)) == ([50, 80, 65], RefinementEnd.NO_IMPROVEMENT, 2)


def test_one_image_is_evaluated_and_not_generated_again() -> None:
    assert draw_rounds([10, 90, 90], Refinement(iterations=1)) == ([10], RefinementEnd.ITERATIONS_USED)
