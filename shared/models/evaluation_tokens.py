"""Token estimates for evaluations and rewrites, before a call or if its answer is lost. See also ``tokens``.

Images are sent with at most 1024 pixels a side. According to OpenAI's guide to images and vision, gpt-5 models bill 70
tokens plus 140 for each of 4 tiles. Other models bill 1,024 patches of 32x32 pixels times a factor: 1 for gpt-4.1, 1.62
for gpt-5-mini, 2.46 for gpt-5-nano. (Users report 1.2 for gpt-5-mini: community.openai.com/t/1344040.) Gemini 3 bills
1,120 tokens for an image by default: ai.google.dev/gemini-api/docs/media-resolution. Style references are sent with at
most 512 pixels a side: one tile, or 256 patches.
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
    StyledEvaluation,
)
from shared.models.protocol import Question
from shared.models.tokens import BIAS_FACTOR, estimate_request_tokens, estimate_tokens
from shared.models.usage import Usage

EvaluationAnswerT = TypeVar("EvaluationAnswerT", Evaluation, PromptRewrite)

TYPICAL_IMAGE_TOKENS = 630
"""Billed by a gpt-5 model for 1024x1024."""

MAX_IMAGE_TOKENS = 2520
"""Billed by gpt-5-nano: 1,024 patches at 2.46, rounded up. No listed model bills more."""

TYPICAL_REFERENCE_TOKENS = 210
"""Billed by a gpt-5 model for one tile."""

MAX_REFERENCE_TOKENS = 1120
"""Billed by Gemini 3 for any image; gpt-5-nano bills 630 for 256 patches."""

EVALUATION_CHARACTERS, EMPTY_EVALUATION_CHARACTERS = 63, 58
"""The average length of the simulator's evaluations as JSON, and the length of one without findings (57 or 58)."""

LIKENESS_CHARACTERS, EMPTY_LIKENESS_CHARACTERS = 31, 30
"""What a likeness adds to both: the simulator's images rarely differ in look."""

REWRITE_CHARACTERS = 14
"""The length of a rewrite as JSON, without its prompt."""

ADDED_CHARACTERS = 20
"""Typically added to a prompt by a rewrite, if the limit allows: 15 to 31."""

MARGIN_FACTOR = 1.05
"""The factor by which an answer may exceed its bounds: quotation marks are longer as JSON."""


def estimate_evaluation_usage(question: Question[EvaluationAnswerT]) -> Usage:
    """Return the typical usage of an evaluation or a rewrite."""
    if issubclass(question.answer_type, Evaluation):
        images = TYPICAL_IMAGE_TOKENS + len(question.references) * TYPICAL_REFERENCE_TOKENS
        characters = EVALUATION_CHARACTERS + (LIKENESS_CHARACTERS if _is_styled(question) else 0)
        return Usage(estimate_request_tokens(question) + images, estimate_tokens(characters))
    given, limit = _measure_prompts(question)
    written = max(given, min(given + ADDED_CHARACTERS, limit))
    return Usage(estimate_request_tokens(question), estimate_tokens(REWRITE_CHARACTERS + written))


def bound_evaluation_usage(question: Question[EvaluationAnswerT]) -> Usage:
    """Return the maximum usage of an evaluation or a rewrite, which the budget reserves."""
    asked = math.ceil(estimate_request_tokens(question) * BIAS_FACTOR)
    if issubclass(question.answer_type, Evaluation):
        images = MAX_IMAGE_TOKENS + len(question.references) * MAX_REFERENCE_TOKENS
        kinds = FINDING_KINDS + 1 if _is_styled(question) else FINDING_KINDS
        empty = EMPTY_EVALUATION_CHARACTERS + (EMPTY_LIKENESS_CHARACTERS if _is_styled(question) else 0)
        findings = kinds * MAX_FINDINGS * (MAX_FINDING_CHARACTERS + len('"", '))
        return Usage(asked + images, _bound_tokens(empty + findings))
    return Usage(asked, _bound_tokens(REWRITE_CHARACTERS + max(_measure_prompts(question))))


def _is_styled(question: Question[EvaluationAnswerT]) -> bool:
    return issubclass(question.answer_type, StyledEvaluation)


def _measure_prompts(question: Question[EvaluationAnswerT]) -> tuple[int, int]:
    """Return the length of the prompt in a rewrite's task, and the limit for the new one, in characters."""
    task = json.loads(question.task)
    return len(task["prompt"]), task["promptCharacters"]


def _bound_tokens(characters: int) -> int:
    return estimate_tokens(math.ceil(characters * MARGIN_FACTOR))
