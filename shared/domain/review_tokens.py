"""How many tokens an evaluation or a rewrite takes, told before it or where its answer was lost. See ``tokens``.

A picture is shown with at most 1024 pixels a side. By OpenAI's guide to images and vision, gpt-5 models then bill 70
tokens and 140 for each of 4 tiles; others bill by patches of 32x32 pixels, here 1,024 of them, times a factor: 1 for
gpt-4.1, 1.62 for gpt-5-mini, 2.46 for gpt-5-nano. (Bills of gpt-5-mini were seen to be at 1.2:
community.openai.com/t/1344040.) Gemini 3 bills 1,120 tokens for a picture unless it is told otherwise:
ai.google.dev/gemini-api/docs/media-resolution.
"""

import json
import math
from typing import TypeVar

from shared.domain.reviews import FINDING_CHARACTERS, KINDS_OF_FINDINGS, MOST_FINDINGS, Evaluation, PromptRewrite
from shared.domain.tokens import BIAS, count_asked_tokens, count_tokens
from shared.ports import TextRequest, Usage

Review = TypeVar("Review", Evaluation, PromptRewrite)

TYPICAL_PICTURE_TOKENS = 630
"""What a gpt-5 model bills for 1024x1024."""

MOST_PICTURE_TOKENS = 2520
"""What the guide gives for gpt-5-nano: 1,024 patches at 2.46, rounded up. No model that is listed bills more."""

EVALUATION_CHARACTERS, BARE_EVALUATION_CHARACTERS = 63, 58
"""The simulator's evaluations as JSON on an average, and one that finds no fault: 57 or 58."""

REWRITE_CHARACTERS = 14
"""A rewrite as JSON, without its prompt."""

ADDED_CHARACTERS = 20
"""What a rewrite typically adds to a prompt, where there is room: 15 to 31."""

MARGIN = 1.05
"""What an answer may have beyond its bounds, in parts of them: quotation marks are longer as JSON."""


def estimate_review_usage(ask: TextRequest[Review]) -> Usage:
    """Return what an evaluation or a rewrite typically consumes."""
    if ask.answer_type is Evaluation:
        return Usage(count_asked_tokens(ask) + TYPICAL_PICTURE_TOKENS, count_tokens(EVALUATION_CHARACTERS))
    given, limit = _measure_prompts(ask)
    written = max(given, min(given + ADDED_CHARACTERS, limit))
    return Usage(count_asked_tokens(ask), count_tokens(REWRITE_CHARACTERS + written))


def limit_review_usage(ask: TextRequest[Review]) -> Usage:
    """Return the most that an evaluation or a rewrite should consume: what a budget sets aside for it."""
    asked = math.ceil(count_asked_tokens(ask) * BIAS)
    if ask.answer_type is Evaluation:
        findings = KINDS_OF_FINDINGS * MOST_FINDINGS * (FINDING_CHARACTERS + len('"", '))
        return Usage(asked + MOST_PICTURE_TOKENS, _limit_tokens(BARE_EVALUATION_CHARACTERS + findings))
    return Usage(asked, _limit_tokens(REWRITE_CHARACTERS + max(_measure_prompts(ask))))


def _measure_prompts(ask: TextRequest[Review]) -> tuple[int, int]:
    """Return how many characters the prompt of a rewrite's task has, and how many the new one may have."""
    task = json.loads(ask.task)
    return len(task["prompt"]), task["promptCharacters"]


def _limit_tokens(characters: int) -> int:
    return count_tokens(math.ceil(characters * MARGIN))
