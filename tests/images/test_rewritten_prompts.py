"""Which rewritten prompts can be used."""

import pytest

from shared.catalog.theme import Theme
from shared.images.refinement_answers import find_rewrite_limit, validate_rewrite

THEME = Theme()
OPENING, TAIL = THEME.openings[0], THEME.tail
PREVIOUS = f"{OPENING} of a baker, {TAIL}"


def test_a_tail_that_the_model_forgot_is_put_back() -> None:
    assert validate_rewrite(f"{OPENING} of a calm baker.", PREVIOUS, THEME) == f"{OPENING} of a calm baker, {TAIL}"


def test_a_prompt_that_never_had_the_tail_gets_none() -> None:
    assert validate_rewrite("A red kettle on a table", "A kettle", THEME) == "A red kettle on a table"


def test_a_theme_without_a_tail_adds_nothing() -> None:
    assert validate_rewrite("A red kettle", "A kettle", Theme(tail="")) == "A red kettle"


@pytest.mark.parametrize(
    "prompt", [f"{OPENING} of a baker with a logo, {TAIL}", f"{OPENING} in Star-Wars style, {TAIL}"]
)
def test_a_new_forbidden_word_makes_it_unusable(prompt: str) -> None:
    with pytest.raises(ValueError, match="forbidden word"):
        validate_rewrite(prompt, PREVIOUS, THEME)


def test_a_forbidden_word_of_the_previous_prompt_may_stay() -> None:
    previous = "A mug with our own logo, steaming"
    assert validate_rewrite("A blue mug with our own logo", previous, THEME) == "A blue mug with our own logo"


def test_a_prompt_may_be_somewhat_longer_than_was_requested_and_no_more() -> None:
    limit = find_rewrite_limit("A kettle")
    assert validate_rewrite("x" * (limit + 30), "A kettle", THEME) == "x" * (limit + 30)
    with pytest.raises(ValueError, match=f"has {limit + 31} characters"):
        validate_rewrite("x" * (limit + 31), "A kettle", THEME)


def test_a_long_prompt_keeps_its_length() -> None:
    assert find_rewrite_limit("x" * 700) == 700
