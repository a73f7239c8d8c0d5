"""Generated image prompts for rows: content, length, forbidden words."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_simulator.text_generation import write_row_prompts
from tests.support.simulator_calls import calling_simulator, text_body

TAIL = "clean background, high detail"
BOOT = {"index": 1, "name": "Trail Boot", "category": "Footwear", "colour": "dark green", "material": "leather"}
TASK: dict[str, Any] = {
    "task": "prompts",
    "batch": 1,
    "attempt": 0,
    "openings": ["Product photo of"],
    "tail": TAIL,
    "promptCharacters": 400,
    "rows": [BOOT, {"index": 2, "name": "Mug", "category": "Kitchen"}],
    "forbiddenWords": ["logo"],
    "brands": ["Daybird"],
}
SCHEMA = {
    "type": "object",
    "properties": {"prompts": {"type": "array", "items": {"$ref": "#/$defs/PromptDraft"}}},
    "required": ["prompts"],
    "additionalProperties": False,
    "$defs": {
        "PromptDraft": {
            "type": "object",
            "properties": {"index": {"type": "integer"}, "prompt": {"type": "string"}},
            "required": ["index", "prompt"],
            "additionalProperties": False,
        }
    },
}


def write(seed: int = 1, **changes: Any) -> list[str]:
    answer = write_row_prompts(TASK | changes, random.Random(seed))
    return [entry["prompt"] for entry in answer["prompts"]]


def test_every_row_gets_its_prompt_in_order() -> None:
    answer = write_row_prompts(TASK, random.Random(1))
    assert [entry["index"] for entry in answer["prompts"]] == [1, 2]
    assert [prompt.split(",")[0] for prompt in write()] == ["Product photo of Trail Boot", "Product photo of Mug"]


@pytest.mark.parametrize("seed", range(5))
def test_a_prompt_names_the_colour_and_material_of_the_row(seed: int) -> None:
    assert "green leather body" in write(seed)[0]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.integers(120, 400))
def test_prompts_fit_and_end_with_the_tail(seed: int, limit: int) -> None:
    for prompt in write(seed, promptCharacters=limit):
        assert len(prompt) <= limit
        assert prompt.endswith(f", {TAIL}")


def test_an_opening_that_is_a_whole_phrase_is_followed_by_a_comma() -> None:
    assert write(openings=["Studio photo"])[1].startswith("Studio photo, Mug, ")
    assert write(openings=[])[1].startswith("Mug, ")


def test_a_scene_is_described_with_its_mood() -> None:
    (prompt,) = write(
        rows=[{"index": 4, "description": "A harbour with red boats. Far away.", "mood": "calm"}], tail=""
    )
    assert prompt.startswith("Product photo of A harbour with red boats, calm mood, ")


def test_forbidden_words_of_a_row_are_not_repeated() -> None:
    (prompt,) = write(rows=[{"index": 1, "name": "Daybird mug with logo"}])
    assert "Daybird" not in prompt
    assert "logo" not in prompt


async def test_row_prompts_over_the_wire_can_be_half_corrupted() -> None:
    rows = [BOOT | {"index": index, "name": f"Boot {index}"} for index in range(10)]
    body = text_body(TASK | {"rows": rows}, schema_name="prompt_batch", schema=SCHEMA)
    async with calling_simulator() as caller:
        clean = json.loads((await caller.ask(body)).output_text())["prompts"]
        again = json.loads((await caller.ask(body)).output_text())["prompts"]
    async with calling_simulator({"rates": {"forbidden_words": 1}}) as caller:
        spoiled = json.loads((await caller.ask(body)).output_text())["prompts"]
    assert clean == again
    bad = [one for one, other in zip(spoiled, clean, strict=True) if one != other]
    assert len(bad) == 5
    assert all(one["prompt"].endswith(f" sign, {TAIL}") for one in bad)


async def test_a_task_without_rows_is_refused() -> None:
    async with calling_simulator() as caller:
        answer = await caller.ask(text_body(TASK | {"rows": []}, schema_name="prompt_batch", schema=SCHEMA))
    assert answer.status == 400
    assert "rows" in answer.error()["message"]
