"""The rules of refinement: when to stop generating images of an item, and which one to promote. Pure.

A round is one image and its evaluation. The scores of an item's rounds are comparable, because all of its images are
scored against the prompt of the first one. With style references, an image also has a likeness, and its rating is the
lower of both: an image of the right product in another look is not better than one of the wrong product.
"""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_ITERATIONS = 3
MAX_SCORE = 100


class Refinement(BaseModel):
    """How many images of an item to generate at most, and which score is good enough."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)

    iterations: int = Field(
        default=0,
        ge=0,
        le=MAX_ITERATIONS,
        description="Maximum number of images per item: each is scored and its prompt rewritten; 0 = no scores.",
    )
    accept_score: int = Field(
        default=85,
        ge=0,
        le=MAX_SCORE,
        description="Minimum score that ends the refinement of an item; with style references, of the likeness, too.",
    )

    @property
    def is_wanted(self) -> bool:
        """Whether images are evaluated."""
        return self.iterations > 0


class RefinementEnd(StrEnum):
    """Why no further image of an item was generated."""

    ACCEPTED = "accepted"
    """The image reached the accepted score, and likeness if it has one."""
    NO_IMPROVEMENT = "no_improvement"
    """The image was rated no better than the best earlier one."""
    ITERATIONS_USED = "iterations_used"
    """The maximum number of images was generated."""
    SAME_PROMPT = "same_prompt"
    """The text model returned the prompt unchanged: the next image would show the same."""
    FAILED = "failed"
    """A call failed for good: the item keeps the images that it has."""
    RUN_ENDED = "run_ended"
    """The run ended first: it was cancelled or blocked, or its budget was spent."""


def rate(score: int, likeness: int | None) -> int:
    """Return the rating of an image: its score, or its likeness if that is lower; None = it has none."""
    return score if likeness is None else min(score, likeness)


def decide_refinement_end(ratings: Sequence[int], refinement: Refinement) -> RefinementEnd | None:
    """Return why the latest image is the last one, or None if another one is to be generated.

    Args:
        ratings: of all rounds so far, in order; at least one.
        refinement: the request's refinement.
    """
    latest, before = ratings[-1], ratings[:-1]
    if latest >= refinement.accept_score:
        return RefinementEnd.ACCEPTED
    if before and latest <= max(before):
        return RefinementEnd.NO_IMPROVEMENT
    return RefinementEnd.ITERATIONS_USED if len(ratings) >= refinement.iterations else None


def pick_best_round(ratings: Sequence[int]) -> int:
    """Return the number of the round to promote, from 1: the best rating, the first of equals."""
    return max(range(len(ratings)), key=lambda place: (ratings[place], -place)) + 1
