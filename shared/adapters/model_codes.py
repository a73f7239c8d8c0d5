"""The error codes of OpenAI and Azure OpenAI that decide what happens next.

They differ in case and punctuation from one service, version and endpoint to the next (``content_filter``,
``contentFilter``), and stand in ``code``, in ``type`` or in an ``innererror``: compare them as `read_codes` gives them.
"""

import re
from typing import Any

from shared.reasons import Reason

CONTENT_CODES = frozenset(
    {
        "moderationblocked",
        "contentpolicyviolation",
        "imagecontentpolicyviolation",
        "contentfilter",
        "responsibleaipolicyviolation",
        "imagegenerationusererror",
        "invalidprompt",  # Responses: "your prompt was flagged as potentially violating our usage policy"
    },
)
QUOTA_CODES = frozenset({"insufficientquota", "billinghardlimitreached", "billingnotactive"})
MODEL_CODES = frozenset({"modelnotfound", "deploymentnotfound"})
RATE_CODES = frozenset({"ratelimitexceeded"})

_REASON_BY_CODES = (
    (CONTENT_CODES, Reason.CONTENT_POLICY),
    (QUOTA_CODES, Reason.QUOTA_EXHAUSTED),
    (MODEL_CODES, Reason.MODEL_NOT_FOUND),
    (RATE_CODES, Reason.RATE_LIMITED),
)

_DEEPEST = 5
"""Levels of nested errors that are looked at; Azure nests two."""


def read_codes(error: Any, *, depth: int = _DEEPEST) -> frozenset[str]:
    """Return every ``code`` and ``type`` of an error object and of the errors inside it, comparable."""
    if not isinstance(error, dict) or depth == 0:
        return frozenset()
    own = {_normalize(value) for name in ("code", "type") if isinstance(value := error.get(name), str)}
    nested = [read_codes(error.get(name), depth=depth - 1) for name in ("inner_error", "innererror", "error")]
    return frozenset(own).union(*nested)


def find_reason(codes: frozenset[str]) -> Reason | None:
    """Return the reason that the codes name, whatever the HTTP status was; None if they name none we know."""
    return next((reason for known, reason in _REASON_BY_CODES if codes & known), None)


def _normalize(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "", code.casefold())
