"""The JSON Schema of ``catalog.json``, from the model that writes it: ``python -m docs.tools.catalog_schema``.

``tests/docs/test_schema.py`` fails when ``docs/catalog.schema.json`` and the model differ.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.catalog.items import Item

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILE = Path(__file__).resolve().parents[1] / "catalog.schema.json"


class CatalogRow(Item):
    """An accepted catalog entry: one row of ``catalog.json``."""

    placeholder: bool = Field(
        default=False,
        description="The image is only a drawn placeholder, as the service refused to draw it; absent of all others.",
    )


class UntitledSchema(GenerateJsonSchema):
    """Without a title at every field: one that is made of the field's name tells nothing."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return False for every field."""
        return False


def make_schema() -> dict[str, Any]:
    """Return the schema of a whole ``catalog.json``: an array of items, in acceptance order."""
    items = TypeAdapter(list[CatalogRow]).json_schema(
        by_alias=True, mode="serialization", schema_generator=UntitledSchema
    )
    return {
        "$schema": DIALECT,
        "title": "catalog.json",
        "description": "What Catalog Seeder publishes, in the order in which the items were accepted.",
    } | items


def write_schema(path: Path) -> None:
    """Write the schema to a file: UTF-8, two spaces, a newline at the end."""
    path.write_text(json.dumps(make_schema(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema(SCHEMA_FILE)
