"""Draws images beside the event loop and puts them into image answers."""

import asyncio
import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from model_simulator.image_calls import ImageCall
from model_simulator.image_payload import ImageCorruption, make_image_bytes
from model_simulator.replies import Reply

RENDER_THREADS = 1
"""Pillow draws polygons, most of an image's cost, without letting go of the interpreter's lock.

Measured: 64 images asked for at once come no sooner from two threads, and the event loop waits longer for its turn.
With one, answers that are not held up by the drawing itself come within 5 to 20 ms of their latency.
"""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """An image to draw: what was asked for, what goes wrong with it, and how many bytes it should have."""

    call: ImageCall
    corruption: ImageCorruption | None = None
    image_bytes: int | None = None


class ImageRenderer:
    """Draws in the order of arrival."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="studio")

    async def render(self, job: RenderJob) -> Reply:
        """Draw an image and return the image answer with it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _render_reply, job)

    def close(self) -> None:
        """Stop; images that were not begun are not drawn any more."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _render_reply(job: RenderJob) -> Reply:
    call = job.call
    image = make_image_bytes(call, corruption=job.corruption, image_bytes=job.image_bytes)
    usage = call.usage
    fields = {
        "created": int(time.time()),
        "background": "opaque",
        "output_format": call.image_format,
        "quality": call.quality,
        "size": call.size,
        "usage": {
            "input_tokens": usage.input_tokens,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": usage.input_tokens},
            "output_tokens": usage.output_tokens,
            "output_tokens_details": {"image_tokens": usage.output_tokens, "text_tokens": 0},
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
    }
    # Put together by hand: the JSON encoder would copy the megabytes of base64 three more times.
    head = json.dumps(fields).encode().removesuffix(b"}")
    return Reply(200, b"".join((head, b', "data": [{"b64_json": "', base64.b64encode(image), b'"}]}')))
