"""Openings and tails of image prompts are fixed texts: what a model forgets or spells otherwise is put right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.draft_rules import MAX_PROMPT_CHARACTERS
from shared.catalog.prompt_frame import frame_prompt
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL
from tests.strategies import QUICK

OPENING = "Photorealistic LEGO-style minifigure"


def frame(prompt: str) -> str:
    return frame_prompt(prompt, openings=DEFAULT_OPENINGS, tail=DEFAULT_TAIL, max_characters=MAX_PROMPT_CHARACTERS)


@pytest.mark.parametrize(
    "prompt",
    [
        f"{OPENING}, green diver, {DEFAULT_TAIL}",
        f"{OPENING}, green diver",
        f"green diver, {DEFAULT_TAIL}",
        "green diver",
        "green diver.",
        "A photorealistic Lego style minifigure, green diver",
        "photorealistic LEGO-Style Minifigure, green diver",
    ],
)
def test_opening_and_tail_are_put_right(prompt: str) -> None:
    assert frame(prompt) == f"{OPENING}, green diver, {DEFAULT_TAIL}"


def test_the_longer_opening_is_kept() -> None:
    prompt = f"Photorealistic LEGO-style figure of a horse, {DEFAULT_TAIL}"
    assert frame(prompt) == prompt


def test_a_name_in_capitals_stays_as_it_is() -> None:
    assert frame("USB charger").startswith(f"{OPENING}, USB charger")


def test_an_empty_prompt_stays_empty_and_one_that_was_too_long_stays_too_long() -> None:
    assert frame("") == ""
    assert len(frame("green diver " * 40)) > MAX_PROMPT_CHARACTERS


@QUICK
@given(st.text(alphabet="ab ,.é", min_size=1, max_size=MAX_PROMPT_CHARACTERS).map(str.strip).filter(bool))
def test_adding_them_makes_no_prompt_too_long(prompt: str) -> None:
    framed = frame(prompt)
    assert len(framed) <= MAX_PROMPT_CHARACTERS
    assert framed.startswith(DEFAULT_OPENINGS)
    assert framed.endswith(DEFAULT_TAIL)
    assert frame(framed) == framed
