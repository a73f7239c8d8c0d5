"""Open the credentials that sign in to the store, the model and Application Insights without a key.

In Azure only the app's managed identity signs in: a fallback to developer credentials would hide why it failed.
Elsewhere azure.identity's default chain signs in, after ``az login``.

Each fetch of a token opens a new credential of azure.identity, because that one caches its token until the second it
expires. `token_source` caches, renews and retries; the credential does not retry.
"""

import asyncio
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions

from shared.config import IdentitySettings
from shared.identity.sign_in_errors import explain_fetch_failure, explain_missing_endpoint
from shared.identity.sign_in_limit import limit_sign_in
from shared.identity.token_source import SignInLimits, TokenSource

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

CONNECT_TIMEOUT_SECONDS: Final = 5
DEVELOPER_ATTEMPT_TIMEOUT_SECONDS: Final = 30.0
"""The default chain tries one source after another, some by starting a program."""

MIN_REFRESH_MARGIN_SECONDS: Final = 600
"""azure-core renews a token up to a minute after ``refresh_on``; short-lived tokens get no ``refresh_on``."""

TELEMETRY_TOKEN_TIMEOUT_SECONDS: Final = 10.0
"""How long an export waits for a token; the process may be about to end."""


class CachedCredential:
    """A credential for the Azure SDKs with a token cache. Belongs to one event loop.

    Args:
        identity: the identity that signs in.
        limits: how long sign-in may take; None = the defaults.
        inner: fetches tokens instead of azure.identity; closed with this credential.
    """

    def __init__(
        self,
        identity: IdentitySettings,
        *,
        limits: SignInLimits | None = None,
        inner: "AsyncTokenCredential | None" = None,
    ) -> None:
        self._identity = identity
        self._limits = limits or _choose_limits(identity)
        self._inner = inner
        self._sources: dict[tuple[str, ...], TokenSource] = {}

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **_: Any
    ) -> AccessToken:
        """Return a valid token.

        Raises:
            SignInError: sign-in failed.
        """
        info = await self._get_source(scopes, claims, tenant_id).get()
        return AccessToken(info.token, info.expires_on)

    async def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Return a valid token, and when to renew it.

        Raises:
            SignInError: sign-in failed.
        """
        requested = options or {}
        info = await self._get_source(scopes, requested.get("claims"), requested.get("tenant_id")).get()
        has_margin = info.refresh_on is not None and info.expires_on - info.refresh_on >= MIN_REFRESH_MARGIN_SECONDS
        return AccessTokenInfo(info.token, info.expires_on, refresh_on=info.refresh_on if has_margin else None)

    async def close(self) -> None:
        """Cancel running fetches."""
        sources, self._sources = list(self._sources.values()), {}
        await asyncio.gather(*(source.close() for source in sources))
        if self._inner is not None:
            await self._inner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()

    def _get_source(self, scopes: tuple[str, ...], claims: str | None, tenant_id: str | None) -> TokenSource:
        # A service that refuses a token may ask for another one, by tenant or claims.
        options: TokenRequestOptions = {}
        if claims:
            options["claims"] = claims
        if tenant_id:
            options["tenant_id"] = tenant_id
        key = (*scopes, claims or "", tenant_id or "")
        if key not in self._sources:
            self._sources[key] = TokenSource(
                lambda: self._fetch(scopes, options),
                lambda failure, seconds: explain_fetch_failure(failure, self._identity, seconds),
                self._limits,
            )
        return self._sources[key]

    async def _fetch(self, scopes: tuple[str, ...], options: TokenRequestOptions) -> AccessTokenInfo:
        if self._inner is not None:
            token = await self._inner.get_token(*scopes, **options)
            return AccessTokenInfo(token.token, token.expires_on)
        from azure.identity import aio  # noqa: PLC0415 - takes 0.18 s, not needed with a key

        # Without the endpoint azure.identity asks the address for virtual machines, where nothing answers in an app.
        if self._identity.is_in_azure and not self._identity.has_endpoint:
            raise explain_missing_endpoint(self._identity)
        kind = aio.ManagedIdentityCredential if self._identity.is_in_azure else aio.DefaultAzureCredential
        async with kind(**_make_options(self._identity, self._limits)) as credential:
            return await credential.get_token_info(*scopes, options=options)


class CachedSyncCredential:
    """A `CachedCredential` for the telemetry exporters, which send from their own threads.

    An event loop in a daemon thread fetches the tokens, so that the same code decides when a token is renewed.
    """

    def __init__(self, identity: IdentitySettings, *, limits: SignInLimits | None = None) -> None:
        self._credential = CachedCredential(identity, limits=limits)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return a token.

        Raises:
            SignInError: sign-in failed or took too long. The fetch continues, and the next export may use its token.
        """
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run_loop, args=(self._loop,), name="sign-in", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(self._get_token(scopes), self._loop).result()

    def close(self) -> None:
        """Cancel running fetches."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._credential.close(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    async def _get_token(self, scopes: tuple[str, ...]) -> AccessToken:
        with limit_sign_in(TELEMETRY_TOKEN_TIMEOUT_SECONDS):
            return await self._credential.get_token(*scopes)


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def open_credential(identity: IdentitySettings, *, limits: SignInLimits | None = None) -> CachedCredential:
    """Return a credential for the store or the model; the first token request connects."""
    return CachedCredential(identity, limits=limits)


def open_sync_credential(identity: IdentitySettings, *, limits: SignInLimits | None = None) -> CachedSyncCredential:
    """Return a credential for Application Insights."""
    return CachedSyncCredential(identity, limits=limits)


def _choose_limits(identity: IdentitySettings) -> SignInLimits:
    return (
        SignInLimits()
        if identity.is_in_azure
        else SignInLimits(attempt_timeout_seconds=DEVELOPER_ATTEMPT_TIMEOUT_SECONDS)
    )


def _make_options(identity: IdentitySettings, limits: SignInLimits) -> dict[str, Any]:
    options: dict[str, Any] = {
        "connection_timeout": min(CONNECT_TIMEOUT_SECONDS, limits.attempt_timeout_seconds),
        "read_timeout": limits.attempt_timeout_seconds,
        "retry_total": 0,
    }
    if identity.client_id is not None:
        options["client_id" if identity.is_in_azure else "managed_identity_client_id"] = identity.client_id
    return options
