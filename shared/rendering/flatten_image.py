"""Converts any image to plain RGB."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

_PAPER: Final = "#ffffff"
_DEEP_GRAY_STEPS: Final = 256
"""Of a gray image with 16 bits per pixel, to one of 8."""


def flatten_image(image: "Image") -> "Image":
    """Return an image in mode RGB; transparent parts become white."""
    if image.mode.startswith("I"):  # Pillow would clip 16 bits to 255, so that nearly all of the image is white
        image = image.convert("I").point(lambda value: value * (1 / _DEEP_GRAY_STEPS)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    from PIL import Image  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, _PAPER), layer).convert("RGB")
