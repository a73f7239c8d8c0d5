"""The image half of the model port over FAL's queue: order, wait, fetch.

Imported by `shared.model_wiring` only where ``IMAGE_PROVIDER`` is ``fal``: the client is an extra.
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fal_client.client
import httpx
from fal_client import AsyncClient, FalClientHTTPError
from fal_client.client import AsyncRequestHandle, Completed

from shared.adapters.model_calls import ModelCall
from shared.adapters.model_fal_errors import CLIENT_FAILURES, FAL, explain_order, explain_status, explain_waiting
from shared.config import LOOPBACK_HOSTS
from shared.ports import ImageAnswer, ImageRequest, Mismatch, ModelError, OrderBook, Usage
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.config import ModelSettings

fal_client.client.MAX_ATTEMPTS = 1
"""Retries have one owner, and it is not the client: it would order again after a lost answer, up to ten times."""

CALL_TIMEOUT_SECONDS = 60.0
"""Taking an order and telling its state; both answer at once, and the picture is waited for between such calls."""

PROBE_TIMEOUT_SECONDS = 5.0
"""Somebody waits for the health page."""

POLL_SECONDS = 0.5
"""SDXL Lightning takes about a second."""

MOST_PICTURE_BYTES = 64 * 2**20

NO_ORDER = "00000000-0000-0000-0000-000000000000"
"""No request has this id: asking for it tells whether the key is accepted, and costs nothing."""

FORMAT_BY_INPUT = ("fal-ai/fast-lightning-sdxl", "fal-ai/fast-sdxl", "fal-ai/lightning-models")
"""Models that call the format ``format``; the others on FAL call it ``output_format``."""


class FalModel:
    """A `shared.ports.ImageModel` that orders pictures from FAL.

    It belongs to the event loop that its first call is made on. Nothing is connected before that call.

    Args:
        settings: what is called, and the key.
        orders: remembers what was ordered, so that a repeated call goes on waiting for it.
        poll_seconds: how often it is asked whether a picture is there.
    """

    def __init__(self, settings: "ModelSettings", orders: OrderBook, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._settings = settings
        self._orders = orders
        self._poll_seconds = poll_seconds
        self._client: AsyncClient | None = None
        self._files: httpx.AsyncClient | None = None

    async def draw(self, request: ImageRequest) -> ImageAnswer:
        """Make one picture, or fetch the one that an earlier try ordered for the same job.

        FAL charges a picture, not tokens, and nothing for one that failed (docs.fal.ai, model-apis/pricing).

        Raises:
            DamagedFileError: the record of the order cannot be read.
            ModelError: for every failure of the service.
            StoreUnavailableError: the record of the order cannot be looked for; nothing was ordered.
        """
        model = self._settings.image_deployment
        call = self._describe(f"image call to model {model!r}", request.prompt)
        order_id = await self._orders.find(request.job) if request.job is not None else None
        if order_id is None:
            order_id = await self._order(request, call)
            if request.job is not None:
                await self._orders.enter(request.job, order_id)
        try:
            async with asyncio.timeout(self._settings.image_timeout_seconds):
                return await self._fetch(request, call, order_id)
        except TimeoutError:
            what = f"request {order_id} was not done in {self._settings.image_timeout_seconds:g} s"
            if request.job is None:
                raise call.fail(Reason.TIMEOUT_AMBIGUOUS, f"{what}; it may be billed", request_id=order_id) from None
            what = f"{what}; the next try goes on waiting for it"
            raise call.fail(Reason.SERVER_ERROR, what, request_id=order_id) from None

    async def probe(self) -> None:
        """Ask for an order that does not exist, which is not billed.

        Raises:
            ModelError: FAL cannot be reached, or refuses our key.
        """
        call = replace(self._describe("look at the queue"), billed=False)
        client = self._connect(call)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
                await client.status(self._settings.image_deployment, NO_ORDER)
        except TimeoutError:
            raise call.fail(Reason.CONNECTION, f"no answer in {PROBE_TIMEOUT_SECONDS:g} s") from None
        except CLIENT_FAILURES as failure:
            problem = explain_order(failure, call)
            if problem.reason not in {Reason.MODEL_NOT_FOUND, Reason.BAD_REQUEST}:
                raise problem from None

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        client, self._client = self._client, None
        files, self._files = self._files, None
        if client is not None:
            await (await client._client).aclose()  # noqa: SLF001 - the client has no close of its own
        if files is not None:
            await files.aclose()

    async def _order(self, request: ImageRequest, call: ModelCall) -> str:
        model = self._settings.image_deployment
        width, _, height = request.size.partition("x")
        arguments = {
            "prompt": request.prompt,
            "image_size": {"width": int(width), "height": int(height)},
            "num_images": 1,
            "enable_safety_checker": True,
            "format" if model in FORMAT_BY_INPUT else "output_format": request.format,
        }
        client = self._connect(call)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                handle = await client.submit(model, arguments)
        except (*CLIENT_FAILURES, TimeoutError) as failure:
            raise explain_order(failure, call) from None
        return handle.request_id

    async def _fetch(self, request: ImageRequest, call: ModelCall, order_id: str) -> ImageAnswer:
        """Wait for an order and return its picture; an order of which nothing will come is struck.

        Raises:
            ModelError: no picture came.
            TimeoutError: the caller's, in the middle of it.
        """
        try:
            result = await self._wait(call, order_id)
            data = await self._download(_read_picture(result, call, order_id), call, order_id)
        except _HopelessError as hopeless:
            if request.job is not None:
                await self._orders.strike(request.job)
            raise hopeless.problem from None
        return ImageAnswer(data, Usage(), self._settings.image_deployment, order_id)

    async def _wait(self, call: ModelCall, order_id: str) -> dict[str, Any]:
        client = self._connect(call)
        try:
            handle = await client.get_handle(self._settings.image_deployment, order_id)
            state = await self._wait_until_completed(handle)
        except CLIENT_FAILURES as failure:
            raise _sort_out(failure, call, order_id, is_over=False) from None
        try:
            return await handle.get(interval=self._poll_seconds)
        except CLIENT_FAILURES as failure:
            raise _sort_out(failure, call, order_id, is_over=state.error is not None) from None

    async def _wait_until_completed(self, handle: AsyncRequestHandle) -> Completed:
        while True:
            state = await handle.status()
            if isinstance(state, Completed):
                return state
            await asyncio.sleep(self._poll_seconds)

    async def _download(self, url: str, call: ModelCall, order_id: str) -> bytes:
        """Return the file; it is public, and so our key does not go with the question."""
        if self._files is None:
            self._files = httpx.AsyncClient(timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False)
        data = bytearray()
        try:
            async with self._files.stream("GET", url) as response:
                if response.status_code in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
                    what = f"the picture of request {order_id} is gone; the next try orders it anew"
                    raise _HopelessError(call.fail(Reason.SERVER_ERROR, what, request_id=order_id))
                response.raise_for_status()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > MOST_PICTURE_BYTES:
                        what = f"the picture is larger than {MOST_PICTURE_BYTES} bytes"
                        raise _HopelessError(_fail_image(call, "too large", what, order_id))
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise explain_waiting(failure, call, order_id) from None
        return bytes(data)

    def _describe(self, subject: str, *private: str) -> ModelCall:
        return ModelCall(subject=subject, key=self._settings.fal_key, private=private, settings=FAL)

    def _connect(self, call: ModelCall) -> AsyncClient:
        key = self._settings.fal_key
        if key is None:  # never without: the client would look for credentials of its own
            raise call.fail(Reason.NOT_CONFIGURED, f"{FAL.key} is not set; expected FAL's key")
        if not (key.isascii() and key.isprintable() and " " not in key):
            what = f"{FAL.key} holds spaces or characters that no key has; copy it again"
            raise call.fail(Reason.AUTHENTICATION, what)
        if self._client is None:
            self._client = AsyncClient(key=key, default_timeout=CALL_TIMEOUT_SECONDS)
        return self._client


class _HopelessError(Exception):
    """Nothing will come of an order, however often it is asked for."""

    def __init__(self, problem: ModelError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _sort_out(failure: Exception, call: ModelCall, order_id: str, *, is_over: bool) -> Exception:
    """Return the error to raise for a failure of an order: hopeless if asking again cannot help.

    Args:
        failure: what the client raised.
        call: the call.
        order_id: the order.
        is_over: its state says that it failed.
    """
    if not isinstance(failure, FalClientHTTPError):
        return explain_waiting(failure, call, order_id)
    if failure.status_code == httpx.codes.NOT_FOUND:
        what = f"request {order_id} is not known any more; the next try orders it anew"
        return _HopelessError(call.fail(Reason.SERVER_ERROR, what, request_id=order_id))
    problem = explain_status(failure, call, order_id)
    is_refused = problem.reason in {Reason.CONTENT_POLICY, Reason.BAD_REQUEST}
    return _HopelessError(problem) if is_over or is_refused else problem


def _read_picture(result: Any, call: ModelCall, order_id: str) -> str:
    """Return the address of the picture in a result.

    Raises:
        _HopelessError: it was filtered out, or there is none.
    """
    images = result.get("images") if isinstance(result, dict) else None
    first = images[0] if isinstance(images, list) and images else None
    url = first.get("url") if isinstance(first, dict) else None
    if isinstance(result, dict) and any(result.get("has_nsfw_concepts") or ()):
        what = "the safety checker blackened the picture"  # it was made, and so it is billed
        raise _HopelessError(call.fail(Reason.CONTENT_POLICY, what, request_id=order_id, usage=Usage()))
    if not isinstance(url, str) or not _is_safe(url):
        what = "the answer holds no picture (images[0].url is missing, or is no https address)"
        raise _HopelessError(_fail_image(call, "without an image", what, order_id))
    return url


def _fail_image(call: ModelCall, came: str, what: str, order_id: str) -> ModelError:
    """Return the error for a result without a usable image; it was made, and so it is billed."""
    mismatch = Mismatch(came, f"check {FAL.model}")
    return call.fail(Reason.BAD_IMAGE, what, request_id=order_id, usage=Usage(), mismatch=mismatch)


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
