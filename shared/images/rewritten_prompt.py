"""Prompts that a text model wrote anew: how long they may be, and which of them can be used. Pure."""

from shared.catalog.forbidden_words import holds_word
from shared.catalog.item_rules import MAX_PROMPT_CHARACTERS, REQUESTED_PROMPT_CHARACTERS
from shared.catalog.prompt_frame import end_with_tail, find_own_text
from shared.catalog.theme import Theme

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
