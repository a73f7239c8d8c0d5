"""Build the JSON schema of an answer, in the subset that structured outputs accept in strict mode.

Every field is required and additional fields are refused. Ranges, patterns and formats are left out, because Azure
OpenAI refuses them (learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs) and every answer is
validated against its type anyway. A limit of the number of entries stops a model that repeats itself; providers that
refuse it get the schema without it. Limits of text lengths are for servers other than OpenAI's own.
"""

from copy import deepcopy
from functools import cache
from typing import Any

from pydantic import BaseModel


@cache
def build_strict_schema(answer_type: type[BaseModel]) -> dict[str, Any]:
    """Return the strict schema of an answer type; callers must not change it.

    Raises:
        TypeError: strict mode cannot express the type (a free-form dict, ``Any``, a tuple, a recursive root).
    """
    schema = answer_type.model_json_schema()
    strict = _make_strict(schema, answer_type.__name__)
    if strict.get("type") != "object":
        raise TypeError(f"answer type {answer_type.__name__} is a {strict!r}; expected an object with named fields")
    if "$defs" in schema:
        strict["$defs"] = {name: _make_strict(definition, name) for name, definition in schema["$defs"].items()}
    return strict


def limit_schema(
    schema: dict[str, Any], max_entries: int | None, *, max_characters: int | None = None
) -> dict[str, Any]:
    """Return a copy of a strict schema with limits.

    Args:
        schema: from `build_strict_schema`.
        max_entries: of each top-level list; None = no limit.
        max_characters: of each text; None = no limit.
    """
    limited = deepcopy(schema)
    for field in limited["properties"].values():
        if field.get("type") == "array" and max_entries is not None:
            field["maxItems"] = max_entries
    if max_characters is not None:
        for node in (limited, *limited.get("$defs", {}).values()):
            for field in node["properties"].values():
                if field.get("type") == "string" and "enum" not in field:
                    field["maxLength"] = max_characters
    return limited


def _make_strict(node: dict[str, Any], place: str) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": node["$ref"]}  # strict mode allows no other key beside a reference
    strict: dict[str, Any] = {key: node[key] for key in ("type", "description", "enum") if key in node}
    if "const" in node:
        strict["enum"] = [node["const"]]
    if choices := node.get("anyOf") or node.get("oneOf"):
        strict["anyOf"] = [_make_strict(choice, place) for choice in choices]
    elif node.get("type") == "object":
        strict |= _make_fields_strict(node, place)
    elif node.get("type") == "array":
        if not isinstance(node.get("items"), dict):
            raise TypeError(f"{place} is an array of {node.get('items')!r}; expected items of one type")
        strict["items"] = _make_strict(node["items"], f"{place}[]")
    elif "type" not in strict and "enum" not in strict:
        raise TypeError(f"{place} is {node!r}; strict schemas need a type")
    return strict


def _make_fields_strict(node: dict[str, Any], place: str) -> dict[str, Any]:
    fields = node.get("properties")
    if not fields or node.get("additionalProperties"):
        raise TypeError(f"{place} is a free-form object; strict schemas need named fields")
    return {
        "properties": {name: _make_strict(field, f"{place}.{name}") for name, field in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }
