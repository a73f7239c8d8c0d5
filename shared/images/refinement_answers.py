"""The model's answers during refinement: the evaluation of an image, and a rewritten prompt."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.catalog.draft_rules import MAX_PROMPT_CHARACTERS, REQUESTED_PROMPT_CHARACTERS
from shared.catalog.forbidden_words import holds_word
from shared.catalog.prompt_frame import end_with_tail, find_own_text
from shared.catalog.theme import Theme
from shared.text.cleaning import clean_line

FINDING_KINDS, MAX_FINDINGS = 3, 5
"""Findings of each kind that a rewritten prompt has room to answer."""

MAX_FINDING_CHARACTERS = 120


def _clean_findings(texts: list[str]) -> list[str]:
    """Return the first findings, each on one line and cut to its maximum, without blank and repeated ones."""
    lines = (clean_line(text)[:MAX_FINDING_CHARACTERS].rstrip() for text in texts)
    return list(dict.fromkeys(filter(None, lines)))[:MAX_FINDINGS]


def _clean_prompt(text: str) -> str:
    line = clean_line(text)
    if not line:
        raise ValueError("the prompt is blank; expected words")
    return line


Findings = Annotated[list[str], AfterValidator(_clean_findings)]


class Evaluation(BaseModel):
    """What a vision model found in an image, compared with its prompt.

    A score outside 0-100 makes the answer malformed; findings beyond the limits are cut.

    Attributes:
        score: 0 = unrelated to the prompt, 100 = shows all of it.
        missing: requested, but absent.
        wrong: present, but not as requested.
        unwanted: not requested: text, logos, watermarks, further objects.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    score: Annotated[int, Field(ge=0, le=100)]
    missing: Findings
    wrong: Findings
    unwanted: Findings


class StyledEvaluation(Evaluation):
    """What a vision model found in an image, compared with its prompt and with the look of style references.

    Attributes:
        likeness: 0 = another look, 100 = could be from the same photo session. What it shows does not count.
        unlike: how the look of the references differs: light, background, camera, colors.
    """

    likeness: Annotated[int, Field(ge=0, le=100)]
    unlike: Findings


class PromptRewrite(BaseModel):
    """A rewritten image prompt, on one line; a blank one makes the answer malformed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompt: Annotated[str, AfterValidator(_clean_prompt)]


TOLERANCE_CHARACTERS = MAX_PROMPT_CHARACTERS - REQUESTED_PROMPT_CHARACTERS
"""Models do not count exactly, so a rewritten prompt may exceed the requested length by this much."""


def find_rewrite_limit(previous: str) -> int:
    """Return how many characters to request: the usual limit, or the length of a longer previous prompt."""
    return max(REQUESTED_PROMPT_CHARACTERS, len(previous))


def validate_rewrite(prompt: str, previous: str, theme: Theme) -> str:
    """Return a usable prompt in place of ``previous``, with the theme's tail if that one had it.

    Raises:
        ValueError: the prompt is too long, or has a forbidden word that the previous one did not have.
    """
    accepted = end_with_tail(prompt, theme.ending) if theme.ending and previous.endswith(theme.ending) else prompt
    max_characters = find_rewrite_limit(previous) + TOLERANCE_CHARACTERS
    if len(accepted) > max_characters:
        raise ValueError(f"the new prompt has {len(accepted)} characters; expected at most {max_characters}")
    if _holds_forbidden_word(accepted, theme) and not _holds_forbidden_word(previous, theme):
        raise ValueError("the new prompt contains a forbidden word; expected none")
    return accepted


def _holds_forbidden_word(prompt: str, theme: Theme) -> bool:
    """Return whether a prompt has a forbidden word between the theme's opening and tail."""
    return holds_word(find_own_text(prompt, theme.openings, theme.ending), theme.forbidden_words)
