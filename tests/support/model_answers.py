"""Response bodies as OpenAI and Azure OpenAI send them."""

import base64
from typing import Any

IMAGE = b"\x89PNG\r\n\x1a\nnot a whole image, which is not the adapter's business"
TEXT_USAGE = {"input_tokens": 120, "output_tokens": 340, "total_tokens": 460}
IMAGE_USAGE = {"input_tokens": 50, "output_tokens": 1756, "total_tokens": 1806}


def text_answer(text: str, **changes: Any) -> dict[str, Any]:
    """A completed ``POST /responses`` with reasoning before the message, as gpt-5 sends it."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "gpt-5-2025-08-07",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            },
        ],
        "usage": TEXT_USAGE,
    } | changes


def refusal(words: str) -> dict[str, Any]:
    """A completed answer in which the model refuses."""
    message = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": words}]}
    return text_answer("", output=[message])


def image_answer(image: bytes = IMAGE, **changes: Any) -> dict[str, Any]:
    """A ``POST /images/generations`` with one image."""
    encoded = base64.b64encode(image).decode()
    return {"created": 1_790_000_000, "data": [{"b64_json": encoded}], "usage": IMAGE_USAGE} | changes


def error(message: str, *, code: str | None = None, kind: str | None = None, **more: Any) -> dict[str, Any]:
    """An error body; ``kind`` is its ``type``."""
    return {"error": {"message": message, "code": code, "type": kind, "param": None, **more}}
