"""Thumbnails: small WebP files for lists and previews."""

from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_SIDE_PIXELS: Final = 256
THUMBNAIL_TYPE: Final = "image/webp"

_QUALITY: Final = 80
_EFFORT: Final = 2
"""Of 0-6. Measured on drawings of 1024x1024: 4.8 ms and 7.4 KB; the default 4 takes 7.4 ms for 4 % fewer bytes."""


def make_thumbnail(image: "Image") -> bytes:
    """Return a decoded image as a WebP no wider or higher than 256 pixels, in its own proportions.

    What is transparent stays so, and an image that is small already keeps its size. For any thread; takes 5 ms for
    1024x1024.
    """
    small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail((THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS))
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=_QUALITY, method=_EFFORT)
    return buffer.getvalue()
