"""The JSON Schema of ``catalog.json``, from the model that writes it."""

from typing import Any

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.catalog.items import Item

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class CatalogRow(Item):
    """An accepted catalog entry: one row of ``catalog.json``."""

    placeholder: bool = Field(
        default=False,
        description="The image is a placeholder, because the provider refused to generate it. Absent otherwise.",
    )


class UntitledSchema(GenerateJsonSchema):
    """Omit the titles of fields: they would repeat the names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - signature of Pydantic
        """Return False for every field."""
        return False


def make_schema() -> dict[str, Any]:
    """Return the schema of ``catalog.json``: an array of items, in the order of acceptance."""
    items = TypeAdapter(list[CatalogRow]).json_schema(
        by_alias=True, mode="serialization", schema_generator=UntitledSchema
    )
    return {
        "$schema": DIALECT,
        "title": "catalog.json",
        "description": "The published items, in the order of acceptance.",
    } | items
