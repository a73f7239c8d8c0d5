"""Structured questions whose schema stands in the instructions: the task says which kind of answer is wanted."""

import json
from collections.abc import Mapping
from typing import Any

from model_simulator.text_tasks import EVALUATION

SCHEMA_NAMES = {
    "categories": "category_list",
    "items": "item_batch",
    "prompts": "prompt_batch",
    "rewrite": "prompt_rewrite",
    "evaluation": EVALUATION,
}


def find_format_in_instructions(instructions: str, question: str) -> dict[str, Any] | None:
    """Return the ``text.format`` that a question would have; None where the instructions hold no schema for it."""
    try:
        task = json.loads(question)
        schema, _ = json.JSONDecoder().raw_decode(instructions, instructions.index('{"type":"object"'))
    except ValueError:
        return None
    name = SCHEMA_NAMES.get(str(task.get("task"))) if isinstance(task, Mapping) else None
    return None if name is None else {"type": "json_schema", "name": name, "schema": schema}
