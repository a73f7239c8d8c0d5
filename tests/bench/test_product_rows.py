import json
from pathlib import Path

import pytest

from bench.product_rows import count_changed_rows, generate_products


@pytest.fixture
def given(tmp_path: Path) -> Path:
    generate_products(tmp_path / "inputs" / "given.json", 30)
    return tmp_path / "inputs" / "given.json"


def publish(path: Path, text: str) -> Path:
    """Write rows of an input with an image's members at their ends."""
    lines = (line.removesuffix("}") + ', "imageFile": "x.png", "imageUrl": "images/x.png"}' for line in cut(text))
    path.write_text("[" + ",\n".join(lines) + "]", encoding="utf-8")
    return path


def cut(text: str) -> list[str]:
    return [line.strip(",[]") for line in text.splitlines() if line.strip(",[]")]


def test_the_rows_are_as_many_as_requested_and_differ(given: Path) -> None:
    rows = json.loads(given.read_text(encoding="utf-8"))
    assert len({row["id"] for row in rows}) == len(rows) == 30
    assert {type(row["price"]) for row in rows} == {int, float}


def test_rows_that_were_only_added_to_have_not_changed(given: Path, tmp_path: Path) -> None:
    published = publish(tmp_path / "catalog.json", given.read_text(encoding="utf-8"))
    assert count_changed_rows(given, published) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"price": 12.50', '"price": 12.5'),
        ('"w": 10.0', '"w": "10.0"'),
        ('"eco": true', '"eco": false'),
        ('"name": "Boots 5", ', ""),
    ],
)
def test_a_row_that_says_anything_else_has_changed(given: Path, tmp_path: Path, old: str, new: str) -> None:
    text = given.read_text(encoding="utf-8")
    assert old in text
    assert count_changed_rows(given, publish(tmp_path / "catalog.json", text.replace(old, new, 1))) == 1


def test_members_in_another_order_are_a_change(given: Path, tmp_path: Path) -> None:
    line, *lines = cut(given.read_text(encoding="utf-8"))
    row = json.loads(line, parse_float=str)
    turned = json.dumps({"name": row.pop("name")} | row)
    assert count_changed_rows(given, publish(tmp_path / "catalog.json", "\n".join([turned, *lines]))) == 1


def test_rows_that_are_missing_have_changed(given: Path, tmp_path: Path) -> None:
    lines = cut(given.read_text(encoding="utf-8"))[:-2]
    assert count_changed_rows(given, publish(tmp_path / "catalog.json", "\n".join(lines))) == 2
