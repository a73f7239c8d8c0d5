"""What becomes of a prompt that a person edits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.items import SourceItem
from shared.catalog.theme import DEFAULT_OPENINGS, DEFAULT_TAIL, Theme
from shared.images.edit_prompt import MAX_EDITED_PROMPT_CHARACTERS, clean_edited_prompt
from shared.runs.request import SeedRequest
from tests.support.catalogs import make_item, make_source_item

ITEM = make_item("Ann")
GENERATED = SeedRequest(catalog="lego")
PRODUCTS = SeedRequest(catalog="shop", source="products")
PROMPTS = SeedRequest(catalog="scenes", source="prompts")
MUG = make_source_item("Mug", prompt_hints=None, row='{"sku": "1", "Product Brand": "Daybird", "title": "Mug"}')


def test_a_prompt_of_a_generated_item_gets_the_themes_opening_and_tail() -> None:
    framed = f"{DEFAULT_OPENINGS[0]}, a cook, {DEFAULT_TAIL}"
    assert clean_edited_prompt("  a\ncook ", ITEM, GENERATED) == framed
    assert clean_edited_prompt(framed, ITEM, GENERATED) == framed


def test_words_that_follow_the_tail_come_before_it() -> None:
    edited = f"a cook, {DEFAULT_TAIL}, on a red carpet"
    assert (
        clean_edited_prompt(edited, ITEM, GENERATED)
        == f"{DEFAULT_OPENINGS[0]}, a cook, on a red carpet, {DEFAULT_TAIL}"
    )
    theme = Theme(openings=("Photo",), tail="white background")
    request = SeedRequest(catalog="lego", theme=theme)
    edited = "Photo of a cook on a white background with flowers"
    assert clean_edited_prompt(edited, ITEM, request) == f"{edited}, white background"


def test_fixed_texts_are_not_searched_for_forbidden_words() -> None:
    theme = Theme(openings=("Official photo",), tail="no logo", forbidden_words=("official", "logo"))
    request = SeedRequest(catalog="lego", theme=theme)
    assert clean_edited_prompt("a cook", ITEM, request) == "Official photo, a cook, no logo"
    with pytest.raises(ValueError, match="'logo'"):
        clean_edited_prompt("a cook with a logo", ITEM, request)


def test_a_prompt_of_a_product_loses_its_brand_and_keeps_its_beginning() -> None:
    assert clean_edited_prompt("A Daybird mug on a table", MUG, PRODUCTS) == "A mug on a table"
    hinted = make_source_item("Mug")
    assert clean_edited_prompt("A Daybird mug on a table", hinted, PRODUCTS) == "A mug on a table"


def test_words_that_the_default_theme_forbids_are_allowed_for_rows() -> None:
    assert clean_edited_prompt("Batman mug", MUG, PRODUCTS) == "Batman mug"
    with pytest.raises(ValueError, match="'Batman'"):
        clean_edited_prompt(
            "Batman mug", MUG, PRODUCTS.model_copy(update={"theme": Theme(forbidden_words=("batman",))})
        )


def test_a_prompt_of_a_scene_is_only_cleaned() -> None:
    assert clean_edited_prompt("Harbour  at\tdawn", MUG, PROMPTS) == "Harbour at dawn"


@pytest.mark.parametrize("request_", [GENERATED, PRODUCTS, PROMPTS])
@given(text=st.text(max_size=1_500))
def test_any_text_is_refused_or_becomes_one_line_that_stays_as_it_is(request_: SeedRequest, text: str) -> None:
    item = ITEM if request_ is GENERATED else MUG
    try:
        prompt = clean_edited_prompt(text, item, request_)
    except ValueError:
        return
    assert 0 < len(prompt) <= MAX_EDITED_PROMPT_CHARACTERS
    assert prompt == " ".join(prompt.split())
    assert clean_edited_prompt(prompt, item, request_) == prompt


def test_a_row_of_another_shape_has_no_brand() -> None:
    item = SourceItem(**{**MUG.model_dump(), "row": '{"brand": 7, "name": "Mug"}'})
    assert clean_edited_prompt("A Daybird mug", item, PRODUCTS) == "A Daybird mug"
