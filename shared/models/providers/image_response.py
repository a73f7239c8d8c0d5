"""Reads the answer to an image call: the image itself in one of the forms that servers send, or where it is."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from shared.errors import Mismatch, ModelError
from shared.models.prices import PriceList
from shared.models.protocol import ImageAnswer
from shared.models.providers.call_errors import ModelCall
from shared.models.providers.image_download import DownloadError, ImageDownloader
from shared.models.providers.response_body import ParsedBody, RawResponse, check_status, get_first_object, parse_body
from shared.reasons import Reason

_DATA_URI = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_FILTERED = re.compile(rb'"filtered"\s*:\s*true|"raiFilteredReason"', re.IGNORECASE)
"""What Azure OpenAI and Imagen say of an image that they made and hold back."""


@dataclass(frozen=True, slots=True)
class _ImageSource:
    """What the first entry of an answer holds: base64 or an address."""

    encoded: str = ""
    url: str = ""


async def read_image_answer(
    reply: RawResponse, call: ModelCall, downloader: ImageDownloader, *, deployment: str, prices: PriceList
) -> ImageAnswer:
    """Read the body of ``POST /images/generations``, and fetch the image where the body says only where it is.

    Raises:
        ModelError: bad_image for an answer without an image, content_policy for one that was filtered out, or what an
            error in the body says. The call was answered, so it is billed.
    """
    answer = parse_body(reply, call, Reason.BAD_IMAGE)
    check_status(answer)
    source = _find_source(answer.data)
    if source.url:
        data = await _fetch(source.url, answer, downloader)
    elif source.encoded:
        data = _decode(source.encoded, answer)
    elif _FILTERED.search(reply.body):
        raise answer.build_error(Reason.CONTENT_POLICY, "the image was filtered out")
    else:
        raise _build_bad_image_error(
            answer, "without an image", "the answer holds no image (data[0].b64_json is missing)"
        )
    return ImageAnswer(
        data=data,
        usage=answer.usage,
        model=answer.choose_priced_model(deployment, prices),
        request_id=reply.request_id,
        requests_per_minute=reply.requests_per_minute,
    )


def _find_source(body: dict[str, Any]) -> _ImageSource:
    """Return the image of the first entry: ``b64_json``, or ``url``, each of which may hold the other's content."""
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
    """Decode base64: a data URI, line breaks, the URL-safe alphabet and missing padding are all in use."""
    encoded = "".join(_DATA_URI.sub("", text, count=1).split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:  # binascii.Error is one; characters outside ASCII raise a plain one
        raise _build_bad_image_error(answer, "not valid base64", "the image is not valid base64") from None


async def _fetch(url: str, answer: ParsedBody, downloader: ImageDownloader) -> bytes:
    try:
        return await downloader.fetch(url)
    except DownloadError as error:
        raise _build_bad_image_error(answer, error.received, f"the answer holds an address: {error}") from None


def _build_bad_image_error(answer: ParsedBody, received: str, what: str) -> ModelError:
    return answer.build_error(
        Reason.BAD_IMAGE, what, mismatch=Mismatch(received, f"check {answer.call.settings.model}")
    )
