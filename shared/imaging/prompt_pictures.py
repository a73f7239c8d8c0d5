"""Pictures as they are shown to a vision model: small enough to cost little, large enough to judge."""

from io import BytesIO
from typing import Final

from shared.imaging.flattening import flatten_image
from shared.imaging.pictures import shrink_image

PROMPT_PICTURE_SIDE_PIXELS: Final = 1024
PROMPT_PICTURE_TYPE: Final = "image/jpeg"

_QUALITY: Final = 90
"""Artefacts must not be taken for flaws of the picture."""


def make_prompt_picture(data: bytes) -> bytes:
    """Return a PNG or JPEG as a JPEG no wider or higher than 1024 pixels, in its own proportions.

    What is transparent becomes white, and a picture that is small already keeps its size. The same bytes always give
    the same ones. For any thread.

    Raises:
        BadImageError: as `shared.imaging.pictures.shrink_image`.
    """
    image = flatten_image(shrink_image(data, PROMPT_PICTURE_SIDE_PIXELS))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
