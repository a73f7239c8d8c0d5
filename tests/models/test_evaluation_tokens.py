"""The estimated tokens of an evaluation are those that the simulator bills."""

import base64
import json
import random
from typing import Any

import pytest

from model_simulator.billing import TokenUsage
from model_simulator.text_answers import SimulatedTextAnswer, measure_usage
from model_simulator.text_calls import TOKENS_PER_IMAGE, parse_text_call
from model_simulator.text_generation import evaluate_image, rewrite_prompt
from shared.catalog.theme import Theme
from shared.images.refinement_answers import MAX_FINDING_CHARACTERS, MAX_FINDINGS, Evaluation, PromptRewrite
from shared.models.evaluation_tokens import (
    MAX_IMAGE_TOKENS,
    MAX_REFERENCE_TOKENS,
    TYPICAL_IMAGE_TOKENS,
    TYPICAL_REFERENCE_TOKENS,
    EvaluationAnswerT,
    bound_evaluation_usage,
    estimate_evaluation_usage,
)
from shared.models.prompts.evaluation_requests import build_evaluation_request, build_rewrite_request
from shared.models.protocol import Question, VisionImage
from shared.models.providers.json_schema import build_strict_schema
from shared.models.tokens import estimate_tokens
from tests.support.sample_images import draw

IMAGE = VisionImage(draw(kind="JPEG", size=(64, 64)), "image/jpeg")
REFERENCE = VisionImage(draw(kind="JPEG", size=(512, 300)), "image/jpeg")
PROMPT = f"{Theme().openings[0]}, yellow raincoat, blue boots, brass lantern, harbour, {Theme().tail}"
FOUND = Evaluation(score=50, missing=["blue boots"], wrong=["brass lantern"], unwanted=["a second figure"])


def ask_rewrite(prompt: str = PROMPT, limit: int = 260) -> Question[PromptRewrite]:
    return build_rewrite_request(
        prompt, evaluation=FOUND, theme=Theme(), because_refused=True, round=2, rewrite=1, limit=limit
    )


def ask_evaluation(prompt: str = PROMPT, *, references: int = 0) -> Question[Evaluation]:
    return build_evaluation_request(prompt, IMAGE, iteration=1, references=[REFERENCE] * references)


def bill(ask: Question[EvaluationAnswerT], answer: str | None = None, seed: int = 1) -> TokenUsage:
    """Return what the simulator bills for a request and its own answer, or another one."""
    schema = build_strict_schema(ask.answer_type)
    content: list[dict[str, Any]] = [{"type": "input_text", "text": ask.task}]
    for image in ask.images:
        url = f"data:image/jpeg;base64,{base64.b64encode(image.data).decode()}"
        content.append({"type": "input_image", "image_url": url})
    body = {
        "model": "gpt-5",
        "instructions": ask.instructions,
        "input": [{"role": "user", "content": content}],
        "text": {"format": {"type": "json_schema", "name": ask.schema_name, "schema": schema, "strict": True}},
    }
    call = parse_text_call(body)
    write = rewrite_prompt if ask.image is None else evaluate_image
    found = {**write(call.task, random.Random(seed)), **(call.look or {})}
    return measure_usage(call, SimulatedTextAnswer(answer or json.dumps(found)))


def mean_output(ask: Question[EvaluationAnswerT]) -> float:
    return sum(bill(ask, seed=seed).output_tokens for seed in range(200)) / 200


def test_an_image_is_estimated_as_billed_and_at_most_as_by_the_most_expensive_model() -> None:
    assert TYPICAL_IMAGE_TOKENS == TOKENS_PER_IMAGE <= MAX_IMAGE_TOKENS
    assert MAX_IMAGE_TOKENS >= 1024 * 2.46


@pytest.mark.parametrize("references", [0, 1, 4])
def test_an_evaluation_takes_what_was_estimated(references: int) -> None:
    ask = ask_evaluation(references=references)
    expected = estimate_evaluation_usage(ask)
    assert bill(ask).input_tokens == pytest.approx(expected.input_tokens, rel=0.05)
    assert mean_output(ask) == pytest.approx(expected.output_tokens, rel=0.1 if not references else 0.5)


def test_a_likeness_takes_what_was_estimated_if_the_look_is_the_same() -> None:
    same = build_evaluation_request(PROMPT, REFERENCE, iteration=1, references=[REFERENCE])
    assert mean_output(same) == pytest.approx(estimate_evaluation_usage(same).output_tokens, rel=0.1)


def test_a_reference_is_estimated_as_billed() -> None:
    one, three = (bill(ask_evaluation(references=number)).input_tokens for number in (1, 3))
    assert three - one == 2 * TYPICAL_REFERENCE_TOKENS
    assert MAX_REFERENCE_TOKENS >= 256 * 2.46


@pytest.mark.parametrize("limit", [len(PROMPT), 260])
def test_a_rewrite_takes_what_was_estimated(limit: int) -> None:
    ask = ask_rewrite(limit=limit)
    expected = estimate_evaluation_usage(ask)
    assert bill(ask).input_tokens == pytest.approx(expected.input_tokens, rel=0.05)
    assert mean_output(ask) == pytest.approx(expected.output_tokens, rel=0.1)


@pytest.mark.parametrize("references", [0, 4])
def test_no_evaluation_takes_more_than_its_limit_however_much_is_found(references: int) -> None:
    finding = "x" * MAX_FINDING_CHARACTERS
    fullest = {"score": 10} | dict.fromkeys(("missing", "wrong", "unwanted"), [finding] * MAX_FINDINGS)
    ask = ask_evaluation(references=references)
    if references:
        fullest |= {"likeness": 100, "unlike": [finding] * MAX_FINDINGS}
    billed, limit = bill(ask, json.dumps(fullest)), bound_evaluation_usage(ask)
    assert billed.output_tokens <= limit.output_tokens < 2 * billed.output_tokens
    assert billed.input_tokens <= limit.input_tokens


@pytest.mark.parametrize(("prompt", "limit"), [(PROMPT, 260), ("a boat", 4_000), ("x" * 500, 260)])
def test_no_rewrite_takes_more_than_its_limit(prompt: str, limit: int) -> None:
    ask = ask_rewrite(prompt, limit)
    billed = bill(ask, json.dumps({"prompt": "x" * max(limit, len(prompt))}))
    most = bound_evaluation_usage(ask)
    assert billed.output_tokens <= most.output_tokens <= estimate_tokens(max(limit, len(prompt)) * 11 // 10 + 20)
    assert billed.input_tokens <= most.input_tokens
