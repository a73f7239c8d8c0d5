"""Encodes image variants. Every function is thread-safe."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from shared.rendering.flatten_image import flatten_image

if TYPE_CHECKING:
    from PIL.Image import Image

WEBP_EFFORT: Final = 4
"""Of 0-6; the default."""

AVIF_SPEED: Final = 8
"""Of 0-10. Measured at 640x640: 69 ms and 25 KB; the default 6 takes five times as long for 19 % fewer bytes."""

PALETTE_MODES: Final = frozenset({"1", "P", "I", "I;16", "F", "LA", "PA"})


@dataclass(frozen=True, slots=True)
class EncodedVariant:
    """The file of an image variant, and its size in pixels."""

    data: bytes
    width: int
    height: int
    sha256: str


def encode_variant(image: "Image", *, width: int, image_format: str, quality: int) -> EncodedVariant:
    """Return a decoded image as a variant: never enlarged, with its proportions; only JPEG loses transparency.

    Args:
        image: is not changed.
        width: the maximum, in pixels.
        image_format: webp, avif, jpeg or png.
        quality: 1-100; without effect for png.

    Raises:
        OSError: the image cannot be encoded.
    """
    from PIL.Image import Resampling  # noqa: PLC0415 - Pillow is loaded with the first image

    if image_format == "jpeg":
        small = flatten_image(image)
    elif image.mode in PALETTE_MODES or image.mode == "CMYK":
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    else:
        small = image
    if image.width > width:
        height = max(1, round(image.height * width / image.width))
        small = small.resize((width, height), Resampling.LANCZOS, reducing_gap=3.0)
    buffer = BytesIO()
    small.save(buffer, image_format.upper(), **_choose_options(image_format, quality))
    data = buffer.getvalue()
    return EncodedVariant(data, small.width, small.height, hashlib.sha256(data).hexdigest())


def can_encode(image_format: str) -> bool:
    """Return whether this installation of Pillow has the codec of a format."""
    from PIL import features  # noqa: PLC0415 - see above

    return image_format not in {"webp", "avif"} or bool(features.check(image_format))


def _choose_options(image_format: str, quality: int) -> dict[str, Any]:
    match image_format:
        case "webp":
            return {"quality": quality, "method": WEBP_EFFORT}
        case "avif":
            return {"quality": quality, "speed": AVIF_SPEED, "max_threads": 1}
        case "jpeg":
            return {"quality": quality, "optimize": True}
        case _:
            return {}
