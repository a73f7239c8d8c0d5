"""Classify an error answer: its HTTP status, codes and words give the reason code.

OpenAI, Azure OpenAI and gateways spell one code differently (``content_filter``, ``contentFilter``) and put it in
``code``, ``type`` or ``innererror``; `read_codes` returns all of them in one spelling. Some gateways replace codes by
the HTTP status ("400") or wrap the whole error in a text; then only its words are left.
"""

import re
from collections.abc import Iterator
from http import HTTPStatus
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
"""Any wrong parameter of an image call. A content policy refusal carries a second, more specific code."""

_REASON_BY_STATUS = {
    401: Reason.AUTHENTICATION,
    402: Reason.QUOTA_EXHAUSTED,
    403: Reason.AUTHENTICATION,
    404: Reason.MODEL_NOT_FOUND,
    408: Reason.SERVER_ERROR,
    409: Reason.SERVER_ERROR,
    424: Reason.SERVER_ERROR,  # Azure: the model behind the deployment failed
    425: Reason.SERVER_ERROR,
    429: Reason.RATE_LIMITED,
}
"""For answers without a known code. Other statuses: server_error from 500 on, bad_request below."""

_INVALID_KEY_PHRASE = "api key not valid"
"""Gemini answers a wrong key with HTTP 400: "API key not valid. Please pass a valid API key." """

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
"""Levels of nested errors to read; Azure nests two."""

_NESTED = ("inner_error", "innererror", "error", "detail", "details", "errors")


def classify_status(status: int, body: object, message: str) -> Reason:
    """Return the reason code of an answer with an HTTP error.

    Args:
        status: 300 or more.
        body: the error object of the answer, or None.
        message: the error's message.
    """
    if status == HTTPStatus.BAD_REQUEST and _INVALID_KEY_PHRASE in message.casefold():
        return Reason.AUTHENTICATION
    if status != HTTPStatus.UNAUTHORIZED and (reason := find_reason(body, message=message)):
        return reason
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reason.SERVER_ERROR
    return _REASON_BY_STATUS.get(status, Reason.BAD_REQUEST)


def read_codes(error: Any, *, depth: int = _MAX_DEPTH) -> frozenset[str]:
    """Return each ``code``, ``type`` and ``status`` of an error and its nested errors, in one spelling."""
    return frozenset(_normalize(str(code)) for code in _iterate_codes(error, depth))


def find_reason(error: Any, *, message: str | None = None) -> Reason | None:
    """Return the reason code that an error's codes and words name, regardless of its HTTP status; else None.

    Args:
        error: an error object, a text, or a list of them.
        message: the error's message; None = `read_message` finds it.
    """
    codes = read_codes(error)
    words = f"{read_message(error) if message is None else message} {_dump_details(error)}".casefold()
    if re.search(_BLOCKED, words):
        return Reason.ACCOUNT_BLOCKED
    by_code = next((reason for known, reason in _REASON_BY_CODES if codes & known), None)
    return by_code or _find_reason_by_words(words) or _find_fallback_reason(codes)


def read_message(body: Any, *, depth: int = _MAX_DEPTH) -> str:
    """Return the message in an error body, or "".

    Reads ``message`` (the SDK has unwrapped ``error``), ``detail`` as a text or as FastAPI's list, ``error`` as a text,
    and a body that is a bare text.
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
    if re.search(_EXHAUSTED, words):  # Gemini uses these words for its quota per minute, too
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
    """Return the reason of a vague code, for errors whose words say nothing more exact."""
    if codes & RATE_CODES:
        return Reason.RATE_LIMITED
    return Reason.BAD_REQUEST if codes & BAD_PARAMETER_CODES else None


def _dump_details(error: Any) -> str:
    """Return Google's ``details`` as text: only they name the quota."""
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
