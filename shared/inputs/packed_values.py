"""Lists and objects that a table holds as text, as published data sets do: JSON, Python's notation, or Ruby's."""

import ast
import json
import re
import warnings
from typing import Any, Final

MAX_PACKED_CHARACTERS: Final = 50_000
_ENDS: Final = {"[": "]", "{": "}"}
_ARROW: Final = re.compile(r'(?<=")\s*=>\s*')


def unpack(value: Any) -> Any:
    """Return the list or object that a text holds; any other value as it is."""
    if not isinstance(value, str) or len(value) > MAX_PACKED_CHARACTERS:
        return value
    text = value.strip()
    if len(text) < 2 or text[-1] != _ENDS.get(text[0]):  # noqa: PLR2004 - the brackets
        return value
    held = _read_json(text)
    if held is None and "=>" in text:
        held = _read_json(_ARROW.sub(": ", text).replace(": nil", ": null"))
    if held is None:
        held = _read_python(text)
    if isinstance(held, dict) and len(held) == 1:
        (inner,) = held.values()
        held = inner if isinstance(inner, list) and inner and isinstance(inner[0], dict) else held
    return held if isinstance(held, (dict, list)) else value


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read_python(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python does not know
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
