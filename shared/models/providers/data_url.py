"""Files inside a request, as data URLs."""

import base64


def encode_data_url(data: bytes, content_type: str) -> str:
    """Return a file as a data URL, such as ``data:image/jpeg;base64,...``."""
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"
