"""Images that are shown to the model: what the service refuses to look at."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from model_simulator.replies import InvalidRequestError

TOKENS_PER_IMAGE = 630
"""A 1024x1024 image shown to a gpt-5 model: 70 tokens, and 140 for each of its 4 tiles."""

DATA_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,")
SIGNATURES = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL)


def check_input_image(part: Mapping[str, Any]) -> None:
    """Refuse an image that is not in the request itself, or is none; not every damage is found.

    Args:
        part: a content part of the type ``input_image``.

    Raises:
        InvalidRequestError: naming what was got and what was expected; of the image only its beginning.
    """
    url = part.get("image_url")
    match = DATA_URL.match(url) if isinstance(url, str) else None
    if match is None:
        raise InvalidRequestError(
            "Invalid 'image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. "
            f"'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got {str(url)[:40]!r}.",
            param="input",
            code="invalid_value",
        )
    try:
        data = base64.b64decode(match.string[match.end() :], validate=True)
    except ValueError as error:
        raise InvalidRequestError("Invalid base64 image_url.", param="input", code="invalid_base64") from error
    if SIGNATURES.match(data) is None:
        raise InvalidRequestError(
            "You uploaded an unsupported image. Please make sure your image is valid and has one of the following "
            "formats: ['png', 'jpeg', 'gif', 'webp'].",
            param="input",
            code="invalid_image_format",
        )
