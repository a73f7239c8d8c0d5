"""Schemas of structured outputs: the rules of strict schemas, and schemas that a request sends in its instructions."""

import json
from collections.abc import Mapping
from typing import Any

from model_simulator.replies import BadRequestError
from model_simulator.text_tasks import EVALUATION, STYLE_EVALUATION

SCHEMA_NAMES = {
    "categories": "category_list",
    "items": "item_batch",
    "prompts": "prompt_batch",
    "rewrite": "prompt_rewrite",
    "evaluation": EVALUATION,
    "style_evaluation": STYLE_EVALUATION,
}
"""Name of the answer's schema, by the task's name."""


def find_format_in_instructions(instructions: str, question: str) -> dict[str, Any] | None:
    """Return the ``text.format`` for a schema in the instructions, or None if they hold no schema."""
    try:
        task = json.loads(question)
        schema, _ = json.JSONDecoder().raw_decode(instructions, instructions.index('{"type":"object"'))
    except ValueError:
        return None
    name = SCHEMA_NAMES.get(str(task.get("task"))) if isinstance(task, Mapping) else None
    return None if name is None else {"type": "json_schema", "name": name, "schema": schema}


def check_strict_schema(name: str, schema: Mapping[str, Any]) -> None:
    """Check a strict schema as the service does: every object is closed, and requires each of its properties.

    Raises:
        BadRequestError: naming the invalid object.
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
        # A property may have any name, even "type", so the map of names is not itself checked as a schema.
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


def _refuse(name: str, problem: str) -> BadRequestError:
    return BadRequestError(
        f"Invalid schema for response_format '{name}': {problem}",
        param="text.format.schema",
        code="invalid_json_schema",
    )
