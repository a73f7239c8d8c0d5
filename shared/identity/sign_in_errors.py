"""Explain a failed sign-in in one line: who refused it, its message, and what to do.

The reason code decides about a retry. ``authentication`` is final: the identity endpoint's 400, 401 and 403, and an app
without an identity. ``connection`` is retried: everything else (408, 429, 5xx, a lost connection, no answer, an invalid
answer), because the endpoint is a small service beside the app and can fail temporarily.
"""

import json
import re
from http import HTTPStatus
from typing import Any, Final

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from shared.config import IdentitySettings
from shared.reasons import Reason
from shared.text.redaction import flatten, quote_service_message

FETCH_FAILURES: Final = (AzureError, TimeoutError, OSError, LookupError, ValueError, TypeError, AttributeError)
"""What a fetch of a token can raise. azure.identity reads an answer without validating its fields."""

_REFUSED_STATUSES: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_MAX_QUOTE_CHARACTERS: Final = 150
_NOT_CONFIGURED: Final = re.compile(
    r"unavailable|not installed|not found|not fully configured|not be determined|requires the", re.IGNORECASE
)
"""In a chain's error: sources that are not set up on this machine, and so explain nothing."""

_UNREACHABLE: Final = re.compile(
    r"cannot connect to host|timed? ?out|connection (?:reset|aborted|refused)", re.IGNORECASE
)
"""A chain reports a lost connection to Entra as a refusal; only its message distinguishes them."""


class SignInError(AzureError):
    """Sign-in failed.

    Attributes:
        reason: ``connection`` or ``authentication``.
        is_timeout: the endpoint accepted the request and did not answer.
        is_first_sign_in: no earlier sign-in has succeeded, so sign-in may never work here.
        retry_after_seconds: how long the endpoint asks callers to wait.
    """

    def __init__(
        self, reason: Reason, message: str, *, is_timeout: bool = False, retry_after_seconds: float = 0.0
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.is_timeout = is_timeout
        self.is_first_sign_in = False
        self.retry_after_seconds = retry_after_seconds

    def copy(self) -> "SignInError":
        """Return an equal error to raise: one object raised in many places would collect their tracebacks."""
        duplicate = SignInError(
            self.reason, self.message, is_timeout=self.is_timeout, retry_after_seconds=self.retry_after_seconds
        )
        duplicate.is_first_sign_in = self.is_first_sign_in
        return duplicate


def explain_fetch_failure(failure: Exception, identity: IdentitySettings, seconds: float) -> SignInError:
    """Return the error for one of FETCH_FAILURES.

    Args:
        failure: what azure.identity raised.
        identity: the identity that signs in.
        seconds: the timeout of the fetch.
    """
    source = _name_source(identity)
    if isinstance(failure, HttpResponseError) and failure.status_code is not None:
        return _explain_status(failure, failure.status_code, identity)
    if isinstance(failure, ClientAuthenticationError):  # includes azure.identity's "no credential here"
        message = _shorten(failure)
        what = f"{source} gave no token{_quote_message(message)}"
        if _UNREACHABLE.search(message):
            return SignInError(Reason.CONNECTION, what)
        return SignInError(Reason.AUTHENTICATION, f"{what}; {_advise(identity)}")
    if isinstance(failure, TimeoutError) or "Timeout" in type(failure).__name__:
        return SignInError(Reason.CONNECTION, f"{source} did not answer within {seconds:.2g} s", is_timeout=True)
    if isinstance(failure, AzureError | OSError):
        return SignInError(Reason.CONNECTION, f"{source} could not be reached{_quote_message(str(failure))}")
    return SignInError(Reason.CONNECTION, f"{source} sent an answer without a usable token ({type(failure).__name__})")


def _explain_status(failure: HttpResponseError, status: int, identity: IdentitySettings) -> SignInError:
    missing = " without a token" if status == HTTPStatus.OK else ""
    what = f"{_name_source(identity)} answered HTTP {status}{missing}{_quote_message(_read_sentence(failure))}"
    if status in _REFUSED_STATUSES:
        return SignInError(Reason.AUTHENTICATION, f"{what}; {_advise(identity)}")
    return SignInError(Reason.CONNECTION, what, retry_after_seconds=_read_retry_after(failure))


def explain_missing_endpoint(identity: IdentitySettings) -> SignInError:
    """Return the error for an app in Azure without a managed identity."""
    return SignInError(
        Reason.AUTHENTICATION, f"this app has no managed identity (IDENTITY_ENDPOINT is not set); {_advise(identity)}"
    )


def _name_source(identity: IdentitySettings) -> str:
    return "the managed identity endpoint" if identity.is_in_azure else "the developer sign-in"


def _advise(identity: IdentitySettings) -> str:
    if not identity.is_in_azure:
        return "sign in with az login or azd auth login"
    if identity.client_id is None:
        return "assign an identity to the app; AZURE_CLIENT_ID names a user-assigned one"
    return f"assign the identity {identity.client_id} (AZURE_CLIENT_ID) to the app"


def _quote_message(text: str) -> str:
    """Return the safe part of a service's message, to append to ours; empty if there is none."""
    quoted = quote_service_message(text, key=None, private=()) or ""
    if len(quoted) > _MAX_QUOTE_CHARACTERS:
        quoted = f"{quoted[: _MAX_QUOTE_CHARACTERS - 3]}..."
    return f": {quoted.rstrip('.')}" if quoted else ""


def _shorten(failure: ClientAuthenticationError) -> str:
    """Return a credential's message; of a chain, the messages of the sources that are set up on this machine."""
    lines = str(failure.message).splitlines()
    attempts = [line.strip() for line in lines if line.startswith("\t")]
    if not attempts:
        return flatten(" ".join(lines))
    return " ".join(line for line in attempts if not _NOT_CONFIGURED.search(line)) or "none of its sources is signed in"


def _read_sentence(failure: HttpResponseError) -> str:
    """Return the message in an answer's JSON, or ""."""
    try:
        body = json.loads(failure.response.text()) if failure.response is not None else None
    except (ValueError, AttributeError, TypeError):
        return ""
    return _find_message(body)


def _find_message(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    for name in ("message", "Message", "error_description", "error"):
        value = body.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, dict):
            return _find_message(value)
    return ""


def _read_retry_after(failure: HttpResponseError) -> float:
    headers = getattr(failure.response, "headers", None) or {}
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isascii() and text.isdigit() else 0.0
