"""Builds the openai client: which address, how to sign in, how long to wait. Retries have their owner elsewhere."""

import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2
from openai import DEFAULT_CONNECTION_LIMITS, AsyncAzureOpenAI, AsyncOpenAI, DefaultAsyncHttpx2Client

from shared.config import LOOPBACK_HOSTS, ModelSettings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

TOKEN_SCOPE_V1 = "https://ai.azure.com/.default"  # noqa: S105  # an address, not a token
TOKEN_SCOPE_DATED = "https://cognitiveservices.azure.com/.default"  # noqa: S105  # an address, not a token

CONNECT_TIMEOUT_SECONDS = 10.0
"""Nothing is lost by giving up here: no request has left. An answer gets its own, much longer time."""

KEEP_ALIVE_SECONDS = 60
"""Azure's load balancers forget a connection that was silent for 4 minutes. A picture has taken longer (400 s), and its
answer would be lost, paid for."""

TokenProvider = Callable[[], Awaitable[str]]


class ModelClient:
    """The SDK's client and, without a key, the identity that it signs in with. Belongs to one event loop.

    Attributes:
        sdk: the client; it never retries and never follows a redirect, which would take our key elsewhere.
    """

    def __init__(
        self,
        sdk: AsyncOpenAI,
        credential: "AsyncTokenCredential | None" = None,
        tokens: TokenProvider | None = None,
    ) -> None:
        self.sdk = sdk
        self._credential = credential
        self._tokens = tokens

    async def sign_in(self) -> None:
        """Fetch a token if we sign in with an identity and have none that is still good; at once otherwise.

        The SDK would do it on its own, but inside the call, where a failure looks like one of the model.

        Raises:
            azure.core.exceptions.AzureError: no identity, or no way to reach the sign-in service.
        """
        if self._tokens is not None:
            await self._tokens()

    async def close(self) -> None:
        """Close the connections and the credential."""
        await self.sdk.close()
        if self._credential is not None:
            await self._credential.close()


def open_azure_client(
    endpoint: str, settings: ModelSettings, credential: "AsyncTokenCredential | None" = None
) -> ModelClient:
    """Return a client of an Azure OpenAI endpoint, in the URL style that the settings ask for."""
    credential = None if settings.api_key else credential or _find_credential()
    tokens = _provide_tokens(credential, settings) if credential else None
    http_client = _open_http_client(is_local=urlsplit(endpoint).hostname in LOOPBACK_HOSTS)
    if settings.api_version is None:
        sdk = AsyncOpenAI(
            base_url=f"{endpoint}/openai/v1/",
            api_key=settings.api_key or tokens,
            max_retries=0,
            http_client=http_client,
        )
        return ModelClient(sdk, credential, tokens)
    dated = AsyncAzureOpenAI(
        azure_endpoint=endpoint,
        api_version=settings.api_version,
        api_key=settings.api_key,
        azure_ad_token_provider=tokens,
        max_retries=0,
        http_client=http_client,
    )
    return ModelClient(dated, credential, tokens)


def open_key_client(base_url: str, key: str | None) -> ModelClient:
    """Return a client of any other server that speaks OpenAI's wire.

    Args:
        base_url: with the API's path, such as ``https://api.openai.com/v1``.
        key: None = a server that asks for none; the SDK cannot do without, so it is told a word.
    """
    http_client = _open_http_client(is_local=urlsplit(base_url).hostname in LOOPBACK_HOSTS)
    return ModelClient(AsyncOpenAI(base_url=base_url, api_key=key or "none", max_retries=0, http_client=http_client))


def limit_time(seconds: float) -> httpx2.Timeout:
    """Return the SDK's timeout for an answer within ``seconds`` and a connection within a short time."""
    return httpx2.Timeout(seconds, connect=CONNECT_TIMEOUT_SECONDS, pool=CONNECT_TIMEOUT_SECONDS)


def _open_http_client(*, is_local: bool) -> httpx2.AsyncClient:
    # A proxy of the environment cannot reach our own simulator. Elsewhere it wins over our transport, which knows none.
    transport = None
    if is_local or not getproxies():
        transport = httpx2.AsyncHTTPTransport(limits=DEFAULT_CONNECTION_LIMITS, socket_options=_keep_alive_options())
    return DefaultAsyncHttpx2Client(follow_redirects=False, trust_env=not is_local, transport=transport)


def _keep_alive_options() -> list[tuple[int, int, int]]:
    """Return the socket options that make the kernel say something on a connection where nobody does."""
    timers = [getattr(socket, name) for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL") if hasattr(socket, name)]
    return [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *((socket.IPPROTO_TCP, timer, KEEP_ALIVE_SECONDS) for timer in timers),
    ]


def _find_credential() -> "AsyncTokenCredential":
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415  # 0.2 s that a key does not need

    return DefaultAzureCredential()


def _provide_tokens(credential: "AsyncTokenCredential", settings: ModelSettings) -> TokenProvider:
    """Return what gives a good token at once, fetching one only shortly before the last one expires."""
    from azure.identity.aio import get_bearer_token_provider  # noqa: PLC0415  # see above

    return get_bearer_token_provider(
        credential,
        TOKEN_SCOPE_V1 if settings.api_version is None else TOKEN_SCOPE_DATED,
    )
