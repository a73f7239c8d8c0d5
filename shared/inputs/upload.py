"""Stores an input that a caller uploads."""

import re
from typing import Final

from shared.errors import InputTooLargeError, InvalidInputError, InvalidRequestError, UnsupportedInputError
from shared.runs.request import check_input_path
from shared.storage import paths
from shared.storage.protocol import Store

MAX_INPUT_BYTES = 50 * 1024 * 1024
"""A function holds the body of a call in memory; larger inputs are copied to the store directly."""

INPUT_TYPE: Final = "application/octet-stream"

_GZIP_MAGIC: Final = b"\x1f\x8b"
_MULTIPART_FORM: Final = re.compile(rb"\s*--[^\r\n]{1,200}\r?\nContent-Disposition:", re.IGNORECASE)
"""A form that arrives without its Content-Type header."""


async def upload_input(store: Store, name: str, data: bytes, *, content_type: str, content_encoding: str) -> str:
    """Store an uploaded file as an input, and return its path; replaces an input of the same name.

    Args:
        store: the store.
        name: name of the input.
        data: content of the file.
        content_type: media type that the caller declared.
        content_encoding: encoding that the caller declared.

    Raises:
        InvalidRequestError: the name cannot be used.
        UnsupportedInputError: the data is a form or compressed, so that its rows could not be read.
        InputTooLargeError: the data is larger than MAX_INPUT_BYTES.
        InvalidInputError: the data is empty.
        StoreUnavailableError: the store does not answer.
    """
    try:
        path = check_input_path(paths.input_file(name))
    except ValueError as error:
        raise InvalidRequestError("name", str(error)) from error
    _check_is_raw_file(path, data, content_type, content_encoding)
    if len(data) > MAX_INPUT_BYTES:
        raise InputTooLargeError(
            f"the body has {len(data):,} bytes; expected at most {MAX_INPUT_BYTES:,}; "
            "copy a larger file to the container of inputs"
        )
    if not data.strip():
        raise InvalidInputError("(body)", "is empty; expected rows")
    await store.write(path, data, content_type=INPUT_TYPE)
    return path


def _check_is_raw_file(path: str, data: bytes, content_type: str, content_encoding: str) -> None:
    media_type = content_type.partition(";")[0].strip().casefold()
    expected = f"expected the file itself: curl -X PUT --data-binary @FILE .../api/{path}"
    if media_type.startswith("multipart/") or _MULTIPART_FORM.match(data):
        raise UnsupportedInputError(f"the body is a multipart form; {expected}")
    if content_encoding.strip().casefold() not in {"", "identity"} or data.startswith(_GZIP_MAGIC):
        raise UnsupportedInputError(f"the body is compressed; {expected}")
