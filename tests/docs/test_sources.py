"""The document of sources tells the columns that are recognised, as the program knows them."""

from shared.catalog.theme import DEFAULT_PROMPT_TEMPLATE
from shared.inputs.column_names import COLUMN_NAMES
from tests.support.markdown_documents import find_codes, find_table, read


def test_every_field_and_its_columns_are_listed() -> None:
    listed: dict[str, dict[str, tuple[str, ...]]] = {"products": {}, "prompts": {}}
    for source, field, columns in find_table(read("docs/http.md"), "source"):
        found = [code.lower() for code in find_codes(columns) if not code.startswith("prompt-")]
        listed[find_codes(source)[0]][find_codes(field)[0]] = tuple(found)
    assert listed == {source: dict(fields) for source, fields in COLUMN_NAMES.items()}


def test_the_default_template_is_reported() -> None:
    assert f"`{DEFAULT_PROMPT_TEMPLATE}`" in read("docs/http.md").replace("\n", " ")
