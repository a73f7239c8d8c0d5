"""Fits images to a size, for a service whose size cannot be chosen. Every function is thread-safe."""

from io import BytesIO
from typing import Final

from shared.rendering.convert_image import VISION_IMAGE_QUALITY
from shared.rendering.flatten_image import flatten_image
from shared.rendering.inspect_image import BadImageError, decode_image

MAX_SHAPE_DIFFERENCE: Final = 0.02
"""Of the ratio of width to height: sides are multiples of some number of pixels."""


def crop_image(data: bytes, size: tuple[int, int]) -> bytes:
    """Return the middle of an image in a width and height, as a JPEG.

    Raises:
        BadImageError: the data is not a complete image.
    """
    from PIL import ImageOps  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    buffer = BytesIO()
    fitted = ImageOps.fit(flatten_image(decode_image(data).image), size)
    fitted.save(buffer, "JPEG", quality=VISION_IMAGE_QUALITY)
    return buffer.getvalue()


def scale_image(data: bytes, size: tuple[int, int]) -> bytes:
    """Return an image of the same shape in a width and height, as a PNG; the same data if it has them.

    An image of another shape, and data that is not an image, are returned as they are.
    """
    from PIL.Image import Resampling  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    try:
        image = decode_image(data).image
    except BadImageError:
        return data
    difference = (image.width * size[1]) / (image.height * size[0]) - 1
    if image.size == size or abs(difference) > MAX_SHAPE_DIFFERENCE:
        return data
    buffer = BytesIO()
    image.resize(size, Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()
