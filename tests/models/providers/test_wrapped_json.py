"""JSON is found in what models put around it, and one bad entry costs that entry."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.items import CategoryList, DraftBatch, PromptDraftBatch
from shared.images.refinement_answers import Evaluation
from shared.models.providers.answer_json import WrongShapeError, parse_answer
from tests.strategies import QUICK

DRAFT = {
    "name": "Oak Chair",
    "description": "A chair. It is oak.",
    "category": "Garden Chairs",
    "imagePrompt": "A chair",
}
BATCH = {"items": [DRAFT]}
TEXT = json.dumps(BATCH)

WRAPPINGS = [
    "{}",
    "\ufeff{}",
    "```json\n{}\n```",
    "```json\n{}",
    "```\n{}\n```",
    "Here is the JSON you asked for:\n\n{}\n\nLet me know if you need more!",
    '<think>\nThe user wants {"items"}...\n</think>\n\n{}',
    'The user wants {"items": []} or so.\n</think>\n{}',
    "<thinking>hm</thinking>```json\n{}```",
    'My first idea was {"items": 7}. Better:\n{}',
]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_json_is_found_in_its_wrapping(wrapping: str) -> None:
    batch = parse_answer(wrapping.replace("{}", TEXT, 1), DraftBatch)
    assert [draft.model_dump(by_alias=True) for draft in batch.items] == [DRAFT]


@QUICK
@given(before=st.text(alphabet=" \n[]abc:\"'", max_size=60), after=st.text(max_size=60))
def test_no_prose_hides_an_object(before: str, after: str) -> None:
    assert parse_answer(
        f"{before}x {TEXT} x{after.replace('{', '').replace('[', '').replace('<', '')}", DraftBatch
    ).items


@pytest.mark.parametrize(
    "text", ["", "I'm sorry, but I can't help with that.", TEXT[:-20], '{"other": []}', "[" * 100_000]
)
def test_what_holds_no_such_object_is_not_an_answer(text: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        parse_answer(text, DraftBatch)
    assert "Oak Chair" not in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"name": "Teak Chair"},
        {**DRAFT, "description": None},
        {**DRAFT, "name": {"en": "Oak"}},
        {**DRAFT, "category": 7},
        "Teak Chair",
        None,
        ["Teak Chair"],
        {**DRAFT, "colour": "red"},
    ],
)
def test_a_bad_entry_or_a_field_too_many_costs_that_entry_at_most(entry: Any) -> None:
    batch = parse_answer(json.dumps({"items": [DRAFT, entry, DRAFT], "note": "done"}), DraftBatch)
    good, other, last = (draft.model_dump(by_alias=True) for draft in batch.items)
    assert good == last == DRAFT
    assert set(other) == set(DRAFT)


def test_a_list_that_stands_for_itself_is_the_answer() -> None:
    assert parse_answer(json.dumps([DRAFT]), DraftBatch).items[0].name == "Oak Chair"
    assert [draft.name for draft in parse_answer('["Garden Chairs"]', CategoryList).categories] == ["Garden Chairs"]


@pytest.mark.parametrize(("index", "read"), [(2, 2), ("2", 2), ("two", 0), (None, 0), (-1, 0), (True, 0), (2.5, 0)])
def test_an_index_that_no_row_has_is_zero(index: Any, read: int) -> None:
    batch = parse_answer(json.dumps({"prompts": [{"index": index, "prompt": "A chair"}]}), PromptDraftBatch)
    assert batch.prompts[0].index == read


def test_an_evaluation_has_to_be_whole() -> None:
    whole = {"score": 70, "missing": [], "wrong": [], "unwanted": []}
    assert parse_answer(f"```json\n{json.dumps(whole | {'mood': 'good'})}", Evaluation).score == 70
    with pytest.raises(WrongShapeError):
        parse_answer('{"score": 70}', Evaluation)


def test_halves_of_characters_do_not_get_through() -> None:
    assert parse_answer('{"items": [{"name": "Oak \\ud800Chair"}]}', DraftBatch).items[0].name == "Oak Chair"
