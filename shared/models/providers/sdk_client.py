"""Builds the openai client: which address, how to sign in, how long to wait. Retries have their owner elsewhere."""

import socket
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2
from openai import DEFAULT_CONNECTION_LIMITS, AsyncAzureOpenAI, AsyncOpenAI, DefaultAsyncHttpx2Client

from shared.config import LOOPBACK_HOSTS, ModelSettings
from shared.models.providers.azure_token_scope import ModelTokens

CONNECT_TIMEOUT_SECONDS = 10.0
"""Nothing is lost by giving up here: no request has left. An answer gets its own, much longer time."""

KEEP_ALIVE_SECONDS = 60
"""Azure's load balancers forget a connection that was silent for 4 minutes. An image has taken longer (400 s), and its
answer would be lost, paid for."""


class ModelClient:
    """The SDK's client and, without a key, the tokens that it signs in with. Belongs to one event loop.

    Attributes:
        sdk: the client; it never retries and never follows a redirect, which would take our key elsewhere.
        tokens: None = a key signs in.
    """

    def __init__(self, sdk: AsyncOpenAI, tokens: ModelTokens | None = None) -> None:
        self.sdk = sdk
        self.tokens = tokens

    async def sign_in(self) -> None:
        """Fetch a token if we sign in with an identity and have none that is still good; at once otherwise.

        The SDK would do it on its own, but inside the call, where a failure looks like one of the model.

        Raises:
            SignInError: there is no token.
        """
        if self.tokens is not None:
            await self.tokens()

    async def close(self) -> None:
        """Close the connections and the credential."""
        await self.sdk.close()
        if self.tokens is not None:
            await self.tokens.close()


def open_azure_client(endpoint: str, settings: ModelSettings, tokens: ModelTokens | None) -> ModelClient:
    """Return a client of an Azure OpenAI endpoint, in the URL style that the settings ask for.

    Args:
        endpoint: where it is.
        settings: how to sign in with a key, and the URL style.
        tokens: sign in instead of a key.
    """
    http_client = _open_http_client(is_local=urlsplit(endpoint).hostname in LOOPBACK_HOSTS)
    if settings.api_version is None:
        sdk = AsyncOpenAI(
            base_url=f"{endpoint}/openai/v1/",
            api_key=settings.api_key or tokens,
            max_retries=0,
            http_client=http_client,
        )
        return ModelClient(sdk, tokens)
    dated = AsyncAzureOpenAI(
        azure_endpoint=endpoint,
        api_version=settings.api_version,
        api_key=settings.api_key,
        azure_ad_token_provider=tokens,
        max_retries=0,
        http_client=http_client,
    )
    return ModelClient(dated, tokens)


def open_api_key_client(base_url: str, key: str | None) -> ModelClient:
    """Return a client of any other server that speaks OpenAI's wire.

    Args:
        base_url: with the API's path, such as ``https://api.openai.com/v1``.
        key: None = a server that asks for none; the SDK cannot do without, so it is told a word.
    """
    http_client = _open_http_client(is_local=urlsplit(base_url).hostname in LOOPBACK_HOSTS)
    return ModelClient(AsyncOpenAI(base_url=base_url, api_key=key or "none", max_retries=0, http_client=http_client))


def make_timeout(seconds: float) -> httpx2.Timeout:
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
