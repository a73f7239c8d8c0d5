"""What a model says of an image or makes of a prompt: bounded, on one line, or malformed."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.images.refinement_answers import MAX_FINDING_CHARACTERS, MAX_FINDINGS, Evaluation, PromptRewrite
from shared.models.providers.json_schema import build_strict_schema

GOOD = {"score": 72, "missing": ["red cape"], "wrong": [], "unwanted": ["stray text"]}


def read(**changes: Any) -> Evaluation:
    return Evaluation.model_validate_json(json.dumps(GOOD | changes))


def test_an_evaluation_is_a_score_and_what_was_found() -> None:
    assert read().model_dump() == GOOD


@pytest.mark.parametrize("score", [0, 100])
def test_both_ends_of_the_scale_are_scores(score: int) -> None:
    assert read(score=score).score == score


@pytest.mark.parametrize(
    "changes",
    [
        {"score": -1},
        {"score": 101},
        {"score": 7.5},
        {"score": "good"},
        {"score": None},
        {"missing": "a cape"},
    ],
)
def test_a_malformed_evaluation_is_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**changes)


@pytest.mark.parametrize("field", GOOD)
def test_every_part_of_an_evaluation_is_required(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        Evaluation.model_validate({name: value for name, value in GOOD.items() if name != field})


def test_findings_are_lines_of_words_each_once() -> None:
    assert read(missing=[" red\ncape ", "", "  ", "red cape", "a\u0007 sash"]).missing == ["red cape", "a sash"]


def test_of_too_many_and_too_long_findings_the_first_and_their_beginnings_are_kept() -> None:
    found = read(wrong=[f"{number} " + "x" * 500 for number in range(20)]).wrong
    assert [text[0] for text in found] == [str(number) for number in range(MAX_FINDINGS)]
    assert {len(text) for text in found} == {MAX_FINDING_CHARACTERS}


def test_a_rewritten_prompt_is_one_line() -> None:
    assert PromptRewrite(prompt=" a red\n boat,  clean ").prompt == "a red boat, clean"


@pytest.mark.parametrize("text", ["", " \n ", "\u200b"])
def test_a_blank_prompt_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="blank"):
        PromptRewrite(prompt=text)


@pytest.mark.parametrize("answer_type", [Evaluation, PromptRewrite])
def test_strict_mode_takes_their_schemas(answer_type: type[Evaluation | PromptRewrite]) -> None:
    schema = build_strict_schema(answer_type)
    assert schema["required"] == list(answer_type.model_fields)
    assert schema["additionalProperties"] is False
