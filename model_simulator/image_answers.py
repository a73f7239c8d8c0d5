"""Image answers: render the image beside the event loop, pad or corrupt its bytes, and build the response."""

import asyncio
import base64
import json
import random
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from model_simulator.drawing import render_image
from model_simulator.image_calls import SimulatedImageCall
from model_simulator.replies import Reply

RENDER_THREADS = 1
"""Pillow holds the interpreter's lock while it renders polygons, which is most of an image's cost.

Measured: two threads return 64 concurrent images no sooner than one, and delay the event loop more. With one thread,
answers that do not wait for rendering arrive within 5 to 20 ms of their latency.
"""

PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
PNG_PADDING_TYPE = b"paDd"
"""Ancillary, private, safe to copy: readers skip the chunk."""

PNG_CHUNK_OVERHEAD_BYTES = 12
JPEG_SEGMENT_OVERHEAD_BYTES = 4
MAX_JPEG_SEGMENT_BYTES = 0xFFFF + 2
"""A comment segment, marker included."""


class ImageCorruption(StrEnum):
    """How a bad image is corrupted."""

    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    WRONG_SIZE = "wrong_size"


@dataclass(frozen=True, slots=True)
class RenderJob:
    """An image to render.

    Attributes:
        call: what to render.
        corruption: how to corrupt the file; None = not at all.
        image_bytes: smaller files are padded to this size.
        variation: distinguishes the images of one prompt.
        ignores_references: the image does not have the colors of the references.
    """

    call: SimulatedImageCall
    corruption: ImageCorruption | None = None
    image_bytes: int | None = None
    variation: str = ""
    ignores_references: bool = False


class ImageRenderer:
    """Renders images on a thread, in the order of arrival."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="image-renderer")

    async def render(self, job: RenderJob) -> Reply:
        """Render an image and return the image answer."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, render_reply, job)

    def close(self) -> None:
        """Stop, and drop images that have not started."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def choose_corruption(stream: random.Random) -> ImageCorruption:
    """Return one kind of corruption; all are equally likely."""
    return stream.choice(tuple(ImageCorruption))


def render_reply(job: RenderJob) -> Reply:
    """Render an image and return the image answer. Thread-safe."""
    call = job.call
    image = _make_image_bytes(job)
    usage = call.usage
    fields = {
        "created": int(time.time()),
        "background": "opaque",
        "output_format": call.image_format,
        "quality": call.quality,
        "size": call.size,
        "usage": {
            "input_tokens": usage.input_tokens,
            "input_tokens_details": {
                "image_tokens": usage.image_input_tokens,
                "text_tokens": usage.input_tokens - usage.image_input_tokens,
            },
            "output_tokens": usage.output_tokens,
            "output_tokens_details": {"image_tokens": usage.output_tokens, "text_tokens": 0},
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
    }
    # Concatenated by hand: the JSON encoder would copy the megabytes of base64 three more times.
    head = json.dumps(fields).encode().removesuffix(b"}")
    return Reply(200, b"".join((head, b', "data": [{"b64_json": "', base64.b64encode(image), b'"}]}')))


def _make_image_bytes(job: RenderJob) -> bytes:
    call = job.call
    if job.corruption is ImageCorruption.NOT_AN_IMAGE:
        return b"upstream image worker returned no content\n" * 40
    width, height = call.width, call.height
    if job.corruption is ImageCorruption.WRONG_SIZE:
        width = height = 256 if (width, height) != (256, 256) else 512
    image = render_image(
        call.prompt,
        width=width,
        height=height,
        image_format=call.image_format,
        palette=None if job.ignores_references else call.find_palette(),
        variation=job.variation,
    )
    if job.corruption is ImageCorruption.TRUNCATED:
        return image[: len(image) // 2]
    missing = (job.image_bytes or 0) - len(image)
    return _pad_png(image, missing) if call.image_format == "png" else _pad_jpeg(image, missing)


def _pad_png(image: bytes, missing: int) -> bytes:
    if missing < PNG_CHUNK_OVERHEAD_BYTES or not image.endswith(PNG_END):
        return image
    data = PNG_PADDING_TYPE + bytes(missing - PNG_CHUNK_OVERHEAD_BYTES)
    length, checksum = len(data) - len(PNG_PADDING_TYPE), zlib.crc32(data)
    return b"".join((image[: -len(PNG_END)], length.to_bytes(4, "big"), data, checksum.to_bytes(4, "big"), PNG_END))


def _pad_jpeg(image: bytes, missing: int) -> bytes:
    segments = []
    while missing >= JPEG_SEGMENT_OVERHEAD_BYTES:
        size = min(missing, MAX_JPEG_SEGMENT_BYTES)
        if 0 < missing - size < JPEG_SEGMENT_OVERHEAD_BYTES:
            size -= JPEG_SEGMENT_OVERHEAD_BYTES  # leaves room for the last segment
        segments.append(b"\xff\xfe" + (size - 2).to_bytes(2, "big") + bytes(size - JPEG_SEGMENT_OVERHEAD_BYTES))
        missing -= size
    # Behind the first segment, which names the format and must stay the first.
    end = 4 + int.from_bytes(image[4:6], "big")
    return image[:end] + b"".join(segments) + image[end:]
