"""The one factory of what signs in without a key: to the store, to the model and to Application Insights.

In Azure the app's managed identity signs in and nothing else: the developer's credentials behind it would only hide why
it failed. Anywhere else azure.identity's chain of credentials does, which a developer signs in to with ``az login``.

A credential of azure.identity is made for each fetch, because it keeps its token until the very second that it expires
in; keeping and renewing is `token_source`'s work. It does not retry either: that has one owner.
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
"""A chain asks one source after the other, some of them by starting a program."""

MIN_REFRESH_MARGIN_SECONDS: Final = 600
"""azure-core waits up to a minute after ``refresh_on``, and then uses a token to its end: not with a short one."""

TELEMETRY_TOKEN_TIMEOUT_SECONDS: Final = 10.0
"""How long an export waits for a token: the process may be about to end."""


class CachedCredential:
    """A credential as the Azure SDKs take it, for one event loop.

    Args:
        identity: who signs in.
        limits: how long that may take; None = the usual bounds.
        inner: asked instead of azure.identity; closed with this one.
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
        """Return a token.

        Raises:
            SignInError: there is none.
        """
        info = await self._get_source(scopes, claims, tenant_id).get()
        return AccessToken(info.token, info.expires_on)

    async def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Return a token, and when to ask for another.

        Raises:
            SignInError: there is none.
        """
        requested = options or {}
        info = await self._get_source(scopes, requested.get("claims"), requested.get("tenant_id")).get()
        has_margin = info.refresh_on is not None and info.expires_on - info.refresh_on >= MIN_REFRESH_MARGIN_SECONDS
        return AccessTokenInfo(info.token, info.expires_on, refresh_on=info.refresh_on if has_margin else None)

    async def close(self) -> None:
        """Stop fetches that are under way."""
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
        # A service that refuses a token may name a tenant or claims in its challenge: that asks for another token.
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
        from azure.identity import aio  # noqa: PLC0415 - 0.18 s that a key does not need

        # Without it azure.identity asks the address that virtual machines have; in an app nothing answers there.
        if self._identity.is_in_azure and not self._identity.has_endpoint:
            raise explain_missing_endpoint(self._identity)
        kind = aio.ManagedIdentityCredential if self._identity.is_in_azure else aio.DefaultAzureCredential
        async with kind(**_make_options(self._identity, self._limits)) as credential:
            return await credential.get_token_info(*scopes, options=options)


class CachedSyncCredential:
    """The same for the exporters of telemetry, which send from threads of their own.

    Tokens come from an event loop in a thread that ends with the process: so one code decides when a token is renewed.
    """

    def __init__(self, identity: IdentitySettings, *, limits: SignInLimits | None = None) -> None:
        self._credential = CachedCredential(identity, limits=limits)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return a token.

        Raises:
            SignInError: there is none, or not soon enough. The fetch continues, and the next export may have its token.
        """
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run_loop, args=(self._loop,), name="sign-in", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(self._get_token(scopes), self._loop).result()

    def close(self) -> None:
        """Stop fetches that are under way."""
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
    """Return what signs in to the store or to the model; nothing is sent before the first token is asked for."""
    return CachedCredential(identity, limits=limits)


def open_sync_credential(identity: IdentitySettings, *, limits: SignInLimits | None = None) -> CachedSyncCredential:
    """Return what signs in to Application Insights."""
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
