"""Any bytes are an input: each ends as rows, as problems of rows, or as one error that says what is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.published_files import write_source_row
from shared.inputs.filenames import FileNames
from shared.inputs.item_builder import build_item
from shared.inputs.raw_rows import InputError
from shared.inputs.row_values import MAX_NESTING_LEVELS
from shared.inputs.rows import Row, RowProblem
from shared.runs.request import SeedRequest
from tests.strategies import THOROUGH
from tests.support.input_rows import read_all

LINE_SEPARATORS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
PIECES = (
    *LINE_SEPARATORS, "\r\n", '"', '""', ",", ";", "\t", "|", "sep=", "id", "name", "prompt", "1", "a", " ", "'", "\0",
    "\ufeff", "\u00e9", "[", "]", "{", "}", ":", "\\", "\\ud800", '{"id": 1, "name": "x"}', "null", "1e999", "<p>", "&",
)  # fmt: skip

texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=30).map("".join)
encoded = st.tuples(
    texts, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
).map(lambda pair: pair[0].encode(pair[1], "ignore"))
headed = st.tuples(st.sampled_from(["id,name\n", "id;name\r\n", "id\tname\n", "id,name,\r", "prompt\n"]), texts).map(
    lambda pair: "".join(pair).encode("utf-8", "ignore")
)


@THOROUGH
@given(
    data=st.binary(max_size=40) | encoded | headed,
    name=st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.json", "a.jsonl", "a"]),
    source=st.sampled_from(["products", "prompts"]),
    cut=st.integers(1, 9),
)
def test_any_bytes_are_read_or_refused_in_words(data: bytes, name: str, source: str, cut: int) -> None:
    request = SeedRequest.model_validate({"catalog": "toys", "source": source})
    try:
        found = read_all(data, name=name, source=source, cut=cut)
    except InputError:
        return
    names = FileNames()
    for one in found:
        if isinstance(one, Row):
            written = write_source_row(build_item(one, request, names), request, has_image=True)
            assert json.loads(written)["imageFile"]
        elif isinstance(one, RowProblem):
            assert str(one)


@pytest.mark.parametrize("separator", [*LINE_SEPARATORS, "\r\n", "\r\r\n"])
def test_a_quoted_value_keeps_its_line_breaks_and_any_other_separator(separator: str) -> None:
    value = f"one{separator}two\nthree"
    plain = f"x{separator}y" if separator not in {"\n", "\r", "\r\n", "\r\r\n"} else "z"
    (row,) = read_all(f'id,name,more\n1,"{value}",{plain}\n'.encode(), name="a.csv")
    assert isinstance(row, Row)
    assert json.loads(row.text) == {"id": "1", "name": value, "more": plain}


@pytest.mark.parametrize("separator", LINE_SEPARATORS.replace("\n", "").replace("\r", ""))
def test_a_separator_that_ends_no_line_is_a_part_of_a_plain_value(separator: str) -> None:
    (row,) = read_all(f"id,name\n1,one{separator}two\n".encode(), name="a.csv")
    assert isinstance(row, Row)
    assert json.loads(row.text)["name"] == f"one{separator}two"


@pytest.mark.parametrize("levels", [MAX_NESTING_LEVELS - 1, MAX_NESTING_LEVELS + 1, 700, 100_000])
def test_a_row_that_is_nested_too_deeply_is_refused_by_itself(levels: int) -> None:
    deep = "[" * levels + "]" * levels
    first, second = read_all(f'[{{"id": 1, "name": "a", "x": {deep}}}, {{"id": 2, "name": "b"}}]'.encode())
    assert isinstance(first, Row if levels < MAX_NESTING_LEVELS else RowProblem)
    assert isinstance(second, Row)
