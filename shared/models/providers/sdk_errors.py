"""Translate the openai SDK's exceptions into ModelErrors.

Two reason codes differ in whether the call may be billed. If the request was never sent (no connection, no sign-in):
``connection``. If it was sent and no answer came, the provider may have done the work: ``timeout_ambiguous``, which
also covers failures that fit nowhere else.
"""

import ssl
from collections.abc import Mapping
from typing import Any

import httpx2
import openai

from shared.errors import ModelError
from shared.models.providers.error_reasons import classify_status, read_message
from shared.models.providers.model_call import ModelCall
from shared.models.providers.rate_limit_headers import estimate_retry_delay, read_request_quota, read_retry_after
from shared.reasons import Reason

SDK_FAILURES = (openai.OpenAIError, httpx2.HTTPError, TimeoutError)
"""What `explain_failure` translates. Any other exception is a bug of this app and is not caught."""

_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    ssl.SSLCertVerificationError,
)

_REQUEST_ID_HEADERS = ("x-request-id", "apim-request-id", "x-ms-request-id", "x-litellm-call-id")


def explain_failure(failure: Exception, call: ModelCall) -> ModelError:
    """Return the ModelError for one of SDK_FAILURES.

    Raise it ``from None``: the SDK's errors can quote prompts and keys, and a traceback prints the whole chain.
    """
    if isinstance(failure, openai.APIStatusError):
        return _explain_status(failure, call)
    if isinstance(failure, (openai.APIConnectionError, httpx2.HTTPError, TimeoutError)):
        return _explain_connection(failure, call)
    return call.build_error(Reason.BAD_REQUEST, f"the SDK could not build the request ({type(failure).__name__})")


def read_request_id(headers: Mapping[str, str]) -> str | None:
    """Return the provider's id of a call: OpenAI's, or that of Azure's gateway or of LiteLLM."""
    return next((value for name in _REQUEST_ID_HEADERS if (value := headers.get(name))), None)


def unwrap_body(body: Any) -> Any:
    """Return the error object. The SDK has removed ``{"error"}``, but Gemini wraps that in a list."""
    if not isinstance(body, list) or not body:
        return body
    return body[0].get("error") if isinstance(body[0], dict) else None


def _explain_status(failure: openai.APIStatusError, call: ModelCall) -> ModelError:
    headers = failure.response.headers
    body = unwrap_body(failure.body)
    message = read_message(body)
    reason = classify_status(failure.status_code, body, message)
    retry_after = read_retry_after(headers)
    if failure.status_code < httpx2.codes.BAD_REQUEST and call.billed:
        reason = Reason.NOT_CONFIGURED  # every call is redirected; a gateway may redirect its list of models only
    if failure.status_code == httpx2.codes.SERVICE_UNAVAILABLE and retry_after is not None:
        reason = Reason.RATE_LIMITED  # the circuit breaker of a gateway opened after 429s; the answer says for how long
    return call.build_error(
        reason,
        call.describe_status(reason, failure.status_code),
        service_message=message,
        request_id=read_request_id(headers),
        retry_after_seconds=estimate_retry_delay(headers, body, message) if retry_after is None else retry_after,
        requests_per_minute=read_request_quota(headers) if reason is Reason.RATE_LIMITED else None,
        status=failure.status_code,
    )


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
        f"sent, but no complete answer came back ({kind}); the call may have been billed",
    )
