"""The image half of the model port over FAL's queue: order, wait, fetch.

Imported by `shared.services.model_factory` only where ``IMAGE_PROVIDER`` is ``fal``: the client is an extra.
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fal_client.client
import httpx
from fal_client import AsyncClient, FalClientHTTPError
from fal_client.client import AsyncRequestHandle, Completed

from shared.config import LOOPBACK_HOSTS
from shared.errors import Mismatch, ModelError
from shared.models.protocol import ImageAnswer, ImageRequest, RequestLog, Usage
from shared.models.providers.call_errors import ModelCall
from shared.models.providers.fal_errors import (
    CLIENT_FAILURES,
    FAL_SETTING_NAMES,
    explain_poll_error,
    explain_status,
    explain_submit_error,
)
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.config import ModelSettings

fal_client.client.MAX_ATTEMPTS = 1
"""Retries have one owner, and it is not the client: it would order again after a lost answer, up to ten times."""

CALL_TIMEOUT_SECONDS = 60.0
"""Taking an order and telling its state; both answer at once, and the image is waited for between such calls."""

PROBE_TIMEOUT_SECONDS = 5.0
"""Somebody waits for the health page."""

POLL_SECONDS = 0.5
"""SDXL Lightning takes about a second."""

MAX_IMAGE_BYTES = 64 * 2**20

UNKNOWN_REQUEST_ID = "00000000-0000-0000-0000-000000000000"
"""No request has this id: asking for it tells whether the key is accepted, and costs nothing."""

FORMAT_FIELD_MODELS = ("fal-ai/fast-lightning-sdxl", "fal-ai/fast-sdxl", "fal-ai/lightning-models")
"""Models that call the format ``format``; the others on FAL call it ``output_format``."""


class FalModel:
    """A `shared.models.protocol.ImageModel` that orders images from FAL.

    It belongs to the event loop that its first call is made on. Nothing is connected before that call.

    Args:
        settings: what is called, and the key.
        request_log: remembers what was ordered, so that a repeated call goes on waiting for it.
        poll_seconds: how often it is asked whether an image is there.
    """

    def __init__(
        self, settings: "ModelSettings", request_log: RequestLog, *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._settings = settings
        self._request_log = request_log
        self._poll_seconds = poll_seconds
        self._client: AsyncClient | None = None
        self._download_client: httpx.AsyncClient | None = None

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Make one image, or fetch the one that an earlier try ordered for the same job.

        FAL charges an image, not tokens, and nothing for one that failed (docs.fal.ai, model-apis/pricing).

        Raises:
            DamagedFileError: the record of the order cannot be read.
            ModelError: for every failure of the service.
            StoreUnavailableError: the record of the order cannot be looked for; nothing was ordered.
        """
        model = self._settings.image_deployment
        call = self._describe_call(f"image call to model {model!r}", request.prompt)
        request_id = await self._request_log.find(request.job) if request.job is not None else None
        if request_id is None:
            request_id = await self._submit(request, call)
            if request.job is not None:
                await self._request_log.record(request.job, request_id)
        try:
            async with asyncio.timeout(self._settings.image_timeout_seconds):
                return await self._fetch(request, call, request_id)
        except TimeoutError:
            what = f"request {request_id} was not done in {self._settings.image_timeout_seconds:g} s"
            if request.job is None:
                raise call.build_error(
                    Reason.TIMEOUT_AMBIGUOUS, f"{what}; it may be billed", request_id=request_id
                ) from None
            what = f"{what}; the next try goes on waiting for it"
            raise call.build_error(Reason.SERVER_ERROR, what, request_id=request_id) from None

    async def probe(self) -> None:
        """Ask for an order that does not exist, which is not billed.

        Raises:
            ModelError: FAL cannot be reached, or refuses our key.
        """
        call = replace(self._describe_call("look at the queue"), billed=False)
        client = self._get_client(call)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
                await client.status(self._settings.image_deployment, UNKNOWN_REQUEST_ID)
        except TimeoutError:
            raise call.build_error(Reason.CONNECTION, f"no answer in {PROBE_TIMEOUT_SECONDS:g} s") from None
        except CLIENT_FAILURES as failure:
            problem = explain_submit_error(failure, call)
            if problem.reason not in {Reason.MODEL_NOT_FOUND, Reason.BAD_REQUEST}:
                raise problem from None

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        client, self._client = self._client, None
        download_client, self._download_client = self._download_client, None
        if client is not None:
            await (await client._client).aclose()  # noqa: SLF001 - the client has no close of its own
        if download_client is not None:
            await download_client.aclose()

    async def _submit(self, request: ImageRequest, call: ModelCall) -> str:
        model = self._settings.image_deployment
        width, _, height = request.size.partition("x")
        arguments = {
            "prompt": request.prompt,
            "image_size": {"width": int(width), "height": int(height)},
            "num_images": 1,
            "enable_safety_checker": True,
            "format" if model in FORMAT_FIELD_MODELS else "output_format": request.format,
        }
        client = self._get_client(call)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                handle = await client.submit(model, arguments)
        except (*CLIENT_FAILURES, TimeoutError) as failure:
            raise explain_submit_error(failure, call) from None
        return handle.request_id

    async def _fetch(self, request: ImageRequest, call: ModelCall, request_id: str) -> ImageAnswer:
        """Wait for an order and return its image; an order of which nothing will come is struck.

        Raises:
            ModelError: no image came.
            TimeoutError: the caller's, in the middle of it.
        """
        try:
            result = await self._wait(call, request_id)
            data = await self._download(_read_image_url(result, call, request_id), call, request_id)
        except _AbandonedRequestError as abandoned:
            if request.job is not None:
                await self._request_log.remove(request.job)
            raise abandoned.problem from None
        return ImageAnswer(data, Usage(), self._settings.image_deployment, request_id)

    async def _wait(self, call: ModelCall, request_id: str) -> dict[str, Any]:
        client = self._get_client(call)
        try:
            handle = await client.get_handle(self._settings.image_deployment, request_id)
            state = await self._wait_until_completed(handle)
        except CLIENT_FAILURES as failure:
            raise _classify_failure(failure, call, request_id, has_failed=False) from None
        try:
            return await handle.get(interval=self._poll_seconds)
        except CLIENT_FAILURES as failure:
            raise _classify_failure(failure, call, request_id, has_failed=state.error is not None) from None

    async def _wait_until_completed(self, handle: AsyncRequestHandle) -> Completed:
        while True:
            state = await handle.status()
            if isinstance(state, Completed):
                return state
            await asyncio.sleep(self._poll_seconds)

    async def _download(self, url: str, call: ModelCall, request_id: str) -> bytes:
        """Return the file; it is public, and so our key does not go with the question."""
        if self._download_client is None:
            self._download_client = httpx.AsyncClient(timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False)
        data = bytearray()
        try:
            async with self._download_client.stream("GET", url) as response:
                if response.status_code in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
                    what = f"the image of request {request_id} is gone; the next try orders it anew"
                    raise _AbandonedRequestError(call.build_error(Reason.SERVER_ERROR, what, request_id=request_id))
                response.raise_for_status()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > MAX_IMAGE_BYTES:
                        what = f"the image is larger than {MAX_IMAGE_BYTES} bytes"
                        raise _AbandonedRequestError(_build_bad_image_error(call, "too large", what, request_id))
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise explain_poll_error(failure, call, request_id) from None
        return bytes(data)

    def _describe_call(self, subject: str, *private: str) -> ModelCall:
        return ModelCall(subject=subject, key=self._settings.fal_key, private=private, settings=FAL_SETTING_NAMES)

    def _get_client(self, call: ModelCall) -> AsyncClient:
        key = self._settings.fal_key
        if key is None:  # never without: the client would look for credentials of its own
            raise call.build_error(Reason.NOT_CONFIGURED, f"{FAL_SETTING_NAMES.key} is not set; expected FAL's key")
        if not (key.isascii() and key.isprintable() and " " not in key):
            what = f"{FAL_SETTING_NAMES.key} holds spaces or characters that no key has; copy it again"
            raise call.build_error(Reason.AUTHENTICATION, what)
        if self._client is None:
            self._client = AsyncClient(key=key, default_timeout=CALL_TIMEOUT_SECONDS)
        return self._client


class _AbandonedRequestError(Exception):
    """Nothing will come of an order, however often it is asked for."""

    def __init__(self, problem: ModelError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _classify_failure(failure: Exception, call: ModelCall, request_id: str, *, has_failed: bool) -> Exception:
    """Return the error to raise for a failure of an order: hopeless if asking again cannot help.

    Args:
        failure: what the client raised.
        call: the call.
        request_id: the order.
        has_failed: its state says that it failed.
    """
    if not isinstance(failure, FalClientHTTPError):
        return explain_poll_error(failure, call, request_id)
    if failure.status_code == httpx.codes.NOT_FOUND:
        what = f"request {request_id} is not known any more; the next try orders it anew"
        return _AbandonedRequestError(call.build_error(Reason.SERVER_ERROR, what, request_id=request_id))
    problem = explain_status(failure, call, request_id)
    is_refused = problem.reason in {Reason.CONTENT_POLICY, Reason.BAD_REQUEST}
    return _AbandonedRequestError(problem) if has_failed or is_refused else problem


def _read_image_url(result: Any, call: ModelCall, request_id: str) -> str:
    """Return the address of the image in a result.

    Raises:
        _AbandonedRequestError: it was filtered out, or there is none.
    """
    images = result.get("images") if isinstance(result, dict) else None
    first = images[0] if isinstance(images, list) and images else None
    url = first.get("url") if isinstance(first, dict) else None
    if isinstance(result, dict) and any(result.get("has_nsfw_concepts") or ()):
        what = "the safety checker blackened the image"  # it was made, and so it is billed
        raise _AbandonedRequestError(
            call.build_error(Reason.CONTENT_POLICY, what, request_id=request_id, usage=Usage())
        )
    if not isinstance(url, str) or not _is_safe_url(url):
        what = "the answer holds no image (images[0].url is missing, or is no https address)"
        raise _AbandonedRequestError(_build_bad_image_error(call, "without an image", what, request_id))
    return url


def _build_bad_image_error(call: ModelCall, received: str, what: str, request_id: str) -> ModelError:
    """Return the error for a result without a usable image; it was made, and so it is billed."""
    mismatch = Mismatch(received, f"check {FAL_SETTING_NAMES.model}")
    return call.build_error(Reason.BAD_IMAGE, what, request_id=request_id, usage=Usage(), mismatch=mismatch)


def _is_safe_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
