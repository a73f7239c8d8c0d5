"""JSON as programs write it: rows inside objects, one object alone, and wrapped columns."""

import json
from typing import Any

import pytest

from shared.inputs.raw_rows import InputError
from shared.inputs.rows import Row, RowProblem
from tests.support.input_rows import read_all

TWO: list[dict[str, Any]] = [{"id": 1, "title": "Mug", "price": 9.5}, {"id": 2, "title": "Tray", "price": 24}]


def read_rows(document: object, *, indent: int | None = None, cut: int | None = None) -> list[Any]:
    found = read_all(json.dumps(document, indent=indent).encode(), name="a.json", cut=cut)
    assert not [str(one) for one in found if isinstance(one, RowProblem)]
    return [json.loads(one.text) for one in found if isinstance(one, Row)]


@pytest.mark.parametrize(
    "document",
    [
        {"products": TWO},
        {"total": 2, "skip": 0, "products": TWO, "limit": 30},
        {"id": "shop-1", "name": "My shop", "products": TWO},
        {"name": "My shop", "categories": [{"id": 9, "name": "Kitchen"}], "items": TWO},
        {"data": {"products": TWO}, "errors": []},
        {"data": {"products": {"edges": [{"node": row, "cursor": "x"} for row in TWO]}}},
        {"id": "shop-1", "name": "My shop", "stuff": TWO},
        {"meta": {"text": 'a "quoted" [bracket] {brace}'}, "Products": TWO},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("cut", [None, 3])
def test_the_rows_of_an_object_are_found(document: object, indent: int | None, cut: int | None) -> None:
    assert read_rows(document, indent=indent, cut=cut) == TWO


def test_numbers_inside_an_object_stay_as_they_are_spelled() -> None:
    (row,) = read_all(b'{"products": [{"id": 1, "title": "Mug", "price": 9.90}], "x": [1]}', name="a.json")
    assert isinstance(row, Row)
    assert '"price": 9.90' in row.text


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_that_is_a_product_is_one_row_although_it_has_lists(indent: int | None) -> None:
    product = {
        "id": 1,
        "title": "Mug",
        "variants": [{"id": 11, "title": "Small"}],
        "images": [{"id": 5, "src": "a.png"}],
    }
    assert read_rows(product, indent=indent) == [product]


def test_lines_that_have_lists_stay_lines() -> None:
    rows = [{**row, "parts": [{"id": 1, "name": "lid"}]} for row in TWO]
    text = "\n".join(map(json.dumps, rows))
    assert [json.loads(one.text) for one in read_all(text.encode(), name="a.json") if isinstance(one, Row)] == rows


def test_an_object_that_is_cut_off_is_reported_with_its_row() -> None:
    found = read_all(b'{"products": [{"id": 1, "title": "Mug"}, {"id": 2, "ti', name="a.json")
    assert [str(one) for one in found if isinstance(one, RowProblem)] == [
        "row 2: is cut off: the file ends before the end of the row or of the array"
    ]


@pytest.mark.parametrize("document", [{"a": TWO, "b": TWO}, {"SKU-1": {"title": "Mug"}, "SKU-2": {"title": "Tray"}}])
def test_an_object_that_may_mean_several_things_is_refused(document: object) -> None:
    with pytest.raises(InputError, match="expected a JSON array of rows"):
        read_rows(document)


def test_columns_inside_a_wrapper_are_found() -> None:
    rows = [{"id": "rec1", "fields": {"Name": "Mug", "Color": "red"}}, {"id": "rec2", "fields": {"Name": "Tray"}}]
    found = [one for one in read_all(json.dumps({"records": rows}).encode(), name="a.json") if isinstance(one, Row)]
    assert [(one.id, one.values["name"], one.values["colour"]) for one in found] == [
        ("rec1", "Mug", "red"),
        ("rec2", "Tray", ""),
    ]


def test_an_object_or_a_list_in_place_of_a_name_is_called_by_its_name() -> None:
    row = {
        "id": 1,
        "title": {"rendered": "Mug &amp; lid"},
        "categories": [{"id": 3, "name": "Kitchen"}, {"name": "New"}],
    }
    (found,) = read_all(json.dumps([row]).encode(), name="a.json")
    assert isinstance(found, Row)
    assert (found.values["name"], found.values["category"]) == ("Mug & lid", "Kitchen")
