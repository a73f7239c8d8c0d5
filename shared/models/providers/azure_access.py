"""What an Azure OpenAI account says when it does not let us in, and what to do about it.

A key is named only where one is set: an account may refuse all keys, and one that signs in with an identity has none.
"""

from typing import TYPE_CHECKING, Final

import httpx2
import openai
from azure.core.exceptions import AzureError

from shared.errors import ModelError
from shared.identity.sign_in_errors import SignInError
from shared.models.providers.azure_token_scope import find_scope
from shared.models.providers.call_errors import ModelCall
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.config import IdentitySettings

OPENAI_ROLE: Final = "Cognitive Services OpenAI User"

_ADVICE_BY_PHRASES: Final = {
    ("custom subdomain",): (
        "the account has no custom subdomain, without which it takes no tokens: give it one (az cognitiveservices "
        "account update --custom-domain NAME), and set AZURE_OPENAI_ENDPOINT to its new address"
    ),
    ("virtual network", "firewall", "public access is disabled", "public network access"): (
        "the account's network rules refuse this app's address: allow it, or use the account's private endpoint"
    ),
    ("key based authentication is disabled", "authenticationtypedisabled"): (
        "the account takes no keys: remove AZURE_OPENAI_API_KEY, and give the identity that signs in the role "
        f"{OPENAI_ROLE!r} on the account"
    ),
}
"""Words of an answer, and what they mean."""

_STATUSES: Final = frozenset({httpx2.codes.BAD_REQUEST, httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN})
_VAGUE_REASONS: Final = frozenset({Reason.AUTHENTICATION, Reason.BAD_REQUEST})


def explain_sign_in_error(failure: AzureError, call: ModelCall, identity: "IdentitySettings") -> ModelError:
    """Return the ModelError for a token that could not be had: nothing was sent to the model."""
    if not isinstance(failure, SignInError):
        return call.build_error(Reason.CONNECTION, f"signing in failed ({type(failure).__name__}); nothing was sent")
    key_advice = ""
    if failure.reason is Reason.AUTHENTICATION and not identity.is_in_azure:
        key_advice = f", or set {call.settings.key} if the account takes keys"
    error = call.build_error(failure.reason, f"cannot sign in: {failure.message}{key_advice}")
    # A silent endpoint that never gave a token was waited for; the policy's own tries would make it minutes.
    error.is_final = failure.is_timeout and failure.is_first_sign_in
    return error


def explain_access_error(failure: openai.APIStatusError, call: ModelCall, known: ModelError) -> ModelError:
    """Return a better error than ``known`` for an answer that keeps us out, or ``known`` itself.

    Args:
        failure: the answer.
        call: what was called.
        known: what the answer's status and codes alone say.
    """
    if failure.status_code not in _STATUSES or known.reason not in _VAGUE_REASONS:
        return known
    code, message = _read_member(failure.body, "code"), _read_member(failure.body, "message")
    words = f"{code} {message}".casefold()
    advice = next(
        (advice for signs, advice in _ADVICE_BY_PHRASES.items() if any(sign in words for sign in signs)), None
    )
    if advice is None and known.reason is Reason.AUTHENTICATION and call.key is None:
        advice = (
            f"give the identity that signs in the role {OPENAI_ROLE!r} on the account; a new role takes some minutes"
        )
    if advice is None:
        return known
    what = f"HTTP {failure.status_code}; {advice}"
    return call.build_error(Reason.AUTHENTICATION, what, service_message=message, request_id=known.request_id)


def find_requested_scope(failure: Exception) -> str | None:
    """Return the audience that a refusal of our token asks for, as a scope; None for any other failure."""
    if not isinstance(failure, openai.APIStatusError) or failure.status_code != httpx2.codes.UNAUTHORIZED:
        return None
    return find_scope(_read_member(failure.body, "message"), failure.response.headers)


def _read_member(body: object, name: str) -> str:
    """Return a text of an error object, which the SDK has taken out of ``{"error"}``; bare text is its message."""
    value = body.get(name) if isinstance(body, dict) else body
    return value if isinstance(value, str) else ""
