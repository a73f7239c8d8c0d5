"""The rules that structured outputs put on a strict JSON schema."""

from collections.abc import Mapping
from typing import Any

from model_simulator.replies import InvalidRequestError


def check_strict_schema(name: str, schema: Mapping[str, Any]) -> None:
    """Refuse a schema that the service would refuse: every object closed, and each of its properties required.

    Raises:
        InvalidRequestError: naming the object at fault.
    """
    _check(name, schema, ())


def _check(name: str, node: object, path: tuple[str, ...]) -> None:
    if isinstance(node, list):
        for index, part in enumerate(node):
            _check(name, part, (*path, str(index)))
    if not isinstance(node, Mapping):
        return
    if node.get("type") == "object":
        _check_object(name, node, path)
    for key, part in node.items():
        # A property may be called anything, "type" too: step over the map that holds the names.
        if key in {"properties", "$defs", "definitions"} and isinstance(part, Mapping):
            for child, schema in part.items():
                _check(name, schema, (*path, key, child))
        else:
            _check(name, part, (*path, key))


def _check_object(name: str, node: Mapping[str, Any], path: tuple[str, ...]) -> None:
    context = f"In context=({', '.join(map(repr, path))})"
    if node.get("additionalProperties") is not False:
        raise _refuse(name, f"{context}, 'additionalProperties' is required to be supplied and to be false.")
    missing = sorted(set(node.get("properties", {})) - set(node.get("required", [])))
    if missing:
        raise _refuse(
            name,
            f"{context}, 'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{missing[0]}'.",
        )


def _refuse(name: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Invalid schema for response_format '{name}': {problem}",
        param="text.format.schema",
        code="invalid_json_schema",
    )
