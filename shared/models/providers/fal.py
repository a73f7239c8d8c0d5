"""FAL: images through its queue. Submit a request, wait for it, download the image.

`shared.services.model_factory` imports this module only if ``IMAGE_PROVIDER`` is ``fal``: the client is an extra.
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
from fal_client import AsyncClient, FalClientHTTPError
from fal_client.client import AsyncRequestHandle, Completed

from shared.errors import Mismatch, ModelError
from shared.models.image_models import FAL_EDIT_ROUTES
from shared.models.protocol import ImageAnswer, ImageRequest, RequestLog
from shared.models.providers.data_url import encode_data_url
from shared.models.providers.fal_client_internals import close_client, disable_retries
from shared.models.providers.fal_errors import (
    CLIENT_FAILURES,
    FAL_SETTING_NAMES,
    explain_poll_error,
    explain_status,
    explain_submit_error,
)
from shared.models.providers.image_download import DownloadError, ImageDownloader, check_url
from shared.models.providers.model_call import ModelCall
from shared.models.usage import Usage
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.config import ModelSettings

CALL_TIMEOUT_SECONDS = 60.0
"""For submitting a request and for reading its state. Both answer at once; waiting happens between such calls."""

PROBE_TIMEOUT_SECONDS = 5.0
"""The caller of the health page waits for it."""

POLL_SECONDS = 0.5
"""SDXL Lightning takes about a second."""

UNKNOWN_REQUEST_ID = "00000000-0000-0000-0000-000000000000"
"""No request has this id. Reading its state checks the key and is not billed."""

MODELS_WITHOUT_FORMAT = ("fal-ai/bytedance/seedream/",)
"""Models without a field for the image format."""

FORMAT_FIELD_MODELS = ("fal-ai/fast-lightning-sdxl", "fal-ai/fast-sdxl", "fal-ai/lightning-models")
"""Models whose field for the image format is ``format``; the others on FAL have ``output_format``."""


class FalModel:
    """A `shared.models.protocol.ImageModel` over FAL's queue.

    Belongs to the event loop of its first call; connects at that call.

    Args:
        settings: the model, the key and the image timeout.
        request_log: records each submitted request, so that a repeated call waits for it instead of submitting another.
        poll_seconds: time between two reads of a request's state.

    Raises:
        SettingError: the installed version of fal-client is not supported.
    """

    def __init__(
        self, settings: "ModelSettings", request_log: RequestLog, *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        disable_retries()
        self._settings = settings
        self._request_log = request_log
        self._poll_seconds = poll_seconds
        self._client: AsyncClient | None = None
        self._downloader = ImageDownloader(max_attempts=1)  # the next try of the call downloads again, at no cost

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image, or fetch the one that an earlier try requested for the same job.

        FAL charges per image, not per token, and nothing for a failed one (docs.fal.ai, model-apis/pricing). References
        go to the model's edit route as data URLs (fal.ai/models/fal-ai/bytedance/seedream/v4/edit/api).

        Raises:
            DamagedFileError: the request log's file cannot be parsed.
            ModelError: for every failure of FAL.
            StoreUnavailableError: the request log cannot be read; nothing was submitted.
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
            what = f"{what}; the next try continues to wait for it"
            raise call.build_error(Reason.SERVER_ERROR, what, request_id=request_id) from None

    async def probe(self) -> None:
        """Read the state of a request that does not exist, which is not billed.

        Raises:
            ModelError: FAL cannot be reached, or refuses our key.
        """
        call = replace(self._describe_call("queue state"), billed=False)
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
        if client is not None:
            await close_client(client)
        await self._downloader.close()

    async def _submit(self, request: ImageRequest, call: ModelCall) -> str:
        model = self._settings.image_deployment
        width, _, height = request.size.partition("x")
        arguments: dict[str, Any] = {
            "prompt": request.prompt,
            "image_size": {"width": int(width), "height": int(height)},
            "num_images": 1,
            "enable_safety_checker": True,
        }
        if not model.startswith(MODELS_WITHOUT_FORMAT):
            arguments["format" if model in FORMAT_FIELD_MODELS else "output_format"] = request.format
        if request.references:
            model = FAL_EDIT_ROUTES[model.casefold()]
            arguments["image_urls"] = [encode_data_url(one.data, one.content_type) for one in request.references]
        client = self._get_client(call)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                handle = await client.submit(model, arguments)
        except (*CLIENT_FAILURES, TimeoutError) as failure:
            raise explain_submit_error(failure, call) from None
        return handle.request_id

    async def _fetch(self, request: ImageRequest, call: ModelCall, request_id: str) -> ImageAnswer:
        """Wait for a request and return its image; remove a hopeless request from the log.

        Raises:
            ModelError: there is no image.
            TimeoutError: the caller's timeout.
        """
        try:
            result = await self._wait(call, request_id)
            data = await self._download(_read_image_url(result, call, request_id), call, request_id)
        except _HopelessRequestError as hopeless:
            if request.job is not None:
                await self._request_log.remove(request.job)
            raise hopeless.problem from None
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
        """Return the file; its URL is public, so the key is not sent with the download."""
        try:
            return await self._downloader.fetch(url)
        except DownloadError as error:
            if error.status in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
                what = f"the image of request {request_id} is gone; the next try submits a new request"
                problem = call.build_error(Reason.SERVER_ERROR, what, request_id=request_id)
                raise _HopelessRequestError(problem) from None
            what = f"the image of request {request_id} is at {error.received}"
            if error.is_too_large:
                raise _HopelessRequestError(_build_bad_image_error(call, "too large", what, request_id)) from None
            raise call.build_error(Reason.CONNECTION, what, request_id=request_id) from None

    def _describe_call(self, subject: str, *private: str) -> ModelCall:
        return ModelCall(subject=subject, key=self._settings.fal_key, private=private, settings=FAL_SETTING_NAMES)

    def _get_client(self, call: ModelCall) -> AsyncClient:
        if call.key is None:  # the client would find credentials of its own
            raise call.build_error(Reason.NOT_CONFIGURED, f"{FAL_SETTING_NAMES.key} is not set; expected FAL's key")
        call.check_key()
        if self._client is None:
            self._client = AsyncClient(key=call.key, default_timeout=CALL_TIMEOUT_SECONDS)
        return self._client


class _HopelessRequestError(Exception):
    """A submitted request will never have a usable image, so the next try has to submit a new one."""

    def __init__(self, problem: ModelError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _classify_failure(failure: Exception, call: ModelCall, request_id: str, *, has_failed: bool) -> Exception:
    """Return the error to raise for a submitted request: a _HopelessRequestError if polling it again cannot help.

    Args:
        failure: the client's exception.
        call: the call.
        request_id: the request.
        has_failed: its state says that it failed.
    """
    if not isinstance(failure, FalClientHTTPError):
        return explain_poll_error(failure, call, request_id)
    if failure.status_code == httpx.codes.NOT_FOUND:
        what = f"FAL does not know request {request_id}; the next try submits a new one"
        return _HopelessRequestError(call.build_error(Reason.SERVER_ERROR, what, request_id=request_id))
    problem = explain_status(failure, call, request_id)
    is_refused = problem.reason in {Reason.CONTENT_POLICY, Reason.BAD_REQUEST}
    return _HopelessRequestError(problem) if has_failed or is_refused else problem


def _read_image_url(result: Any, call: ModelCall, request_id: str) -> str:
    """Return the URL of the image in a result.

    Raises:
        _HopelessRequestError: the image was filtered out, or there is none.
    """
    images = result.get("images") if isinstance(result, dict) else None
    first = images[0] if isinstance(images, list) and images else None
    url = first.get("url") if isinstance(first, dict) else None
    if isinstance(result, dict) and any(result.get("has_nsfw_concepts") or ()):
        what = "the safety checker blackened the image"  # it was generated, so it is billed
        raise _HopelessRequestError(call.build_error(Reason.CONTENT_POLICY, what, request_id=request_id, usage=Usage()))
    if not isinstance(url, str):
        what = "the answer holds no image (images[0].url is missing)"
        raise _HopelessRequestError(_build_bad_image_error(call, "without an image", what, request_id))
    try:
        check_url(url)
    except DownloadError as error:
        what = f"images[0].url is {error.received}"
        raise _HopelessRequestError(_build_bad_image_error(call, "without an image", what, request_id)) from None
    return url


def _build_bad_image_error(call: ModelCall, received: str, what: str, request_id: str) -> ModelError:
    """Return the error for a result without a usable image; it was generated, so it is billed."""
    mismatch = Mismatch(received, f"check {FAL_SETTING_NAMES.model}")
    return call.build_error(Reason.BAD_IMAGE, what, request_id=request_id, usage=Usage(), mismatch=mismatch)
