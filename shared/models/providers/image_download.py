"""Fetches images that a server answered the address of. The address comes from outside, so it is bounded in all ways.

Only https, or http on this machine; no redirect to another scheme; no key is sent; size and time are limited. What
comes is examined like any other image.
"""

import asyncio
from urllib.parse import urljoin, urlsplit

import httpx2

from shared.config import LOOPBACK_HOSTS

FETCH_TIMEOUT_SECONDS = 60.0
MAX_IMAGE_BYTES = 64 * 2**20
MAX_REDIRECTS = 3
MAX_ATTEMPTS, RETRY_DELAY_SECONDS = 3, 1.0
"""The image is paid for: a connection that fails is worth another try here, where it costs nothing."""


class DownloadError(Exception):
    """An image could not be fetched.

    Attributes:
        received: the kind of trouble in a few words, without the address: that may hold a signature.
    """

    def __init__(self, received: str) -> None:
        super().__init__(received)
        self.received = received


class ImageDownloader:
    """Fetches images; nothing is connected before the first one. Belongs to one event loop."""

    def __init__(self) -> None:
        self._clients: dict[bool, httpx2.AsyncClient] = {}

    async def fetch(self, url: str) -> bytes:
        """Return the file at an address.

        Raises:
            DownloadError: the address is not allowed, or brings nothing.
        """
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                return await self._fetch_with_retries(url)
        except TimeoutError:
            raise DownloadError(f"an address that brought no image within {FETCH_TIMEOUT_SECONDS:g} s") from None

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    async def _fetch_with_retries(self, url: str) -> bytes:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await self._follow_redirects(url)
            except (httpx2.HTTPError, httpx2.InvalidURL) as failure:
                if attempt == MAX_ATTEMPTS or isinstance(failure, httpx2.InvalidURL):
                    received = f"an address that cannot be fetched ({type(failure).__name__})"
                    raise DownloadError(received) from None
                await asyncio.sleep(RETRY_DELAY_SECONDS)
        raise AssertionError("the loop above returns or raises")

    def _get_client(self, url: str) -> httpx2.AsyncClient:
        is_local = urlsplit(url).hostname in LOOPBACK_HOSTS  # a proxy of the environment cannot reach this machine
        if is_local not in self._clients:
            self._clients[is_local] = httpx2.AsyncClient(
                follow_redirects=False, timeout=FETCH_TIMEOUT_SECONDS, trust_env=not is_local
            )
        return self._clients[is_local]

    async def _follow_redirects(self, url: str) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url)
            async with self._get_client(url).stream("GET", url) as response:
                if not response.has_redirect_location:
                    return await _read_image(response)
                target = response.headers["location"]
            url = _resolve_redirect(url, target)
        raise DownloadError(f"an address that redirects more than {MAX_REDIRECTS} times")


def _resolve_redirect(url: str, target: str) -> str:
    """Return where a redirect leads.

    Raises:
        DownloadError: to another scheme, or nowhere.
    """
    scheme = urlsplit(url).scheme
    try:
        resolved = urljoin(url, target)
        is_allowed = urlsplit(resolved).scheme == scheme
    except ValueError:
        resolved, is_allowed = "", False
    if not is_allowed:
        raise DownloadError(f"an address that redirects from {scheme} to another scheme")
    return resolved


def check_url(url: str) -> None:
    """Check that an address may be fetched.

    Raises:
        DownloadError: it is neither https nor on this machine.
    """
    try:
        parts = urlsplit(url)
        is_allowed = bool(parts.hostname) and parts.username is None
        is_allowed &= parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    except ValueError:
        is_allowed = False
    if not is_allowed:
        raise DownloadError("an address that is neither https nor http on this machine")


async def _read_image(response: httpx2.Response) -> bytes:
    if response.status_code != httpx2.codes.OK:
        raise DownloadError(f"an address that answers HTTP {response.status_code}")
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > MAX_IMAGE_BYTES:
            raise DownloadError(f"an address of a file larger than {MAX_IMAGE_BYTES} bytes")
    return bytes(data)
