"""Tables as programs write them: delimiters, titles above the header, stray quotation marks, and line ends."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.inputs.csv_rows import MAX_QUOTED_LINES, split_values
from shared.inputs.item_source import PRODUCTS
from shared.inputs.row_reader import RowReader
from shared.inputs.rows import Row, RowProblem
from tests.strategies import QUICK
from tests.support.input_rows import read_all

TWO = [{"sku": "A-1", "title": "Tee, green", "price": "9,90"}, {"sku": "A-2", "title": "Mug; blue", "price": "24"}]


def read_rows(data: bytes | str, name: str = "a.csv", source: str = "products", cut: int | None = None) -> list[Any]:
    found = read_all(data.encode() if isinstance(data, str) else data, name=name, source=source, cut=cut)
    assert not [str(one) for one in found if isinstance(one, RowProblem)]
    return [json.loads(one.text) for one in found if isinstance(one, Row)]


def write_table(delimiter: str, line_end: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(TWO[0]), delimiter=delimiter, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(TWO)
    return text.getvalue()


@pytest.mark.parametrize("cut", [None, 1, 5])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_table_is_recognized_by_its_content(delimiter: str, line_end: str, name: str, cut: int | None) -> None:
    assert read_rows(write_table(delimiter, line_end), name=name, cut=cut) == TWO


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("cut", [None, 1])
def test_a_byte_order_mark_determines_the_encoding(encoding: str, cut: int | None) -> None:
    assert read_rows(write_table("\t", "\r\n").encode(encoding), name="a.txt", cut=cut) == TWO


@pytest.mark.parametrize(
    "above",
    [
        "sep=;\r\n",
        '"sep=;"\n',
        "Price list 2026\n",
        "Price list\n\n",
        "Price list;;\n;;\n",
        "Price list, spring\n",
        "\n\n",
        "\n" * 50,
    ],
)
def test_lines_above_the_header_are_skipped(above: str) -> None:
    text = above + write_table(";", "\n")
    assert read_rows("\ufeff" + text) == TWO
    reader = RowReader(PRODUCTS, "a.csv", {})
    list(reader.feed(text.encode()))
    list(reader.finish())
    assert any("skipped" in note for note in reader.notes) == bool(above.strip())


def test_technical_names_below_the_names_of_columns_are_the_header() -> None:
    head = "TemplateType=x\tVersion=2\t\t\nSKU\tProduct Name\tBrand Name\tColor\n"
    text = head + "item_sku\titem_name\tbrand_name\tcolor_name\nA-1\tTee\tDaybird\tred\n"
    assert read_rows(text, name="a.txt") == [
        {"item_sku": "A-1", "item_name": "Tee", "brand_name": "Daybird", "color_name": "red"}
    ]
    assert len(read_rows("id,name,brand\n1,Label,Title\n2,Product,Make\n", name="a.csv")) == 2


def test_the_first_line_is_the_header_although_few_rows_fit_it() -> None:
    found = read_all(b"sku;title;price\nA-1;Tee;9;90\nA-2;Mug;4;10\nA-3;Tray;5\n", name="a.csv")
    assert [str(one) for one in found if isinstance(one, RowProblem)] == [
        f"row {row}: has 4 values; expected 3, as in the header, between semicolons (line {row + 1})" for row in (1, 2)
    ]


def test_a_column_without_a_name_is_dropped_unless_it_has_values() -> None:
    assert read_rows("sku;title;\nA-1;Tee;\n") == [{"sku": "A-1", "title": "Tee"}]
    assert read_rows(",sku,title\n0,A-1,Tee\n") == [{"column 1": "0", "sku": "A-1", "title": "Tee"}]
    assert read_rows("sku,title\nA-1,Tee,,\n") == [{"sku": "A-1", "title": "Tee"}]


def test_columns_of_one_name_are_numbered() -> None:
    assert read_rows("sku,title,note,note\nA-1,Tee,x,y\n") == [
        {"sku": "A-1", "title": "Tee", "note": "x", "note (2)": "y"}
    ]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('"G R I N" in thick letters\ta wall', ['"G R I N" in thick letters', "a wall"]),
        ('"never closed\ta wall', ['"never closed', "a wall"]),
        ('a 5" screen\t"', ['a 5" screen', '"']),
        ('"quoted, with a ""mark"""\ta wall', ['quoted, with a "mark"', "a wall"]),
        ('"two\nlines"\ta wall', ["two\nlines", "a wall"]),
    ],
)
@pytest.mark.parametrize("cut", [None, 1])
def test_with_tabs_a_quotation_mark_that_nothing_closes_is_a_character(
    line: str, values: list[str], cut: int | None
) -> None:
    text = f"name\tscene\n{line}\nplain\ta park\n"
    assert read_rows(text, name="a.tsv", source="prompts", cut=cut) == [
        {"name": values[0], "scene": values[1]},
        {"name": "plain", "scene": "a park"},
    ]


def test_a_stray_quotation_mark_costs_no_row_however_many_follow() -> None:
    rows = [{"name": f'"stray {number}' if number % 3 else f"plain {number}", "scene": "x"} for number in range(400)]
    text = "name\tscene\n" + "".join(f"{row['name']}\t{row['scene']}\n" for row in rows)
    assert len(rows) > 2 * MAX_QUOTED_LINES
    assert read_rows(text, name="a.tsv", source="prompts") == rows


def test_a_line_that_cannot_be_read_is_named() -> None:
    found = read_all(b'sku,title\nA-1,Tee\n\nA-2,"Mug\nblue" x\nA-3,Tray,1\n', name="a.csv")
    assert [str(one) for one in found if isinstance(one, RowProblem)] == [
        "row 2: has ' x' after a closing quotation mark; expected ',' there (lines 4 to 5)",
        "row 3: has 3 values; expected 2, as in the header, between commas (line 6)",
    ]


def test_a_value_may_be_longer_than_the_csv_module_takes() -> None:
    (row,) = read_rows(f'sku,title\nA-1,"{"x" * 200_000}"\n')
    assert len(row["title"]) == 200_000


@QUICK
@given(st.lists(st.text(alphabet='ab",;\t \r\u2028'), min_size=2, max_size=4), st.sampled_from(",;\t|"))
def test_values_are_cut_as_the_csv_module_writes_them(values: list[str], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(values)
    line = text.getvalue().removesuffix("\n")
    assert split_values(line, delimiter) == split_values(line, delimiter, is_literal=True) == values


# --- prompts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt", "a", "a.text"])
def test_a_text_is_one_prompt_a_line(name: str) -> None:
    text = "a bench, two clocks; on a wall\r\n\r\na bowl, three pears\rPrompted: a | b\n"
    assert read_rows(text, name=name, source="prompts") == [
        {"prompt": "a bench, two clocks; on a wall"},
        {"prompt": "a bowl, three pears"},
        {"prompt": "Prompted: a | b"},
    ]


def test_the_bullets_and_numbers_of_a_list_are_not_part_of_its_prompts() -> None:
    found = read_all(
        "1. a bench\n2) two clocks\n- a bowl\n\u2022 -5 C in snow\n3.5 km of sand\n".encode(),
        name="a.txt",
        source="prompts",
    )
    prompts = [one.values["prompt"] for one in found if isinstance(one, Row)]
    assert prompts == ["a bench", "two clocks", "a bowl", "-5 C in snow", "3.5 km of sand"]


@pytest.mark.parametrize(
    ("header", "name"), [("Prompts", "a.csv"), ("caption", "a.txt"), ("Text", "a.tsv"), ("Beschreibung", "a.csv")]
)
def test_a_single_column_is_the_prompt_with_any_name(header: str, name: str) -> None:
    found = read_all(f"{header}\na bench\ntwo clocks\n".encode(), name=name, source="prompts")
    assert [one.values["prompt"] for one in found if isinstance(one, Row)] == ["a bench", "two clocks"]


def test_a_column_of_texts_with_commas_loses_no_row_to_the_header() -> None:
    found = read_all(b"Beschreibung\nein Haus, Wald\nein Boot, Meer\n", name="a.csv", source="prompts")
    assert [str(one).partition(" (")[0] for one in found] == [
        f"row {row}: has 2 values; expected 1, as in the header, between commas" for row in (1, 2)
    ]
