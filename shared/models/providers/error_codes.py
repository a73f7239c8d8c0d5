"""What the error bodies of OpenAI, Azure OpenAI and the gateways before them mean: by their codes, else by their words.

Codes differ in case and punctuation from one service, version and endpoint to the next (``content_filter``,
``contentFilter``), and stand in ``code``, in ``type`` or in an ``innererror``: compare them as `read_codes` gives them.
Gateways replace codes by the HTTP status ("400") or put the whole error into a text, so that only its wording survives.
"""

import re
from collections.abc import Iterator
from typing import Any

from shared.reasons import Reason

CONTENT_POLICY_CODES = frozenset(
    {
        "moderationblocked",
        "contentpolicyviolation",
        "imagecontentpolicyviolation",
        "contentfilter",
        "contentsafetyviolation",  # MAI and FLUX on Foundry
        "responsibleaipolicyviolation",
        "invalidprompt",  # Responses: "your prompt was flagged as potentially violating our usage policy"
    },
)
BLOCKED_ACCOUNT_CODES = frozenset({"accountdeactivated", "accountblocked"})
QUOTA_CODES = frozenset({"insufficientquota", "billinghardlimitreached", "billingnotactive", "budgetexceeded"})
MODEL_CODES = frozenset({"modelnotfound", "deploymentnotfound", "operationnotsupported"})
CONTEXT_CODES = frozenset({"contextlengthexceeded", "contextwindowexceeded"})
RATE_CODES = frozenset({"ratelimitexceeded", "ratelimitreached", "toomanyrequests", "429"})
BAD_PARAMETER_CODES = frozenset({"imagegenerationusererror"})
"""Any wrong parameter of an image call. A refusal of the content policy has a code of its own beside it."""

_REASON_BY_CODES = (
    (CONTENT_POLICY_CODES, Reason.CONTENT_POLICY),
    (BLOCKED_ACCOUNT_CODES, Reason.ACCOUNT_BLOCKED),
    (QUOTA_CODES, Reason.QUOTA_EXHAUSTED),
    (MODEL_CODES, Reason.MODEL_NOT_FOUND),
    (CONTEXT_CODES, Reason.CONTEXT_OVERFLOW),
)

_BLOCKED = r"temporarily blocked|account (?:has been |was |is )?(?:deactivated|suspended|blocked|disabled)"
_DAILY = r"per[ _-]?day|daily (?:limit|quota|request)|\blimit: 0\b|requests per day|\(rpd\)"
_EXHAUSTED = (
    r"exceeded your (?:current |monthly )?quota|out of call volume quota|token quota is exceeded"
    r"|insufficient[ _](?:quota|funds|balance|credit)|credit balance|exhausted balance|billing (?:hard )?limit"
    r"|budget (?:has been )?exceeded|exceeded (?:your |the )?(?:\w+ )?budget"
)
_PER_MINUTE = r"per[ _-]?minute|(?:try|retry)(?: again)? (?:in|after) \d"
_CONTENT = (
    r"content[ _-]?(?:management |moderation |safety |usage )?(?:policy|policies|filter)|content_policy_violation"
    r"|contentpolicyviolation|moderation[ _]blocked|safety system|responsible ai|sensitive words"
    r"|flagged (?:as|for|by)|prohibited (?:content|use)|usage polic(?:y|ies)"
    r"|violat\w+ (?:\S+ ){0,5}(?:polic|guideline|practices)"
)
_CONTEXT = (
    r"context[ _](?:length|window)|maximum context|prompt is too long|input (?:is )?too long|too many input tokens"
    r"|reduce the length of the (?:messages|prompt|input)"
)
_MODEL = (
    r"(?:model|deployment)\b[^.;]{0,80}?(?:does not exist|not found|is not available|is no longer available"
    r"|has been (?:deprecated|retired|shut ?down))"
    r"|(?:unknown|invalid|no such) (?:model|deployment)\b|model_not_found|deploymentnotfound"
    r"|deployment for this resource does not exist|not work with the specified model"
)

_MAX_DEPTH = 5
"""Levels of nested errors that are read; Azure nests two."""

_NESTED = ("inner_error", "innererror", "error", "detail", "details", "errors")


def read_codes(error: Any, *, depth: int = _MAX_DEPTH) -> frozenset[str]:
    """Return every ``code`` and ``type`` of an error object and of the errors inside it, comparable."""
    return frozenset(_normalize(str(code)) for code in _iterate_codes(error, depth))


def find_reason(error: Any, *, message: str | None = None) -> Reason | None:
    """Return the reason that an error names, whatever the HTTP status was; None if it names none we know.

    Args:
        error: the error object of a body, a text, or a list of them.
        message: what it says to people; None = what `read_message` finds.
    """
    codes = read_codes(error)
    words = f"{read_message(error) if message is None else message} {_dump_details(error)}".casefold()
    if re.search(_BLOCKED, words):
        return Reason.ACCOUNT_BLOCKED
    by_code = next((reason for known, reason in _REASON_BY_CODES if codes & known), None)
    return by_code or _find_reason_by_words(words) or _find_fallback_reason(codes)


def read_message(body: Any, *, depth: int = _MAX_DEPTH) -> str:
    """Return what an error body says to people, wherever it stands.

    That is ``message`` (the SDK has unwrapped ``error``), ``detail`` as a text or as FastAPI's list, an ``error`` that
    is a text, or a bare text.
    """
    if isinstance(body, str):
        return body
    if depth == 0:
        return ""
    if isinstance(body, list):
        message = (read_message(entry, depth=depth - 1) for entry in body[:3])
        return "; ".join(filter(None, message))
    if not isinstance(body, dict):
        return ""
    for name in ("message", "detail", "error", "msg", "error_description", "errors", "title"):
        nested_message = read_message(body.get(name), depth=depth - 1)
        if nested_message:
            place = body.get("loc") if name == "msg" else None
            return (
                f"{'.'.join(map(str, place))}: {nested_message}"
                if isinstance(place, list) and place
                else nested_message
            )
    return ""


def _find_reason_by_words(words: str) -> Reason | None:
    if re.search(_DAILY, words):
        return Reason.QUOTA_EXHAUSTED
    if re.search(_EXHAUSTED, words):  # Gemini says the same of a quota of a minute
        return Reason.RATE_LIMITED if re.search(_PER_MINUTE, words) else Reason.QUOTA_EXHAUSTED
    for pattern, reason in (
        (_CONTEXT, Reason.CONTEXT_OVERFLOW),
        (_CONTENT, Reason.CONTENT_POLICY),
        (_MODEL, Reason.MODEL_NOT_FOUND),
    ):
        if re.search(pattern, words):
            return reason
    return None


def _find_fallback_reason(codes: frozenset[str]) -> Reason | None:
    """Return what codes mean that say little: only where the words say nothing more exact."""
    if codes & RATE_CODES:
        return Reason.RATE_LIMITED
    return Reason.BAD_REQUEST if codes & BAD_PARAMETER_CODES else None


def _dump_details(error: Any) -> str:
    """Return the texts in Google's ``details``: only they say which quota it is."""
    details = error.get("details") if isinstance(error, dict) else None
    return str(details)[:4000] if isinstance(details, list) else ""


def _iterate_codes(error: Any, depth: int) -> Iterator[str | int]:
    if depth == 0:
        return
    if isinstance(error, list):
        for entry in error:
            yield from _iterate_codes(entry, depth - 1)
    if isinstance(error, dict):
        for name in ("code", "type", "status"):
            if isinstance(value := error.get(name), (str, int)) and not isinstance(value, bool):
                yield value
        for name in _NESTED:
            yield from _iterate_codes(error.get(name), depth - 1)


def _normalize(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "", code.casefold())
