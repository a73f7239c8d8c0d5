"""Download an image from a URL in a provider's answer.

The URL comes from outside, so it is restricted: https, or http on this machine; no redirect to another scheme; no key
is sent; size and time are limited. The file is validated like any other image.
"""

import asyncio
from urllib.parse import urljoin, urlsplit

import httpx2

from shared.config import LOOPBACK_HOSTS

FETCH_TIMEOUT_SECONDS = 60.0
MAX_IMAGE_BYTES = 64 * 2**20
MAX_REDIRECTS = 3
MAX_ATTEMPTS, RETRY_DELAY_SECONDS = 3, 1.0
"""The image is already billed, so a failed connection is retried here, where a retry costs nothing."""


class DownloadError(Exception):
    """An image could not be downloaded.

    Attributes:
        received: what is wrong with the URL, without the URL itself, which may hold a signature.
        status: the HTTP status of the answer, if it is not 200.
        is_too_large: the file exceeds MAX_IMAGE_BYTES.
    """

    def __init__(self, received: str, *, status: int | None = None, is_too_large: bool = False) -> None:
        super().__init__(received)
        self.received = received
        self.status = status
        self.is_too_large = is_too_large


class ImageDownloader:
    """Downloads images. Belongs to the event loop of its first download; connects at that download.

    Args:
        max_attempts: how often a download is tried whose connection fails.
    """

    def __init__(self, *, max_attempts: int = MAX_ATTEMPTS) -> None:
        self._max_attempts = max_attempts
        self._clients: dict[bool, httpx2.AsyncClient] = {}

    async def fetch(self, url: str) -> bytes:
        """Return the file at a URL.

        Raises:
            DownloadError: the URL is not allowed, or has no file.
        """
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                return await self._fetch_with_retries(url)
        except TimeoutError:
            raise DownloadError(f"a URL that sent no image within {FETCH_TIMEOUT_SECONDS:g} s") from None

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    async def _fetch_with_retries(self, url: str) -> bytes:
        for attempt in range(1, self._max_attempts + 1):
            try:
                return await self._follow_redirects(url)
            except (httpx2.HTTPError, httpx2.InvalidURL) as failure:
                if attempt == self._max_attempts or isinstance(failure, httpx2.InvalidURL):
                    received = f"a URL that cannot be fetched ({type(failure).__name__})"
                    raise DownloadError(received) from None
                await asyncio.sleep(RETRY_DELAY_SECONDS)
        raise AssertionError("the loop above returns or raises")

    def _get_client(self, url: str) -> httpx2.AsyncClient:
        is_local = urlsplit(url).hostname in LOOPBACK_HOSTS  # the environment's proxy cannot reach this machine
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
        raise DownloadError(f"a URL that redirects more than {MAX_REDIRECTS} times")


def check_url(url: str) -> None:
    """Check that a URL may be fetched.

    Raises:
        DownloadError: it is neither https nor on this machine, or holds a user name.
    """
    try:
        parts = urlsplit(url)
        is_allowed = bool(parts.hostname) and parts.username is None
        is_allowed &= parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    except ValueError:
        is_allowed = False
    if not is_allowed:
        raise DownloadError("a URL that is neither https nor http on this machine")


def _resolve_redirect(url: str, target: str) -> str:
    """Return the URL that a redirect leads to.

    Raises:
        DownloadError: it has another scheme, or is not a URL.
    """
    scheme = urlsplit(url).scheme
    try:
        resolved = urljoin(url, target)
        is_allowed = urlsplit(resolved).scheme == scheme
    except ValueError:
        resolved, is_allowed = "", False
    if not is_allowed:
        raise DownloadError(f"a URL that redirects from {scheme} to another scheme")
    return resolved


async def _read_image(response: httpx2.Response) -> bytes:
    if response.status_code != httpx2.codes.OK:
        raise DownloadError(f"a URL that answers HTTP {response.status_code}", status=response.status_code)
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > MAX_IMAGE_BYTES:
            raise DownloadError(f"a URL of a file larger than {MAX_IMAGE_BYTES} bytes", is_too_large=True)
    return bytes(data)
