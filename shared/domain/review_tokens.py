"""How many tokens an evaluation or a rewrite takes, told before it or where its answer was lost. See ``tokens``.

A picture is shown with at most 1024 pixels a side. By OpenAI's guide to images and vision, gpt-5 models then bill 70
tokens and 140 for each of 4 tiles; others bill by patches of 32x32 pixels, here 1,024 of them, times a factor: 1 for
gpt-4.1, 1.62 for gpt-5-mini, 2.46 for gpt-5-nano. (The bills of gpt-5-mini were seen to be at 1.2, the price page's
calculator has 1.5 for gpt-5-nano: community.openai.com/t/1344040.) Gemini bills at most 1,120 tokens a picture.
"""

import json
import math
from typing import TypeVar

from shared.domain.reviews import FINDING_CHARACTERS, MOST_FINDINGS, Evaluation, PromptRewrite
from shared.domain.tokens import BIAS, count_asked_tokens, count_tokens
from shared.ports import TextRequest, Usage

Review = TypeVar("Review", Evaluation, PromptRewrite)

TYPICAL_PICTURE_TOKENS = 630
"""What a gpt-5 model bills for 1024x1024."""

MOST_PICTURE_TOKENS = 2520
"""What the guide gives for gpt-5-nano: 1,024 patches at 2.46, rounded up. No model that is listed bills more."""

EVALUATION_CHARACTERS = 58
"""An evaluation as JSON, without its findings: 55 to 58."""

TYPICAL_FINDINGS, TYPICAL_FINDING_CHARACTERS = 1, 25
"""Of the simulator's evaluations; a strict model writes more about a bad picture, and then its answer is at hand."""

REWRITE_CHARACTERS = 14
"""A rewrite as JSON, without its prompt."""

ADDED_CHARACTERS = 25
"""What a rewrite typically adds to a prompt, where there is room."""

QUOTED = 1.05
"""How much longer a text gets as JSON, quotation marks and all; a language without Latin letters stays as long."""


def estimate_review_usage(ask: TextRequest[Review]) -> Usage:
    """Return what an evaluation or a rewrite typically consumes."""
    if ask.answer_type is Evaluation:
        findings = TYPICAL_FINDINGS * TYPICAL_FINDING_CHARACTERS
        return Usage(
            count_asked_tokens(ask) + TYPICAL_PICTURE_TOKENS,
            count_tokens(EVALUATION_CHARACTERS + findings),
        )
    task = json.loads(ask.task)
    characters = max(len(task["prompt"]), min(len(task["prompt"]) + ADDED_CHARACTERS, task["promptCharacters"]))
    return Usage(count_asked_tokens(ask), count_tokens(REWRITE_CHARACTERS + characters))


def limit_review_usage(ask: TextRequest[Review]) -> Usage:
    """Return the most that an evaluation or a rewrite should consume: what a budget sets aside for it."""
    asked = math.ceil(count_asked_tokens(ask) * BIAS)
    if ask.answer_type is Evaluation:
        findings = 3 * MOST_FINDINGS * (FINDING_CHARACTERS + len('"", '))
        return Usage(asked + MOST_PICTURE_TOKENS, count_tokens(math.ceil((EVALUATION_CHARACTERS + findings) * QUOTED)))
    task = json.loads(ask.task)
    characters = max(len(task["prompt"]), task["promptCharacters"])
    return Usage(asked, count_tokens(math.ceil((REWRITE_CHARACTERS + characters) * QUOTED)))
