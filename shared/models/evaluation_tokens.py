"""How many tokens an evaluation or a rewrite takes, told before it or where its answer was lost. See ``tokens``.

An image is shown with at most 1024 pixels a side. By OpenAI's guide to images and vision, gpt-5 models then bill 70
tokens and 140 for each of 4 tiles; others bill by patches of 32x32 pixels, here 1,024 of them, times a factor: 1 for
gpt-4.1, 1.62 for gpt-5-mini, 2.46 for gpt-5-nano. (Bills of gpt-5-mini were seen to be at 1.2:
community.openai.com/t/1344040.) Gemini 3 bills 1,120 tokens for an image unless it is told otherwise:
ai.google.dev/gemini-api/docs/media-resolution.
"""

import json
import math
from typing import TypeVar

from shared.images.refinement_answers import (
    FINDING_KINDS,
    MAX_FINDING_CHARACTERS,
    MAX_FINDINGS,
    Evaluation,
    PromptRewrite,
)
from shared.models.protocol import Question, Usage
from shared.models.tokens import BIAS_FACTOR, estimate_request_tokens, estimate_tokens

EvaluationAnswerT = TypeVar("EvaluationAnswerT", Evaluation, PromptRewrite)

TYPICAL_IMAGE_TOKENS = 630
"""What a gpt-5 model bills for 1024x1024."""

MAX_IMAGE_TOKENS = 2520
"""What the guide gives for gpt-5-nano: 1,024 patches at 2.46, rounded up. No model that is listed bills more."""

EVALUATION_CHARACTERS, EMPTY_EVALUATION_CHARACTERS = 63, 58
"""The simulator's evaluations as JSON on an average, and one that finds no fault: 57 or 58."""

REWRITE_CHARACTERS = 14
"""A rewrite as JSON, without its prompt."""

ADDED_CHARACTERS = 20
"""What a rewrite typically adds to a prompt, where there is room: 15 to 31."""

MARGIN_FACTOR = 1.05
"""What an answer may have beyond its bounds, in parts of them: quotation marks are longer as JSON."""


def estimate_evaluation_usage(text_request: Question[EvaluationAnswerT]) -> Usage:
    """Return what an evaluation or a rewrite typically consumes."""
    if text_request.answer_type is Evaluation:
        return Usage(
            estimate_request_tokens(text_request) + TYPICAL_IMAGE_TOKENS, estimate_tokens(EVALUATION_CHARACTERS)
        )
    given, limit = _measure_prompts(text_request)
    written = max(given, min(given + ADDED_CHARACTERS, limit))
    return Usage(estimate_request_tokens(text_request), estimate_tokens(REWRITE_CHARACTERS + written))


def bound_evaluation_usage(text_request: Question[EvaluationAnswerT]) -> Usage:
    """Return the most that an evaluation or a rewrite should consume: what a budget sets aside for it."""
    asked = math.ceil(estimate_request_tokens(text_request) * BIAS_FACTOR)
    if text_request.answer_type is Evaluation:
        findings = FINDING_KINDS * MAX_FINDINGS * (MAX_FINDING_CHARACTERS + len('"", '))
        return Usage(asked + MAX_IMAGE_TOKENS, _bound_tokens(EMPTY_EVALUATION_CHARACTERS + findings))
    return Usage(asked, _bound_tokens(REWRITE_CHARACTERS + max(_measure_prompts(text_request))))


def _measure_prompts(text_request: Question[EvaluationAnswerT]) -> tuple[int, int]:
    """Return how many characters the prompt of a rewrite's task has, and how many the new one may have."""
    task = json.loads(text_request.task)
    return len(task["prompt"]), task["promptCharacters"]


def _bound_tokens(characters: int) -> int:
    return estimate_tokens(math.ceil(characters * MARGIN_FACTOR))
