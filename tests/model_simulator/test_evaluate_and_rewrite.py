"""Rewritten prompts and evaluated images."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_simulator.text_generation import evaluate_image, rewrite_prompt

OPENING = "Photorealistic LEGO-style minifigure"
TAIL = "clean background, high detail, vibrant, evenly lit, 1024x1024"
PROMPT = f"{OPENING}, silver armor with red sash, knight helmet, holding a sword, castle backdrop, {TAIL}"


def rewrite(seed: int = 1, **changes: Any) -> str:
    task = {"task": "rewrite", "prompt": PROMPT, "missing": [], "wrong": [], "avoid": [], "promptCharacters": 230}
    prompt: str = rewrite_prompt(task | changes, random.Random(seed))["prompt"]
    return prompt


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.integers(len(PROMPT), 260))
def test_a_rewritten_prompt_keeps_opening_tail_and_subject_and_fits(seed: int, limit: int) -> None:
    prompt = rewrite(seed, promptCharacters=limit)

    assert prompt.startswith(f"{OPENING}, ")
    assert prompt.endswith(f", {TAIL}")
    assert "silver armor" in prompt
    assert prompt != PROMPT
    assert len(prompt) <= limit


def test_words_that_a_policy_may_refuse_are_replaced() -> None:
    assert "sword" not in rewrite()
    assert "holding a staff" in rewrite()
    assert ", bow tie, a flag, " in rewrite(prompt="toy, bow tie, a bow, red", promptCharacters=30) + ", "


def test_missing_details_are_added_and_wrong_ones_removed() -> None:
    prompt = rewrite(missing=["red cape"], wrong=["castle backdrop"], avoid=["helmet"])

    assert "red cape" in prompt
    assert "castle" not in prompt
    assert "helmet" not in prompt


def test_a_prompt_without_room_loses_its_last_detail() -> None:
    plain = PROMPT.replace("sword", "flag")
    prompt = rewrite(prompt=plain, tail=TAIL, promptCharacters=len(plain))
    assert prompt != plain
    assert prompt.startswith(f"{OPENING}, ")
    assert prompt.endswith(f", knight helmet, holding a flag, {TAIL}")
    assert len(prompt) <= len(plain)


@pytest.mark.parametrize("room", [0, 100])
def test_the_tail_stays_the_tail_behind_a_sentence(room: int) -> None:
    plain = f"Product photo of a red mug, glazed stoneware, made for long days. Warm and sturdy. {TAIL}"
    prompt = rewrite(prompt=plain, tail=TAIL, promptCharacters=len(plain) + room)
    assert prompt != plain
    assert prompt.endswith(TAIL)
    assert prompt.count("1024x1024") == 1
    assert len(prompt) <= len(plain) + room


def test_a_prompt_of_one_word_can_be_rewritten_too() -> None:
    assert rewrite(prompt="teapot").startswith("teapot, ")


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), prompt=st.sampled_from([PROMPT, "teapot", ", , "]))
def test_an_evaluation_is_a_score_with_findings_that_explain_it(seed: int, prompt: str) -> None:
    verdict = evaluate_image({"task": "evaluate", "prompt": prompt}, random.Random(seed))

    assert set(verdict) == {"score", "missing", "wrong", "unwanted"}
    assert 0 <= verdict["score"] <= 100
    if verdict["score"] >= 86:
        assert verdict["missing"] == verdict["wrong"] == verdict["unwanted"] == []
    for fault in verdict["missing"] + verdict["wrong"]:
        assert fault in prompt


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_score_can_be_limited_to_a_range(seed: int) -> None:
    verdict = evaluate_image({"prompt": PROMPT}, random.Random(seed), (40, 60))
    assert 40 <= verdict["score"] <= 60
    assert verdict["missing"]
    assert verdict["unwanted"]


def test_most_images_pass_and_some_do_not() -> None:
    scores = [evaluate_image({"prompt": PROMPT}, random.Random(seed))["score"] for seed in range(300)]

    assert 0.65 < sum(score >= 80 for score in scores) / 300 < 0.95
    assert min(scores) < 60


def test_equal_states_give_equal_answers() -> None:
    assert rewrite(7) == rewrite(7)
    assert evaluate_image({"prompt": PROMPT}, random.Random(7)) == evaluate_image({"prompt": PROMPT}, random.Random(7))
