"""Images as they are shown to a vision model: small enough to cost little, large enough to judge."""

from io import BytesIO
from typing import Final

from shared.rendering.flatten_image import flatten_image
from shared.rendering.inspect_image import shrink_image

MAX_VISION_IMAGE_SIDE_PIXELS: Final = 1024
VISION_IMAGE_TYPE: Final = "image/jpeg"

_QUALITY: Final = 90
"""Artefacts must not be taken for flaws of the image."""


def make_vision_image(data: bytes) -> bytes:
    """Return a PNG or JPEG as a JPEG no wider or higher than 1024 pixels, in its own proportions.

    What is transparent becomes white, and an image that is small already keeps its size. The same bytes always give
    the same ones. For any thread.

    Raises:
        BadImageError: as `shared.rendering.inspect_image.shrink_image`.
    """
    image = flatten_image(shrink_image(data, MAX_VISION_IMAGE_SIDE_PIXELS))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
