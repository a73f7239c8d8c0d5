"""Items of rows: file names that follow from ids, prompts without brands, and rows written as they were."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.catalog.category_names import CategoryNames
from shared.catalog.items import SourceItem
from shared.catalog.published_files import write_importer_row, write_source_row
from shared.catalog.theme import DEFAULT_TAIL, Theme
from shared.inputs.filenames import FileNames
from shared.inputs.importer_ids import ImporterIds
from shared.inputs.item_builder import build_item
from shared.inputs.row_values import append_members
from shared.inputs.rows import Row
from shared.runs.request import RESERVED_NAMES, SeedRequest
from tests.strategies import QUICK, nasty_texts
from tests.support.importer_rules import import_rows
from tests.support.input_rows import dump_rows, read_all

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


utf8_texts = nasty_texts.map(lambda text: text.replace("\ud800", ""))
"""A file in UTF-8 cannot contain a lone surrogate."""


def make_items(rows: list[dict[str, Any]], *, source: str = "products", **request: Any) -> list[SourceItem]:
    asked = SeedRequest.from_json({"catalog": "shop", "source": source} | request)
    names = FileNames()
    found = read_all(dump_rows(rows), source=source)
    return [build_item(row, asked, names) for row in found if isinstance(row, Row)]


def name_files(*rows: tuple[str, str | None], **request: Any) -> list[str]:
    return [
        item.filename for item in make_items([{"id": i, "name": "x", "image": image} for i, image in rows], **request)
    ]


def write_prompt(theme: dict[str, Any] | None = None, **row: Any) -> str:
    (item,) = make_items([{"id": "1"} | row], theme={"tail": "on white"} | (theme or {}))
    return item.image_prompt


# --- file names ------------------------------------------------------------------------------------------------------


def test_file_names_are_ids_with_the_ending_of_the_format() -> None:
    assert name_files(("PROD-000001", None), ("7", "")) == ["PROD-000001.png", "7.png"]
    assert name_files(("PROD-000001", None), imageFormat="jpeg") == ["PROD-000001.jpg"]


def test_a_given_file_name_is_kept_without_its_path() -> None:
    given = ("boot.png", "images/mug.JPG", "https://cdn.example.com/a/tray.jpeg?w=200", "C:\\pictures\\d.png")
    assert name_files(*((str(number), name) for number, name in enumerate(given))) == [
        "boot.png",
        "mug.JPG",
        "tray.jpeg",
        "d.png",
    ]


@pytest.mark.parametrize(
    "given", ["a.gif", "..", "../.png", "a b.png", ".png", "con.png", "x" * 70 + ".png", "n\u00e4h.png"]
)
def test_a_name_that_cannot_be_kept_gives_way_to_the_id(given: str) -> None:
    assert name_files(("7", given)) == ["7.png"]


def test_no_two_items_share_a_file_name_not_even_where_no_case_is_known() -> None:
    names = name_files(("Ab", None), ("aB", None), ("c", "ab.png"), ("d", "e.png"), ("e", None), ("f", "e.jpg"))
    assert names[0] == "Ab.png"
    assert re.fullmatch(r"aB-[0-9a-f]{12}\.png", names[1])
    assert names[2:4] == ["c.png", "e.png"]
    assert re.fullmatch(r"e-[0-9a-f]{12}\.png", names[4])
    assert names[5] == "f.png"


@QUICK
@given(
    st.lists(
        st.one_of(utf8_texts, st.sampled_from([*RESERVED_NAMES, "../../etc/passwd", "x" * 300, "A", "a", "\u00e4"])),
        max_size=30,
        unique=True,
    )
)
def test_file_names_are_safe_and_distinct_for_any_ids(ids: list[str]) -> None:
    items = make_items([{"id": text, "name": "x"} for text in ["one", *ids]])
    names = [item.filename for item in items]
    assert len({name.casefold() for name in names}) == len(names)
    for item in items:
        assert SAFE_NAME.fullmatch(item.filename)
        assert item.filename.partition(".")[0].casefold() not in RESERVED_NAMES
        assert item.product_id == item.filename.removesuffix(".png")


# --- prompts ---------------------------------------------------------------------------------------------------------


def test_a_product_s_prompt_has_what_it_says_of_itself_and_leaves_out_what_it_does_not() -> None:
    assert write_prompt(name="Oak tray", category="Kitchen", color="brown", description="Round. With a rim.") == (
        "Product photo of Oak tray, Kitchen, brown, Round. With a rim. on white"
    )
    assert write_prompt(description="A tray") == "Product photo of A tray, on white"


def test_brands_and_forbidden_words_are_left_out() -> None:
    prompt = write_prompt(
        {"forbiddenWords": ["Batman"]},
        name="DAYBIRD Boots",
        brand="Daybird",
        description="Daybird's best, by Daybird. Daybirds fly. A Batman print.",
    )
    assert prompt == "Product photo of Boots, best. Daybirds fly. A print. on white"


def test_a_prompt_of_one_s_own_is_used_as_it_is_but_for_the_brand() -> None:
    assert write_prompt(imagePrompt="Photo of a Daybird boot", brand="Daybird", name="n") == "Photo of a boot"


def test_the_theme_s_template_is_used() -> None:
    theme = {"promptTemplate": "Sketch of {name} in {colour}, made of {material}, {attributes}"}
    assert write_prompt(theme, name="Mug", color="red", attributes={"size": ["S", "M"], "new": True}) == (
        "Sketch of Mug in red, size: S, M, new: yes, on white"
    )


@pytest.mark.parametrize("template", ["no field", "{brand}", "{name!r}", "{name:>5}", "{name", "{}", "{name.x}"])
def test_a_template_with_other_fields_is_refused(template: str) -> None:
    with pytest.raises(ValidationError):
        Theme.model_validate({"promptTemplate": template})


def test_rows_of_prompts_say_prompt_or_title_then_scene_and_mood() -> None:
    rows = [
        {"title": "Bay", "scene": "a harbour at dawn", "mood": "calm"},
        {"title": "unused", "prompt": "A red bridge.", "mood": "bold"},
    ]
    assert [item.image_prompt for item in make_items(rows, source="prompts")] == [
        f"Bay, a harbour at dawn, calm mood, {DEFAULT_TAIL}",
        f"A red bridge. bold mood, {DEFAULT_TAIL}",
    ]


# --- what is published -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"price": 109.90, "n": 1E+2, "big": 12345678901234567890.10}',
        '{"b": 1, "a": {"x": [1.0, {"y": "}"}]}, "imageFile": "old.png", "t": "\\u00e9\\ud800"}',
        '{ "a"\n:\n[ ],"" : null }',
        "{}",
    ],
)
def test_a_row_is_written_as_it_was_with_two_members_at_its_end(text: str) -> None:
    written = append_members(text, {"imageFile": "a.png", "imageUrl": None})
    before = json.loads(text, parse_float=str, parse_int=str)
    before.pop("imageFile", None)
    after = json.loads(written, parse_float=str, parse_int=str)
    assert list(after.items()) == [*before.items(), ("imageFile", "a.png"), ("imageUrl", None)]


def test_image_urls_begin_with_the_base_or_are_relative() -> None:
    (item,) = make_items([{"id": "a", "name": "x", "image": "b.jpg"}])
    for base, url in ((None, "images/b.jpg"), ("https://cdn.example.com/p/", "https://cdn.example.com/p/b.jpg")):
        request = SeedRequest(catalog="shop", source="products", image_base_url=base)
        assert json.loads(write_source_row(item, request, has_image=True))["imageUrl"] == url
        assert json.loads(write_source_row(item, request, has_image=False))["imageUrl"] is None


@QUICK
@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": nasty_texts, "category": st.one_of(nasty_texts, st.sampled_from(["Sci-Fi", "SciFi", "scifi"]))}
        ),
        max_size=20,
    )
)
def test_the_importer_takes_every_item_in(values: list[dict[str, str]]) -> None:
    rows = [{"id": f"{number}-{'x' * (40 * (number % 2))}", "description": "d"} | v for number, v in enumerate(values)]
    text = json.dumps(rows)
    found = read_all(text.encode(), source="products") if rows else []
    names, request = FileNames(), SeedRequest(catalog="shop", source="products")
    ids, categories = ImporterIds(), CategoryNames()
    items = [ids.assign(build_item(row, request, names)) for row in found if isinstance(row, Row)]
    written = [write_importer_row(item, categories) for item in items]
    assert len(import_rows(written)) == len(written) == len(rows)
