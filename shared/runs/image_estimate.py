"""What the images of a run will take: drawing them and, where that is asked for, looking at them. Pure arithmetic.

How often an item is drawn is up to the scores of its images, so there are two figures: the most, with every round
used, and a typical one. See ``estimates``.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from shared.catalog.theme import Theme
from shared.images.refinement_answers import Evaluation, PromptRewrite, find_rewrite_limit
from shared.images.refinement_policy import Refinement
from shared.models.evaluation_tokens import EvaluationAnswerT, estimate_evaluation_usage
from shared.models.prices import PriceList
from shared.models.prompts.evaluation_requests import build_evaluation_request, build_rewrite_request
from shared.models.protocol import Question, Usage, VisionImage
from shared.models.tokens import OWN_PROMPT_CHARACTERS, estimate_prompt_tokens
from shared.runs.request import SeedRequest

TYPICAL_IMAGE_SECONDS = 20.0
"""One image call; 10 to 60 s are usual."""

TYPICAL_EVALUATION_SECONDS = 10.0
"""One look at an image, or one prompt written anew: a guess for a model that thinks before it answers."""

TYPICAL_FINDING = "x" * 25
"""What a prompt that is written anew has to answer: one thing that is missing, as the simulator tells it."""

TYPICAL_SCORES = ((35, 67, 0.08), (68, 85, 0.17), (86, 98, 0.75))
"""Lowest score, highest score, and the share of images between them: the simulator's. A real model's are its own."""


@dataclass(frozen=True, slots=True)
class Models:
    """Which deployments are called, and what they cost."""

    text: str
    vision: str
    image: str
    prices: PriceList


@dataclass(frozen=True, slots=True)
class ImageEstimate:
    """What the images of a run will take.

    Attributes:
        image_calls: image calls.
        text_calls: text calls: looks at images, and prompts written anew.
        usage: tokens of all calls.
        cost_usd: US dollars by the price list.
        window_seconds: how long they take, as many at a time as the request allows.
    """

    image_calls: int
    text_calls: int
    usage: Usage
    cost_usd: Decimal
    window_seconds: float


def estimate_images(request: SeedRequest, items: int, models: Models, *, rounds: float) -> ImageEstimate:
    """Return what the images of so many items take.

    Args:
        request: what the run is asked.
        items: items to be drawn.
        models: what is called.
        rounds: images of an item, on average; see `count_max_rounds` and `count_typical_rounds`.
    """
    image_calls = math.ceil(items * rounds)
    one_image = models.prices.estimate_image_usage(models.image, request.image_size, request.image_quality)
    generation_usage = Usage(image_calls * estimate_prompt_tokens(request.theme), image_calls * one_image.output_tokens)
    evaluations, rewrites = (image_calls, image_calls - items) if request.refine.is_wanted else (0, 0)
    evaluation_usage = _multiply(_build_typical_evaluation(request.theme), evaluations)
    rewrite_usage = _multiply(_build_typical_rewrite(request.theme), rewrites)
    parts = (generation_usage, evaluation_usage, rewrite_usage)
    seconds = image_calls * TYPICAL_IMAGE_SECONDS + (evaluations + rewrites) * TYPICAL_EVALUATION_SECONDS
    return ImageEstimate(
        image_calls=image_calls,
        text_calls=evaluations + rewrites,
        usage=Usage(sum(part.input_tokens for part in parts), sum(part.output_tokens for part in parts)),
        cost_usd=models.prices.calculate_image_cost(models.image, generation_usage, count=image_calls)
        + models.prices.calculate_text_cost(models.vision, evaluation_usage)
        + models.prices.calculate_text_cost(models.text, rewrite_usage),
        window_seconds=seconds / request.parallel_image_requests,
    )


def count_max_rounds(refine: Refinement) -> int:
    """Return how many images an item can get."""
    return max(1, refine.iterations)


def count_typical_rounds(refine: Refinement) -> float:
    """Return how many images an item gets on average, if they are scored as the simulator scores them.

    A second image is drawn where the first one is below the score that is asked for; a third one where the second one
    is below it, too, and better than the first, which of two images is as likely as not.
    """
    below = sum(share * _count_share_below(refine.accept_score, low, high) for low, high, share in TYPICAL_SCORES)
    further = (below, below**2 / 2)
    return 1 + sum(further[: count_max_rounds(refine) - 1])


def _count_share_below(score: int, low: int, high: int) -> float:
    return min(max(score - low, 0), high - low + 1) / (high - low + 1)


def _multiply(text_request: Question[EvaluationAnswerT], calls: int) -> Usage:
    one = estimate_evaluation_usage(text_request)
    return Usage(calls * one.input_tokens, calls * one.output_tokens)


def _build_typical_evaluation(theme: Theme) -> Question[Evaluation]:
    return build_evaluation_request(_write_typical_prompt(theme), VisionImage(b"", "image/jpeg"), iteration=1)


def _build_typical_rewrite(theme: Theme) -> Question[PromptRewrite]:
    prompt = _write_typical_prompt(theme)
    return build_rewrite_request(
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
