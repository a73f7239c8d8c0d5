"""Prompts that a text model wrote anew: how long they may be, and which of them can be used. Pure."""

from shared.domain.image_prompts import end_with_tail, find_own_text
from shared.domain.rules import ASKED_PROMPT_CHARACTERS, MAX_PROMPT_CHARACTERS
from shared.domain.themes import Theme
from shared.domain.word_search import holds_word

ALLOWANCE = MAX_PROMPT_CHARACTERS - ASKED_PROMPT_CHARACTERS
"""Models do not count well: what they are asked for is held only so exactly."""


def find_rewrite_limit(previous: str) -> int:
    """Return how many characters to ask for: an item's usual length, or that of a longer prompt."""
    return max(ASKED_PROMPT_CHARACTERS, len(previous))


def accept_rewrite(prompt: str, previous: str, theme: Theme) -> str:
    """Return a prompt that can be used in place of ``previous``, with the theme's tail if that one had it.

    Raises:
        ValueError: it cannot be used: it is too long, or holds a forbidden word that the one before did not hold.
    """
    accepted = end_with_tail(prompt, theme.tail) if theme.tail and previous.endswith(theme.tail) else prompt
    most = find_rewrite_limit(previous) + ALLOWANCE
    if len(accepted) > most:
        raise ValueError(f"the new prompt has {len(accepted)} characters; expected at most {most}")
    if _holds_forbidden_word(accepted, theme) and not _holds_forbidden_word(previous, theme):
        raise ValueError("the new prompt holds a forbidden word; expected none")
    return accepted


def _holds_forbidden_word(prompt: str, theme: Theme) -> bool:
    """Tell whether a prompt holds a forbidden word between the theme's opening and tail."""
    return holds_word(find_own_text(prompt, theme.openings, theme.tail), theme.forbidden_words)
