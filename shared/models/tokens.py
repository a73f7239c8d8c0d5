"""Token estimates for text calls, before a call or if its answer is lost.

The lengths were measured over the simulator's answers to our prompts (LEGO-style figures, garden tools, toasters),
where they are within 5 % for a batch. Any model that keeps to the rules writes about as much. Reasoning tokens are
billed as well, and cannot be predicted.
"""

import json
import math
from functools import cache

from pydantic import BaseModel

from shared.catalog.draft_rules import REQUESTED_PROMPT_CHARACTERS
from shared.catalog.items import CategoryList, PromptDraftBatch
from shared.catalog.theme import Theme
from shared.models.protocol import AnswerT, Question
from shared.models.usage import Usage

CHARACTERS_PER_TOKEN = 4
"""OpenAI's rule of thumb for English text."""

DRAFT_CHARACTERS = 290
"""The length of a draft as JSON, without its image prompt: 277 to 295."""

OWN_PROMPT_CHARACTERS = 110
"""The length of an image prompt between the theme's opening and tail: 109 to 114."""

CATEGORY_CHARACTERS = 33
"""The length of a category as JSON: 29 to 38."""

ROW_PROMPT_CHARACTERS = 207
"""The length of a row's image prompt as JSON, without the theme's tail: 203 to 211 for products."""

ENVELOPE_CHARACTERS = 15
"""The length of an answer as JSON, without its entries."""

BIAS_FACTOR, SPREAD_FACTOR = 1.05, 0.3
"""The maximum of a call relative to its typical size. Themes differ by 5 %. Single drafts have a standard deviation of
9 %, of which three are allowed; a batch of n drafts varies less by the square root of n."""

REASONING_FACTOR, REASONING_TOKENS = 2, 2_000
"""Headroom for reasoning: as many tokens as the answer has, and a constant. The provider truncates longer reasoning, so
that a model in an endless loop costs this much, and not the provider's own limit of 128,000 tokens."""


def estimate_text_usage(question: Question[AnswerT], *, theme: Theme, entries: int) -> Usage:
    """Return the typical usage of a text call.

    Args:
        question: the question; its schema is sent and billed as well.
        theme: the catalog's theme; its opening and tail are part of every draft.
        entries: the number of categories, drafts or prompts in the answer.
    """
    if question.answer_type is CategoryList:
        entry_characters = CATEGORY_CHARACTERS
    elif question.answer_type is PromptDraftBatch:
        entry_characters = ROW_PROMPT_CHARACTERS + len(theme.ending)
    else:
        entry_characters = _count_draft_characters(theme)
    return Usage(estimate_request_tokens(question), estimate_tokens(entries * entry_characters + ENVELOPE_CHARACTERS))


def bound_text_usage(question: Question[AnswerT], *, theme: Theme, entries: int) -> Usage:
    """Return the maximum usage of a text call, which the budget reserves."""
    typical = estimate_text_usage(question, theme=theme, entries=entries)
    margin = BIAS_FACTOR + SPREAD_FACTOR / math.sqrt(max(1, entries))
    return Usage(math.ceil(typical.input_tokens * BIAS_FACTOR), math.ceil(typical.output_tokens * margin))


def add_reasoning_headroom(usage: Usage) -> Usage:
    """Return a usage with headroom for reasoning, which counts as output."""
    return Usage(usage.input_tokens, usage.output_tokens * REASONING_FACTOR + REASONING_TOKENS)


def estimate_request_tokens(question: Question[AnswerT]) -> int:
    """Return the approximate number of input tokens of a question, without its image."""
    return estimate_tokens(
        len(question.instructions) + len(question.task) + _count_schema_characters(question.answer_type)
    )


def estimate_tokens(characters: int) -> int:
    """Return the approximate number of tokens of a text."""
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


def estimate_prompt_tokens(theme: Theme) -> int:
    """Return the typical number of tokens of a theme's image prompts."""
    return estimate_tokens(_count_prompt_characters(theme))


def _count_draft_characters(theme: Theme) -> int:
    return DRAFT_CHARACTERS + _count_prompt_characters(theme)


def _count_prompt_characters(theme: Theme) -> int:
    opening = sum(map(len, theme.openings)) // len(theme.openings)
    own = min(REQUESTED_PROMPT_CHARACTERS, opening + OWN_PROMPT_CHARACTERS + len(theme.tail))
    return own + theme.style_characters


@cache
def _count_schema_characters(answer_type: type[BaseModel]) -> int:
    return len(json.dumps(answer_type.model_json_schema()))
