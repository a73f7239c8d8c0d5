"""How a run reads an input, reported before it starts: of a file, and of an input in the store."""

import json

import pytest
from pydantic import ValidationError

from shared.errors import InputTooLargeError, InvalidRequestError, UnknownInputError
from shared.inputs import inspect_input as inspecting
from shared.inputs.inspect_input import InputReport, InspectRequest, inspect_stored_input
from shared.storage.protocol import Store
from tests.support.memory_store import RecordingStore

SHOP = "sku;title;color;price\nPROD-1;Enamel mug;blue;9\nPROD-2;Oak tray;;19\n;Bowl;;4\nPROD-1;Mug;;3\n"


async def inspect(store: Store, data: str | bytes, name: str = "shop.csv", **request: object) -> InputReport:
    """Store an input and return its report."""
    content = data.encode() if isinstance(data, str) else data
    await store.write(f"inputs/{name}", content, content_type="text/csv")
    return await inspect_stored_input(store, name, InspectRequest.model_validate(request))


async def test_a_report_has_columns_samples_and_problems(store: RecordingStore) -> None:
    report = await inspect(store, SHOP, fieldMapping={"name": "title"})
    assert (report.file, report.rows, report.variants, report.problem_count) == ("inputs/shop.csv", 2, 0, 2)
    assert report.columns == ["sku", "title", "color", "price"]
    assert report.mapping == {"id": "sku", "name": "title", "colour": "color"}
    assert {*report.mapping, "description", "prompt"} <= set(report.fields)
    assert set(report.mapping_reasons) == set(report.mapping)
    assert [(one.id, one.filename, one.name) for one in report.samples] == [
        ("PROD-1", "PROD-1.png", "Enamel mug"),
        ("PROD-2", "PROD-2.png", "Oak tray"),
    ]
    assert [(one.row, one.reasons) for one in report.problems] == [(3, ["bad_row"]), (4, ["duplicate_id"])]
    assert store.changes == ["inputs/shop.csv"]


async def test_the_theme_of_the_request_words_the_prompts(store: RecordingStore) -> None:
    theme = {"subject": "Mugs", "promptTemplate": "Line drawing of {name}"}
    report = await inspect(store, SHOP, theme=theme)
    assert report.samples[0].image_prompt.startswith("Line drawing of Enamel mug")


async def test_prompts_are_read_as_a_run_reads_them(store: RecordingStore) -> None:
    report = await inspect(store, '["A red fox", "A blue whale"]', "prompts.json", source="prompts")
    assert (report.rows, report.samples[0].image_prompt[:10], report.samples[0].id) == (2, "A red fox,", "prompt-0001")


async def test_problems_beyond_the_limit_are_counted(store: RecordingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "MAX_REPORTED_PROBLEMS", 3)
    report = await inspect(store, "sku;title\nA;Mug\n" + "A;Mug\n" * 10)
    assert (report.rows, report.problem_count, len(report.problems)) == (1, 10, 3)


async def test_a_report_can_always_be_sent(store: RecordingStore) -> None:
    rows = [{"id": "a", "name": "\ud800x", "\udfff": 1}, {"id": "\udc00", "name": "y"}]
    report = await inspect(store, json.dumps(rows), "shop.json")
    assert json.dumps(report.to_json(), ensure_ascii=False).encode()
    assert report.rows == 1


@pytest.mark.parametrize("name", ["other.csv", "..", "a/b", "", "x" * 200])
async def test_an_unknown_input_is_refused(store: RecordingStore, name: str) -> None:
    with pytest.raises(UnknownInputError):
        await inspect_stored_input(store, name, InspectRequest())


async def test_an_input_that_cannot_be_read_is_refused_with_the_reason(store: RecordingStore) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await inspect(store, "", "empty.csv")
    assert caught.value.properties["errors"][0]["field"] == "input"
    with pytest.raises(InvalidRequestError):
        await inspect(store, SHOP, fieldMapping={"name": "titel"})


async def test_an_input_larger_than_an_upload_is_not_read(
    store: RecordingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "MAX_INPUT_BYTES", 10)
    with pytest.raises(InputTooLargeError):
        await inspect(store, SHOP)


@pytest.mark.parametrize(
    "body",
    [{"source": "generate"}, {"source": None}, {"fieldMapping": []}, {"theme": {"subject": 3}}, {"unknown": 1}],
)
def test_a_request_that_breaks_the_schema_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        InspectRequest.model_validate(body)


async def test_an_input_whose_columns_are_not_recognized_is_refused_with_what_a_mapping_can_name(
    store: RecordingStore,
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await inspect(store, "Kennung;Wert\nA;Mug\n")
    assert caught.value.properties["columns"] == ["Kennung", "Wert"]
    assert {"id", "name"} <= set(caught.value.properties["fields"])
    report = await inspect(store, "Kennung;Wert\nA;Mug\n", fieldMapping={"id": "Kennung", "name": "Wert"})
    assert [one.name for one in report.samples] == ["Mug"]
