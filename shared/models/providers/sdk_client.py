"""Open the openai SDK's client: timeouts, keep-alive, proxies. SDK retries are off: the orchestrator retries."""

import socket
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2
from openai import DEFAULT_CONNECTION_LIMITS, AsyncOpenAI, DefaultAsyncHttpx2Client

from shared.config import LOOPBACK_HOSTS

CONNECT_TIMEOUT_SECONDS = 10.0
"""Short, because nothing was sent yet and nothing can be billed. Answers have their own, much longer timeouts."""

KEEP_ALIVE_SECONDS = 60
"""Azure's load balancers drop a connection that is silent for 4 minutes. An image can take longer (400 s measured), and
its answer would be lost although it is billed."""


class TokenProvider(Protocol):
    """Signs in without a key: returns a token for each request."""

    scope: str

    async def __call__(self) -> str:
        """Return a token, or raise SignInError."""

    async def close(self) -> None:
        """Release connections."""


class ModelClient:
    """The SDK's client, and the tokens that it signs in with. Belongs to one event loop.

    Attributes:
        sdk: never retries and never follows a redirect, which would send the key elsewhere.
        tokens: None = signs in with a key.
    """

    def __init__(self, sdk: AsyncOpenAI, tokens: TokenProvider | None = None) -> None:
        self.sdk = sdk
        self.tokens = tokens

    async def sign_in(self) -> None:
        """Fetch a token, unless a key signs in or a cached token is still valid.

        The SDK would do so inside the call, where a failed sign-in looks like a failed call.

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


def open_api_key_client(base_url: str, key: str | None) -> ModelClient:
    """Return a client of a server with OpenAI's API.

    Args:
        base_url: with the API's path, such as ``https://api.openai.com/v1``.
        key: None = the server needs none; the SDK requires one, so it gets a placeholder.
    """
    http_client = open_http_client(base_url)
    return ModelClient(AsyncOpenAI(base_url=base_url, api_key=key or "none", max_retries=0, http_client=http_client))


def open_http_client(url: str) -> httpx2.AsyncClient:
    """Return the HTTP client for a server. The environment's proxy is used for other machines than this one."""
    is_local = urlsplit(url).hostname in LOOPBACK_HOSTS
    transport = None
    if is_local or not getproxies():  # a custom transport would bypass the proxy
        transport = httpx2.AsyncHTTPTransport(limits=DEFAULT_CONNECTION_LIMITS, socket_options=_list_socket_options())
    return DefaultAsyncHttpx2Client(follow_redirects=False, trust_env=not is_local, transport=transport)


def make_timeout(seconds: float) -> httpx2.Timeout:
    """Return a timeout of ``seconds`` for each read, and of CONNECT_TIMEOUT_SECONDS for connecting."""
    return httpx2.Timeout(seconds, connect=CONNECT_TIMEOUT_SECONDS, pool=CONNECT_TIMEOUT_SECONDS)


def _list_socket_options() -> list[tuple[int, int, int]]:
    """Return the options that make the kernel send keep-alive probes on a silent connection."""
    timers = [getattr(socket, name) for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL") if hasattr(socket, name)]
    return [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *((socket.IPPROTO_TCP, timer, KEEP_ALIVE_SECONDS) for timer in timers),
    ]
