"""Finds the JSON object in what a model wrote: many put it in a fence, behind their thoughts, or between sentences."""

import json
import re
from collections.abc import Iterator
from typing import Any

_REASONING_BLOCK = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
"""Up to the last closing tag: some chat templates swallow the opening one."""

_DECODER = json.JSONDecoder()

MAX_PARSE_ATTEMPTS = 200
"""Braces and brackets that are tried: a long text without JSON must not take quadratic time."""


def find_json_documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents in a text: the whole of it, or else objects and lists in it, the last one first.

    A model that changes its mind writes its answer last.
    """
    text = _REASONING_BLOCK.sub("", text.replace("\ufeff", "")).strip()
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        yield from reversed(list(_iterate_json_documents(text)))


def _iterate_json_documents(text: str) -> Iterator[Any]:
    """Yield the objects and lists in a text that are not part of another one, in their order."""
    end = 0
    for start in list(re.finditer(r"[{\[]", text))[:MAX_PARSE_ATTEMPTS]:
        if start.start() < end:
            continue
        try:
            document, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        yield document
