"""How many tokens a call takes, told before it is made or where its answer was lost.

The counts were measured over the simulator's answers to our own prompts (LEGO-style figures, garden tools, toasters):
there they are within 5 % a batch. Any model that keeps to the rules writes about as much; one that thinks before it
writes bills its thoughts, too, and those nobody can tell beforehand.
"""

import json
import math
from functools import cache

from pydantic import BaseModel

from shared.catalog.draft_rules import REQUESTED_PROMPT_CHARACTERS
from shared.catalog.items import CategoryList, PromptDraftBatch
from shared.catalog.theme import Theme
from shared.models.protocol import AnswerT, Question, Usage

CHARACTERS_PER_TOKEN = 4
"""OpenAI's rule of thumb for English text."""

DRAFT_CHARACTERS = 290
"""A draft as JSON, without its image prompt: 277 to 295."""

OWN_PROMPT_CHARACTERS = 110
"""What of an image prompt is an item's own, between the theme's opening and tail: 109 to 114."""

CATEGORY_CHARACTERS = 33
"""A category as JSON: 29 to 38."""

ROW_PROMPT_CHARACTERS = 207
"""A row's image prompt as JSON, without the theme's tail: 203 to 211 for products."""

ENVELOPE_CHARACTERS = 15
"""An answer as JSON, without its entries."""

BIAS_FACTOR, SPREAD_FACTOR = 1.05, 0.3
"""What a call may come to, in parts of what is typical: themes differ by 5 %; single drafts have a standard deviation
of 9 %, of which three are allowed for; a batch of n drafts varies by the square root of n less."""


REASONING_FACTOR, REASONING_TOKENS = 2, 2_000
"""Head room for thoughts: as much as is written, and a start. A service cuts off what thinks longer, so that a model
that repeats itself without end costs twice its answer and this, and not the service's own limit of 128,000 tokens."""


def estimate_text_usage(text_request: Question[AnswerT], *, theme: Theme, entries: int) -> Usage:
    """Return what a text call typically consumes.

    Args:
        text_request: the request; its schema is sent with it, and billed.
        theme: what the catalog is about: its opening and tail are part of every draft.
        entries: how many categories, drafts or prompts the answer will hold.
    """
    if text_request.answer_type is CategoryList:
        entry_characters = CATEGORY_CHARACTERS
    elif text_request.answer_type is PromptDraftBatch:
        entry_characters = ROW_PROMPT_CHARACTERS + len(theme.tail)
    else:
        entry_characters = _count_draft_characters(theme)
    return Usage(
        estimate_request_tokens(text_request), estimate_tokens(entries * entry_characters + ENVELOPE_CHARACTERS)
    )


def bound_text_usage(text_request: Question[AnswerT], *, theme: Theme, entries: int) -> Usage:
    """Return the most that a text call should consume: what a budget sets aside for it."""
    typical = estimate_text_usage(text_request, theme=theme, entries=entries)
    margin = BIAS_FACTOR + SPREAD_FACTOR / math.sqrt(max(1, entries))
    return Usage(math.ceil(typical.input_tokens * BIAS_FACTOR), math.ceil(typical.output_tokens * margin))


def add_reasoning_headroom(usage: Usage) -> Usage:
    """Return a limit with head room for a model that thinks before it writes: its thoughts count as output."""
    return Usage(usage.input_tokens, usage.output_tokens * REASONING_FACTOR + REASONING_TOKENS)


def estimate_request_tokens(text_request: Question[AnswerT]) -> int:
    """Return about how many tokens a request has, without its image."""
    return estimate_tokens(
        len(text_request.instructions) + len(text_request.task) + _count_schema_characters(text_request.answer_type)
    )


def estimate_tokens(characters: int) -> int:
    """Return about how many tokens a text of so many characters has."""
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


def estimate_prompt_tokens(theme: Theme) -> int:
    """Return how many tokens an image prompt of a theme typically has."""
    return estimate_tokens(_count_prompt_characters(theme))


def _count_draft_characters(theme: Theme) -> int:
    return DRAFT_CHARACTERS + _count_prompt_characters(theme)


def _count_prompt_characters(theme: Theme) -> int:
    opening = sum(map(len, theme.openings)) // len(theme.openings)
    return min(REQUESTED_PROMPT_CHARACTERS, opening + OWN_PROMPT_CHARACTERS + len(theme.tail))


@cache
def _count_schema_characters(answer_type: type[BaseModel]) -> int:
    return len(json.dumps(answer_type.model_json_schema()))
