"""OpenAI's batches of images and text, over its files and batches.

https://developers.openai.com/api/docs/guides/batch
"""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx2
from openai import AsyncOpenAI
from pydantic import BaseModel

from shared.errors import ModelError
from shared.models.batches import BatchAnswer, LineKind, ProviderBatch, UploadedImage
from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.protocol import ImageAnswer, ImageRequest, ReferenceImage, TextAnswer, TextRequest
from shared.models.providers.connection import ApiKeyConnection
from shared.models.providers.error_reasons import classify_status, read_message
from shared.models.providers.image_call import choose_image_parameters, read_image_answer
from shared.models.providers.model_call import ModelCall
from shared.models.providers.openai_model import OPENAI_SETTING_NAMES
from shared.models.providers.response_body import ParsedBody, RawResponse, get_first_object, parse_body
from shared.models.providers.responses_model import build_response_body, read_text_answer
from shared.models.providers.sdk_client import make_timeout
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.config import ModelSettings

Endpoint = Literal["/v1/images/edits", "/v1/images/generations", "/v1/responses"]

ENDPOINTS: Final[Mapping[LineKind, Endpoint]] = {
    LineKind.IMAGE: "/v1/images/generations",
    LineKind.IMAGE_WITH_REFERENCES: "/v1/images/edits",
    LineKind.TEXT: "/v1/responses",
}
"""Lines of edits are JSON, and name their images by the ids of uploaded files:
https://developers.openai.com/api/reference/resources/images/methods/edit
"""

COMPLETION_WINDOW: Final = "24h"
IMAGE_PURPOSE: Final = "vision"
IMAGE_LIFETIME_SECONDS: Final = 14 * 86_400
"""Of an uploaded image: one that a process which died has left behind is deleted by the provider."""

CALL_TIMEOUT_SECONDS: Final = 60.0
CREATE_TIMEOUT_SECONDS: Final = 15.0
"""Short, because a batch whose creation was interrupted is looked for once it has passed."""

RESULTS_EXPIRE_AFTER_SECONDS: Final = 30 * 86_400
"""The longest that OpenAI allows. Without a limit, it keeps result files until they are deleted."""

PAGE_SIZE: Final = 100
MAX_IMAGE_PAGE: Final = 1_000
CUSTOM_ID: Final = re.compile(rb'"custom_id"\s*:\s*"([^"\\]+)"')
FILE_ID: Final = re.compile(r"\bfile-\w+")
MISSING_FILE_STATUSES: Final = frozenset({400, 404})
"""With which a line is refused whose image the provider does not have, or not yet."""

EXPIRED_CODES: Final = frozenset({"batch_expired", "batch_cancelled"})
"""Of lines that the provider did not run, and does not bill."""


SendPage = Callable[[AsyncOpenAI, Mapping[str, Any]], Awaitable[httpx2.Response]]
"""Requests a page of a list, given the query that names the row before it."""


class OpenAIBatches:
    """Batches of OpenAI; a `BatchModel`.

    Args:
        settings: the image model and the text model.
        prices: the models that have a price; None = the published list.
    """

    def __init__(self, settings: "ModelSettings", *, prices: PriceList | None = None) -> None:
        self._settings = settings
        self._connection = ApiKeyConnection(settings.openai, OPENAI_SETTING_NAMES)
        self._prices = prices or load_prices()

    def encode_line(
        self, custom_id: str, request: ImageRequest | TextRequest[Any], deployment: str, reference_ids: Sequence[str]
    ) -> bytes:
        """Return a line of a batch's file, with its line break; ``reference_ids`` are those of uploaded images."""
        if isinstance(request, TextRequest):
            settings = replace(self._settings, text_deployment=deployment)
            kind, body = LineKind.TEXT, build_response_body(settings, request)
        else:
            kind = LineKind.IMAGE_WITH_REFERENCES if reference_ids else LineKind.IMAGE
            body = _build_image_body(request, deployment, reference_ids)
        line = {"custom_id": custom_id, "method": "POST", "url": ENDPOINTS[kind], "body": body}
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    async def upload(self, name: str, data: bytes) -> str:
        """Upload a file of lines, and return its id.

        Raises:
            ModelError: the provider did not accept the file.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            raw = await sdk.files.with_raw_response.create(file=(name, data), purpose="batch", timeout=timeout)
            return raw.http_response

        answer = await self._send("upload of a batch", send)
        return str(answer.data.get("id"))

    async def upload_image(self, name: str, image: ReferenceImage) -> str:
        """Upload an image that lines refer to, and return its id.

        Raises:
            ModelError: the provider did not accept the image.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            raw = await sdk.files.with_raw_response.create(
                file=(name, image.data, image.content_type),
                purpose=IMAGE_PURPOSE,
                expires_after={"anchor": "created_at", "seconds": IMAGE_LIFETIME_SECONDS},
                timeout=make_timeout(CALL_TIMEOUT_SECONDS),
            )
            return raw.http_response

        return str((await self._send("upload of a style reference", send)).data.get("id"))

    async def has_file(self, file_id: str) -> bool:
        """Return whether an uploaded file exists.

        Raises:
            ModelError: the provider does not answer.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            return (await sdk.files.with_raw_response.retrieve(file_id, timeout=timeout)).http_response

        return await self._call_file("look-up of a style reference", send)

    async def delete_file(self, file_id: str) -> None:
        """Delete an uploaded file; does nothing if it does not exist.

        Raises:
            ModelError: the provider does not answer.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            return (await sdk.files.with_raw_response.delete(file_id, timeout=timeout)).http_response

        await self._call_file("deletion of a style reference", send)

    async def iterate_images(self) -> AsyncGenerator[UploadedImage, None]:
        """Yield the uploaded images of the account, the newest first.

        Raises:
            ModelError: the provider does not answer.
        """
        query: dict[str, Any] = {"purpose": IMAGE_PURPOSE, "order": "desc", "limit": MAX_IMAGE_PAGE}

        async def send(sdk: AsyncOpenAI, after: Mapping[str, Any]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            return (await sdk.files.with_raw_response.list(**query, **after, timeout=timeout)).http_response

        async with aclosing(self._iterate_rows("list of uploaded images", send)) as rows:
            async for row in rows:
                created_at = int(row.get("created_at") or 0)
                yield UploadedImage(str(row.get("id")), str(row.get("filename")), created_at)

    async def create(self, file_id: str, metadata: Mapping[str, str], kind: LineKind) -> ProviderBatch:
        """Create a batch.

        Raises:
            ModelError: the provider did not create it; after timeout_ambiguous it may have.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            raw = await sdk.batches.with_raw_response.create(
                input_file_id=file_id,
                endpoint=ENDPOINTS[kind],
                completion_window=COMPLETION_WINDOW,
                metadata=dict(metadata),
                output_expires_after={"anchor": "created_at", "seconds": RESULTS_EXPIRE_AFTER_SECONDS},
                timeout=make_timeout(CREATE_TIMEOUT_SECONDS),
            )
            return raw.http_response

        return _read_batch((await self._send("creation of a batch", send, CREATE_TIMEOUT_SECONDS)).data)

    async def read(self, batch_id: str) -> ProviderBatch:
        """Return a batch.

        Raises:
            ModelError: the provider does not answer, or has no such batch.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            return (await sdk.batches.with_raw_response.retrieve(batch_id, timeout=timeout)).http_response

        return _read_batch((await self._send("status of a batch", send)).data)

    async def cancel(self, batch_id: str) -> None:
        """Ask the provider to cancel a batch; one that is over stays as it is.

        Raises:
            ModelError: the provider does not answer.
        """

        async def send(sdk: AsyncOpenAI, _: frozenset[str]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            return (await sdk.batches.with_raw_response.cancel(batch_id, timeout=timeout)).http_response

        try:
            await self._send("cancellation of a batch", send)
        except ModelError as error:
            if error.status not in {httpx2.codes.BAD_REQUEST, httpx2.codes.CONFLICT}:  # it is over
                raise

    async def iterate_newest(self) -> AsyncGenerator[ProviderBatch, None]:
        """Yield all batches of the account, the newest first.

        Raises:
            ModelError: the provider does not answer.
        """

        async def send(sdk: AsyncOpenAI, after: Mapping[str, Any]) -> httpx2.Response:
            timeout = make_timeout(CALL_TIMEOUT_SECONDS)
            return (await sdk.batches.with_raw_response.list(limit=PAGE_SIZE, **after, timeout=timeout)).http_response

        async with aclosing(self._iterate_rows("list of batches", send)) as rows:
            async for row in rows:
                yield _read_batch(row)

    async def iterate_answers(
        self, batch: ProviderBatch, deployment: str, answer_type: type[BaseModel] | None = None
    ) -> AsyncIterator[BatchAnswer]:
        """Yield the answers to the lines of a batch that is over, in any order; one at a time is in memory.

        Args:
            batch: the batch.
            deployment: the model that its lines called.
            answer_type: of the answers of a batch of text; None = they are images.

        Raises:
            ModelError: the provider does not answer, or with something else than the lines of a batch.
        """
        call = self._connection.describe_call("image" if answer_type is None else "text", deployment)
        answers, garbled = 0, 0
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is None:
                continue
            async with aclosing(self._connection.stream_lines(call, f"/files/{file_id}/content")) as lines:
                async for line in lines:
                    answer = await self._read_line(line, call, answer_type)
                    if answer is not None:
                        answers += 1
                        yield answer
                    elif line.strip() and not _is_json(line):
                        garbled += 1  # whose answer it was is lost: the batch lacks it
        if garbled and not answers:
            raise call.build_error(Reason.SERVER_ERROR, "the result file is not JSON; is a proxy in between?")

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        await self._connection.close()

    async def _iterate_rows(self, subject: str, send_page: SendPage) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the rows of a list, page by page.

        Args:
            subject: of the call, for errors.
            send_page: requests the page after a row; its arguments are the client, and the query that names the row.

        Raises:
            ModelError: the provider does not answer.
        """
        after: dict[str, Any] = {}
        while True:

            async def send(sdk: AsyncOpenAI, _: frozenset[str], after: dict[str, Any] = after) -> httpx2.Response:
                return await send_page(sdk, after)

            page = (await self._send(subject, send)).data
            rows = [row for row in page.get("data") or () if isinstance(row, dict)]
            for row in rows:
                yield row
            if not rows or not page.get("has_more"):
                return
            after = {"after": str(rows[-1].get("id"))}

    async def _call_file(self, subject: str, send: Any) -> bool:
        """Make a call about an uploaded file, and return whether the file exists."""
        try:
            await self._send(subject, send)
        except ModelError as error:
            if error.status != httpx2.codes.NOT_FOUND:
                raise
            return False
        return True

    async def _send(self, subject: str, send: Any, seconds: float = CALL_TIMEOUT_SECONDS) -> ParsedBody:
        call = replace(self._connection.describe_call("batch", ""), subject=subject)
        return parse_body(await self._connection.send(call, send, seconds), call, Reason.SERVER_ERROR)

    async def _read_line(self, line: bytes, call: ModelCall, answer_type: type[BaseModel] | None) -> BatchAnswer | None:
        """Return the answer in a line of a result file; None if the line names no request."""
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return _explain_broken_line(line, call)
        if not isinstance(row, dict) or not isinstance(row.get("custom_id"), str):
            return None
        response = row.get("response") if isinstance(row.get("response"), dict) else None
        if response is None or row.get("error"):
            return BatchAnswer(row["custom_id"], _explain_line(row.get("error"), call))
        return BatchAnswer(row["custom_id"], await self._read_response(response, call, answer_type))

    async def _read_response(
        self, response: dict[str, Any], call: ModelCall, answer_type: type[BaseModel] | None
    ) -> ImageAnswer | TextAnswer[Any] | ModelError:
        request_id, body, status = response.get("request_id"), response.get("body"), response.get("status_code")
        if isinstance(status, int) and status >= httpx2.codes.BAD_REQUEST:
            error = body.get("error") if isinstance(body, dict) else body
            message = read_message(error)
            is_missing = status in MISSING_FILE_STATUSES and FILE_ID.search(message) is not None
            reason = Reason.SERVER_ERROR if is_missing else classify_status(status, error, message)
            what = "a style reference is missing" if is_missing else call.describe_status(reason, status)
            return call.build_error(reason, what, service_message=message, request_id=request_id, status=status)
        raw = RawResponse(json.dumps(body).encode(), request_id)
        try:
            if answer_type is not None:
                return read_text_answer(raw, answer_type, call, deployment=call.model, prices=self._prices)
            downloader = self._connection.downloader
            return await read_image_answer(raw, call, downloader, deployment=call.model, prices=self._prices)
        except ModelError as error:
            return error


def _build_image_body(request: ImageRequest, model: str, reference_ids: Sequence[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "prompt": request.prompt, "n": 1, "size": request.size}
    if reference_ids:
        body["images"] = [{"file_id": file_id} for file_id in reference_ids]
    return body | choose_image_parameters(model, request)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _explain_broken_line(line: bytes, call: ModelCall) -> BatchAnswer | None:
    """Return the failure of a line that is not whole: it was billed, and its request is made again.

    None if the line names no request.
    """
    named = CUSTOM_ID.search(line)
    if named is None:
        return None
    error = call.build_error(Reason.SERVER_ERROR, "the answer in the result file is not whole", answered=True)
    return BatchAnswer(named[1].decode(errors="replace"), error)


def _explain_line(error: Any, call: ModelCall) -> ModelError:
    code = error.get("code") if isinstance(error, dict) else None
    if code in EXPIRED_CODES or code is None:
        return call.build_error(Reason.BATCH_EXPIRED, "the batch ended before this call was made")
    return call.build_error(
        classify_status(httpx2.codes.INTERNAL_SERVER_ERROR, error, read_message(error)),
        "the line of the batch failed",
        service_message=read_message(error),
    )


def _read_batch(row: Mapping[str, Any]) -> ProviderBatch:
    counts, errors = row.get("request_counts"), row.get("errors")
    counts = counts if isinstance(counts, dict) else {}
    error = get_first_object(errors.get("data")) if isinstance(errors, dict) else {}
    metadata = row.get("metadata")
    return ProviderBatch(
        id=str(row.get("id")),
        status=str(row.get("status")),
        created_at=int(row.get("created_at") or 0),
        output_file_id=row.get("output_file_id") or None,
        error_file_id=row.get("error_file_id") or None,
        done=int(counts.get("completed") or 0) + int(counts.get("failed") or 0),
        metadata=metadata if isinstance(metadata, dict) else {},
        error=str(error.get("message") or ""),
        error_code=str(error.get("code") or ""),
    )
