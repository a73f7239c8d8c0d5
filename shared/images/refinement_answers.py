"""The model's second look: the shapes of what it finds in an image, and of a prompt that it wrote anew."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.catalog.draft_rules import MAX_PROMPT_CHARACTERS, REQUESTED_PROMPT_CHARACTERS
from shared.catalog.forbidden_words import holds_word
from shared.catalog.prompt_frame import end_with_tail, find_own_text
from shared.catalog.theme import Theme
from shared.text.cleaning import clean_line

FINDING_KINDS, MAX_FINDINGS = 3, 5
"""So many of each kind: what a rewritten prompt has room to answer."""

MAX_FINDING_CHARACTERS = 120


def _clean_findings(texts: list[str]) -> list[str]:
    """Return the first few findings on one line each, cut to their length, none blank and none twice."""
    lines = (clean_line(text)[:MAX_FINDING_CHARACTERS].rstrip() for text in texts)
    return list(dict.fromkeys(filter(None, lines)))[:MAX_FINDINGS]


def _clean_prompt(text: str) -> str:
    line = clean_line(text)
    if not line:
        raise ValueError("the prompt is blank; expected words")
    return line


Findings = Annotated[list[str], AfterValidator(_clean_findings)]


class Evaluation(BaseModel):
    """What a vision model found in an image, compared with the prompt that it was made with.

    A score outside 0-100 makes the answer malformed; findings beyond the bounds are cut.

    Attributes:
        score: 0 = has nothing to do with the prompt, 100 = shows all of it.
        missing: what was asked for and is not there.
        wrong: what is there, but otherwise than asked for.
        unwanted: what nobody asked for: text, logos, watermarks, further things.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    score: Annotated[int, Field(ge=0, le=100)]
    missing: Findings
    wrong: Findings
    unwanted: Findings


class PromptRewrite(BaseModel):
    """An image prompt that a text model wrote anew, on one line; a blank one makes the answer malformed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompt: Annotated[str, AfterValidator(_clean_prompt)]


TOLERANCE_CHARACTERS = MAX_PROMPT_CHARACTERS - REQUESTED_PROMPT_CHARACTERS
"""Models do not count well: what they are asked for is held only so exactly."""


def find_rewrite_limit(previous: str) -> int:
    """Return how many characters to ask for: an item's usual length, or that of a longer prompt."""
    return max(REQUESTED_PROMPT_CHARACTERS, len(previous))


def validate_rewrite(prompt: str, previous: str, theme: Theme) -> str:
    """Return a prompt that can be used in place of ``previous``, with the theme's tail if that one had it.

    Raises:
        ValueError: it cannot be used: it is too long, or holds a forbidden word that the one before did not hold.
    """
    accepted = end_with_tail(prompt, theme.tail) if theme.tail and previous.endswith(theme.tail) else prompt
    max_characters = find_rewrite_limit(previous) + TOLERANCE_CHARACTERS
    if len(accepted) > max_characters:
        raise ValueError(f"the new prompt has {len(accepted)} characters; expected at most {max_characters}")
    if _holds_forbidden_word(accepted, theme) and not _holds_forbidden_word(previous, theme):
        raise ValueError("the new prompt holds a forbidden word; expected none")
    return accepted


def _holds_forbidden_word(prompt: str, theme: Theme) -> bool:
    """Tell whether a prompt holds a forbidden word between the theme's opening and tail."""
    return holds_word(find_own_text(prompt, theme.openings, theme.tail), theme.forbidden_words)
