"""Refining a picture: draw, look at it, write its prompt anew, draw again; the best one ships. Pure rules.

A round is one picture and what was thought of it. Scores of an item's rounds compare, as all of them are judged against
the same prompt: the one that the first picture was drawn from.
"""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MOST_ITERATIONS = 3
HIGHEST_SCORE = 100


class Refinement(BaseModel):
    """How often pictures are improved, and how good is good enough."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)

    iterations: int = Field(default=0, ge=0, le=MOST_ITERATIONS, description="Pictures in all; 0 = not looked at.")
    accept_score: int = Field(default=85, ge=0, le=HIGHEST_SCORE, description="A picture of this score is kept.")

    @property
    def is_wanted(self) -> bool:
        """Tell whether pictures are looked at."""
        return self.iterations > 0


class Halt(StrEnum):
    """Why no further picture of an item was drawn."""

    ACCEPTED = "accepted"
    """The picture reached the score that was asked for."""
    NO_IMPROVEMENT = "no_improvement"
    """The picture was no better than the best one before."""
    ITERATIONS_USED = "iterations_used"
    """There were as many pictures as were asked for."""
    SAME_PROMPT = "same_prompt"
    """The prompt came back as it was: the next picture would show the same."""
    FAILED = "failed"
    """A call failed for good: what had been drawn by then is what there is."""
    RUN_ENDED = "run_ended"
    """The run ended before: it was cancelled or blocked, or its budget was spent."""


def decide_halt(scores: Sequence[int], refinement: Refinement) -> Halt | None:
    """Return why the latest picture is the last one, or None if another one is to be drawn.

    Args:
        scores: of all rounds so far, in order; at least one.
        refinement: what was asked for.
    """
    latest, before = scores[-1], scores[:-1]
    if latest >= refinement.accept_score:
        return Halt.ACCEPTED
    if before and latest <= max(before):
        return Halt.NO_IMPROVEMENT
    return Halt.ITERATIONS_USED if len(scores) >= refinement.iterations else None


def pick_best(scores: Sequence[int]) -> int:
    """Return the round whose picture ships, from 1: the best-scored one, the first of equals."""
    return max(range(len(scores)), key=lambda place: (scores[place], -place)) + 1
