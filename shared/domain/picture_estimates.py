"""What the pictures of a run will take: drawing them and, where that is asked for, looking at them. Pure arithmetic.

How often an item is drawn is up to the scores of its pictures, so there are two figures: the most, with every round
used, and a typical one. See ``estimates``.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.refinement import Refinement
from shared.domain.requests import SeedRequest
from shared.domain.review_prompts import ask_for_evaluation, ask_for_rewrite
from shared.domain.review_tokens import Review, estimate_review_usage
from shared.domain.reviews import Evaluation, PromptRewrite
from shared.domain.rewriting import find_rewrite_limit
from shared.domain.themes import Theme
from shared.domain.tokens import OWN_PROMPT_CHARACTERS, estimate_prompt_tokens
from shared.ports import PromptPicture, TextRequest, Usage
from shared.prices import PriceList

TYPICAL_IMAGE_SECONDS = 20.0
"""One image call; 10 to 60 s are usual."""

TYPICAL_REVIEW_SECONDS = 10.0
"""One look at a picture, or one prompt written anew: a guess for a model that thinks before it answers."""

TYPICAL_FINDING = "x" * 25
"""What a prompt that is written anew has to answer: one thing that is missing, as the simulator tells it."""

TYPICAL_SCORES = ((35, 67, 0.08), (68, 85, 0.17), (86, 98, 0.75))
"""Lowest score, highest score, and the share of pictures between them: the simulator's. A real model's are its own."""


@dataclass(frozen=True, slots=True)
class Models:
    """Which deployments are called, and what they cost."""

    text: str
    vision: str
    image: str
    prices: PriceList


@dataclass(frozen=True, slots=True)
class PictureEstimate:
    """What the pictures of a run will take.

    Attributes:
        draws: image calls.
        reviews: text calls: looks at pictures, and prompts written anew.
        usage: tokens of all calls.
        cost_usd: US dollars by the price list.
        window_seconds: how long they take, as many at a time as the request allows.
    """

    draws: int
    reviews: int
    usage: Usage
    cost_usd: Decimal
    window_seconds: float


def estimate_pictures(request: SeedRequest, items: int, models: Models, *, rounds: float) -> PictureEstimate:
    """Return what the pictures of so many items take.

    Args:
        request: what the run is asked.
        items: items to be drawn.
        models: what is called.
        rounds: pictures of an item, on average; see `count_most_rounds` and `count_typical_rounds`.
    """
    draws = math.ceil(items * rounds)
    one_image = models.prices.estimate_image_usage(models.image, request.image_size, request.image_quality)
    drawing = Usage(draws * estimate_prompt_tokens(request.theme), draws * one_image.output_tokens)
    looks, rewrites = (draws, draws - items) if request.refine.is_wanted else (0, 0)
    looking = _multiply(_ask_for_typical_look(request.theme), looks)
    rewriting = _multiply(_ask_for_typical_rewrite(request.theme), rewrites)
    parts = (drawing, looking, rewriting)
    seconds = draws * TYPICAL_IMAGE_SECONDS + (looks + rewrites) * TYPICAL_REVIEW_SECONDS
    return PictureEstimate(
        draws=draws,
        reviews=looks + rewrites,
        usage=Usage(sum(part.input_tokens for part in parts), sum(part.output_tokens for part in parts)),
        cost_usd=models.prices.cost_of_image(models.image, drawing, count=draws)
        + models.prices.cost_of_text(models.vision, looking)
        + models.prices.cost_of_text(models.text, rewriting),
        window_seconds=seconds / request.parallel_image_requests,
    )


def count_most_rounds(refine: Refinement) -> int:
    """Return how many pictures an item can get."""
    return max(1, refine.iterations)


def count_typical_rounds(refine: Refinement) -> float:
    """Return how many pictures an item gets on average, if they are scored as the simulator scores them.

    A second picture is drawn where the first one is below the score that is asked for; a third one where the second one
    is below it, too, and better than the first, which of two pictures is as likely as not.
    """
    below = sum(share * _count_share_below(refine.accept_score, low, high) for low, high, share in TYPICAL_SCORES)
    further = (below, below**2 / 2)
    return 1 + sum(further[: count_most_rounds(refine) - 1])


def _count_share_below(score: int, low: int, high: int) -> float:
    return min(max(score - low, 0), high - low + 1) / (high - low + 1)


def _multiply(ask: TextRequest[Review], calls: int) -> Usage:
    one = estimate_review_usage(ask)
    return Usage(calls * one.input_tokens, calls * one.output_tokens)


def _ask_for_typical_look(theme: Theme) -> TextRequest[Evaluation]:
    return ask_for_evaluation(_write_typical_prompt(theme), PromptPicture(b"", "image/jpeg"), iteration=1)


def _ask_for_typical_rewrite(theme: Theme) -> TextRequest[PromptRewrite]:
    prompt = _write_typical_prompt(theme)
    return ask_for_rewrite(
        prompt,
        evaluation=Evaluation(score=0, missing=[TYPICAL_FINDING], wrong=[], unwanted=[]),
        theme=theme,
        because_refused=False,
        round=2,
        rewrite=0,
        limit=find_rewrite_limit(prompt),
    )


def _write_typical_prompt(theme: Theme) -> str:
    """Return a prompt of the usual length, between an opening and the tail of the theme."""
    return f"{theme.openings[0]}, {'x' * OWN_PROMPT_CHARACTERS}, {theme.tail}"
