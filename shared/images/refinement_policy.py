"""Refining an image: draw, look at it, write its prompt anew, draw again; the best one ships. Pure rules.

A round is one image and what was thought of it. Scores of an item's rounds compare, as all of them are judged against
the same prompt: the one that the first image was drawn from.
"""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_ITERATIONS = 3
MAX_SCORE = 100


class Refinement(BaseModel):
    """How often images are improved, and how good is good enough."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)

    iterations: int = Field(
        default=0,
        ge=0,
        le=MAX_ITERATIONS,
        description="Maximum number of images per item: each is scored and its prompt rewritten; 0 = no scores.",
    )
    accept_score: int = Field(
        default=85, ge=0, le=MAX_SCORE, description="Minimum score that ends the refinement of an item."
    )

    @property
    def is_wanted(self) -> bool:
        """Tell whether images are looked at."""
        return self.iterations > 0


class RefinementEnd(StrEnum):
    """Why no further image of an item was drawn."""

    ACCEPTED = "accepted"
    """The image reached the score that was asked for."""
    NO_IMPROVEMENT = "no_improvement"
    """The image was no better than the best one before."""
    ITERATIONS_USED = "iterations_used"
    """There were as many images as were asked for."""
    SAME_PROMPT = "same_prompt"
    """The prompt came back as it was: the next image would show the same."""
    FAILED = "failed"
    """A call failed for good: what had been drawn by then is what there is."""
    RUN_ENDED = "run_ended"
    """The run ended before: it was cancelled or blocked, or its budget was spent."""


def decide_refinement_end(scores: Sequence[int], refinement: Refinement) -> RefinementEnd | None:
    """Return why the latest image is the last one, or None if another one is to be drawn.

    Args:
        scores: of all rounds so far, in order; at least one.
        refinement: what was asked for.
    """
    latest, before = scores[-1], scores[:-1]
    if latest >= refinement.accept_score:
        return RefinementEnd.ACCEPTED
    if before and latest <= max(before):
        return RefinementEnd.NO_IMPROVEMENT
    return RefinementEnd.ITERATIONS_USED if len(scores) >= refinement.iterations else None


def pick_best_round(scores: Sequence[int]) -> int:
    """Return the round whose image ships, from 1: the best-scored one, the first of equals."""
    return max(range(len(scores)), key=lambda place: (scores[place], -place)) + 1
