"""What a text request contains of rows, and which of the written prompts are valid."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.items import PromptDraft, SourceItem
from shared.inputs.filenames import FileNames
from shared.inputs.item_builder import build_item
from shared.inputs.rows import Row
from shared.models.prompts.image_prompt_requests import (
    MAX_WRITTEN_PROMPT_CHARACTERS,
    REQUESTED_PROMPT_CHARACTERS,
    WrittenPrompt,
    build_prompts_request,
    digest_item,
    find_openings,
    validate_prompts,
)
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from tests.strategies import QUICK
from tests.support.input_rows import dump_rows, read_all

MUG = {
    "id": "M-1",
    "name": "Daybird Camp Mug",
    "description": "A mug by Daybird for the road.",
    "category": "Kitchen",
    "brand": "Daybird",
    "color": "blue",
    "material": "enamel",
    "attributes": {"volume": "0.3 l"},
    "price": 9.9,
}
TAIL = "clean background, high detail, vibrant, evenly lit, 1024x1024"
GARDEN: dict[str, Any] = {"openings": ["Studio photo of a garden tool"], "tail": "", "forbiddenWords": ["rusty"]}


def make_request(source: str = "products", theme: dict[str, Any] | None = None, **more: Any) -> SeedRequest:
    body = {"catalog": "toys", "source": source, "promptWriter": "model", "theme": theme or {}} | more
    return SeedRequest.from_json(body)


def make_items(rows: object, request: SeedRequest | None = None) -> list[SourceItem]:
    request, names = request or make_request(), FileNames()
    found = [row for row in read_all(dump_rows(rows), source=request.source) if isinstance(row, Row)]
    return [build_item(row, request, names) for row in found]


def read_task(rows: object, request: SeedRequest | None = None) -> dict[str, Any]:
    request = request or make_request()
    task: dict[str, Any] = json.loads(build_prompts_request(request, make_items(rows, request), batch=3).task)
    return task


def judge(*prompts: str, rows: Sequence[object] = (MUG,), request: SeedRequest | None = None) -> list[WrittenPrompt]:
    request = request or make_request()
    drafts = [PromptDraft(index=index, prompt=prompt) for index, prompt in enumerate(prompts, start=1)]
    return list(validate_prompts(drafts, make_items(list(rows), request), request).values())


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_a_row_is_reported_by_what_can_be_seen_without_its_brand() -> None:
    task = read_task([MUG])
    assert task["rows"] == [
        {
            "index": 1,
            "name": "Camp Mug",
            "description": "A mug for the road.",
            "category": "Kitchen",
            "colour": "blue",
            "material": "enamel",
            "attributes": "volume: 0.3 l",
        }
    ]
    assert task["brands"] == ["Daybird"]
    assert (task["openings"], task["tail"], task["promptCharacters"]) == (
        ["Product photo of"],
        TAIL,
        REQUESTED_PROMPT_CHARACTERS,
    )


def test_a_word_that_the_theme_forbids_is_taken_out_of_a_row_and_named_as_forbidden() -> None:
    task = read_task([MUG | {"name": "Rusty Batman mug"}], make_request(theme={"forbiddenWords": ["Batman", "rusty"]}))
    assert task["rows"][0]["name"] == "mug"
    assert task["forbiddenWords"] == ["Batman", "rusty"]


def test_the_default_forbidden_words_leave_rows_alone_and_bind_the_model_to_what_rows_say() -> None:
    row = MUG | {"name": "Mug with Logo"}
    task = read_task([row])
    assert task["rows"][0]["name"] == "Mug with Logo"
    assert "logo" not in task["forbiddenWords"]
    assert "Batman" in task["forbiddenWords"]
    logo, batman = judge(f"{GOOD} with a logo", f"{GOOD} of Batman", rows=[row, row | {"id": "M-2"}])
    assert (logo.reason, batman.reason) == (None, Reason.FORBIDDEN_WORD)


def test_what_a_row_does_not_say_is_left_out() -> None:
    assert read_task([{"id": 5, "description": "A red mug."}])["rows"] == [
        {"index": 1, "name": "A red mug.", "description": "A red mug."}
    ]


def test_a_long_description_is_reported_in_part() -> None:
    (row,) = read_task([MUG | {"description": "word " * 5000}])["rows"]
    assert 300 < len(row["description"]) <= 400


def test_scenes_are_reported_with_title_and_mood_and_those_with_a_prompt_are_not_for_the_model() -> None:
    request = make_request("prompts")
    items = make_items([{"title": "Bay", "mood": "calm"}, {"id": "x", "scene": "a harbour"}, "A red bridge"], request)
    assert [item.prompt_hints for item in items] == [{"mood": "calm"}, {}, None]
    task = json.loads(build_prompts_request(request, items[:2], batch=1).task)
    assert task["rows"] == [
        {"index": 1, "name": "Bay", "mood": "calm"},
        {"index": 2, "description": "a harbour"},
    ]
    assert task["openings"] == []


def test_a_product_with_a_prompt_of_its_own_is_not_for_the_model() -> None:
    assert [item.prompt_hints for item in make_items([MUG | {"imagePrompt": "A blue mug"}])] == [None]
    assert make_items([MUG | {"imagePrompt": "Daybird"}])[0].prompt_hints is not None


def test_with_the_template_nothing_more_is_kept_of_a_row() -> None:
    (item,) = make_items([MUG], make_request(promptWriter="template"))
    assert item.prompt_hints is None


@pytest.mark.parametrize(
    ("source", "theme", "openings"),
    [
        ("products", {}, ("Product photo of",)),
        ("prompts", {}, ()),
        ("products", GARDEN, ("Studio photo of a garden tool",)),
        ("prompts", GARDEN, ("Studio photo of a garden tool",)),
        ("products", {"promptTemplate": "Still life, {name}"}, ("Still life",)),
        ("products", {"promptTemplate": "{name}, still life"}, ()),
    ],
)
def test_prompts_begin_as_the_theme_says_or_its_template(
    source: str, theme: dict[str, Any], openings: tuple[str, ...]
) -> None:
    assert find_openings(make_request(source, theme)) == openings


def test_each_try_is_another_request_and_a_second_one_is_stricter() -> None:
    request = make_request()
    first, second = (
        build_prompts_request(request, make_items([MUG]), batch=1, attempt=attempt, stricter=attempt > 0)
        for attempt in range(2)
    )
    assert first.task != second.task
    assert second.instructions.startswith(first.instructions)
    assert "could not be used" in second.instructions


# --- what is accepted -------------------------------------------------------------------------------------------------


def test_a_good_prompt_is_used_with_the_tail_that_it_forgot() -> None:
    (written,) = judge(" Product photo of a blue\nenamel mug ")
    assert (written.prompt, written.reason) == (f"Product photo of a blue enamel mug, {TAIL}", None)


GOOD = "Product photo of a mug"


def test_a_prompt_without_the_opening_is_put_right() -> None:
    items, request = make_items([MUG]), make_request()
    (written,) = validate_prompts([PromptDraft(index=1, prompt="A blue mug")], items, request).values()
    assert written.prompt == f"Product photo of a blue mug, {TAIL}"


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("", Reason.MALFORMED_ANSWER),
        ("  \n ", Reason.MALFORMED_ANSWER),
        ("Product photo of", Reason.MALFORMED_ANSWER),
        (f"Product photo of, {TAIL}", Reason.MALFORMED_ANSWER),
        (f"{GOOD} {'x' * MAX_WRITTEN_PROMPT_CHARACTERS}", Reason.PROMPT_LENGTH),
        (f"{GOOD} by DAYBIRD", Reason.FORBIDDEN_WORD),
        (f"{GOOD} with a logo", Reason.FORBIDDEN_WORD),
        (f"{GOOD} of the Star-Wars kind", Reason.FORBIDDEN_WORD),
    ],
)
def test_a_bad_prompt_is_left_to_the_template_with_the_reason(prompt: str, reason: Reason) -> None:
    (written,) = judge(prompt)
    assert (written.prompt, written.reason) == (None, reason)


def test_a_missing_prompt_and_one_too_many_spoil_no_other() -> None:
    items, request = make_items([MUG, MUG | {"id": "M-2"}, MUG | {"id": "M-3"}]), make_request()
    drafts = [(3, f"{GOOD} three"), (1, f"{GOOD} one"), (1, f"{GOOD} again"), (7, f"{GOOD} seven")]
    written = validate_prompts([PromptDraft(index=index, prompt=prompt) for index, prompt in drafts], items, request)
    assert [one.prompt for one in written.values()] == [f"{GOOD} one, {TAIL}", None, f"{GOOD} three, {TAIL}"]
    assert list(written) == [item.product_id for item in items]


def test_the_brand_of_another_row_is_no_word_to_avoid() -> None:
    rows = [MUG, MUG | {"id": "M-2", "brand": "Blue", "name": "Mug"}]
    assert [one.reason for one in judge(f"{GOOD} in blue", f"{GOOD} in blue", rows=rows)] == [
        None,
        Reason.FORBIDDEN_WORD,
    ]


def test_words_of_opening_and_tail_are_the_themes_own_affair() -> None:
    theme = {"openings": ["Official photo of"], "tail": "no logo"}
    (written,) = judge("Official photo of a mug, no logo", request=make_request(theme=theme))
    assert written.prompt == "Official photo of a mug, no logo"


@QUICK
@given(st.lists(st.tuples(st.integers(-3, 5), st.text(max_size=40)), max_size=6))
def test_whatever_is_answered_each_item_gets_a_verdict(answer: list[tuple[int, str]]) -> None:
    items, request = make_items([MUG, MUG | {"id": "M-2"}]), make_request()
    written = validate_prompts([PromptDraft(index=index, prompt=prompt) for index, prompt in answer], items, request)
    assert len(written) == 2
    assert all((one.prompt is None) != (one.reason is None) for one in written.values())


# --- what it is for ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"name": "Cup"}, {"description": "Red."}, {"category": "Bar"}, {"color": "red"}])
def test_a_row_that_looks_different_needs_another_prompt(change: dict[str, str]) -> None:
    (before,), (after,) = make_items([MUG]), make_items([MUG | change])
    assert not WrittenPrompt(digest_item(before), "p").is_for(after)


def test_a_row_that_only_costs_more_does_not() -> None:
    (before,), (after,) = make_items([MUG]), make_items([MUG | {"price": 1}])
    assert WrittenPrompt(digest_item(before), "p").is_for(after)
