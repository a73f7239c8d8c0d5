"""Sign in to a model account on Azure, with a key or with Microsoft Entra ID, and explain errors of access.

An account's APIs document several token audiences, and accounts differ in which one they accept. An account that
refuses a token names its audience (``Access token is missing, invalid, audience is incorrect (https://...), or have
expired.``), and the call is sent again with a token for that one.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx2
import openai
from azure.core.exceptions import AzureError
from openai import AsyncOpenAI

from shared.config import IdentitySettings
from shared.errors import ModelError
from shared.identity.credentials import CachedCredential
from shared.identity.sign_in_errors import SignInError
from shared.identity.token_source import SignInLimits
from shared.models.protocol import ListedModels
from shared.models.providers.connection import BoundSend, ModelConnection
from shared.models.providers.model_call import ModelCall, SettingNames
from shared.models.providers.sdk_client import ModelClient
from shared.models.providers.sdk_errors import explain_failure
from shared.reasons import Reason

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

_AUDIENCE: Final = re.compile(
    r"""\b(?:audience\b[^()'"]*[('"]+ | resource(?:_id)?="?)(https://[^\s()'",;]+)""", re.IGNORECASE | re.VERBOSE
)
_AUDIENCES: Final = re.compile(r"https://(?:ai|cognitiveservices|ml)\.azure\.(?:com|us|cn)", re.IGNORECASE)
"""Audiences that a server may ask for. A token for any other one could open something else."""

_ADVICE_BY_PHRASES: Final = {
    ("custom subdomain",): (
        "the account has no custom subdomain, without which it accepts no tokens: set one (az cognitiveservices "
        "account update --custom-domain NAME), and set {names.address} to its new address"
    ),
    ("virtual network", "firewall", "public access is disabled", "public network access"): (
        "the account's network rules refuse this app's address: allow it, or use the account's private endpoint"
    ),
    ("key based authentication is disabled", "authenticationtypedisabled"): (
        "the account accepts no keys: remove {names.key}, and give the identity that signs in the role "
        "{names.role!r} on the account"
    ),
}
"""Phrases in an account's answer, and what to do about it."""

_ACCESS_STATUSES: Final = frozenset({httpx2.codes.BAD_REQUEST, httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN})
_VAGUE_REASONS: Final = frozenset({Reason.AUTHENTICATION, Reason.BAD_REQUEST})


class ModelTokens:
    """Returns a valid token for each request of the openai SDK.

    Attributes:
        scope: the tokens' audience, as Entra writes it.
    """

    def __init__(self, credential: CachedCredential, scope: str) -> None:
        self.scope = scope
        self._credential = credential

    async def __call__(self) -> str:
        """Return a token.

        Raises:
            SignInError: there is none.
        """
        return (await self._credential.get_token(self.scope)).token

    async def close(self) -> None:
        """Close the credential."""
        await self._credential.close()


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """How to sign in to a model account on Azure.

    Attributes:
        endpoint: the account's URL; None = not configured.
        api_key: the account's key; None = an identity signs in.
        token_scope: the audience of tokens that the API's documentation names.
    """

    endpoint: str | None
    api_key: str | None
    token_scope: str


class AccountConnection(ModelConnection):
    """The base of connections to a model account on Azure.

    Args:
        names: the account's settings, for messages.
        access: the account's URL, its key if there is one, and the audience of tokens.
        identity: signs in without a key; None = the developer's credentials.
        credential: signs in instead; closed by `close`.
        limits: how long sign-in may take; None = the defaults.
        listed_models: receives the models that `probe` reads.
    """

    def __init__(
        self,
        names: SettingNames,
        access: AccountAccess,
        *,
        identity: IdentitySettings | None = None,
        credential: "AsyncTokenCredential | None" = None,
        limits: SignInLimits | None = None,
        listed_models: ListedModels | None = None,
    ) -> None:
        super().__init__(names, access.api_key, listed_models)
        self._access = access
        self._identity = identity or IdentitySettings()
        self._credential = credential
        self._limits = limits

    @abstractmethod
    def _open_sdk(self, endpoint: str, tokens: ModelTokens | None) -> AsyncOpenAI:
        """Return the SDK's client for an endpoint, with the key or with tokens."""

    def _open_client(self, call: ModelCall) -> ModelClient:
        endpoint = self._access.endpoint
        if endpoint is None:
            what = f"{self._names.address} is not set; expected the URL of the account"
            raise call.build_error(Reason.NOT_CONFIGURED, what)
        tokens = None
        if self._key is None:
            credential = CachedCredential(self._identity, limits=self._limits, inner=self._credential)
            tokens = ModelTokens(credential, self._access.token_scope)
        return ModelClient(self._open_sdk(endpoint, tokens), tokens)

    async def _send(self, client: ModelClient, send: BoundSend, seconds: float) -> httpx2.Response:
        """Send a call; if the account asks for a token of another audience, send it once more. A refusal is free."""
        tokens = client.tokens
        sent_scope = None if tokens is None else tokens.scope
        try:
            return await super()._send(client, send, seconds)
        except openai.AuthenticationError as failure:
            requested = find_requested_scope(_read_member(failure.body, "message"), failure.response.headers)
            if tokens is None or requested is None or requested == sent_scope:
                raise
            tokens.scope = requested
            return await super()._send(client, send, seconds)

    def _explain(self, failure: Exception, call: ModelCall) -> ModelError:
        if isinstance(failure, AzureError):
            return explain_sign_in_error(failure, call, self._identity)
        error = explain_failure(failure, call)
        return explain_access_error(failure, call, error) if isinstance(failure, openai.APIStatusError) else error


def find_requested_scope(message: str, headers: Mapping[str, str]) -> str | None:
    """Return the scope that a 401 asks for; None if it names none of a model service.

    Args:
        message: the answer's message.
        headers: of the answer; ``WWW-Authenticate`` may name the resource.
    """
    for text in (message, headers.get("www-authenticate", "")):
        found = _AUDIENCE.search(text)
        audience = found[1].rstrip("/") if found else ""
        if _AUDIENCES.fullmatch(audience):
            return f"{audience.lower()}/.default"
    return None


def explain_sign_in_error(failure: AzureError, call: ModelCall, identity: IdentitySettings) -> ModelError:
    """Return the ModelError for a failed sign-in; nothing was sent to the model."""
    if not isinstance(failure, SignInError):
        return call.build_error(Reason.CONNECTION, f"sign-in failed ({type(failure).__name__}); nothing was sent")
    key_advice = ""
    if failure.reason is Reason.AUTHENTICATION and not identity.is_in_azure:
        key_advice = f", or set {call.settings.key} if the account accepts keys"
    error = call.build_error(failure.reason, f"cannot sign in: {failure.message}{key_advice}")
    # Sign-in has waited for an endpoint that never answered; retries by the policy would add minutes.
    error.is_final = failure.is_timeout and failure.is_first_sign_in
    return error


def explain_access_error(failure: openai.APIStatusError, call: ModelCall, known: ModelError) -> ModelError:
    """Return an error that says how to get access, if the answer is a refusal of access, else ``known``.

    A message names a key only if one is set: an account may refuse all keys.

    Args:
        failure: the answer.
        call: the call.
        known: the error by status and codes alone.
    """
    if failure.status_code not in _ACCESS_STATUSES or known.reason not in _VAGUE_REASONS:
        return known
    code, message = _read_member(failure.body, "code"), _read_member(failure.body, "message")
    words = f"{code} {message}".casefold()
    advice = next(
        (advice for phrases, advice in _ADVICE_BY_PHRASES.items() if any(phrase in words for phrase in phrases)), None
    )
    if advice is None and known.reason is Reason.AUTHENTICATION and call.key is None:
        advice = "give the identity that signs in the role {names.role!r} on the account; a new role takes some minutes"
    if advice is None:
        return known
    what = f"HTTP {failure.status_code}; {advice.format(names=call.settings)}"
    return call.build_error(Reason.AUTHENTICATION, what, service_message=message, request_id=known.request_id)


def _read_member(body: object, name: str) -> str:
    """Return a text of an error object, which the SDK has unwrapped from ``{"error"}``; a bare text is its message."""
    value = body.get(name) if isinstance(body, dict) else body
    return value if isinstance(value, str) else ""
