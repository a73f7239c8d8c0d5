"""The strict schema of an answer type."""

from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from shared.models.providers.json_schema import build_strict_schema

ALLOWED = {"type", "description", "enum", "anyOf", "$ref", "$defs", "properties", "required", "additionalProperties"}


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Brick(BaseModel):
    studs: int = Field(ge=1, le=12)
    colour: Colour


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=3, max_length=80, pattern="^[A-Z]", description="A short name.")
    title: str | None = None
    kind: Literal["figure", "set"] = "figure"
    version: Literal[1] = 1
    bricks: list[Brick] = Field(default_factory=list, max_length=5)
    best: Brick = Field(description="The best one.")


class Dictionary(BaseModel):
    words: dict[str, int]


class Anything(BaseModel):
    value: Any


class Pair(BaseModel):
    both: tuple[int, str]


class Empty(BaseModel):
    pass


class Tree(BaseModel):
    children: list["Tree"]


def walk(node: Any) -> list[dict[str, Any]]:
    """Every schema in a schema; the names of fields and definitions are no keywords."""
    found = [node]
    for keyword in ("properties", "$defs"):
        for child in node.get(keyword, {}).values():
            found += walk(child)
    if "items" in node:
        found += walk(node["items"])
    for child in node.get("anyOf", []):
        found += walk(child)
    return found


def test_every_field_is_required_and_no_other_is_allowed() -> None:
    objects = [node for node in walk(build_strict_schema(Draft)) if node.get("type") == "object"]
    assert len(objects) == 2
    for node in objects:
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False


def test_only_keywords_of_the_strict_subset_are_sent() -> None:
    for node in walk(build_strict_schema(Draft)):
        assert set(node) <= ALLOWED | {"items"}
        assert "$ref" not in node or len(node) == 1


def test_descriptions_choices_and_fields_named_like_keywords_stay() -> None:
    fields = build_strict_schema(Draft)["properties"]
    assert fields["name"] == {"type": "string", "description": "A short name."}
    assert fields["title"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert fields["kind"]["enum"] == ["figure", "set"]
    assert fields["version"]["enum"] == [1]
    assert fields["bricks"]["items"] == {"$ref": "#/$defs/Brick"}


@pytest.mark.parametrize("answer_type", [Dictionary, Anything, Pair, Empty, Tree])
def test_a_type_outside_strict_mode_raises_a_named_error(answer_type: type[BaseModel]) -> None:
    with pytest.raises(TypeError, match=answer_type.__name__):
        build_strict_schema(answer_type)
