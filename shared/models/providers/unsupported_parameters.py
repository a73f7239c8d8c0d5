"""Which optional parameter a server refuses, by the words of its refusal. Pure.

A server says it in OpenAI's ``param``, in FastAPI's ``detail[].loc``, or only in a sentence. A refusal is not billed,
so the request is made again without the parameter, and the rest of the process leaves it out.
"""

import re
from collections.abc import Collection
from typing import Any

from shared.models.providers.error_codes import CONTENT_POLICY_CODES, read_codes, read_message

REJECTION_STATUSES = frozenset({400, 404, 415, 422, 500, 501})
"""Some gateways answer 500 to a parameter that the server behind them does not know."""

SCHEMA_LIMITS = "schema limits"
"""The schema's ``maxItems`` and ``maxLength``: not every service takes them in strict mode."""

NEVER_OMITTED = frozenset({"quality"})
"""What is sent although a service does not take its value: it decides the price, and another one must be chosen."""

_VALUE = re.compile(r"invalid value|supported values|must be one of|input should be", re.IGNORECASE)

_SPELLINGS = {
    SCHEMA_LIMITS: ("maxItems", "maxLength", "grammar", "invalid schema"),
    "response_format": ("response_format", "json_schema", "structured output", "guided decoding"),
    "reasoning": ("reasoning.effort", "reasoning_effort", "reasoning"),
    "text.format": ("text.format", "json_schema", "response_format"),
}
"""How refusals name what we call otherwise; whatever is not listed is named as it is."""


def find_unsupported_parameter(status: int, body: Any, optional: Collection[str]) -> str | None:
    """Return which of the optional parameters a refusal is about; None if it is about none of them.

    Args:
        status: the HTTP status.
        body: the error object of the answer.
        optional: the parameters that were sent and can be left out, in the order in which to give them up.
    """
    if status not in REJECTION_STATUSES or read_codes(body) & CONTENT_POLICY_CODES:
        return None
    param = body.get("param") if isinstance(body, dict) else None
    words = read_message(body)
    if SCHEMA_LIMITS in optional and _is_named(SCHEMA_LIMITS, words):
        return SCHEMA_LIMITS
    if _VALUE.search(words) is not None:
        optional = [name for name in optional if name not in NEVER_OMITTED]
    if isinstance(param, str):
        for name in optional:
            if param == name or param.startswith((f"{name}.", f"{name}[")):
                return name
    named = [(place, name) for name in optional if (place := _find_place(name, words)) is not None]
    return min(named)[1] if named else None


def _is_named(name: str, words: str) -> bool:
    return _find_place(name, words) is not None


def _find_place(name: str, words: str) -> int | None:
    """Return where a text names a parameter first, as a whole word."""
    spellings = "|".join(map(re.escape, _SPELLINGS.get(name, (name,))))
    found = re.search(rf"(?<!\w)(?:{spellings})(?!\w)", words, re.IGNORECASE)
    return None if found is None else found.start()
