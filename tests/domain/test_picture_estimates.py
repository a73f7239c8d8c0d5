"""How often an item is drawn: at most as often as is asked for, and typically as the simulator's scores have it."""

import random

import pytest

from local.simulator.writing.reviews import evaluate_image
from shared.domain.picture_estimates import count_most_rounds, count_typical_rounds
from shared.domain.refinement import Refinement, decide_halt

ITEMS = 4_000
PROMPT = {"prompt": "Photo of a mug, blue, enamel, plain background"}


def draw_rounds(refine: Refinement, rng: random.Random) -> int:
    """Return how many pictures an item takes that is scored by the simulator."""
    scores: list[int] = []
    while not scores or decide_halt(scores, refine) is None:
        scores.append(evaluate_image(PROMPT, rng)["score"])
    return len(scores)


@pytest.mark.parametrize("accept_score", [0, 50, 70, 85, 92, 100])
@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_the_typical_number_of_rounds_is_that_of_the_simulator(iterations: int, accept_score: int) -> None:
    refine, rng = Refinement(iterations=iterations, accept_score=accept_score), random.Random(7)
    measured = sum(draw_rounds(refine, rng) for _ in range(ITEMS)) / ITEMS
    assert count_typical_rounds(refine) == pytest.approx(measured, rel=0.03)


def test_an_item_is_drawn_once_at_least_and_as_often_as_asked_at_most() -> None:
    assert [count_most_rounds(Refinement(iterations=iterations)) for iterations in range(4)] == [1, 1, 2, 3]
    for iterations in range(4):
        refine = Refinement(iterations=iterations)
        assert 1 <= count_typical_rounds(refine) <= count_most_rounds(refine)
