"""Converts any image to plain RGB."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

_PAPER: Final = "#ffffff"


def flatten_image(image: "Image") -> "Image":
    """Return an image in mode RGB; transparent parts become white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    from PIL import Image  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, _PAPER), layer).convert("RGB")
