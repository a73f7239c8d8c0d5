"""Images per item: at most the requested number, typically as with the simulator's scores."""

import random

import pytest

from model_simulator.text_generation.evaluate_and_rewrite import evaluate_image
from shared.images.refinement_policy import Refinement, decide_refinement_end
from shared.runs.image_estimate import count_max_rounds, count_typical_rounds

ITEMS = 4_000
PROMPT = {"prompt": "Photo of a mug, blue, enamel, plain background"}


def draw_rounds(refine: Refinement, rng: random.Random) -> int:
    """Return how many images an item takes that is scored by the simulator."""
    scores: list[int] = []
    while not scores or decide_refinement_end(scores, refine) is None:
        scores.append(evaluate_image(PROMPT, rng)["score"])
    return len(scores)


@pytest.mark.parametrize("accept_score", [0, 50, 70, 85, 92, 100])
@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_the_typical_number_of_rounds_is_that_of_the_simulator(iterations: int, accept_score: int) -> None:
    refine, rng = Refinement(iterations=iterations, accept_score=accept_score), random.Random(7)
    measured = sum(draw_rounds(refine, rng) for _ in range(ITEMS)) / ITEMS
    assert count_typical_rounds(refine) == pytest.approx(measured, rel=0.03)


def test_an_item_is_generated_at_least_once_and_at_most_the_requested_number_of_times() -> None:
    assert [count_max_rounds(Refinement(iterations=iterations)) for iterations in range(4)] == [1, 1, 2, 3]
    for iterations in range(4):
        refine = Refinement(iterations=iterations)
        assert 1 <= count_typical_rounds(refine) <= count_max_rounds(refine)
