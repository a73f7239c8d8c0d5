"""Openings and tails of image prompts are corrected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.prompt_frame import end_with_tail, find_own_text, frame_prompt
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL
from tests.strategies import nasty_texts

FIRST = DEFAULT_OPENINGS[0]


def frame(prompt: str, **more: int) -> str:
    return frame_prompt(prompt, openings=DEFAULT_OPENINGS, tail=DEFAULT_TAIL, **more)


@pytest.mark.parametrize(
    "prompt",
    [
        "red cap, brass lantern",
        f"{FIRST}, red cap, brass lantern",
        f"{FIRST.lower()}, red cap, brass lantern, {DEFAULT_TAIL}",
        "Photorealistic LEGO style minifigure, red cap, brass lantern.",
        f"A {FIRST}, red cap, brass lantern, Clean background, high detail",
        f'Image prompt: "{FIRST}, red cap, brass lantern, {DEFAULT_TAIL.upper()}.',
        f" {FIRST} ,  red cap,\n brass lantern,",
    ],
)
def test_a_prompt_has_its_opening_and_its_tail_once_each(prompt: str) -> None:
    framed = frame(prompt)
    assert framed.startswith(FIRST)
    assert framed.endswith(f", {DEFAULT_TAIL}")
    own = find_own_text(framed, DEFAULT_OPENINGS, DEFAULT_TAIL).strip(" ,")
    assert own == "red cap, brass lantern"


@given(nasty_texts, st.integers(140, 400))
def test_framing_is_idempotent_and_keeps_the_limit_that_the_model_kept(prompt: str, most: int) -> None:
    framed = frame(prompt, max_characters=most)
    assert frame(framed, max_characters=most) == framed or len(framed) > most
    assert not framed or framed.startswith(DEFAULT_OPENINGS)
    assert len(framed) <= most or len(prompt) > most


def test_a_prompt_in_another_language_is_cut_between_words_where_ours_make_it_too_long() -> None:
    framed = frame("πράσινη καρέκλα κήπου, " * 11, max_characters=260)
    assert len(framed) <= 260
    assert framed.endswith(f"κήπου, {DEFAULT_TAIL}")


def test_a_prompt_that_the_model_made_too_long_is_not_cut() -> None:
    assert len(frame("x" * 261, max_characters=260)) > 261


@pytest.mark.parametrize(("opening", "framed"), [("Photo of", "Photo of a mug"), ("Photo", "Photo, a mug")])
def test_an_opening_is_joined_to_what_follows(opening: str, framed: str) -> None:
    assert frame_prompt("a mug", openings=[opening], tail="") == framed


def test_without_openings_or_tail_a_prompt_is_as_it_is() -> None:
    assert frame_prompt("a mug.", openings=(), tail="") == "a mug."
    assert end_with_tail("", "tail") == ""
