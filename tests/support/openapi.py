"""Check answers against the OpenAPI document."""

import copy
from collections.abc import Mapping
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no type information

OPEN_SCHEMAS = frozenset({"Problem", "OpenapiDocument"})
"""Schemas whose objects may have members that the document does not list."""


def close_objects(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document whose schemas refuse properties that they do not list, so that a test finds them."""
    closed = copy.deepcopy(dict(document))
    for name, schema in closed["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in OPEN_SCHEMAS:
            schema.setdefault("additionalProperties", False)
    return closed


def find_response(document: Mapping[str, Any], response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a response object, or the one that it refers to."""
    if "$ref" not in response:
        return response
    found: Mapping[str, Any] = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found


def make_validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """Return a validator of a schema of the document."""
    root = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"], **schema}
    return jsonschema.Draft202012Validator(root, format_checker=jsonschema.FormatChecker())
