"""Turns every way in which a call through the openai SDK fails into a reason code: the one place that knows them.

What is known of the money decides between two codes. Before the request left (no connection, no sign-in) nothing was
billed: ``connection``. Once bytes were sent and no answer came, the service may have done the work and billed it:
``timeout_ambiguous``, also for failures that we cannot place.
"""

import math
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from shared.errors import ModelError
from shared.models.providers.call_errors import ModelCall
from shared.models.providers.error_codes import find_reason, read_message
from shared.models.providers.quota_headers import parse_duration, read_request_quota
from shared.reasons import Reason

SDK_FAILURES = (openai.OpenAIError, httpx2.HTTPError, TimeoutError)
"""What `explain_failure` explains. Anything else is a bug of ours and passes as it is."""

_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    ssl.SSLCertVerificationError,
)

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
"""Statuses below 500 without a code that says more; those from 500 are server errors, all others bad requests."""

_ADVICE = {
    Reason.AUTHENTICATION: "check {names.key}{names.sign_in}",
    Reason.MODEL_NOT_FOUND: "check {names.model}",
    Reason.QUOTA_EXHAUSTED: "the account has no quota or credit left",
    Reason.ACCOUNT_BLOCKED: "the service blocked this resource for its content policy; see the Azure portal",
    Reason.CONTENT_POLICY: "refused by the content policy",
    Reason.NOT_CONFIGURED: "the server redirects this call, and a call that carries the key does not follow redirects; "
    "check {names.address}",
    Reason.CONTEXT_OVERFLOW: "the request is longer than the model's context window",
}

_INVALID_KEY_PHRASE = "api key not valid"
"""Gemini answers a wrong key with a 400: "API key not valid. Please pass a valid API key." """

_REQUEST_ID_HEADERS = ("x-request-id", "apim-request-id", "x-ms-request-id", "x-litellm-call-id")

_RETRY_DELAY_PHRASE = re.compile(
    r"(?:try|retry)(?: again)? (?:in|after) "
    r"((?:\d+(?:\.\d+)? ?(?:ms|milliseconds?|h|hours?|m|minutes?|s|sec|seconds?)?\b ?)+)"
)


def explain_failure(failure: Exception, call: ModelCall) -> ModelError:
    """Return the ModelError for one of SDK_FAILURES.

    The result should be raised ``from None``: the SDK's own errors can quote prompts and keys, and a traceback prints
    the whole chain.
    """
    if isinstance(failure, openai.APIStatusError):
        return _explain_status(failure, call)
    if isinstance(failure, (openai.APIConnectionError, httpx2.HTTPError, TimeoutError)):
        return _explain_connection(failure, call)
    return call.build_error(Reason.BAD_REQUEST, f"the request could not be made ({type(failure).__name__})")


def read_request_id(headers: Mapping[str, str]) -> str | None:
    """Return the service's id of a call: OpenAI's, or that of Azure's gateway."""
    return next((value for name in _REQUEST_ID_HEADERS if (value := headers.get(name))), None)


def read_retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return how many seconds the service asks us to wait, never negative; None if it does not say.

    Reads ``retry-after-ms`` (Azure), then ``retry-after`` as seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Args:
        headers: of the answer.
        now: what a date is compared with; None = the clock.
    """
    milliseconds = _read_number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _read_number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:  # "-0000": UTC without saying so
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _read_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _explain_status(failure: openai.APIStatusError, call: ModelCall) -> ModelError:
    headers = failure.response.headers
    body = unwrap_body(failure.body)
    message = read_message(body)
    reason = classify_status(failure.status_code, body, message)
    retry_after = read_retry_after(headers)
    if failure.status_code < httpx2.codes.BAD_REQUEST and call.billed:
        reason = Reason.NOT_CONFIGURED  # each such call is redirected; a gateway may redirect its list of models alone
    if failure.status_code == httpx2.codes.SERVICE_UNAVAILABLE and retry_after is not None:
        reason = Reason.RATE_LIMITED  # a gateway whose circuit breaker opened after 429s: it says when to come again
    return call.build_error(
        reason,
        describe_error(reason, failure.status_code, call),
        service_message=message,
        request_id=read_request_id(headers),
        retry_after_seconds=_find_retry_delay(headers, body, message) if retry_after is None else retry_after,
        requests_per_minute=read_request_quota(headers) if reason is Reason.RATE_LIMITED else None,
        status=failure.status_code,
    )


def describe_error(reason: Reason, status: int, call: ModelCall) -> str:
    """Return what happened and what to do about it: the HTTP status, and which setting to look at."""
    advice = _ADVICE.get(reason)
    return f"HTTP {status}; {advice.format(names=call.settings)}" if advice else f"HTTP {status}"


def classify_status(status: int, body: object, message: str) -> Reason:
    """Return the reason of an HTTP error.

    Args:
        status: 300 or more.
        body: the error object in the answer, if there is one.
        message: what it says to people.
    """
    if status == httpx2.codes.BAD_REQUEST and _INVALID_KEY_PHRASE in message.casefold():
        return Reason.AUTHENTICATION
    if status != httpx2.codes.UNAUTHORIZED and (reason := find_reason(body, message=message)):
        return reason
    if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        return Reason.SERVER_ERROR
    return _REASON_BY_STATUS.get(status, Reason.BAD_REQUEST)


def unwrap_body(body: Any) -> Any:
    """Return the error object: the SDK has taken it out of ``{"error"}``, but Gemini puts a list around that."""
    if not isinstance(body, list) or not body:
        return body
    return body[0].get("error") if isinstance(body[0], dict) else None


def _find_retry_delay(headers: Mapping[str, str], body: Any, message: str) -> float | None:
    """Return the seconds to wait where no Retry-After says so.

    Gemini's ``RetryInfo`` stands in the body (``{"retryDelay": "34s"}``), gateways leave only the words ("Please try
    again in 1.5s"), and OpenAI says when its quota is full again.
    """
    details = body.get("details") if isinstance(body, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str):
            return _read_number(delay.removesuffix("s"))
    words = _RETRY_DELAY_PHRASE.search(message.casefold())
    return parse_duration(words[1]) if words else parse_duration(headers.get("x-ratelimit-reset-requests", ""))


def _explain_connection(failure: Exception, call: ModelCall) -> ModelError:
    cause = failure.__cause__ or failure
    kind = type(cause).__name__
    if isinstance(cause, _NOT_SENT):
        what = f"no connection ({kind}); nothing was sent; check {call.settings.address}"
        return call.build_error(Reason.CONNECTION, what)
    if not call.billed:
        return call.build_error(Reason.CONNECTION, f"the connection was lost, or no answer came in time ({kind})")
    return call.build_error(
        Reason.TIMEOUT_AMBIGUOUS,
        f"sent, but no whole answer came back ({kind}); the call may have been billed",
    )
