"""Translate fal-client's exceptions into ModelErrors."""

from typing import Any

import httpx
from fal_client import FalClientHTTPError

from shared.errors import ModelError
from shared.models.providers.error_reasons import classify_status, find_reason
from shared.models.providers.model_call import ModelCall, SettingNames
from shared.models.providers.rate_limit_headers import read_retry_after
from shared.reasons import Reason

FAL_SETTING_NAMES = SettingNames(noun="model", address="the network", key="FAL_AI_API_KEY", model="IMAGE_MODEL")
"""No setting holds FAL's address; its client knows it."""

CLIENT_FAILURES = (FalClientHTTPError, httpx.HTTPError, httpx.InvalidURL, KeyError, TypeError, ValueError)
"""What fal-client raises; the last three if an answer lacks what it expects."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)

_OUT_OF_CREDIT = ("exhausted balance", "user is locked")
"""A 403 that is not about the key: "User is locked. Reason: Exhausted balance. Top up your balance at ..." """


def explain_submit_error(failure: Exception, call: ModelCall) -> ModelError:
    """Return the ModelError for a request that FAL did not confirm; it may be in FAL's queue, unless it was never sent.

    Also for a probe, which is not billed.
    """
    kind = type(failure).__name__
    if isinstance(failure, FalClientHTTPError):
        return explain_status(failure, call)
    if isinstance(failure, _NOT_SENT):
        return call.build_error(
            Reason.CONNECTION, f"no connection ({kind}); nothing was sent; check {call.settings.address}"
        )
    if not call.billed:
        return call.build_error(Reason.CONNECTION, f"the connection was lost, or the answer is not FAL's ({kind})")
    return call.build_error(
        Reason.TIMEOUT_AMBIGUOUS,
        f"submitted, but no request id came back ({kind}); the image may have been billed",
    )


def explain_poll_error(failure: Exception, call: ModelCall, request_id: str) -> ModelError:
    """Return the ModelError for a submitted request whose state could not be read; the next try waits for it again."""
    if isinstance(failure, FalClientHTTPError):
        return explain_status(failure, call, request_id)
    what = f"request {request_id} is submitted, but its state could not be read ({type(failure).__name__})"
    reason = Reason.CONNECTION if isinstance(failure, httpx.HTTPError) else Reason.SERVER_ERROR
    return call.build_error(reason, what, request_id=request_id)


def explain_status(failure: FalClientHTTPError, call: ModelCall, request_id: str | None = None) -> ModelError:
    """Return the ModelError for an answer with an HTTP error."""
    message = _read_message(failure.message)
    reason = _classify(failure, message)
    return call.build_error(
        reason,
        call.describe_status(reason, failure.status_code),
        service_message=message,
        request_id=request_id or failure.response_headers.get("x-fal-request-id"),
        retry_after_seconds=read_retry_after(failure.response_headers),
    )


def _classify(failure: FalClientHTTPError, message: str) -> Reason:
    detail: Any = failure.message
    if failure.status_code == httpx.codes.FORBIDDEN and any(word in message.casefold() for word in _OUT_OF_CREDIT):
        return Reason.QUOTA_EXHAUSTED
    entries = detail if isinstance(detail, list) else []
    kinds = [entry.get("type") for entry in entries if isinstance(entry, dict)] + [failure.error_type]
    known_type = next((kind for kind in kinds if find_reason({"type": kind}, message="")), None)
    return classify_status(failure.status_code, {"type": known_type}, message)


def _read_message(detail: Any) -> str:
    """Return the message in ``detail``: a text, or a list of ``{"msg", "type", "loc"}`` for an invalid input."""
    first = detail[0] if isinstance(detail, list) and detail else detail
    message = first.get("msg") if isinstance(first, dict) else first
    return message if isinstance(message, str) else ""
