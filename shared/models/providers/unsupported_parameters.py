"""Leave out the optional parameters that a server refuses.

A refusal names the parameter in OpenAI's ``param``, in FastAPI's ``detail[].loc``, or only in a sentence. It is not
billed, so the call is sent again without the parameter, and this process leaves it out of later calls to that model.
"""

import re
from collections.abc import Collection
from typing import Any

from shared.models.providers.error_reasons import CONTENT_POLICY_CODES, read_codes, read_message

REJECTION_STATUSES = frozenset({400, 404, 415, 422, 500, 501})
"""Some gateways answer 500 if the server behind them does not support a parameter."""

SCHEMA_LIMITS = "schema limits"
"""The schema's ``maxItems`` and ``maxLength``: not every provider accepts them in strict mode."""

NEVER_OMITTED = frozenset({"quality"})
"""Sent even if the provider refuses its value: it determines the price, so the user has to choose another value."""

_VALUE = re.compile(r"invalid value|supported values|must be one of|input should be", re.IGNORECASE)

_SPELLINGS = {
    SCHEMA_LIMITS: ("maxItems", "maxLength", "grammar", "invalid schema"),
    "response_format": ("response_format", "json_schema", "structured output", "guided decoding"),
    "reasoning": ("reasoning.effort", "reasoning_effort", "reasoning"),
    "text.format": ("text.format", "json_schema", "response_format"),
}
"""Words that refusals use for a parameter; parameters that are not listed are named as they are sent."""


class UnsupportedParameters:
    """The parameters that servers refused in this process, by call subject (kind of call and model)."""

    def __init__(self) -> None:
        self._omitted: dict[str, frozenset[str]] = {}

    def get_omitted(self, subject: str) -> frozenset[str]:
        """Return the parameters to leave out."""
        return self._omitted.get(subject, frozenset())

    def learn_from(self, subject: str, status: int, body: Any, optional: Collection[str]) -> bool:
        """Record the parameter that a refusal names; False if it names none that can still be left out."""
        omitted = self.get_omitted(subject)
        unsupported = find_unsupported_parameter(status, body, [name for name in optional if name not in omitted])
        if unsupported is None:
            return False
        self._omitted[subject] = omitted | {unsupported}
        return True


def find_unsupported_parameter(status: int, body: Any, optional: Collection[str]) -> str | None:
    """Return the optional parameter that a refusal is about, or None.

    Args:
        status: the HTTP status.
        body: the error object of the answer.
        optional: the parameters that were sent and can be left out, in the order in which to give them up.
    """
    if status not in REJECTION_STATUSES or read_codes(body) & CONTENT_POLICY_CODES:
        return None
    param = body.get("param") if isinstance(body, dict) else None
    words = read_message(body)
    if SCHEMA_LIMITS in optional and _find_place(SCHEMA_LIMITS, words) is not None:
        return SCHEMA_LIMITS
    if _VALUE.search(words) is not None:
        optional = [name for name in optional if name not in NEVER_OMITTED]
    if isinstance(param, str):
        for name in optional:
            if param == name or param.startswith((f"{name}.", f"{name}[")):
                return name
    named = [(place, name) for name in optional if (place := _find_place(name, words)) is not None]
    return min(named)[1] if named else None


def _find_place(name: str, words: str) -> int | None:
    """Return the position of a parameter's first mention as a whole word, or None."""
    spellings = "|".join(map(re.escape, _SPELLINGS.get(name, (name,))))
    found = re.search(rf"(?<!\w)(?:{spellings})(?!\w)", words, re.IGNORECASE)
    return None if found is None else found.start()
