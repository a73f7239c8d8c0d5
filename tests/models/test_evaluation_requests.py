"""Requests for a second look say what is wanted, and the simulator understands them."""

import json
from typing import Any

import pytest

from model_simulator.text_tasks import parse_task
from shared.catalog.theme import Theme
from shared.images.refinement_answers import MAX_FINDING_CHARACTERS, MAX_FINDINGS, Evaluation, StyledEvaluation
from shared.models.prompts.evaluation_requests import AVOIDED_SUBJECTS, build_evaluation_request, build_rewrite_request
from shared.models.protocol import Question, VisionImage

IMAGE = VisionImage(b"\xff\xd8\xff bytes of it", "image/jpeg")
THEME = Theme(forbidden_words=("logo",))
PROMPT = f"{THEME.openings[0]}, silver armor, red sash, {THEME.tail}"
FOUND = Evaluation(score=55, missing=["red sash"], wrong=["golden armor"], unwanted=["stray text"])


def rewrite(prompt: str = PROMPT, **changes: Any) -> Question[Any]:
    wanted: dict[str, Any] = {
        "evaluation": FOUND,
        "theme": THEME,
        "because_refused": False,
        "round": 2,
        "rewrite": 0,
        "limit": 260,
    }
    return build_rewrite_request(prompt, **wanted | changes)


def read_task(request: Question[Any]) -> Any:
    return json.loads(request.task)


def test_an_evaluation_request_has_the_image_the_prompt_and_the_round() -> None:
    request = build_evaluation_request(PROMPT, IMAGE, iteration=2)
    assert request.image is IMAGE
    assert read_task(request) == {"task": "evaluation", "iteration": 2, "prompt": PROMPT}
    assert (request.answer_type, request.schema_name) == (Evaluation, "image_evaluation")


def test_the_instructions_of_an_evaluation_name_the_bounds_of_its_answer() -> None:
    text = build_evaluation_request(PROMPT, IMAGE, iteration=1).instructions
    assert f"at most {MAX_FINDINGS} entries" in text
    assert f"at most {MAX_FINDING_CHARACTERS} characters" in text


def test_an_evaluation_with_references_carries_them_after_the_image_and_asks_for_a_likeness() -> None:
    references = [VisionImage(b"one", "image/jpeg"), VisionImage(b"two", "image/jpeg")]
    plain = build_evaluation_request(PROMPT, IMAGE, iteration=2)
    request = build_evaluation_request(PROMPT, IMAGE, iteration=2, references=references)
    assert request.images == (IMAGE, *references)
    assert read_task(request) == {"task": "style_evaluation", "iteration": 2, "prompt": PROMPT, "references": 2}
    assert (request.answer_type, request.schema_name) == (StyledEvaluation, "image_style_evaluation")
    assert request.instructions.startswith(plain.instructions)
    assert "likeness" not in plain.instructions
    assert request.limit_answer(4_000).images == request.images


def test_a_rewrite_after_a_comparison_with_references_has_what_was_unlike() -> None:
    found = StyledEvaluation(**FOUND.model_dump(), likeness=40, unlike=["darker light"])
    plain, request = rewrite(), rewrite(evaluation=found)
    assert read_task(request) == {**read_task(plain), "unlike": ["darker light"]}
    assert request.instructions.startswith(plain.instructions)
    assert "unlike" in request.instructions
    assert "unlike" not in plain.instructions + plain.task


def test_a_rewrite_request_has_the_findings_and_the_fixed_parts() -> None:
    request = rewrite()
    assert read_task(request) == {
        "task": "rewrite",
        "round": 2,
        "rewrite": 0,
        "prompt": PROMPT,
        "opening": THEME.openings[0],
        "tail": THEME.tail,
        "missing": ["red sash"],
        "wrong": ["golden armor"],
        "avoid": ["stray text"],
        "promptCharacters": 260,
        "forbiddenWords": ["logo"],
    }
    assert request.image is None


def test_of_two_openings_that_fit_the_longer_one_stays() -> None:
    theme = Theme(openings=("Photo", "Photo of a toy"), tail="")
    assert read_task(rewrite("Photo of a toy, red", theme=theme))["opening"] == "Photo of a toy"


def test_a_prompt_of_its_own_has_neither_the_themes_opening_nor_its_tail() -> None:
    task = read_task(rewrite("a boat at dusk"))
    assert (task["opening"], task["tail"]) == ("", "")


def test_a_refused_prompt_is_to_be_worded_neutrally() -> None:
    request = rewrite(evaluation=None, because_refused=True, rewrite=1)
    task = read_task(request)
    assert (task["missing"], task["wrong"], task["avoid"]) == ([], [], list(AVOIDED_SUBJECTS))
    assert "refused" in request.instructions
    assert "refused" not in rewrite().instructions
    assert request.instructions.startswith(rewrite().instructions)


def test_every_request_for_a_rewrite_differs() -> None:
    tasks = {rewrite(round=round_, rewrite=rewrite_).task for round_ in (1, 2, 3) for rewrite_ in (0, 1, 2)}
    assert len(tasks) == 9


@pytest.mark.parametrize(
    "request_",
    [
        build_evaluation_request(PROMPT, IMAGE, iteration=1),
        build_evaluation_request(PROMPT, IMAGE, iteration=1, references=[IMAGE]),
        rewrite(),
        rewrite("x" * 4_000, limit=4_000),
    ],
)
def test_the_simulator_takes_the_tasks(request_: Question[Any]) -> None:
    assert parse_task(request_.schema_name, request_.task)["prompt"] == read_task(request_)["prompt"]


def test_an_image_shows_in_no_text_of_its_request() -> None:
    assert "bytes of it" not in repr(build_evaluation_request("boat", IMAGE, iteration=1))
