"""Reads the answer to an image call: the image itself in one of the forms that servers send, or where it is."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from shared.adapters.model_answers import OpenedAnswer, Reply, check_status, open_answer, take_first
from shared.adapters.model_calls import ModelCall
from shared.adapters.model_downloads import DownloadError, ImageDownloads
from shared.ports import ImageAnswer, Mismatch, ModelError
from shared.prices import PriceList
from shared.reasons import Reason

_DATA_URI = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_FILTERED = re.compile(rb'"filtered"\s*:\s*true|"raiFilteredReason"', re.IGNORECASE)
"""What Azure OpenAI and Imagen say of an image that they made and hold back."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What the first entry of an answer holds: base64 or an address."""

    encoded: str = ""
    url: str = ""


async def read_image_answer(
    reply: Reply, call: ModelCall, downloads: ImageDownloads, *, deployment: str, prices: PriceList
) -> ImageAnswer:
    """Read the body of ``POST /images/generations``, and fetch the image where the body says only where it is.

    Raises:
        ModelError: bad_image for an answer without an image, content_policy for one that was filtered out, or what an
            error in the body says. The call was answered, so it is billed.
    """
    answer = open_answer(reply, call, Reason.BAD_IMAGE)
    check_status(answer)
    form = _find_form(answer.data)
    if form.url:
        data = await _fetch(form.url, answer, downloads)
    elif form.encoded:
        data = _decode(form.encoded, answer)
    elif _FILTERED.search(reply.body):
        raise answer.fail(Reason.CONTENT_POLICY, "the image was filtered out")
    else:
        raise _fail(answer, "without an image", "the answer holds no image (data[0].b64_json is missing)")
    return ImageAnswer(
        data=data,
        usage=answer.usage,
        model=answer.choose_model(deployment, prices),
        request_id=reply.request_id,
        requests_per_minute=reply.requests_per_minute,
    )


def _find_form(body: dict[str, Any]) -> _Form:
    """Return the image of the first entry: ``b64_json``, or ``url``, each of which may hold the other's content."""
    entries = body.get("data") or body.get("images")
    first = entries[0] if isinstance(entries, list) and entries and isinstance(entries[0], str) else None
    held = take_first(entries)
    text = first or held.get("b64_json") or held.get("url")
    if not isinstance(text, str):
        return _Form()
    text = text.strip()
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        return _Form(url=text)
    return _Form(encoded=text)


def _decode(text: str, answer: OpenedAnswer) -> bytes:
    """Decode base64: a data URI, line breaks, the URL-safe alphabet and missing padding are all in use."""
    encoded = "".join(_DATA_URI.sub("", text, count=1).split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:  # binascii.Error is one; characters outside ASCII raise a plain one
        raise _fail(answer, "not valid base64", "the image is not valid base64") from None


async def _fetch(url: str, answer: OpenedAnswer, downloads: ImageDownloads) -> bytes:
    try:
        return await downloads.fetch(url)
    except DownloadError as error:
        raise _fail(answer, error.came, f"the answer holds an address: {error}") from None


def _fail(answer: OpenedAnswer, came: str, what: str) -> ModelError:
    return answer.fail(Reason.BAD_IMAGE, what, mismatch=Mismatch(came, f"check {answer.call.settings.model}"))
