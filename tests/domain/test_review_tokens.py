"""What a second look takes, told before it is made, is what the simulator then bills."""

import base64
import json
import random
from typing import Any

import pytest

from local.simulator.shown_pictures import TOKENS_PER_PICTURE
from local.simulator.text_answers import TextAnswer, measure_usage
from local.simulator.text_calls import parse_text_call
from local.simulator.writing import evaluate_image, rewrite_prompt
from shared.adapters.model_schema import build_strict_schema
from shared.domain.review_prompts import ask_for_evaluation, ask_for_rewrite
from shared.domain.review_tokens import (
    MOST_PICTURE_TOKENS,
    TYPICAL_PICTURE_TOKENS,
    Review,
    estimate_review_usage,
    limit_review_usage,
)
from shared.domain.reviews import FINDING_CHARACTERS, MOST_FINDINGS, Evaluation, PromptRewrite
from shared.domain.themes import Theme
from shared.domain.tokens import count_tokens
from shared.ports import PromptPicture, TextRequest, Usage

PICTURE = PromptPicture(b"\xff\xd8\xff", "image/jpeg")
PROMPT = f"{Theme().openings[0]}, yellow raincoat, blue boots, brass lantern, harbour, {Theme().tail}"
FOUND = Evaluation(score=50, missing=["blue boots"], wrong=["brass lantern"], unwanted=["a second figure"])


def ask_rewrite(prompt: str = PROMPT, limit: int = 260) -> TextRequest[PromptRewrite]:
    return ask_for_rewrite(
        prompt, evaluation=FOUND, theme=Theme(), because_refused=True, round=2, rewrite=1, limit=limit
    )


def ask_evaluation(prompt: str = PROMPT) -> TextRequest[Evaluation]:
    return ask_for_evaluation(prompt, PICTURE, iteration=1)


def bill(ask: TextRequest[Review], answer: str | None = None, seed: int = 1) -> Usage:
    """Return what the simulator bills for a request and its own answer, or another one."""
    schema = build_strict_schema(ask.answer_type)
    content: list[dict[str, Any]] = [{"type": "input_text", "text": ask.task}]
    if ask.picture is not None:
        url = f"data:image/jpeg;base64,{base64.b64encode(ask.picture.data).decode()}"
        content.append({"type": "input_image", "image_url": url})
    body = {
        "model": "gpt-5",
        "instructions": ask.instructions,
        "input": [{"role": "user", "content": content}],
        "text": {"format": {"type": "json_schema", "name": ask.schema_name, "schema": schema, "strict": True}},
    }
    call = parse_text_call(body)
    write = rewrite_prompt if ask.picture is None else evaluate_image
    return measure_usage(call, TextAnswer(answer or json.dumps(write(call.task, random.Random(seed)))))


def mean_output(ask: TextRequest[Review]) -> float:
    return sum(bill(ask, seed=seed).output_tokens for seed in range(200)) / 200


def test_a_picture_counts_as_it_is_billed_and_at_most_as_the_dearest_model_bills_it() -> None:
    assert TYPICAL_PICTURE_TOKENS == TOKENS_PER_PICTURE <= MOST_PICTURE_TOKENS
    assert MOST_PICTURE_TOKENS >= 1024 * 2.46


def test_an_evaluation_takes_what_was_estimated() -> None:
    expected = estimate_review_usage(ask_evaluation())
    assert bill(ask_evaluation()).input_tokens == pytest.approx(expected.input_tokens, rel=0.05)
    assert mean_output(ask_evaluation()) == pytest.approx(expected.output_tokens, rel=0.1)


@pytest.mark.parametrize("limit", [len(PROMPT), 260])
def test_a_rewrite_takes_what_was_estimated(limit: int) -> None:
    ask = ask_rewrite(limit=limit)
    expected = estimate_review_usage(ask)
    assert bill(ask).input_tokens == pytest.approx(expected.input_tokens, rel=0.05)
    assert mean_output(ask) == pytest.approx(expected.output_tokens, rel=0.1)


def test_no_evaluation_takes_more_than_its_limit_however_much_is_found() -> None:
    finding = "x" * FINDING_CHARACTERS
    fullest = {"score": 10} | dict.fromkeys(("missing", "wrong", "unwanted"), [finding] * MOST_FINDINGS)
    billed, limit = bill(ask_evaluation(), json.dumps(fullest)), limit_review_usage(ask_evaluation())
    assert billed.output_tokens <= limit.output_tokens < 2 * billed.output_tokens
    assert billed.input_tokens <= limit.input_tokens


@pytest.mark.parametrize(("prompt", "limit"), [(PROMPT, 260), ("a boat", 4_000), ("x" * 500, 260)])
def test_no_rewrite_takes_more_than_its_limit(prompt: str, limit: int) -> None:
    ask = ask_rewrite(prompt, limit)
    billed = bill(ask, json.dumps({"prompt": "x" * max(limit, len(prompt))}))
    most = limit_review_usage(ask)
    assert billed.output_tokens <= most.output_tokens <= count_tokens(max(limit, len(prompt)) * 11 // 10 + 20)
    assert billed.input_tokens <= most.input_tokens
