"""The seed request at its limits: ranges, types, names, themes and messages."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.runs.request import (
    SeedRequest,
    check_catalog_name,
    describe_validation_error,
    make_seed_input,
    parse_image_size,
)
from tests.strategies import THOROUGH, nasty_texts

RANGES = {
    "targetCount": (1, 50_000),
    "categoryCount": (1, 100),
    "batchSize": (1, 50),
    "parallelImageRequests": (1, 64),
    "maxRetries": (0, 10),
    "policyRewrites": (0, 2),
}
FLAGS = ("forceCategories", "forceImages", "dryRun", "validateItems", "publish", "thumbnails", "placeholder")


def ask(**body: Any) -> SeedRequest:
    return SeedRequest.from_json({"catalog": "lego"} | body)


def problems_of(body: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        SeedRequest.from_json(body)
    return {problem["field"]: problem["message"] for problem in describe_validation_error(caught.value)}


def problem_of(**body: Any) -> tuple[str, str]:
    problems = problems_of({"catalog": "lego"} | body)
    assert len(problems) == 1
    return problems.popitem()


# --- numbers and flags -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", RANGES)
@pytest.mark.parametrize("edge", [0, 1])
def test_the_ends_of_a_range_are_in_it_and_what_is_beyond_is_not(field: str, edge: int) -> None:
    value = RANGES[field][edge]
    beyond = value + (1 if edge else -1)
    assert ask(**{field: value}).to_json()[field] == value
    named, message = problem_of(**{field: beyond})
    assert named == field
    assert f"{value}, got {beyond}" in message


@pytest.mark.parametrize("field", RANGES)
@pytest.mark.parametrize("value", ["5", True, 1.0, 5.5, None, [5], {}, 10**400])
def test_a_number_of_another_type_is_refused(field: str, value: object) -> None:
    named, message = problem_of(**{field: value})
    assert named == field
    assert f", got {str(value)[:20] if isinstance(value, int) else repr(value)}" in message


@pytest.mark.parametrize("field", FLAGS)
@pytest.mark.parametrize("value", ["true", 1, 0, None, "no"])
def test_a_flag_is_true_or_false_and_nothing_like_it(field: str, value: object) -> None:
    named, message = problem_of(**{field: value})
    assert (named, message) == (field, f"Input should be a valid boolean, got {value!r}")


@pytest.mark.parametrize(("field", "most"), [("iterations", 3), ("acceptScore", 100)])
def test_how_images_are_refined_has_ranges_too(field: str, most: int) -> None:
    assert ask(refine={field: most}).to_json()["refine"][field] == most
    for beyond in (-1, most + 1, "2", True):
        problems = problems_of({"catalog": "lego", "refine": {field: beyond}})
        assert list(problems) == [f"refine.{field}"]


def test_what_has_to_be_an_object_is_reported_so_in_the_words_of_the_contract() -> None:
    assert problem_of(refine=3) == ("refine", "Input should be a JSON object, got 3")
    assert problem_of(theme="toys") == ("theme", "Input should be a JSON object, got 'toys'")


def test_absent_fields_have_the_defaults_of_the_contract() -> None:
    request = ask().to_json()
    theme = request.pop("theme")
    assert request == {
        "catalog": "lego",
        "targetCount": 200,
        "categoryCount": 20,
        "batchSize": 20,
        "parallelImageRequests": 4,
        "imageRequestsPerMinute": None,
        "parallelTextRequests": 1,
        "maxRetries": 5,
        "imageSize": "1024x1024",
        "imageQuality": "medium",
        "imageMode": "normal",
        "textMode": "normal",
        "batchFallback": "normal",
        "imageFormat": "png",
        "thumbnails": True,
        "imageVariants": [],
        "forceCategories": False,
        "forceImages": False,
        "dryRun": False,
        "validateItems": True,
        "publish": True,
        "review": "optional",
        "pauseOnBlock": False,
        "pauseLimitMinutes": 1440,
        "source": "generate",
        "input": None,
        "fieldMapping": {},
        "skipInvalid": False,
        "keepChanged": False,
        "variantImages": False,
        "promptWriter": "template",
        "imageBaseUrl": None,
        "refine": {"iterations": 0, "acceptScore": 85},
        "styleReference": None,
        "policyRewrites": 0,
        "placeholder": False,
        "maxCostUsd": None,
        "acceptEstimate": False,
    }
    assert set(theme) == {"subject", "openings", "tail", "forbiddenWords", "promptTemplate", "style"}


@pytest.mark.parametrize("field", ["target_count", "targetcount", "TargetCount", "count", "", "x" * 500])
def test_unknown_fields_are_refused_also_those_spelled_as_inside(field: str) -> None:
    named, message = problem_of(**{field: 5})
    assert named == (field if len(field) < 100 else f"{field[:77]}...") or "(body)"
    assert message == "is not a field of this request"


@pytest.mark.parametrize("body", [None, [], "lego", 5])
def test_what_is_no_object_is_refused(body: object) -> None:
    assert problems_of(body)["(body)"].startswith("Input should be a JSON object, got ")


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ("photo.jpg", {"styleReference.images": "Input should be a JSON array, got 'photo.jpg'"}),
        ([], {"styleReference.images": "has 0 entries; expected at least 1"}),
        (["inputs/a.png"] * 5, {"styleReference.images": "has 5 entries; expected at most 4"}),
    ],
)
def test_problems_of_an_array_are_in_words_of_json(images: object, expected: dict[str, str]) -> None:
    assert problems_of({"catalog": "toys", "styleReference": {"images": images}}) == expected


def test_an_invalid_entry_is_one_problem() -> None:
    problems = problems_of({"catalog": "toys", "styleReference": {"images": ["photo.jpg"]}})
    assert set(problems) == {"styleReference.images.0"}


def test_all_problems_are_reported_at_once() -> None:
    assert set(problems_of({"targetCount": 0, "batchSize": 51, "extra": 1})) == {
        "catalog",
        "targetCount",
        "batchSize",
        "extra",
    }


def test_a_huge_value_is_reported_in_one_short_line() -> None:
    _, message = problem_of(dryRun=["x" * 10_000])
    assert len(message) < 150


@THOROUGH
@given(st.dictionaries(st.sampled_from([*RANGES, *FLAGS, "catalog", "imageSize", "theme", "odd"]), nasty_texts))
def test_whatever_text_comes_in_a_problem_is_one_line_of_json(body: dict[str, str]) -> None:
    for field, message in problems_of(body | {"odd": 1}).items():
        assert json.dumps({field: message}, ensure_ascii=False).encode()
        assert len(message.splitlines()) == 1


@THOROUGH
@given(
    st.fixed_dictionaries(
        {"catalog": st.from_regex(r"\A[a-z0-9](?:-?[a-z0-9]){3,20}\Z").filter(lambda name: len(name) > 4)},
        optional={field: st.integers(*limits) for field, limits in RANGES.items()}
        | {field: st.booleans() for field in FLAGS}
        | {"imageQuality": st.sampled_from(("low", "medium", "high")), "imageFormat": st.sampled_from(("png", "jpeg"))},
    ),
)
def test_a_request_comes_back_from_its_record(body: dict[str, Any]) -> None:
    request = SeedRequest.from_json(body)
    assert SeedRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["lego", "spring-sale", "a1", "00", "a-b-c", "x" * 39, "-".join("9" * 39), "com10", "con-1"]
)
def test_names_that_a_catalog_can_have(name: str) -> None:
    assert check_catalog_name(name) == name
    assert ask(catalog=name).catalog == name


@pytest.mark.parametrize(
    "name",
    [
        "", "a", "A", "Lego", "../x", "a/b", "a\\b", "..", ".", "a--b", "-a", "a-", "a b", " lego", "lego\n",
        "lego\x00", "x" * 40, "x" * 300, "a_b", "a.b", "caf\u00e9", "a\u2010b", "\uff41bc", "\u0661\u0662",
        "\ufefflego", "a%2fb", "CON", "Nul",
    ],
)  # fmt: skip
def test_names_that_a_catalog_cannot_have(name: str) -> None:
    field, message = problem_of(catalog=name)
    assert field == "catalog"
    assert "is not a catalog name; expected 2 to 39 lower-case letters and digits" in message
    assert repr(name[:40])[:-1] in message


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com0", "com9", "lpt1"])
def test_device_names_of_windows_are_no_catalog_names(name: str) -> None:
    assert problem_of(catalog=name) == (
        "catalog",
        f"{name!r} is a reserved device name on Windows; expected any other name",
    )


@THOROUGH
@given(st.text(max_size=45) | st.text("ab1-", max_size=45))
def test_a_name_is_taken_exactly_if_it_fits_the_contract(name: str) -> None:
    parts = name.split("-")
    fits = 2 <= len(name.replace("-", "")) <= 39 and all(parts)
    fits = fits and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    fits = fits and name not in {"con", "prn", "aux", "nul"}
    try:
        taken = bool(check_catalog_name(name))
    except ValueError:
        taken = False
    assert taken == fits


# --- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["1024x1024", "64x4096", "1024x1536"])
def test_image_sizes(size: str) -> None:
    assert ask(imageSize=size).image_size == size
    assert parse_image_size(size) == tuple(map(int, size.split("x")))


@pytest.mark.parametrize(
    "size",
    [
        "1024", "63x64", "64x4097", "1024X1024", "1024 x 1024", "01024x1024", "1024x1024\n", "0x0", "-64x64", "",
        "\u0661\u0660\u0662\u0664x1024", "99999x99999", "x" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_image_size(size: str) -> None:
    field, message = problem_of(imageSize=size)
    assert field == "imageSize"
    assert message == (f"{size[:40]!r} is not an image size; expected WIDTHxHEIGHT such as 1024x1024, each 64 to 4096")


@pytest.mark.parametrize(("field", "value"), [("imageQuality", "best"), ("imageFormat", "gif"), ("imageFormat", "PNG")])
def test_a_choice_is_one_of_those_that_the_message_names(field: str, value: str) -> None:
    named, message = problem_of(**{field: value})
    assert named == field
    assert f"got {value!r}" in message
    assert "Input should be" in message


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["rows.json", "inputs/", "inputs/../a", "inputs/a/b", "inputs/.a", "inputs/a.", "inputs/" + "a" * 121]
)
def test_an_input_is_a_file_right_below_inputs(path: str) -> None:
    named, message = problem_of(source="products", input=path)
    assert named == "input"
    assert "expected inputs/NAME" in message


def test_an_input_without_a_source_is_a_mistake() -> None:
    assert ask(source="prompts", input="inputs/a.json").input == "inputs/a.json"
    _, message = problem_of(input="inputs/a.json")
    assert message == "source is 'generate', which takes no input; expected source 'products' or 'prompts'"


@pytest.mark.parametrize("url", ["cdn.example.com", "ftp://a", "https://a?b=c", "https://a b", "javascript:x"])
def test_a_base_of_image_urls_is_an_address_without_a_query(url: str) -> None:
    assert problem_of(imageBaseUrl=url)[0] == "imageBaseUrl"


def test_a_model_writes_prompts_only_for_rows() -> None:
    assert ask(source="products", promptWriter="model").prompt_writer == "model"
    assert ask(promptWriter="template").prompt_writer == "template"
    named, message = problem_of(promptWriter="model")
    assert named == "(body)"
    assert message.startswith("promptWriter is 'model', and source is 'generate'; expected source 'products'")
    assert problem_of(source="prompts", promptWriter="human")[0] == "promptWriter"


@pytest.mark.parametrize("field", ["catalog", "imageSize", "input", "imageBaseUrl"])
def test_the_schema_has_the_pattern_of_a_text(field: str) -> None:
    pattern = SeedRequest.model_json_schema(by_alias=True)["properties"][field]["pattern"]
    examples = {
        "catalog": "spring-sale",
        "imageSize": "64x64",
        "input": "inputs/shop.csv",
        "imageBaseUrl": "http://x/y",
    }
    assert re.search(pattern, examples[field])
    assert not re.search(pattern, f" {examples[field]} ")


@pytest.mark.parametrize(
    ("fields", "is_refused"),
    [
        ({"source": "products", "input": "inputs/a.csv", "promptWriter": "model"}, False),
        ({"source": "products", "input": "inputs/a.csv"}, True),
        ({}, True),
    ],
)
def test_only_prompts_of_rows_can_be_written_in_batches(fields: dict[str, Any], is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(ValidationError, match="textMode is 'batch'"):
            ask(textMode="batch", **fields)
    else:
        assert ask(textMode="batch", **fields).is_text_batched
        assert make_seed_input("a-run", ask(textMode="batch", **fields)).batches_text
