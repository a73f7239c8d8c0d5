"""Translate Blob Storage's errors: one line with path, status and cause; never a key, a token or a signed URL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import StorageErrorCode

from shared.errors import StoreConflictError, StoreUnavailableError
from shared.identity.sign_in_errors import SignInError

# https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
_CONFLICTS: Final = frozenset({StorageErrorCode.CONDITION_NOT_MET, StorageErrorCode.BLOB_ALREADY_EXISTS})
_MISSING: Final = frozenset({StorageErrorCode.BLOB_NOT_FOUND, StorageErrorCode.CONTAINER_NOT_FOUND})
_ADVICE: Final = {
    "AuthorizationPermissionMismatch": (
        "the identity needs the role 'Storage Blob Data Contributor' on the container or the account; a new role takes "
        "some minutes"
    ),
    "AuthorizationFailure": (
        "the account's network rules refuse this app's address: allow it, or use the account's private endpoint"
    ),
    "AuthenticationFailed": "the credentials are not accepted: check CATALOG_STORAGE_URL or the connection string",
    "InvalidAuthenticationInfo": (
        "the token is not accepted: the identity and the account belong to different tenants, or this machine's clock "
        "is wrong"
    ),
    "KeyBasedAuthenticationNotPermitted": (
        "the account accepts no keys: set CATALOG_STORAGE_URL and give the identity the role "
        "'Storage Blob Data Contributor'"
    ),
}
_FORBIDDEN_ADVICE: Final = "the identity may lack the role 'Storage Blob Data Contributor'"


def is_blob_missing(exc: HttpResponseError) -> bool:
    """Return whether the blob does not exist; any other 404 (a wrong address, a proxy) says nothing about it."""
    return _read_code(exc) in _MISSING


def is_container_missing(exc: HttpResponseError) -> bool:
    """Return whether the container does not exist (yet)."""
    return _read_code(exc) == StorageErrorCode.CONTAINER_NOT_FOUND


def is_conflict(exc: HttpResponseError) -> bool:
    """Return whether a request's condition on the blob's version or absence failed."""
    return _read_code(exc) in _CONFLICTS


@contextmanager
def translate_azure_errors(action: str, subject: str) -> Iterator[None]:
    """Translate the SDK's errors into StoreConflictError or StoreUnavailableError."""
    try:
        yield
    except SignInError as exc:
        message = f"cannot sign in to {action} {subject!r}: {exc.message}"
        raise StoreUnavailableError(message, reason=exc.reason) from exc
    except HttpResponseError as exc:
        if is_conflict(exc):
            raise StoreConflictError(f"{subject!r} is not the expected version: {_describe_cause(exc)}") from exc
        raise StoreUnavailableError(f"Blob Storage failed to {action} {subject!r}: {_describe_cause(exc)}") from exc
    except AzureError as exc:
        raise StoreUnavailableError(
            f"Blob Storage could not be reached to {action} {subject!r}: {_read_first_line(exc)}",
        ) from exc


def _read_code(exc: HttpResponseError) -> str:
    code = getattr(exc, "error_code", None)  # the storage SDK sets it; azure.core's type lacks it
    return str(getattr(code, "value", code) or "")


def _describe_cause(exc: HttpResponseError) -> str:
    if exc.status_code is None or exc.status_code < HTTPStatus.BAD_REQUEST:
        return f"unusable answer: {_read_first_line(exc)}"
    code = _read_code(exc)
    advice = _ADVICE.get(code) or (_FORBIDDEN_ADVICE if exc.status_code == HTTPStatus.FORBIDDEN else "")
    answer = f"{exc.status_code} {code}".strip()
    return f"{answer} ({advice})" if advice else answer


def _read_first_line(exc: AzureError) -> str:
    line = next(iter(str(exc.message).splitlines()), "") or type(exc).__name__
    return re.sub(r"\?\S+", "?...", line)  # the query of a URL may hold a signature
