"""Reads the word data beside the code.

In the JSON files a list of phrases is one comma-separated string, which is easy to edit. No phrase
contains a comma.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

PACKAGE = "model_simulator.text_generation"


@cache
def read_json(name: str) -> Any:
    """Return the content of a data file of this package; ``name`` may contain a folder: ``themes/x.json``."""
    return json.loads(files(PACKAGE).joinpath(name).read_text(encoding="utf-8"))


def split_phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of a comma-separated string, in order."""
    return tuple(phrase.strip() for phrase in text.split(",") if phrase.strip())


@cache
def read_phrases(name: str) -> Mapping[str, tuple[str, ...]]:
    """Return the comma-separated entries of a data file by key; other entries are skipped."""
    document: Mapping[str, Any] = read_json(name)
    return {key: split_phrases(value) for key, value in document.items() if isinstance(value, str)}
