"""Generate one image over OpenAI's wire: choose the parameters, send the request, read the image from the answer."""

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
from openai import AsyncOpenAI, omit

from shared.errors import Mismatch, ModelError
from shared.models.prices import PriceList
from shared.models.protocol import ImageAnswer, ImageRequest
from shared.models.providers.connection import ModelConnection
from shared.models.providers.image_download import DownloadError, ImageDownloader
from shared.models.providers.model_call import ModelCall
from shared.models.providers.response_body import ParsedBody, RawResponse, check_status, get_first_object, parse_body
from shared.models.providers.sdk_client import make_timeout
from shared.reasons import Reason

if TYPE_CHECKING:
    from shared.config import ModelSettings

RESPONSE_FORMAT, QUALITY, FORMAT = "response_format", "quality", "output_format"
"""Parameters that not every model and server supports: base64 or a URL, low to high, PNG or JPEG."""

GPT_IMAGE, DALL_E = ("gpt-image", "chatgpt-image"), ("dall-e",)

_DATA_URI = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_FILTERED = re.compile(rb'"filtered"\s*:\s*true|"raiFilteredReason"', re.IGNORECASE)
"""How Azure OpenAI and Imagen mark an image that they generated and withhold."""


@dataclass(frozen=True, slots=True)
class _ImageSource:
    """Where an answer's first image is: base64 or a URL; both empty if there is none."""

    encoded: str = ""
    url: str = ""


def choose_parameters(model: str, *, is_compatible: bool) -> tuple[str, ...]:
    """Return the optional parameters to send, by the model's name.

    GPT image models always answer with base64 and refuse ``response_format``. Their price depends on the quality, so it
    is always sent. DALL-E supports ``response_format``, and neither output formats nor our qualities. OpenAI and Azure
    OpenAI get the parameters of GPT image models for any other name; a compatible server gets ``response_format``.

    Args:
        model: name of the model or deployment; a gateway's prefix (``azure/gpt-image-2``) is ignored.
        is_compatible: the server is neither OpenAI's nor Azure OpenAI's own.
    """
    name = model.casefold().rpartition("/")[2]
    if name.startswith(DALL_E):
        return (RESPONSE_FORMAT,)
    return (RESPONSE_FORMAT,) if is_compatible and not name.startswith(GPT_IMAGE) else (QUALITY, FORMAT)


def choose_image_parameters(model: str, request: ImageRequest, *, is_compatible: bool = False) -> dict[str, str]:
    """Return the optional parameters of a request by name; see `choose_parameters`."""
    values = {RESPONSE_FORMAT: "b64_json", QUALITY: request.quality, FORMAT: request.format}
    return {name: values[name] for name in choose_parameters(model, is_compatible=is_compatible)}


async def send_image_request(
    connection: ModelConnection,
    settings: "ModelSettings",
    request: ImageRequest,
    *,
    prices: PriceList,
    is_compatible: bool = False,
) -> ImageAnswer:
    """Send one ``POST /images/generations``, and download the image if the answer holds a URL.

    With references, it is a ``POST /images/edits``; ``input_fidelity`` is never sent, because gpt-image-2 refuses it.

    Args:
        connection: to the provider.
        settings: the image deployment and its timeout.
        request: the prompt, size, quality, format and references.
        prices: the models that have a price.
        is_compatible: the server is neither OpenAI's nor Azure OpenAI's own.

    Raises:
        ModelError: for every failure; with the usage if an answer came that cannot be used.
    """
    model, seconds = settings.image_deployment, settings.image_timeout_seconds
    call = connection.describe_call("image", model, request.prompt)
    values = choose_image_parameters(model, request, is_compatible=is_compatible)
    optional = tuple(values)
    references = [(one.name, one.data, one.content_type) for one in request.references]

    async def send(sdk: AsyncOpenAI, omitted: frozenset[str]) -> httpx2.Response:
        sent = {name: values[name] for name in optional if name not in omitted}
        options: dict[str, Any] = {
            "model": model,
            "prompt": request.prompt,
            "n": 1,
            "size": request.size,
            "response_format": sent.get(RESPONSE_FORMAT, omit),
            "quality": sent.get(QUALITY, omit),
            "output_format": sent.get(FORMAT, omit),
            "timeout": make_timeout(seconds),
        }
        images = sdk.images.with_raw_response
        raw = await (images.edit(image=references, **options) if references else images.generate(**options))
        response: httpx2.Response = raw.http_response
        return response

    reply = await connection.send(call, send, seconds, optional=optional)
    return await read_image_answer(reply, call, connection.downloader, deployment=model, prices=prices)


async def read_image_answer(
    reply: RawResponse, call: ModelCall, downloader: ImageDownloader, *, deployment: str, prices: PriceList
) -> ImageAnswer:
    """Parse the body of an image answer, and download the image if the body holds its URL.

    Raises:
        ModelError: bad_image without an image, content_policy if it was filtered out, or the reason of an error in the
            body. The call was answered, so it is billed.
    """
    answer = parse_body(reply, call, Reason.BAD_IMAGE)
    check_status(answer)
    source = _find_source(answer.data)
    if source.url:
        data = await _download(source.url, answer, downloader)
    elif source.encoded:
        data = _decode(source.encoded, answer)
    elif _FILTERED.search(reply.body):
        raise answer.build_error(Reason.CONTENT_POLICY, "the image was filtered out")
    else:
        what = "the answer holds no image (data[0].b64_json is missing)"
        raise _build_bad_image_error(answer, "without an image", what)
    return ImageAnswer(
        data=data,
        usage=answer.usage,
        model=answer.choose_priced_model(deployment, prices),
        request_id=reply.request_id,
        requests_per_minute=reply.requests_per_minute,
    )


def _find_source(body: dict[str, Any]) -> _ImageSource:
    """Return the first entry's image. Servers put base64 into ``url`` and URLs into ``b64_json``, so both are tried."""
    entries = body.get("data") or body.get("images")
    first = entries[0] if isinstance(entries, list) and entries and isinstance(entries[0], str) else None
    entry = get_first_object(entries)
    text = first or entry.get("b64_json") or entry.get("url")
    if not isinstance(text, str):
        return _ImageSource()
    text = text.strip()
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        return _ImageSource(url=text)
    return _ImageSource(encoded=text)


def _decode(text: str, answer: ParsedBody) -> bytes:
    """Decode base64 as servers write it: as a data URI, with line breaks, URL-safe, without padding."""
    encoded = "".join(_DATA_URI.sub("", text, count=1).split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:  # binascii.Error is one; non-ASCII characters raise a plain ValueError
        raise _build_bad_image_error(answer, "not valid base64", "the image is not valid base64") from None


async def _download(url: str, answer: ParsedBody, downloader: ImageDownloader) -> bytes:
    try:
        return await downloader.fetch(url)
    except DownloadError as error:
        raise _build_bad_image_error(answer, error.received, f"the answer holds {error}") from None


def _build_bad_image_error(answer: ParsedBody, received: str, what: str) -> ModelError:
    return answer.build_error(
        Reason.BAD_IMAGE, what, mismatch=Mismatch(received, f"check {answer.call.settings.model}")
    )
