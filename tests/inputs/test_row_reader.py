"""Rows of every format are read, and problems are reported with row and field."""

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.inputs.item_source import PRODUCTS, find_row_source
from shared.inputs.raw_rows import MAX_ROW_CHARACTERS, InputError
from shared.inputs.row_reader import MAX_ROWS, RowReader
from shared.inputs.row_values import parse_row
from shared.inputs.rows import Row, RowProblem, RowResult
from shared.reasons import Reason
from tests.strategies import QUICK
from tests.support.input_rows import dump_rows, make_products, read_all

TWO = [{"id": "a", "name": "Mug"}, {"id": "b", "name": "Tray"}]
JSON_TEXTS = {
    "array.json": dump_rows(TWO),
    "indented.json": json.dumps(TWO, indent=2).encode(),
    "lines.jsonl": b"\n\n".join(map(dump_rows, TWO)),
    "no-ending": b"\n".join(map(dump_rows, TWO)) + b"\n",
    "table.csv": b"id,name\na,Mug\nb,Tray",
    "semicolons.csv": b'id;"name";price, net\na;Mug;"1.234,50"\nb;Tray;\n',
    "emptied.csv": b"id;name;price\n;;\na;Mug;1\n;;;;\nb;Tray;\n ; ;\n",
    "table.TSV": b"id\tname\na\tMug\n\nb\tTray\n",
}

plain_values = (
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6)
)
json_values = st.recursive(
    plain_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a{[\"'\\,", max_size=3), inner, max_size=3),
    max_leaves=5,
)


def describe_results(found: list[RowResult]) -> list[str]:
    return [one.id if isinstance(one, Row) else str(one) for one in found]


# --- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [None, 1, 7])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("name", JSON_TEXTS)
def test_every_format_gives_the_same_rows_with_and_without_a_mark_and_with_either_line_break(
    name: str, mark: bytes, cut: int | None
) -> None:
    text = JSON_TEXTS[name]
    for data in (text, text.replace(b"\n", b"\r\n")):
        found = read_all(mark + data, name=name, cut=cut)
        assert [(row.number, row.id, row.values["name"]) for row in found if isinstance(row, Row)] == [
            (1, "a", "Mug"),
            (2, "b", "Tray"),
        ]


@QUICK
@given(st.lists(json_values, min_size=1, max_size=4), st.integers(1, 9), st.booleans())
def test_an_array_is_split_at_its_rows_whatever_they_contain(rows: list[object], cut: int, is_indented: bool) -> None:
    marked = [{"id": str(number), "name": "x", "data": row} for number, row in enumerate(rows)]
    data = json.dumps(marked, ensure_ascii=False, indent=2 if is_indented else None).encode()
    found = read_all(data, cut=cut)
    assert [json.loads(row.text) for row in found if isinstance(row, Row)] == marked


@QUICK
@given(
    st.lists(
        st.lists(st.text("ab \",;\n'\u00e9"), min_size=2, max_size=2).map(lambda row: ["x", *row]),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 9),
)
def test_a_table_is_read_as_the_csv_module_reads_it(rows: list[list[str]], cut: int) -> None:
    numbered = [[str(number), *row] for number, row in enumerate(rows)]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["id", "name", "one", "two"], *numbered])
    found = read_all(text.getvalue().encode(), name="rows.csv", cut=cut)
    assert [list(json.loads(row.text).values()) for row in found if isinstance(row, Row)] == numbered


def test_numbers_are_ids_as_they_are_spelt() -> None:
    found = read_all(b'[{"id": 1, "name": "a"}, {"id": 1.0, "name": "b"}, {"id": 007, "name": "c"}]')
    assert describe_results(found)[:2] == ["1", "1.0"]
    assert describe_results(found)[2].startswith("row 3: is not JSON: Expecting ',' delimiter")


# --- mapping ---------------------------------------------------------------------------------------------------------


def map_columns(*columns: str, source: str = "products", **reported: str) -> dict[str, str]:
    reader = RowReader(find_row_source(source), "rows.json", reported)
    list(reader.feed(dump_rows([dict.fromkeys(columns, "x")])))
    list(reader.finish())
    assert reader.mapping is not None
    return dict(reader.mapping.columns)


def test_columns_are_guessed_without_regard_to_case_and_spelling() -> None:
    assert map_columns("Id", "Type", "Brand", "NAME", "Color", "image_file", "Image Prompt", "Price") == {
        "id": "Id",
        "name": "NAME",
        "category": "Type",
        "brand": "Brand",
        "colour": "Color",
        "image": "image_file",
        "prompt": "Image Prompt",
    }


def test_what_is_reported_wins_over_the_guess_and_no_column_serves_twice() -> None:
    columns = ("sku", "name", "title", "Type")
    assert map_columns(*columns, name="TITLE", category="")["name"] == "title"
    assert "category" not in map_columns(*columns, name="title", category="")
    assert map_columns("id", "name", name="id", id="name") == {"id": "name", "name": "id"}


@pytest.mark.parametrize(
    ("reported", "message"),
    [
        ({"name": "titel"}, "has no column 'titel' for name; it has 'sku', 'title'"),
        ({"size": "sku"}, "has no field 'size'; expected one of id, name, description"),
        ({"id": ""}, "has no column that looks like id; it has 'sku', 'title'; expected --map id="),
    ],
)
def test_a_map_that_cannot_be_meant_is_reported(reported: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        map_columns("sku", "title", **reported)
    assert str(caught.value).startswith(message)


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", b"", "is empty; expected rows"),
        ("a.csv", b" \r\n ", "is empty; expected rows"),
        ("a.csv", b"\x0b", "is empty; expected rows"),
        ("a.json", b"[ ]", "has no rows; expected one at least"),
        ("a.csv", b"id,name\n", "has no rows; expected one at least"),
        ("a.json", "[{}]".encode("utf-16")[:-1], "is cut off or damaged: its byte order mark says utf-16"),
        ("a.csv", b"id,name\n1,caf\xe9\n", "is not UTF-8: line 2 has the byte 0xe9 after '1,caf'; expected UTF-8"),
        ("a.csv", "id,name\n1,a\n".encode("utf-16-le"), "has a NUL in the name of column 1, as in UTF-16 text"),
        ("a.json", b"id,name\n", "begins with 'i'; expected a JSON array, or a name that ends in .jsonl, .csv or .tsv"),
        ("a.json", b'{"a": {"x": 1},\n"b": {"x": 2}}', "is an object of objects; expected a JSON array of rows"),
        ("a.json", b'{"a": [{"id": 1, "name": "x"}], "b": [{"id": 2, "name": "y"}]}', "has lists under 'a' and 'b'"),
        ("a.csv", b"<?xml version='1.0'?><rss></rss>", "is XML or HTML; expected CSV, TSV, JSON or JSON Lines"),
        ("a.json", b'[{"id": 1, "name": "a"}] x', "continues after the end of the array, after row 1"),
        ("a.json", b'[{"id": 1, "na', "has no row that can be read: row 1 is cut off"),
        ("a.json", b"[1, 2]", "has no row that can be read: row 1 is '1'; expected an object"),
    ],
)
@pytest.mark.parametrize("cut", [None, 1])
def test_an_input_that_cannot_be_read_reports_why(name: str, data: bytes, message: str, cut: int | None) -> None:
    with pytest.raises(InputError) as caught:
        read_all(data, name=name, cut=cut)
    assert str(caught.value).startswith(message)


def test_a_workbook_is_called_that_and_how_to_save_it_is_reported() -> None:
    with pytest.raises(InputError, match="is a workbook, or another ZIP file; expected it saved as CSV"):
        read_all(b"PK\x03\x04\x14\x00\xff", name="shop.xlsx")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a workbook of an old spreadsheet"),
        (b"\x1f\x8b\x08\x00\xff", "is compressed with gzip"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is a PDF file"),
        (b"PAR1\x15\x04\xff", "is a Parquet file"),
        (b"\x89PNG\r\n\x1a\n", "is an image"),
    ],
)
def test_a_binary_file_is_reported_by_its_kind(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_all(data, name="shop.csv")


def test_the_line_of_an_invalid_byte_is_reported_anywhere_in_the_file() -> None:
    lines = "".join(f"{number},café {number}\n" for number in range(1, 40)).encode()
    with pytest.raises(InputError, match=r"line 41 has the byte 0xfc after '40,'"):
        read_all(b"id,name\n" + lines + b"40,\xfcber\n", name="a.csv", cut=7)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.json", b'[{"id": 1, "name": "a"}, {"id": 2, "na', "row 2: is cut off: the file ends before the end"),
        ("a.json", b'[{"id": 1, "name": "a"} {"id": 2}, {"id": 3, "name": "c"}]', "row 1: is not JSON: something f"),
        ("a.json", b'[{"id": 1, "name": "a"},]', "row 2: is empty; expected a value, or one comma fewer"),
        ("a.json", b'[{"id": 1, "name": NaN}, {"id": 2, "name": "b"}]', "row 1: NaN is not a JSON number"),
        ("a.json", b'[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]', "row 2, id: '1' is the id of an earlier row"),
        ("a.json", b'[{"SKU": " ", "name": "a"}, {"SKU": 1, "name": "b"}]', "row 1, id (column 'SKU'): is missing or"),
        ("a.json", b'[{"id": 1, "price": 5}]', "row 1: has no text for a prompt; expected one of name, desc"),
        ("a.csv", b"id,name\n1,a,b\n2,b", "row 1: has 3 values; expected 2, as in the header"),
        (
            "a.csv",
            b'id,name\n0,x\n1,"a\n2,b',
            "row 2: has a quoted value that is not closed: the 1 lines after its first",
        ),
        ("a.csv", b'id,name\n0,x\n1,"a', "row 2: has a quoted value that is not closed"),
        (
            "a.csv",
            b"id;name\n1;a;b\n2;b",
            "row 1: has 3 values; expected 2, as in the header, between semicolons (line 2)",
        ),
        ("a.csv", b'id,name\n1,"a"b\n2,b', "row 1: has 'b' after a closing quotation mark; expected ','"),
        ("a.jsonl", b'{"id": 1, "name": "a"}\n[]\n', "row 2: is '[]'; expected an object"),
        ("a.json", dump_rows([{"id": "x" * 501, "name": "a"}]), "row 1, id: has 501 characters; expected at most 500"),
        (
            "a.json",
            b'[{"id": "\\ud800", "name": "a"}]',
            "row 1, id: contains a lone surrogate; expected whole characters",
        ),
    ],
)
def test_a_row_that_cannot_be_used_says_which_field_and_why(name: str, data: bytes, problem: str) -> None:
    problems = [str(found) for found in read_all(data, name=name) if isinstance(found, RowProblem)]
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_a_lone_quote_in_a_value_is_accepted() -> None:
    found = read_all(b'id\tname\n1\tScreen 5" wide\n2\tTray', name="a.tsv")
    assert [row.values["name"] for row in found if isinstance(row, Row)] == ['Screen 5" wide', "Tray"]


def test_the_first_of_two_rows_with_an_id_counts_even_if_one_without_a_text_came_before() -> None:
    rows = [{"id": "a"}, {"id": "a", "name": "first"}, {"id": "a", "name": "second"}]
    found = read_all(dump_rows(rows))
    assert [row.number for row in found if isinstance(row, Row)] == [2]
    assert [one.reason for one in found if isinstance(one, RowProblem)] == [Reason.BAD_ROW, Reason.DUPLICATE_ID]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv"])
def test_a_row_without_end_is_reported_and_never_held(name: str) -> None:
    piece = b"x" * 100_000
    reader = RowReader(PRODUCTS, name, {})
    begin, end = {
        "a.json": (b'[{"id": 1, "name": "a"}, {"id": 2, "name": "', b'"}, {"id": 3, "name": "c"}]'),
        "a.jsonl": (b'{"id": 1, "name": "a"}\n{"id": 2, "name": "', b'"}\n{"id": 3, "name": "c"}\n'),
        "a.csv": (b'id,name\n1,a\n2,"', b'"\n3,c\n'),
    }[name]
    found = list(reader.feed(begin))
    tracemalloc.start()
    for _ in range(200):
        found += reader.feed(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found += [*reader.feed(end), *reader.finish()]
    assert [line.partition(" (")[0] for line in describe_results(found)] == [
        "1",
        f"row 2: has more than {MAX_ROW_CHARACTERS:,} characters; expected at most that many",
        "3",
    ]
    assert peak < 5 * MAX_ROW_CHARACTERS


@pytest.mark.slow
def test_more_rows_than_a_catalog_holds_are_refused() -> None:
    data = b"\n".join(b'{"id": %d, "name": "a"}' % number for number in range(MAX_ROWS + 1))
    with pytest.raises(InputError, match="has more than 50,000 rows"):
        read_all(data, name="a.jsonl")


# --- prompts ---------------------------------------------------------------------------------------------------------


def test_prompts_are_texts_or_objects_and_get_ids_from_their_row_numbers() -> None:
    rows = ["A red bridge", {"title": "Bay", "mood": "calm"}, {"id": "x", "scene": "a harbour"}, {"id": "y"}, 5]
    found = read_all(dump_rows(rows), source="prompts")
    assert describe_results(found) == [
        "prompt-0001",
        "prompt-0002",
        "x",
        "row 4: has no text for a prompt; expected one of title, scene, mood, prompt",
        "row 5: is '5'; expected an object",
    ]
    assert parse_row(found[0].text) == {"prompt": "A red bridge"} if isinstance(found[0], Row) else False


@pytest.mark.slow
def test_a_row_that_was_read_leaves_nothing_but_a_digest_of_its_id() -> None:
    def measure(count: int) -> int:
        lines = [json.dumps(row).encode() + b"\n" for row in make_products(100)]
        reader = RowReader(PRODUCTS, "a.jsonl", {})
        tracemalloc.start()
        for number in range(count):
            line = lines[number % 100].replace(b"PROD-", b"P-%d-" % number)
            for _ in reader.feed(line):
                pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert measure(20_000) - measure(2_000) < 18_000 * 100
