"""Images for vision requests, and the messages that contain them."""

import base64
import random
from typing import Any

from shared.models.protocol import VisionImage
from tests.support.sample_images import draw

JPEG = VisionImage(draw(kind="JPEG"), "image/jpeg")


def make_data_url(data: bytes = JPEG.data, content_type: str = "image/jpeg") -> str:
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"


def make_large_image(size: int = 2_000_000) -> VisionImage:
    """Return a JPEG of a number of incompressible bytes."""
    return VisionImage(JPEG.data + random.Random(1).randbytes(size - len(JPEG.data)), "image/jpeg")


def response_parts(task: str, *urls: Any) -> list[dict[str, Any]]:
    """Return the user message of a Responses request."""
    images = [{"type": "input_image", "image_url": url, "detail": "high"} for url in urls]
    return [{"role": "user", "content": [{"type": "input_text", "text": task}, *images]}]


def chat_parts(task: str, *images: Any) -> list[dict[str, Any]]:
    """Return the user message of a chat completion; ``images`` are the values of ``image_url``."""
    shown = [{"type": "image_url", "image_url": image} for image in images]
    return [{"role": "user", "content": [{"type": "text", "text": task}, *shown]}]
