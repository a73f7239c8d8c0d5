"""Calculates the estimate of a run's images: image calls, evaluations and rewrites. Pure.

The number of rounds of an item depends on its scores, so there are two figures: the maximum and a typical one.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from shared.catalog.theme import Theme
from shared.images.refinement_answers import Evaluation, PromptRewrite, StyledEvaluation, find_rewrite_limit
from shared.images.refinement_policy import Refinement
from shared.models.evaluation_tokens import EvaluationAnswerT, estimate_evaluation_usage
from shared.models.prices import PriceList
from shared.models.prompts.evaluation_requests import build_evaluation_request, build_rewrite_request
from shared.models.protocol import Question, VisionImage
from shared.models.tokens import OWN_PROMPT_CHARACTERS, estimate_prompt_tokens
from shared.models.usage import Usage
from shared.runs.request import SeedRequest

TYPICAL_IMAGE_SECONDS = 20.0
"""Duration of one image call; 10 to 60 s are usual."""

TYPICAL_EVALUATION_SECONDS = 10.0
"""Duration of one evaluation or rewrite: an assumption for a reasoning model."""

MAX_BATCH_SECONDS = 86_400.0
"""Within which the provider answers or expires a batch."""

TYPICAL_FINDING = "x" * 25
"""Finding that a rewrite answers: one missing detail, as the model simulator reports it."""

TYPICAL_SCORES = ((35, 67, 0.08), (68, 85, 0.17), (86, 98, 0.75))
"""Lowest score, highest score and the share of images between them, in the model simulator; real models differ."""


@dataclass(frozen=True, slots=True)
class Models:
    """Models of a run, their prices, and whether the providers of images and of text have batches."""

    text: str
    vision: str
    image: str
    prices: PriceList
    has_batches: bool = False
    has_text_batches: bool = False


@dataclass(frozen=True, slots=True)
class ImageEstimate:
    """Estimate of a run's images.

    Attributes:
        image_calls: number of image calls.
        text_calls: number of evaluations and rewrites.
        usage: tokens of all calls.
        cost_usd: cost in US dollars at list prices.
        window_seconds: duration with as many calls at the same time as requested, or the limit of a batch.
        batch_discount_usd: what the image calls cost less in the provider's batches; None = it has none.
    """

    image_calls: int
    text_calls: int
    usage: Usage
    cost_usd: Decimal
    window_seconds: float
    batch_discount_usd: Decimal | None = None


def estimate_images(
    request: SeedRequest,
    items: int,
    models: Models,
    *,
    rounds: float,
    references: int = 0,
    reference_tokens: int = 0,
    trial_images: int = 0,
) -> ImageEstimate:
    """Return the estimate of the images of a number of items.

    Args:
        request: the run's request.
        items: number of items without an image.
        models: models and prices.
        rounds: mean number of rounds per item; see `count_max_rounds` and `count_typical_rounds`.
        references: number of style references, which each evaluation carries.
        reference_tokens: their input tokens in each image call.
        trial_images: number of items whose images are generated without references, and never in batches.
    """
    image_calls = math.ceil(items * rounds)
    one_image = models.prices.estimate_image_usage(models.image, request.image_size, request.image_quality)
    styled_calls = image_calls - math.ceil(trial_images * rounds)
    prompt_tokens = estimate_prompt_tokens(request.theme)

    def sum_usage(calls: int) -> Usage:
        image_inputs = min(calls, styled_calls) * reference_tokens
        return Usage(calls * prompt_tokens + image_inputs, calls * one_image.output_tokens, image_inputs)

    generation_usage = sum_usage(image_calls)
    evaluations, rewrites = (image_calls, image_calls - items) if request.refine.is_wanted else (0, 0)
    styled_evaluations = min(evaluations, styled_calls)
    evaluation_usages = (
        _multiply(_build_typical_evaluation(request.theme, references), styled_evaluations),
        _multiply(_build_typical_evaluation(request.theme, 0), evaluations - styled_evaluations),
    )
    rewrite_usage = _multiply(_build_typical_rewrite(request.theme, is_styled=references > 0), rewrites)
    parts = (generation_usage, *evaluation_usages, rewrite_usage)
    seconds = image_calls * TYPICAL_IMAGE_SECONDS + (evaluations + rewrites) * TYPICAL_EVALUATION_SECONDS
    image_usd = models.prices.calculate_image_cost(models.image, generation_usage, count=image_calls)
    factor = models.prices.find_batch_factor(models.image) if models.has_batches else None
    styled_usd = models.prices.calculate_image_cost(models.image, sum_usage(styled_calls), count=styled_calls)
    discount = None if factor is None else styled_usd * (1 - factor)
    image_usd -= discount if request.is_batched and discount is not None else Decimal(0)
    at_a_time = max(1, min(request.parallel_image_requests, items))  # one call of an item at a time
    window_seconds = seconds / at_a_time
    if request.is_batched and items:
        window_seconds = MAX_BATCH_SECONDS
    return ImageEstimate(
        image_calls=image_calls,
        text_calls=evaluations + rewrites,
        usage=Usage(sum(part.input_tokens for part in parts), sum(part.output_tokens for part in parts)),
        cost_usd=image_usd
        + sum(models.prices.calculate_text_cost(models.vision, usage) for usage in evaluation_usages)
        + models.prices.calculate_text_cost(models.text, rewrite_usage),
        window_seconds=window_seconds,
        batch_discount_usd=discount,
    )


def count_max_rounds(refine: Refinement) -> int:
    """Return the maximum number of rounds of an item."""
    return max(1, refine.iterations)


def count_typical_rounds(refine: Refinement) -> float:
    """Return the mean number of rounds of an item with the scores of the model simulator.

    A second round follows a first score below the accepted score; a third round follows a second score that is also
    below it and better than the first, which is the case for half of them.
    """
    below = sum(share * _count_share_below(refine.accept_score, low, high) for low, high, share in TYPICAL_SCORES)
    further = (below, below**2 / 2)
    return 1 + sum(further[: count_max_rounds(refine) - 1])


def _count_share_below(score: int, low: int, high: int) -> float:
    return min(max(score - low, 0), high - low + 1) / (high - low + 1)


def _multiply(text_request: Question[EvaluationAnswerT], calls: int) -> Usage:
    one = estimate_evaluation_usage(text_request)
    return Usage(calls * one.input_tokens, calls * one.output_tokens)


def _build_typical_evaluation(theme: Theme, references: int) -> Question[Evaluation]:
    image = VisionImage(b"", "image/jpeg")
    return build_evaluation_request(_write_typical_prompt(theme), image, iteration=1, references=[image] * references)


def _build_typical_rewrite(theme: Theme, *, is_styled: bool) -> Question[PromptRewrite]:
    prompt = _write_typical_prompt(theme)
    evaluation = Evaluation(score=0, missing=[TYPICAL_FINDING], wrong=[], unwanted=[])
    if is_styled:
        evaluation = StyledEvaluation(**evaluation.model_dump(), likeness=0, unlike=[])
    return build_rewrite_request(
        prompt,
        evaluation=evaluation,
        theme=theme,
        because_refused=False,
        round=2,
        rewrite=0,
        limit=find_rewrite_limit(prompt),
    )


def _write_typical_prompt(theme: Theme) -> str:
    """Return an image prompt of typical length, with an opening and the tail of the theme."""
    return f"{theme.openings[0]}, {'x' * OWN_PROMPT_CHARACTERS}, {theme.ending}"
